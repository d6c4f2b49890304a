//! POST logout: the caller's session ends.

use async_trait::async_trait;
use latchkey::{
    admission::Caller,
    domain::event::Kind as EventKind,
    http::{Code, Endpoint, Operation, Problem, Request, Response, Route, cookies, describe::Security},
    keys::Purpose,
    runtime::Parts,
    sign_in::event,
};
use serde::Serialize;
use utoipa::ToSchema;

pub struct Logout {
    parts: Parts,
}

#[async_trait]
impl Endpoint for Logout {
    const NAME: &'static str = "logout";
    const ROUTES: &'static [Route] = &[Route::post("/api/v1/auth/tenants/{tenant_slug}/logout")];
    const KEYS: &'static [Purpose] = &[];

    fn new(parts: Parts) -> Self {
        Self { parts }
    }

    fn describe() -> Vec<Operation> {
        vec![
            Operation::new("logout", "Logout", "End the session of the access token.")
                .data::<LogoutResponse>("ApiResponse_LogoutResponse_")
                .secured(Security::User),
        ]
    }

    async fn call(&self, request: &Request) -> Result<Response, Problem> {
        let tenant = self.parts.tenants.public(request).await?;
        let store = &self.parts.store;
        let caller = Caller::of(request, &self.parts).await?;
        if caller.tenant.id != tenant.id {
            return Err(Code::BearerInvalid.into());
        }
        let ended = event(&self.parts, request, &tenant, EventKind::SessionEnded, Some(caller.user.user_id));
        futures::try_join!(
            store.end_session(tenant.id, caller.user.user_id, caller.session.session_id),
            store.record(&ended),
        )?;
        let response = Response::data(request, &LogoutResponse { status: "logged_out" });
        Ok(response.with_cookie(&cookies::no_session(&tenant)))
    }
}

#[derive(Serialize, ToSchema)]
pub struct LogoutResponse {
    /// `logged_out`
    pub status: &'static str,
}
