//! WebAuthn challenges as they begin.

use jiff::SignedDuration;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::later;
use crate::{
    authenticators::webauthn::RelyingParty,
    domain::{
        Tenant,
        factor::{Challenge, Purpose},
        ids::ChallengeId,
        settings::Method,
    },
    http::{Code, Problem, Request, Response},
    runtime::Parts,
};

/// A challenge, and the options that go to the browser with it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChallengeResponse {
    pub challenge_id: String,
    /// `PublicKeyCredentialCreationOptionsJSON` or `PublicKeyCredentialRequestOptionsJSON`.
    #[schema(value_type = Object)]
    pub public_key: Value,
}

/// The tenant's relying party, where it offers passkeys and has an origin for them.
///
/// # Errors
/// 409 `factor_not_offered`.
pub fn relying_party(parts: &Parts, tenant: &Tenant) -> Result<RelyingParty, Problem> {
    super::offered(tenant, Method::Webauthn)?;
    RelyingParty::of(tenant, &parts.base_url).ok_or_else(|| Code::FactorNotOffered.into())
}

/// Keeps the state of a challenge, to be answered once for this purpose within five minutes.
///
/// # Errors
/// 503 when the store cannot answer.
pub async fn begin_challenge(
    parts: &Parts,
    request: &Request,
    tenant: &Tenant,
    purpose: &Purpose<'_>,
    (public_key, state): (Value, String),
) -> Result<Response, Problem> {
    let challenge = Challenge {
        challenge_id: ChallengeId::fresh(&*parts.clock, &*parts.entropy),
        purpose: purpose.text(),
        state,
        expires_at: later(request.at, SignedDuration::from_mins(Challenge::LIFETIME_MINUTES)),
    };
    parts.store.put_challenge(tenant.id, &challenge).await?;
    let challenge_id = challenge.challenge_id.to_string();
    Ok(Response::data(request, &ChallengeResponse { challenge_id, public_key }))
}
