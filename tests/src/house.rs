//! A stack, and who uses it.

mod mails;

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

use latchkey::{
    administration::Administrator,
    domain::{Settings, Tenant, TenantSlug, clock::ManualClock, entropy::SystemEntropy},
    jiff::{SignedDuration, Timestamp},
    runtime::{Function, Parts, World},
};
use local::{Options, Stack, stack::Functions};
use reqwest::Method;
use serde_json::Value;
use tokio::sync::{OnceCell, Semaphore};

use crate::{
    Answer, Client, Faults, Meter, Metrics, Person,
    budget::{self, HoldUp},
    leaks,
    limited::Limited,
    mortal::Mortal,
};

/// A stack, and the means to look behind it.
///
/// With `LATCHKEY_GATEWAY` and `LATCHKEY_MAIL` it is the one at these addresses, with its tables at
/// `LATCHKEY_DYNAMODB` or of the stage `LATCHKEY_STAGE`: its tenants get names of their own there, and its
/// clock cannot be moved.
pub struct House {
    pub parts: Parts,
    /// Who administers it.
    pub by: Administrator,
    /// What this house's functions print; nothing of one elsewhere.
    pub metrics: Metrics,
    place: Place,
    gateway: String,
    /// Sets this house's tenants apart from those of another test.
    mark: String,
}

enum Place {
    Here {
        stack: Box<Stack>,
        clock: Arc<ManualClock>,
        /// The functions as they were deployed last, behind a gateway of their own.
        deployed: Option<Box<Stack>>,
    },
    Elsewhere {
        mail: String,
        http: reqwest::Client,
        /// As it is a day later: whatever waits to be mailed is due.
        tomorrow: Parts,
    },
}

/// A deployed stage's variables, read once: an emulator on a busy machine answers slowly.
static STAGE: OnceCell<BTreeMap<String, String>> = OnceCell::const_new();

impl House {
    /// A fresh house, with cheap hashes.
    pub async fn start() -> Self {
        let address = |name: &str| std::env::var(name).ok();
        match (address("LATCHKEY_GATEWAY"), address("LATCHKEY_MAIL")) {
            (Some(gateway), Some(mail)) => Self::at(gateway, mail).await,
            _ => Self::start_here().await,
        }
    }

    /// A fresh house whose clock and stack the test may move. None, and said, where the environment
    /// names another process's.
    pub async fn with_its_own_clock() -> Option<Self> {
        let house = Self::start().await;
        if matches!(house.place, Place::Elsewhere { .. }) {
            println!("skipped: needs a clock and a stack of its own");
            return None;
        }
        Some(house)
    }

    /// A house in this process, whatever the environment says: for what only its owner can do.
    pub async fn start_here() -> Self {
        Self::start_at(BTreeMap::new(), |_| {}).await
    }

    /// A house in this process whose functions have these variables over the others.
    pub async fn start_with(variables: BTreeMap<String, String>) -> Self {
        Self::start_at(variables, |_| {}).await
    }

    /// Starts the functions anew with these variables over the others, on the same tables: a deployment.
    /// The mail worker stays as it is.
    pub async fn deploy(&mut self, variables: &BTreeMap<String, String>) {
        let mut environment = self.stack().environment().clone();
        environment.extend(variables.clone());
        let functions = local::functions::mount(&environment, self.world()).await.unwrap();
        let get = |name: &str| environment.get(name).cloned();
        self.parts = admin::start(&get, self.world()).await.unwrap();
        self.by = admin::administrator(self.parts.clone());
        self.serve(functions).await;
    }

    /// Has these functions answer from now on, at a gateway of their own.
    pub async fn serve(&mut self, functions: Vec<Arc<dyn Function>>) {
        let World { clock, entropy, .. } = self.world();
        let mut options = Options::for_tests(clock, entropy);
        options.functions = Functions::Given(functions);
        let fresh = Stack::start(options).await.unwrap();
        fresh.gateway().unwrap().clone_into(&mut self.gateway);
        let Place::Here { deployed, .. } = &mut self.place else { panic!("the stack is elsewhere") };
        *deployed = Some(Box::new(fresh));
    }

