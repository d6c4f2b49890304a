//! POST mfa/webauthn/begin: asks for a challenge to a security key or passkey.
//!
//! No user can have one yet: whoever holds a live handle is told so, anybody else that the handle
//! is not valid.

use async_trait::async_trait;
use latchkey::{
    http::{Code, Endpoint, Operation, Problem, Request, Response, Route, form},
    keys::Purpose,
    runtime::Parts,
    sign_in::presented_handle,
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
        let (handle, state) = futures::try_join!(
            self.parts.store.count_begin(tenant.id, &token),
            self.parts.store.user_state(tenant.id, user),
        )?;
        let stands = handle.zip(state).is_some_and(|(handle, state)| handle.stands(&state, &tenant));
        Err(if stands { Code::NoSuchFactor } else { Code::MfaTokenInvalid }.into())
    }
}
