//! All parts together.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context;
use dynoxide::Database;
use latchkey::{
    domain::{Clock, Entropy},
    http::Route,
    metrics::{Sink, standard_output},
    runtime::{Function, World},
};
use tokio::net::TcpListener;

use crate::{
    dynamodb::{self, Data},
    environment::{Environment, environment},
    feedback::Feedback,
    functions::{MAIL_FEEDBACK, MAIL_WORKER, mount},
    gateway::{Gateway, iam::Iam, routes::RouteTable},
    invoke::Remote,
    mail::{self, Inbox},
    schedule::Schedule,
    serving::{Tasks, listen},
    stream::{Pumped, Stream},
    tables,
};

/// How long a stream that had nothing is left alone.
const POLL: Duration = Duration::from_millis(20);
/// How long a stream whose worker failed is left alone.
const RETRY_AFTER: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);

/// What stands around a function.
pub type Wrap = Arc<dyn Fn(Arc<dyn Function>) -> Arc<dyn Function> + Send + Sync>;

/// Where the functions run.
#[derive(Clone)]
pub enum Functions {
    /// In this process.
    InProcess,
    /// Behind the Lambda Invoke API at this URL, their names after a prefix.
    Remote { url: String, prefix: String },
    /// These, in this process.
    Given(Vec<Arc<dyn Function>>),
    /// In this process, each as this makes it of the real one.
    Wrapped(Wrap),
}

/// What a stack is to be.
#[derive(Clone)]
pub struct Options {
    /// Port 0 is any free port; so for the other two.
    pub gateway: SocketAddr,
    pub dynamodb: SocketAddr,
    pub mail: SocketAddr,
    pub data: Data,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub functions: Functions,
    /// No gateway.
    pub services_only: bool,
    /// Streams, the rule of each minute and TTL run by themselves. Without it they wait for
    /// [`Stack::settle`], [`Stack::minute`] and [`Stack::sweep_ttl`].
    pub background: bool,
    /// Expired items go, in the background.
    pub ttl_sweep: bool,
    /// Variables for the functions, over those of the stack.
    pub variables: Environment,
    /// Where functions in this process print metrics, if `LATCHKEY_STAGE` is among the variables.
    pub metrics: Sink,
}

impl Options {
    /// A stack for a test: free ports, in memory, and nothing happens by itself.
    #[must_use]
    pub fn for_tests(clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
        Self {
            gateway: any_port,
            dynamodb: any_port,
            mail: any_port,
            data: Data::Memory,
            clock,
            entropy,
            functions: Functions::InProcess,
            services_only: false,
            background: false,
            ttl_sweep: false,
            variables: Environment::new(),
            metrics: standard_output(),
        }
    }
}

