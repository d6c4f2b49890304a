//! Whether somebody goes to the trouble that a machine at large would not.
//!
//! A tenant's captcha is asked for before anything is hashed: at every registration, and at a login or
//! a forgotten password once what was counted looks like credential stuffing
//! ([`Suspicion`](crate::domain::throttle::Suspicion)). It fails closed: who cannot be checked does not
//! go on.

mod altcha;
mod siteverify;

pub use altcha::Challenge;

use crate::{
    domain::{Fault, Tenant, settings::CaptchaProvider},
    http::{CaptchaAsked, Code, Problem, Request},
    runtime::Parts,
};

/// What a client says that it solved.
pub struct CaptchaToken(String);

impl CaptchaToken {
    /// No provider's tokens are so long.
    const MAX_BYTES: usize = 8192;

    /// # Errors
    /// `string_too_long`.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        if text.len() > Self::MAX_BYTES {
            return Err(Fault::new("string_too_long", "String should have at most 8192 characters"));
        }
        Ok(Self(text.to_owned()))
    }
}

/// Checks the captcha of a request, where the tenant has one.
///
/// # Errors
/// 403 `captcha_required` without a token, `captcha_refused` for one that is not good, 503
/// `captcha_unavailable` where the provider cannot say.
pub async fn demand(
    parts: &Parts,
    request: &Request,
    tenant: &Tenant,
    token: Option<&CaptchaToken>,
) -> Result<(), Problem> {
    let Some(provider) = tenant.settings.captcha.provider else { return Ok(()) };
    let asked = |code: Code| {
        let site_key = tenant.settings.captcha.site_key.clone();
        Problem { captcha: Some(CaptchaAsked { provider: provider.name(), site_key }), ..code.into() }
    };
    let token = token.ok_or_else(|| asked(Code::CaptchaRequired))?;
    let solved = match provider {
        CaptchaProvider::Altcha => altcha::spend(parts, request, tenant, &token.0).await?,
        _ => siteverify::ask(parts, tenant, provider, &token.0).await?,
    };
    if solved { Ok(()) } else { Err(asked(Code::CaptchaRefused)) }
}
