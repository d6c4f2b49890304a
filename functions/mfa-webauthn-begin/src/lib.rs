//! POST mfa/webauthn/begin: asks for a challenge to the passkeys and security keys of who gave a
//! right password.

use async_trait::async_trait;
use latchkey::{
    authenticators::webauthn::RelyingParty,
    domain::{
        factor::{Challenge, Purpose as ChallengeFor},
        ids::ChallengeId,
        settings::Method,
    },
    http::{Code, Endpoint, Operation, Problem, Request, Response, Route, form},
    jiff::SignedDuration,
    keys::Purpose,
    runtime::Parts,
    sign_in::{later, presented_handle},
    store::StoreError,
};
use serde::Serialize;
use serde_json::Value;

pub struct MfaWebauthnBegin {
    parts: Parts,
}

#[async_trait]
impl Endpoint for MfaWebauthnBegin {
    const NAME: &'static str = "mfa-webauthn-begin";
    const ROUTES: &'static [Route] = &[Route::post("/api/v1/auth/tenants/{tenant_slug}/mfa/webauthn/begin")];
    const KEYS: &'static [Purpose] = &[Purpose::Factors];

    fn new(parts: Parts) -> Self {
        Self { parts }
    }

    fn describe() -> Vec<Operation> {
        vec![
            Operation::new(
                "begin_webauthn_auth",
                "Begin Webauthn Auth",
                "Begin a WebAuthn authentication challenge.",
            )
            .query("mfa_token", true)
            .query("user_id", true),
        ]
    }

    async fn call(&self, request: &Request) -> Result<Response, Problem> {
        let tenant = self.parts.tenants.of(request).await?;
        let mut form = request.query_or_form()?;
        let values = (form.text("mfa_token", form::any), form.text("user_id", form::any));
        let (token, user_id) = form.finish(values)?;
        let (token, user) = presented_handle(&self.parts, request, &tenant, &token, Some(&user_id))?;
        let store = &self.parts.store;
        let (handle, state, credentials) = futures::try_join!(
            store.count_begin(tenant.id, &token),
            store.user_state(tenant.id, user),
            store.credentials(tenant.id, user),
        )?;
        let live = handle.zip(state).filter(|(handle, state)| handle.stands(state, &tenant));
        let (handle, _) = live.ok_or(Code::MfaTokenInvalid)?;
        let relying_party = RelyingParty::of(&tenant, &self.parts.base_url)
            .filter(|_| handle.methods.contains(&Method::Webauthn))
            .ok_or(Code::NoSuchFactor)?;
        let key = self.parts.factors_key()?;
        let allowed = credentials
            .iter()
            .map(|credential| {
                let passkey = store.open_credential(tenant.id, user, credential, key)?;
                Ok((passkey, credential.transports.as_slice()))
            })
            .collect::<Result<Vec<_>, StoreError>>()?;
        let (public_key, state) = relying_party
            .begin_authentication(&allowed)
            .map_err(|error| Problem::internal(error.to_string()))?;
        let challenge = Challenge {
            challenge_id: ChallengeId::fresh(&*self.parts.clock, &*self.parts.entropy),
            purpose: ChallengeFor::SecondFactor { handle: &token.hash() }.text(),
            state,
            expires_at: later(request.at, SignedDuration::from_mins(Challenge::LIFETIME_MINUTES)),
        };
        store.put_challenge(tenant.id, &challenge).await?;
        let challenge_id = challenge.challenge_id.to_string();
        Ok(Response::data(request, &Begun { challenge_id, public_key }))
    }
}

#[derive(Serialize)]
struct Begun {
    challenge_id: String,
    /// `PublicKeyCredentialRequestOptionsJSON`.
    public_key: Value,
}
