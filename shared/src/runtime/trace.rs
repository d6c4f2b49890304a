//! Logs: one JSON object a line on standard error, never a body, a header or a query.

use tracing_subscriber::EnvFilter;

/// Begins to write logs. `RUST_LOG` sets what; by default what is worth telling.
pub fn trace() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // CloudWatch has its own time.
        .without_time()
        .init();
}