    /// The time of this house.
    #[must_use]
    pub fn world(&self) -> World {
        match &self.place {
            Place::Here { clock, .. } => World::of(clock.clone(), Arc::new(SystemEntropy::default())),
            Place::Elsewhere { .. } => World::real(),
        }
    }

    async fn at(gateway: String, mail: String) -> Self {
        leaks::begin();
        let variable = |name: &str| std::env::var(name).ok();
        let environment = if let Some(stage) = variable("LATCHKEY_STAGE") {
            let stage = admin::stage::Stage::parse(&stage).unwrap();
            let read = || async { stage.variables(&variable).await.unwrap().into_iter().collect() };
            STAGE.get_or_init(read).await.clone()
        } else {
            local::environment::environment(&gateway, &variable("LATCHKEY_DYNAMODB").unwrap(), &mail)
        };
        let get = |name: &str| environment.get(name).cloned().or_else(|| variable(name));
        let world = World::real();
        let mark = u64::from_be_bytes(world.entropy.bytes());
        let parts = admin::start(&get, world).await.unwrap();
        let mark = format!("{mark:x}");
        let a_day_on = ManualClock::at(parts.clock.now() + SignedDuration::from_hours(24));
        let world = World::of(Arc::new(a_day_on), Arc::new(SystemEntropy::default()));
        let tomorrow = admin::start(&get, world).await.unwrap();
        let place = Place::Elsewhere { mail, http: reqwest::Client::new(), tomorrow };
        let by = admin::administrator(parts.clone());
        Self { parts, by, metrics: Metrics::default(), place, gateway, mark }
    }

    /// With cheap hashes, unless the variables have others.
    async fn start_at(variables: BTreeMap<String, String>, change: impl FnOnce(&mut Options)) -> Self {
        leaks::begin();
        let clock = Arc::new(ManualClock::at("2026-06-01T12:00:00Z".parse::<Timestamp>().unwrap()));
        let entropy = Arc::new(SystemEntropy::default());
        let mut options = Options::for_tests(clock.clone(), entropy.clone());
        let metrics = Metrics::default();
        options.variables = BTreeMap::from(
            [("LATCHKEY_ARGON2", "64,1,1"), ("LATCHKEY_STAGE", "test")]
                .map(|(name, value)| (name.to_owned(), value.to_owned())),
        );
        options.variables.extend(variables);
        options.metrics = metrics.sink();
        change(&mut options);
        let stack = Stack::start(options).await.unwrap();
        let environment = stack.environment().clone();
        let get = |name: &str| environment.get(name).cloned();
        let parts = admin::start(&get, World::of(clock.clone(), entropy)).await.unwrap();
        let gateway = stack.gateway().unwrap().to_owned();
        let place = Place::Here { stack: Box::new(stack), clock, deployed: None };
        let by = admin::administrator(parts.clone());
        Self { parts, by, metrics, place, gateway, mark: String::new() }
    }

    /// A house whose functions reach DynamoDB through a meter.
    pub async fn metered() -> (Self, Meter) {
        Self::held_up(BTreeMap::new(), budget::long_enough).await
    }

    /// A house whose functions have these variables over the others, and reach DynamoDB through a meter that holds
    /// their calls up.
    pub async fn held_up(mut variables: BTreeMap<String, String>, hold_up: HoldUp) -> (Self, Meter) {
        let free = free_port();
        let meter = Meter::start(&format!("http://{free}"), hold_up).await;
        variables.extend(meter.variables());
        let house = Self::start_at(variables, |options| options.dynamodb = free).await;
        let _ = meter.read();
        (house, meter)
    }

