//! GET /api/v1/me: who is signed in.

use async_trait::async_trait;
use latchkey::{
    admission::Caller,
    domain::{CustomData, user::Profile},
    http::{Endpoint, Operation, Problem, Request, Response, Route, describe::Security},
    keys::Purpose,
    runtime::Parts,
};
use serde::Serialize;
use utoipa::ToSchema;

pub struct Me {
    parts: Parts,
}

#[async_trait]
impl Endpoint for Me {
    const NAME: &'static str = "me";
    const ROUTES: &'static [Route] = &[Route::get("/api/v1/me")];
    const KEYS: &'static [Purpose] = &[];

    fn new(parts: Parts) -> Self {
        Self { parts }
    }

    fn describe() -> Vec<Operation> {
        vec![
            Operation::new("me", "Me", "The signed-in user.")
                .data::<MeResponse>("ApiResponse_MeResponse_")
                .secured(Security::User),
        ]
    }

    async fn call(&self, request: &Request) -> Result<Response, Problem> {
        let store = &self.parts.store;
        let caller = Caller::of(request, &self.parts.tenants, store).await?;
        let profile = store
            .profile(caller.tenant.id, caller.user.user_id)
            .await?
            .ok_or_else(|| Problem::internal("a user without a profile"))?;
        Ok(Response::data(request, &MeResponse::of(&caller, profile)))
    }
}

#[derive(Serialize, ToSchema)]
pub struct MeResponse {
    pub user_id: String,
    pub tenant_id: String,
    pub tenant_slug: String,
    /// As it was typed.
    pub email: String,
    pub first_name: String,
    pub last_name: String,
    #[schema(value_type = Option<Object>)]
    pub custom_data: Option<CustomData>,
    /// RFC 3339.
    pub created_at: String,
    pub session: SessionSummary,
}

/// The session that asks.
#[derive(Serialize, ToSchema)]
pub struct SessionSummary {
    pub session_id: String,
    /// RFC 8176.
    pub amr: Vec<String>,
    pub acr: String,
    /// RFC 3339.
    pub created_at: String,
    /// RFC 3339.
    pub expires_at: String,
}

impl MeResponse {
    fn of(caller: &Caller, profile: Profile) -> Self {
        let session = &caller.session;
        Self {
            user_id: caller.user.user_id.to_string(),
            tenant_id: caller.tenant.id.to_string(),
            tenant_slug: caller.tenant.slug.to_string(),
            email: profile.email,
            first_name: profile.first_name.to_string(),
            last_name: profile.last_name.to_string(),
            custom_data: profile.custom_data,
            created_at: profile.created_at.to_string(),
            session: SessionSummary {
                session_id: session.session_id.to_string(),
                amr: session.authentication.amr(),
                acr: session.authentication.acr().to_owned(),
                created_at: session.created_at.to_string(),
                expires_at: session.expires_at.to_string(),
            },
        }
    }
}