/// A running stack. Dropped, it ends at once; [`stop`](Self::stop) lets requests finish.
pub struct Stack {
    gateway: Option<String>,
    dynamodb: String,
    mail: String,
    environment: Environment,
    database: Database,
    inbox: Arc<Inbox>,
    routes: Vec<(Route, &'static str)>,
    streams: Arc<[Stream]>,
    schedule: Option<Arc<Schedule>>,
    feedback: Option<Arc<Feedback>>,
    tasks: Tasks,
}

impl Stack {
    /// Starts everything. When it returns, everything answers.
    ///
    /// # Errors
    /// When a port is taken, the data cannot be written or a function does not start: one sentence
    /// that names it.
    pub async fn start(options: Options) -> anyhow::Result<Self> {
        let mut tasks = Tasks::new();
        let gateway = if options.services_only {
            None
        } else {
            Some(listen("gateway", "--gateway", options.gateway).await?)
        };
        let dynamodb = listen("database", "--dynamodb", options.dynamodb).await?;
        let mail = listen("mail server", "--mail", options.mail).await?;

        let gateway_url = gateway.as_ref().map(url).transpose()?;
        let (dynamodb_url, mail_url) = (url(&dynamodb)?, url(&mail)?);
        // Without a gateway here, the one at that address is meant.
        let base_url = base_url(match &gateway {
            Some(listener) => listener.local_addr()?,
            None => options.gateway,
        });
        let mut environment = environment(&base_url, &dynamodb_url, &mail_url);
        environment.extend(options.variables.clone());

        let database = dynamodb::open(&options.data, Arc::clone(&options.clock))?;
        dynamodb::serve(&mut tasks, dynamodb, &database);
        let inbox = mail::serve(&mut tasks, mail, Arc::clone(&options.clock), Arc::clone(&options.entropy));
        tables::create(&environment).await?;

        let functions = functions(&options, &environment).await?;
        let routes = RouteTable::of(&functions)?;
        let route_list = routes.iter().collect();
        if let Some(listener) = gateway {
            let (clock, entropy) = (Arc::clone(&options.clock), Arc::clone(&options.entropy));
            Gateway { routes, iam: Iam::of_templates()?, clock, entropy }.serve(&mut tasks, listener);
        }
        let named = |name| functions.iter().find(|function| function.name() == name);
        let worker = named(MAIL_WORKER);
        let stack = Self {
            gateway: gateway_url,
            dynamodb: dynamodb_url,
            mail: mail_url,
            streams: streams(&database, &environment, worker)?.into(),
            schedule: worker.map(|worker| {
                Arc::new(Schedule {
                    worker: Arc::clone(worker),
                    clock: Arc::clone(&options.clock),
                    entropy: Arc::clone(&options.entropy),
                })
            }),
            feedback: named(MAIL_FEEDBACK).map(|function| {
                Arc::new(Feedback {
                    function: Arc::clone(function),
                    inbox: Arc::clone(&inbox),
                    clock: Arc::clone(&options.clock),
                    entropy: Arc::clone(&options.entropy),
                })
            }),
            environment,
            database,
            inbox,
            routes: route_list,
            tasks,
        };
        Ok(if options.background { stack.by_itself(options.ttl_sweep) } else { stack })
    }

    /// Has the streams, the reports of SES, the rule of each minute and TTL run by themselves.
    fn by_itself(mut self, ttl_sweep: bool) -> Self {
        for index in 0..self.streams.len() {
            let streams = Arc::clone(&self.streams);
            self.tasks.repeat(POLL, move || {
                let streams = Arc::clone(&streams);
                async move { drain(&streams[index]).await }
            });
        }
        if let Some(feedback) = &self.feedback {
            let feedback = Arc::clone(feedback);
            self.tasks.repeat(POLL, move || {
                let feedback = Arc::clone(&feedback);
                async move { while feedback.pump().await == Pumped::Moved {} }
            });
        }
        if let Some(schedule) = &self.schedule {
            let schedule = Arc::clone(schedule);
            self.tasks.repeat(MINUTE, move || {
                let schedule = Arc::clone(&schedule);
                async move {
                    if let Err(error) = schedule.minute().await {
                        tracing::error!(error, "the rule of each minute failed");
                    }
                }
            });
        }
        if ttl_sweep {
            let database = self.database.clone();
            self.tasks.repeat(MINUTE, move || {
                let database = database.clone();
                async move {
                    if let Err(error) = dynamodb::sweep(&database).await {
                        tracing::error!(%error, "expired items could not be deleted");
                    }
                }
            });
        }
        self
    }

    /// The gateway's URL, without a trailing slash; `None` where there is none.
    #[must_use]
    pub fn gateway(&self) -> Option<&str> {
        self.gateway.as_deref()
    }

    /// DynamoDB's URL, without a trailing slash.
    #[must_use]
    pub fn dynamodb(&self) -> &str {
        &self.dynamodb
    }

    /// The URL of SES and of the inbox, without a trailing slash.
    #[must_use]
    pub fn mail(&self) -> &str {
        &self.mail
    }

