//! SES, for the one function that mails.

use super::{Environment, EnvironmentFault, StartError, aws};
use crate::mail::Post;

/// What hands mails to SES, from `LATCHKEY_MAIL_FROM` where a tenant has no sender of its own.
///
/// # Errors
/// [`StartError`]: the variable that is missing or malformed.
pub fn post(get: &dyn Fn(&str) -> Option<String>) -> Result<Post, StartError> {
    let set = |name: &str| get(name).filter(|value| !value.is_empty());
    let from = set("LATCHKEY_MAIL_FROM")
        .ok_or_else(|| EnvironmentFault::Missing("LATCHKEY_MAIL_FROM".to_owned()))?;
    let client = aws::ses(&Environment::read(get, &[])?).map_err(StartError::Client)?;
    Ok(Post::new(client, from, set("LATCHKEY_MAIL_CONFIGURATION_SET")))
}
