//! The command line.

use std::{io::Write, net::SocketAddr, path::PathBuf, process::ExitCode, sync::Arc};

use clap::Parser;
use latchkey::{
    domain::{clock::WallClock, entropy::SystemEntropy},
    metrics::standard_output,
    runtime::World,
};
use tokio::signal::unix::{SignalKind, signal};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::{Registry, filter::Targets, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use crate::{
    Options, Stack, demo,
    dynamodb::Data,
    overview::{overview, ready},
    stack::Functions,
};

/// Runs the whole of Latchkey on this machine: gateway, functions, database, mail.
#[derive(Debug, Parser)]
#[command(name = "local", version)]
struct Arguments {
    /// Where the gateway listens
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9100")]
    gateway: SocketAddr,
    /// Where DynamoDB listens
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8000")]
    dynamodb: SocketAddr,
    /// Where SES and the inbox listen
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8005")]
    mail: SocketAddr,
    /// Send events to the Lambda Invoke API at this URL, not to functions in this process
    #[arg(long, value_name = "URL")]
    functions: Option<String>,
    /// What stands before the functions' names there, such as latchkey-dev-
    #[arg(long, value_name = "TEXT", default_value = "", requires = "functions")]
    function_prefix: String,
    /// Only database, stream and mail: the gateway is another's, such as `cargo lambda watch`
    #[arg(long)]
    services_only: bool,
    /// Keep nothing
    #[arg(long, conflicts_with = "data")]
    memory: bool,
    /// Where the database is kept
    #[arg(long, value_name = "DIR", default_value = "target/local")]
    data: PathBuf,
    /// Leave expired items in place
    #[arg(long)]
    no_ttl: bool,
}

impl Arguments {
    fn options(self) -> Options {
        Options {
            gateway: self.gateway,
            dynamodb: self.dynamodb,
            mail: self.mail,
            data: if self.memory { Data::Memory } else { Data::Directory(self.data) },
            clock: Arc::new(WallClock),
            entropy: Arc::new(SystemEntropy::default()),
            functions: match self.functions {
                Some(url) => Functions::Remote { url, prefix: self.function_prefix },
                None => Functions::InProcess,
            },
            services_only: self.services_only,
            background: true,
            ttl_sweep: !self.no_ttl,
            variables: crate::environment::Environment::new(),
            metrics: standard_output(),
        }
    }
}

/// Runs a stack until SIGINT or SIGTERM.
pub async fn run() -> ExitCode {
    let arguments = Arguments::parse();
    // Dynoxide warns of every condition that does not hold, which is daily business here.
    let wanted = std::env::var("RUST_LOG").ok().and_then(|text| text.parse().ok());
    let usual = || Targets::new().with_default(LevelFilter::INFO).with_target("dynoxide", LevelFilter::ERROR);
    let lines = fmt::layer().with_writer(std::io::stderr);
    Registry::default().with(lines).with(wanted.unwrap_or_else(usual)).init();
    match serve(arguments.options()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Where nobody reads standard error, nobody is told.
            let _ = writeln!(std::io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(options: Options) -> anyhow::Result<()> {
    // Before the ready line: whoever reads it may send the signal at once.
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let stack = Stack::start(options).await?;
    let demo = demo::prepare(stack.environment(), World::real()).await?;
    // A closed output is no reason to end.
    let _ = write!(std::io::stderr(), "{}", overview(&stack, &demo));
    let _ = writeln!(std::io::stdout(), "{}", ready(&stack, &demo)?);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    stack.stop().await;
    Ok(())
}
