//! The functions, mounted in this process.

use std::sync::Arc;

use latchkey::{
    domain::{Clock, Entropy},
    runtime::Function,
};

use crate::environment::Environment;

/// The function that the streams and the schedule wake.
pub const MAIL_WORKER: &str = "mail-worker";

/// Mounts every function of the product, started with `environment`.
///
/// # Errors
/// When one cannot start.
pub async fn mount(
    _environment: &Environment,
    _clock: Arc<dyn Clock>,
    _entropy: Arc<dyn Entropy>,
) -> anyhow::Result<Vec<Arc<dyn Function>>> {
    Ok(Vec::new())
}
