//! A tenant to try things with.

use anyhow::Context;
use latchkey::{
    domain::{Settings, TenantSlug},
    runtime::World,
};
use serde_json::json;

use crate::environment::Environment;

/// The demo tenant's slug.
pub const SLUG: &str = "acme";
/// Its one user.
pub const EMAIL: &str = "demo@acme.test";
/// The user's password, in every local stack.
pub const PASSWORD: &str = "open sesame for acme 1001";

/// What somebody needs to know to use the demo tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demo {
    pub slug: String,
    pub email: String,
    /// `None` where the user is older than this start and may have another password by now.
    pub password: Option<String>,
}

/// Makes the demo tenant and its user where they are not there.
///
/// # Errors
/// When DynamoDB does not answer or refuses.
pub async fn prepare(environment: &Environment, world: World) -> anyhow::Result<Demo> {
    let parts = admin::start(&|name| environment.get(name).cloned(), world).await?;
    let by = admin::administrator(parts.clone());
    let slug = TenantSlug::parse(SLUG).map_err(|fault| anyhow::anyhow!("{SLUG}: {}", fault.message))?;
    let demo = |password: Option<&str>| Demo {
        slug: SLUG.to_owned(),
        email: EMAIL.to_owned(),
        password: password.map(str::to_owned),
    };
    if parts.store.tenant(&slug).await?.is_some() {
        return Ok(demo(None));
    }
    let tenant = admin::tenant::create(&by, &slug, "Acme", settings()?).await?;
    let person = admin::user::NewPerson {
        email: EMAIL.to_owned(),
        password: Some(PASSWORD.to_owned()),
        first_name: "Demo".to_owned(),
        last_name: "Person".to_owned(),
        verified: true,
    };
    admin::user::create(&by, &tenant, person).await.context("the demo user")?;
    Ok(demo(Some(PASSWORD)))
}

/// A mailed code is asked for, and tokens come in the body, so that the whole can be tried with
/// nothing but curl.
fn settings() -> anyhow::Result<Settings> {
    let settings = json!({
        "mfa": { "policy": "required", "methods": ["totp", "webauthn", "email", "backup_code"] },
        "tokens": { "delivery": "body" },
        "origins": ["http://localhost:3000"],
        "relying_party": { "id": "localhost" },
        "redirect_uris": ["http://localhost:3000/welcome"],
        "default_redirect_uri": "http://localhost:3000/welcome",
    });
    Settings::parse(settings).map_err(|faults| anyhow::anyhow!("the demo tenant's settings: {faults:?}"))
}
