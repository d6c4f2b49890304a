//! What the use cases work with.

use latchkey::{
    administration::Administrator,
    keys::Purpose,
    runtime::{Parts, StartError, World},
};

/// All data keys, and every table looked for.
///
/// # Errors
/// [`StartError`] with the variable, key or table that is missing or wrong.
pub async fn start(get: &dyn Fn(&str) -> Option<String>, world: World) -> Result<Parts, StartError> {
    let parts = Parts::start(get, &Purpose::ALL, true, world).await?;
    parts.store.check_tables().await?;
    Ok(parts)
}

/// The person at this command line.
#[must_use]
pub fn administrator(parts: Parts) -> Administrator {
    Administrator::at_command_line(parts, std::env::var("USER").unwrap_or_default())
}
