//! GET, PATCH and DELETE /api/v1/me: the caller's own account.

mod changes;

use async_trait::async_trait;
use latchkey::{
    admission::{Caller, Recent},
    domain::{CustomData, errand::What, event::Kind as EventKind, user::Profile},
    http::{Endpoint, Operation, Problem, Request, Response, Route, cookies, describe::Security},
    keys::Purpose,
    runtime::Parts,
    sign_in::{AccountChange, event},
};
use serde::Serialize;
use utoipa::ToSchema;

pub use changes::ProfileRequest;

pub struct Me {
    parts: Parts,
}

const PATH: &str = "/api/v1/me";

#[async_trait]
impl Endpoint for Me {
    const NAME: &'static str = "me";
    const ROUTES: &'static [Route] = &[Route::get(PATH), Route::patch(PATH), Route::delete(PATH)];
    const KEYS: &'static [Purpose] = &[];

    fn new(parts: Parts) -> Self {
        Self { parts }
    }

    fn describe() -> Vec<Operation> {
        vec![
            Operation::new("me", "Me", "The signed-in user.")
                .data::<MeResponse>("ApiResponse_MeResponse_")
                .secured(Security::User),
            Operation::new("change_me", "Change Me", "Change names and custom data: what is not given stays.")
                .body::<ProfileRequest>()
                .data::<MeResponse>("ApiResponse_MeResponse_")
                .secured(Security::User),
            Operation::new(
                "delete_me",
                "Delete Me",
                "Delete the account at once, after a sign-in of the last ten minutes. Its address is free again.",
            )
            .data::<Deleted>("ApiResponse_Deleted_")
            .secured(Security::User),
        ]
    }

    async fn call(&self, request: &Request) -> Result<Response, Problem> {
        match request.method {
            http::Method::PATCH => self.change(request).await,
            http::Method::DELETE => self.delete(request).await,
            _ => self.show(request).await,
        }
    }
}

impl Me {
    async fn show(&self, request: &Request) -> Result<Response, Problem> {
        let (caller, profile) = Caller::with_profile(request, &self.parts).await?;
        Ok(Response::data(request, &MeResponse::of(&caller, profile)))
    }

    async fn change(&self, request: &Request) -> Result<Response, Problem> {
        let changes = changes::parse(request)?;
        let store = &self.parts.store;
        if changes.is_empty() {
            return self.show(request).await;
        }
        let caller = Caller::of(request, &self.parts).await?;
        let user = caller.user.user_id;
        let profile = store.change_profile(caller.tenant.id, user, &changes).await?;
        let profile = profile.ok_or_else(|| Problem::internal("a user without a profile"))?;
        let made = event(&self.parts, request, &caller.tenant, EventKind::ProfileChanged, Some(user));
        store.record(&made).await?;
        Ok(Response::data(request, &MeResponse::of(&caller, profile)))
    }

    async fn delete(&self, request: &Request) -> Result<Response, Problem> {
        let parts = &self.parts;
        let Recent { caller, login } = Recent::of(request, parts).await?;
        let what = What::AccountDeleted {
            user_id: login.user_id,
            address: login.address.clone(),
            unproven: login.unproven,
            by_administrator: false,
        };
        let of = (&login, &caller.user);
        let change = AccountChange::of(parts, request, &caller.tenant, of, (what, EventKind::AccountDeleted));
        let deleted = parts.store.delete_account(&change.alteration()).await?;
        change.conclude(deleted)?;
        let response = Response::data(request, &Deleted { status: "deleted" });
        Ok(response.with_cookie(&cookies::no_session(&caller.tenant)))
    }
}

#[derive(Serialize, ToSchema)]
pub struct Deleted {
    /// `deleted`.
    pub status: &'static str,
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
    /// Whether the person asked to stay signed in.
    pub remembered: bool,
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
                remembered: session.remembered,
                created_at: session.created_at.to_string(),
                expires_at: session.expires_at.to_string(),
            },
        }
    }
}
