//! POST mfa/webauthn/begin: asks for a challenge to the passkeys and security keys of who gave a
//! right password.

use async_trait::async_trait;
use latchkey::{
    authenticators::webauthn::RelyingParty,
    domain::{factor::Purpose as ChallengeFor, settings::Method},
    http::{Code, Endpoint, Operation, Problem, Request, Response, Route, form},
    keys::Purpose,
    runtime::Parts,
    sign_in::{begin_challenge, presented_handle},
    store::StoreError,
};

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
                "Begin a WebAuthn authentication challenge. A JSON body with `mfa_token` and `user_id` does in the \
                 query's place, and keeps them out of logs. `data` has `challenge_id`, which goes with the answer, and \
                 `public_key`, the options for `navigator.credentials.get` as JSON.",
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
        let options = relying_party
            .begin_authentication(&allowed)
            .map_err(|error| Problem::internal(error.to_string()))?;
        let purpose = ChallengeFor::SecondFactor { handle: &token.hash() };
        begin_challenge(&self.parts, request, &tenant, &purpose, options).await
    }
}