    /// A house whose functions can die, and reach DynamoDB and SES through proxies that can be told to fail.
    pub async fn on_a_bad_day() -> (Self, Faults) {
        let (dynamodb, mail) = (free_port(), free_port());
        let faults = Faults::start(dynamodb, mail).await;
        let life = Arc::clone(&faults.life);
        let house = Self::start_at(faults.variables(), |options| {
            (options.dynamodb, options.mail) = (dynamodb, mail);
            options.functions = Functions::Wrapped(Arc::new(move |function| {
                Arc::new(Mortal { function, life: Arc::clone(&life) })
            }));
        })
        .await;
        (house, faults)
    }

    /// A house whose functions hash at the real cost, and of each of which so many run at once.
    pub async fn with_room_for(places: usize) -> Self {
        Self::start_at(at_real_cost(), |options| {
            options.functions = Functions::Wrapped(Arc::new(move |function| {
                Arc::new(Limited { function, places: Semaphore::new(places) })
            }));
        })
        .await
    }

    /// The stack, where it is this process's.
    pub fn stack(&self) -> &Stack {
        match &self.place {
            Place::Here { stack, .. } => stack,
            Place::Elsewhere { .. } => panic!("the stack is elsewhere"),
        }
    }

    /// Moves time forward.
    pub fn advance(&self, step: SignedDuration) {
        match &self.place {
            Place::Here { clock, .. } => clock.advance(step),
            Place::Elsewhere { .. } => panic!("the clock is elsewhere"),
        }
    }

    /// A tenant's slug in this house, by the name that the test has for it.
    pub fn slug(&self, name: &str) -> String {
        if self.mark.is_empty() { name.to_owned() } else { format!("{name}-{}", self.mark) }
    }

    /// A tenant of this house. ES256, for its keys are quick to make.
    pub async fn tenant(&self, name: &str, settings: Value) -> Arc<Tenant> {
        let mut settings = settings;
        if settings["tokens"]["algorithm"].is_null() {
            settings["tokens"]["algorithm"] = "ES256".into();
        }
        if settings["tokens"]["delivery"].is_null() {
            settings["tokens"]["delivery"] = "body".into();
        }
        let settings = Settings::parse(settings).unwrap();
        let slug = TenantSlug::parse(&self.slug(name)).unwrap();
        let called = format!("Acme Works {}", self.mark);
        Arc::new(admin::tenant::create(&self.by, &slug, called.trim_end(), settings).await.unwrap())
    }

    /// A client at an address of its own, `127.0.0.x`: another network.
    #[must_use]
    pub fn client(&self, address: u8) -> Client {
        self.client_at(Ipv4Addr::new(127, 0, 0, address))
    }

    #[must_use]
    pub fn client_at(&self, address: Ipv4Addr) -> Client {
        Client::new(&self.gateway, &self.mark, address)
    }

    /// A request of an administrator who has this key: `local-read`, `local-support` or `local-owner`.
    pub async fn administer(&self, key: &str, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let credentials = (key, local::gateway::iam::SECRET);
        self.client(2).signed(credentials, self.parts.clock.now(), (method, path), body).await
    }

    /// The base URL, without a trailing slash.
    #[must_use]
    pub fn gateway(&self) -> &str {
        &self.gateway
    }

    /// Forgets the failures of a person's factor, so that a matrix of wrong ones can be tried.
    pub async fn forgive(&self, person: &Person, method: &str) {
        let slug = TenantSlug::parse(&person.slug).unwrap();
        let tenant = self.parts.store.tenant(&slug).await.unwrap().unwrap();
        let user = person.user_id.parse().unwrap();
        let failures = latchkey::store::Failures::of_factor(tenant.id, user, method);
        self.parts.store.forgive(&failures).await.unwrap();
    }
}

impl Drop for House {
    fn drop(&mut self) {
        if let Place::Here { stack, .. } = &self.place {
            leaks::note_tables(stack.database());
        }
    }
}

fn free_port() -> SocketAddr {
    std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap()
}

/// The variables of functions that hash at the cost of a deployment.
#[must_use]
pub fn at_real_cost() -> BTreeMap<String, String> {
    BTreeMap::from([("LATCHKEY_ARGON2".to_owned(), "19456,2,1".to_owned())])
}