    /// The environment that the functions need.
    #[must_use]
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// The database itself.
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// What was mailed.
    #[must_use]
    pub fn inbox(&self) -> &Inbox {
        &self.inbox
    }

    /// Every route and the name of its function.
    #[must_use]
    pub fn routes(&self) -> &[(Route, &'static str)] {
        &self.routes
    }

    /// Hands everything that the streams hold to the mail worker, retries included, and the reports of
    /// SES to the mail feedback, until nothing is left.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn settle(&self) -> anyhow::Result<()> {
        loop {
            let mut idle = true;
            for stream in self.streams.iter() {
                idle &= stream.pump().await? == Pumped::Idle;
            }
            if let Some(feedback) = &self.feedback {
                idle &= feedback.pump().await == Pumped::Idle;
            }
            if idle {
                return Ok(());
            }
        }
    }

    /// Lets the rule of each minute wake the mail worker once.
    ///
    /// # Errors
    /// When the invocation fails.
    pub async fn minute(&self) -> anyhow::Result<()> {
        match &self.schedule {
            Some(schedule) => schedule.minute().await.map_err(anyhow::Error::msg),
            None => Ok(()),
        }
    }

    /// Deletes what has expired. Gives how many items it were.
    ///
    /// # Errors
    /// When the database cannot.
    pub async fn sweep_ttl(&self) -> anyhow::Result<usize> {
        dynamodb::sweep(&self.database).await
    }

    /// Ends everything. Requests that are under way may finish, for two seconds.
    pub async fn stop(self) {
        self.tasks.stop().await;
    }
}

fn url(listener: &TcpListener) -> anyhow::Result<String> {
    let address = listener.local_addr().context("a listener has no address")?;
    Ok(format!("http://{address}"))
}

/// Where browsers and mailed links find a gateway: by this machine's name, for an address can have no passkeys
/// (WebAuthn Level 3 §5.1.2).
fn base_url(gateway: SocketAddr) -> String {
    if gateway.ip().is_loopback() {
        format!("http://localhost:{}", gateway.port())
    } else {
        format!("http://{gateway}")
    }
}

async fn functions(options: &Options, environment: &Environment) -> anyhow::Result<Vec<Arc<dyn Function>>> {
    let world = World::of(Arc::clone(&options.clock), Arc::clone(&options.entropy));
    let world = world.printing_to(Arc::clone(&options.metrics));
    let mounted = || mount(environment, world.clone());
    match &options.functions {
        Functions::InProcess => mounted().await,
        Functions::Given(functions) => Ok(functions.clone()),
        Functions::Wrapped(wrap) => Ok(mounted().await?.into_iter().map(|function| wrap(function)).collect()),
        Functions::Remote { url, prefix } => {
            // The names and routes are known only from the functions themselves.
            let client = reqwest::Client::new();
            let remote = |function: &Arc<dyn Function>| -> Arc<dyn Function> {
                Arc::new(Remote::of(&**function, (url, prefix), client.clone()))
            };
            Ok(mounted().await?.iter().map(remote).collect())
        }
    }
}

fn streams(
    database: &Database,
    environment: &Environment,
    worker: Option<&Arc<dyn Function>>,
) -> anyhow::Result<Vec<Stream>> {
    let Some(worker) = worker else { return Ok(Vec::new()) };
    let tables = tables::names(environment)?;
    [tables.challenges, tables.events]
        .iter()
        .map(|table| Stream::open(database.clone(), table, Arc::clone(worker)))
        .collect()
}

/// Delivers what a stream holds; pauses after a failure.
async fn drain(stream: &Stream) {
    loop {
        match stream.pump().await {
            Ok(Pumped::Moved) => {}
            Ok(Pumped::Idle) => return,
            Ok(Pumped::Failed) => return tokio::time::sleep(RETRY_AFTER).await,
            Err(error) => {
                tracing::error!(%error, "a stream cannot be read");
                return tokio::time::sleep(RETRY_AFTER).await;
            }
        }
    }
}

#[cfg(test)]
mod tests;
