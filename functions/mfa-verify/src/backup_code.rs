//! A backup code: each signs in once in place of another factor.

use latchkey::{
    authenticators::backup_codes::Code,
    domain::{Tenant, factor::BackupCode, ids::UserId, session::Authentication},
    http::Problem,
    runtime::Parts,
};

use crate::Proven;

/// Whether the code is the one of its name, and this sign-in is the first to use it. A code without
/// a name of its own costs the same hash.
pub async fn check(
    parts: &Parts,
    tenant: &Tenant,
    user: UserId,
    stored: Option<&BackupCode>,
    (code, sign_in): (Option<&Code>, &str),
) -> Result<Option<Proven>, Problem> {
    let hash = match stored {
        Some(stored) => Some(parts.store.open_backup_code(tenant.id, user, stored, parts.factors_key()?)?),
        None => None,
    };
    let shown = code.map(Code::expose).unwrap_or_default();
    let right = parts.hasher.verify(shown, hash.as_ref()).await;
    let Some(stored) = stored.filter(|_| right) else { return Ok(None) };
    let first = parts.store.use_backup_code(tenant.id, user, stored, sign_in).await?;
    Ok(first.then(|| Proven::by(Authentication::PasswordAndBackupCode)))
}
