//! Logs: one JSON object a line on standard error, never a body, a header or a query.

use tracing::{Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{
    Registry,
    filter::Targets,
    fmt::{self, MakeWriter},
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

/// Begins to write logs. `RUST_LOG` sets what; by default what is worth telling.
pub fn trace() {
    let wanted = std::env::var("RUST_LOG").ok().and_then(|text| text.parse().ok());
    let filter = wanted.unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO));
    subscriber(filter, std::io::stderr).init();
}

/// What writes logs by a filter, and nothing below `INFO` whatever the filter: there the SDK and the runtime print
/// whole requests, and so passwords, tokens and what is mailed.
pub fn subscriber(
    filter: Targets,
    writer: impl for<'w> MakeWriter<'w> + Send + Sync + 'static,
) -> impl Subscriber + Send + Sync {
    // CloudWatch has its own time.
    let lines = fmt::layer().json().flatten_event(true).with_writer(writer).without_time();
    Registry::default().with(lines).with(filter).with(LevelFilter::INFO)
}
