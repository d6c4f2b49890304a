//! Logs: one JSON object a line on standard error, never a body, a header or a query.

use tracing::{Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{EnvFilter, fmt::MakeWriter, layer::SubscriberExt, util::SubscriberInitExt};

/// Begins to write logs. `RUST_LOG` sets what; by default what is worth telling.
pub fn trace() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    subscriber(filter, std::io::stderr).init();
}

/// What writes logs by a filter, and nothing below `INFO` whatever the filter: there the SDK and the runtime print
/// whole requests, and so passwords, tokens and what is mailed.
pub fn subscriber(
    filter: EnvFilter,
    writer: impl for<'w> MakeWriter<'w> + Send + Sync + 'static,
) -> impl Subscriber + Send + Sync {
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_env_filter(filter)
        .with_writer(writer)
        // CloudWatch has its own time.
        .without_time()
        .finish()
        .with(LevelFilter::INFO)
}
