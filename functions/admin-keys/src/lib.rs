//! `/api/v1/admin/tenants/{tenant_slug}/keys`: a tenant's signing keys, for administrators.

use async_trait::async_trait;
use latchkey::{
    administration::{
        Administrator, Deed,
        key::{self, Rotation},
        tenant,
    },
    domain::{Tenant, TenantSlug, event::Kind},
    http::{Code, Endpoint, Operation, Problem, Request, Response, Route, describe::Security},
    jiff::Timestamp,
    keys::Purpose,
    runtime::Parts,
};
use serde::Serialize;
use utoipa::ToSchema;

pub struct AdminKeys {
    parts: Parts,
}

#[async_trait]
impl Endpoint for AdminKeys {
    const NAME: &'static str = "admin-keys";
    const ROUTES: &'static [Route] = &[
        Route::get("/api/v1/admin/tenants/{tenant_slug}/keys"),
        Route::post("/api/v1/admin/tenants/{tenant_slug}/keys/rotate"),
    ];
    const KEYS: &'static [Purpose] = &[Purpose::Signing];

    fn new(parts: Parts) -> Self {
        Self { parts }
    }

    fn describe() -> Vec<Operation> {
        vec![
            Operation::new("admin_list_keys", "List Keys", "A tenant's signing keys, the newest first.")
                .data::<KeysResponse>("ApiResponse_KeysResponse_")
                .secured(Security::Administrator),
            Operation::new(
                "admin_rotate_keys",
                "Rotate Keys",
                "Make a new key, which signs in 2 h 15 min, once every cache has it. With now it signs at once, and \
                 every access token of the others is dead.",
            )
            .body::<RotationRequest>()
            .data::<KeysResponse>("ApiResponse_KeysResponse_")
            .secured(Security::Administrator),
        ]
    }

    async fn call(&self, request: &Request) -> Result<Response, Problem> {
        let by = Administrator::of(request, &self.parts)?;
        let slug = request.parameter("tenant_slug").unwrap_or_default();
        let slug = TenantSlug::parse(slug).map_err(|_| Code::TenantNotFound)?;
        let tenant = if request.method == http::Method::POST {
            key::rotate(&by, &slug, rotation(request)?).await?
        } else {
            let tenant = tenant::show(&by.parts, &slug).await?;
            by.record(&tenant, Kind::AdministratorRead, Deed::of("keys")).await?;
            tenant
        };
        Ok(Response::data(request, &KeysResponse::of(&tenant, request.at)))
    }
}

fn rotation(request: &Request) -> Result<Rotation, Problem> {
    let mut form = request.form()?;
    let now = form.flag("now");
    let (now,) = form.finish((now,))?;
    Ok(if now { Rotation::AtOnce } else { Rotation::Announced })
}

#[derive(ToSchema)]
pub struct RotationRequest {
    /// Sign with it at once, and drop the others: every access token dies.
    #[schema(required = false)]
    pub now: bool,
}

#[derive(Serialize, ToSchema)]
pub struct KeysResponse {
    /// The newest first.
    pub keys: Vec<KeyShown>,
}

#[derive(Serialize, ToSchema)]
pub struct KeyShown {
    pub kid: String,
    /// `RS256` or `ES256`.
    pub algorithm: String,
    /// `waiting`, `signing` or `published`.
    #[schema(value_type = String)]
    pub state: serde_json::Value,
    /// RFC 3339.
    pub signs_from: String,
    /// RFC 3339; none while it signs or waits.
    pub published_until: Option<String>,
}

impl KeysResponse {
    fn of(tenant: &Tenant, now: Timestamp) -> Self {
        let keys = tenant.keys.states(now).map(|(key, state)| KeyShown {
            kid: key.jwk.kid.clone(),
            algorithm: key.jwk.alg.name().to_owned(),
            state: serde_json::to_value(state).unwrap_or_default(),
            signs_from: key.signs_from.to_string(),
            published_until: key.published_until.map(|until| until.to_string()),
        });
        Self { keys: keys.collect() }
    }
}
