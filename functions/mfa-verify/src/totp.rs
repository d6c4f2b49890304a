//! A code of an authenticator app (RFC 6238 §5.2: each once).

use latchkey::{
    domain::{Tenant, factor::Totp, ids::UserId, session::Authentication},
    http::Problem,
    runtime::Parts,
};

use crate::Proven;

/// Whether the code is of now or a step beside it, and this sign-in is the first to use it or any
/// later one, over all handles.
pub async fn check(
    parts: &Parts,
    tenant: &Tenant,
    user: UserId,
    totp: Option<&Totp>,
    (code, sign_in): (&str, &str),
) -> Result<Option<Proven>, Problem> {
    let Some(totp) = totp else { return Ok(None) };
    let secret = parts.store.open_totp(tenant.id, user, totp, parts.factors_key()?)?;
    let step = secret
        .step_of(code, parts.clock.now())
        .map_err(|error| Problem::internal(error.to_string()))?
        .filter(|step| *step >= totp.last_step);
    let Some(step) = step else { return Ok(None) };
    let first = parts.store.use_totp(tenant.id, user, totp.factor_id, (step, sign_in)).await?;
    Ok(first.then(|| Proven::by(Authentication::PasswordAndTotp)))
}
