//! MFA handles as they come and go.

use jiff::SignedDuration;

use super::later;
use crate::{
    domain::{Tenant, handle::Handle, ids::UserId, settings::Method, user::Login},
    http::{Code, Problem, Request},
    runtime::Parts,
    tokens::{Bearer, Kind, Proof, Selector},
};

/// What a login goes on with.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// [`Kind::Mfa`] or [`Kind::Enrollment`].
    pub kind: Kind,
    pub methods: Vec<Method>,
    pub remember_me: bool,
    pub on_known_device: bool,
}

/// Opens a handle for who gave a right password.
///
/// # Errors
/// 503 when the store cannot answer.
pub async fn open_handle(
    parts: &Parts,
    request: &Request,
    tenant: &Tenant,
    login: &Login,
    wanted: Wanted,
) -> Result<Bearer, Problem> {
    let (token, handle) = draft_handle(parts, request, tenant, login, wanted)?;
    parts.store.open_handle(tenant.id, &token, &handle).await?;
    Ok(token)
}

/// Drafts such a handle; nothing is stored yet.
///
/// # Errors
/// 500 where the function lacks the factors' key.
pub fn draft_handle(
    parts: &Parts,
    request: &Request,
    tenant: &Tenant,
    login: &Login,
    wanted: Wanted,
) -> Result<(Bearer, Handle), Problem> {
    let expires_at = later(request.at, SignedDuration::from_mins(Handle::LIFETIME_MINUTES));
    let proof = Proof { key: parts.factors_key()?, tenant: tenant.id };
    let Wanted { kind, methods, remember_me, on_known_device } = wanted;
    let selector = match kind {
        Kind::Enrollment => Selector::enrollment(login.user_id, &tenant.slug),
        _ => Selector::user(login.user_id),
    };
    let token = Bearer::proven(kind, selector, &proof, parts.entropy.bytes(), expires_at);
    let handle = Handle {
        user_id: login.user_id,
        epoch: login.epoch,
        revision: login.revision,
        address: login.address.clone(),
        unproven: login.unproven,
        methods,
        remember_me,
        on_known_device,
        origin: request.origin(),
        created_at: request.at,
        expires_at,
        tries: 0,
        code_mac: None,
        code_until: None,
    };
    Ok((token, handle))
}

/// The handle's token that a request presents, if we made it for this tenant; decided without a
/// read, so that no forged token counts against anybody's factor. A `user_id` beside it must be
/// the one that the token names.
///
/// # Errors
/// 401 `mfa_token_invalid`.
pub fn presented_handle(
    parts: &Parts,
    request: &Request,
    tenant: &Tenant,
    token: &str,
    user_id: Option<&str>,
) -> Result<(Bearer, UserId), Problem> {
    let proof = Proof { key: parts.factors_key()?, tenant: tenant.id };
    let token = Bearer::parse(Kind::Mfa, token)
        .filter(|token| token.is_ours(&proof, request.at))
        .ok_or(Code::MfaTokenInvalid)?;
    let user = token.user().ok_or(Code::MfaTokenInvalid)?;
    match user_id {
        Some(given) if given != user.to_string() => Err(Code::MfaTokenInvalid.into()),
        _ => Ok((token, user)),
    }
}
