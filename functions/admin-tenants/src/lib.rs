//! `/api/v1/admin/tenants` and `…/{tenant_slug}`: tenants and their settings, for administrators.

use async_trait::async_trait;
use latchkey::{
    administration::{AdministrationError, Administrator, Deed, Listing, TenantShown, fence, tenant},
    domain::{Fault, Settings, TenantSlug, event::Kind},
    http::{Code, Endpoint, Operation, Problem, Request, Response, Route, describe::Security},
    keys::Purpose,
    runtime::Parts,
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

pub struct AdminTenants {
    parts: Parts,
}

const ALL: &str = "/api/v1/admin/tenants";
const ONE: &str = "/api/v1/admin/tenants/{tenant_slug}";
const SUSPEND: &str = "/api/v1/admin/tenants/{tenant_slug}/suspend";
const RESUME: &str = "/api/v1/admin/tenants/{tenant_slug}/resume";
const REVOKE_ALL: &str = "/api/v1/admin/tenants/{tenant_slug}/revoke-all";

#[async_trait]
impl Endpoint for AdminTenants {
    const NAME: &'static str = "admin-tenants";
    const ROUTES: &'static [Route] = &[
        Route::get(ALL),
        Route::post(ALL),
        Route::get(ONE),
        Route::patch(ONE),
        Route::post(SUSPEND),
        Route::post(RESUME),
        Route::post(REVOKE_ALL),
    ];
    /// A captcha's secret is sealed with the first; a tenant is made with a signing key.
    const KEYS: &'static [Purpose] = &[Purpose::Passwords, Purpose::Signing];

    fn new(parts: Parts) -> Self {
        Self { parts }
    }

    fn describe() -> Vec<Operation> {
        let one = |id, summary, about| {
            Operation::new(id, summary, about)
                .data::<TenantShown>("ApiResponse_TenantShown_")
                .secured(Security::Administrator)
        };
        vec![
            Operation::new("admin_list_tenants", "List Tenants", "Every tenant, by slug, a page at a time.")
                .paged()
                .data::<TenantsResponse>("ApiResponse_TenantsResponse_")
                .secured(Security::Administrator),
            one("admin_create_tenant", "Create Tenant", "Make a tenant. The first one is made by the command line.")
                .body::<NewTenantRequest>(),
            one("admin_show_tenant", "Show Tenant", "One tenant, with its settings."),
            one(
                "admin_change_tenant",
                "Change Tenant",
                "Change settings, all or none. They are named by their dotted keys: {\"mfa.policy\": \"required\"}.",
            )
            .body::<TenantChangesRequest>(),
            one("admin_suspend_tenant", "Suspend Tenant", "It answers nobody, at the latest after a minute."),
            one("admin_resume_tenant", "Resume Tenant", "It answers again, at the latest after a minute."),
            one(
                "admin_revoke_all",
                "Revoke All",
                "Whatever was issued by now is dead: everybody signs in again. At the latest after a minute.",
            ),
        ]
    }

    async fn call(&self, request: &Request) -> Result<Response, Problem> {
        let by = Administrator::of(request, &self.parts)?;
        if request.parameter("tenant_slug").is_none() {
            return match request.method {
                http::Method::POST => create(&by, request).await,
                _ => list(&by, request).await,
            };
        }
        let slug = named(request)?;
        let shown = match (request.method.as_str(), request.path.rsplit('/').next()) {
            ("PATCH", _) => change(&by, request, &slug).await?,
            ("POST", Some("suspend")) => tenant::suspend(&by, &slug).await?,
            ("POST", Some("resume")) => tenant::resume(&by, &slug).await?,
            ("POST", Some("revoke-all")) => {
                let mut fenced = fence::restore_fence(&by, Some(&slug)).await?;
                fenced.pop().ok_or(Code::TenantNotFound)?
            }
            _ => {
                let shown = tenant::show(&by.parts, &slug).await?;
                by.record(&shown, Kind::AdministratorRead, Deed::of("tenant")).await?;
                shown
            }
        };
        Ok(Response::data(request, &TenantShown::of(&shown)))
    }
}

fn named(request: &Request) -> Result<TenantSlug, Problem> {
    let slug = request.parameter("tenant_slug").unwrap_or_default();
    TenantSlug::parse(slug).map_err(|_| Code::TenantNotFound.into())
}

/// Names and settings alone, of no one tenant: the access log says who looked.
async fn list(by: &Administrator, request: &Request) -> Result<Response, Problem> {
    let cursor = |text: &str| TenantSlug::parse(text).ok();
    let (listing, ()) = Listing::of(request, cursor, |_| Some(()))?;
    let tenants = tenant::page(&by.parts, listing.after.as_ref(), listing.most).await?;
    let last = tenants.last().map(|tenant| tenant.slug.to_string());
    let next_cursor = last.filter(|_| tenants.len() == listing.most);
    let tenants = tenants.iter().map(TenantShown::of).collect();
    Ok(Response::data(request, &TenantsResponse { tenants, next_cursor }))
}

async fn create(by: &Administrator, request: &Request) -> Result<Response, Problem> {
    let mut form = request.form()?;
    let values = (
        form.text("slug", TenantSlug::parse),
        form.optional_text("display_name", display_name),
        form.optional_object("settings", changes),
    );
    let (slug, name, settings) = form.finish(values)?;
    let settings = tenant::with(&Settings::default(), &settings.unwrap_or_default());
    let settings = settings.map_err(AdministrationError::Settings)?;
    let name = name.unwrap_or_else(|| slug.to_string());
    let made = tenant::create(by, &slug, &name, settings).await?;
    Ok(Response::data(request, &TenantShown::of(&made)))
}

async fn change(
    by: &Administrator,
    request: &Request,
    slug: &TenantSlug,
) -> Result<latchkey::domain::Tenant, Problem> {
    let mut form = request.form()?;
    let settings = form.object("settings", changes);
    let (settings,) = form.finish((settings,))?;
    Ok(tenant::set(by, slug, &settings).await?)
}

fn changes(settings: Value) -> Result<Vec<(String, Value)>, Fault> {
    match settings {
        Value::Object(settings) => Ok(settings.into_iter().collect()),
        _ => Err(Fault::new("dict_type", "Input should be a valid dictionary")),
    }
}

fn display_name(text: &str) -> Result<String, Fault> {
    latchkey::domain::PersonName::parse(text).map(|name| name.to_string())
}

#[derive(Serialize, ToSchema)]
pub struct TenantsResponse {
    /// By slug.
    pub tenants: Vec<TenantShown>,
    /// What to ask for next; none on the last page.
    pub next_cursor: Option<String>,
}

#[derive(ToSchema)]
pub struct NewTenantRequest {
    pub slug: String,
    pub display_name: Option<String>,
    /// By dotted keys; what is not named has its default.
    #[schema(value_type = Option<Object>)]
    pub settings: Option<serde::de::IgnoredAny>,
}

#[derive(ToSchema)]
pub struct TenantChangesRequest {
    /// By dotted keys; what is not named stays.
    #[schema(value_type = Object)]
    pub settings: serde::de::IgnoredAny,
}
