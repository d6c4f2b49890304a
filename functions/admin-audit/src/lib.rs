//! GET `/api/v1/admin/tenants/{tenant_slug}/audit`: a tenant's audit record, for administrators.

use async_trait::async_trait;
use latchkey::{
    administration::{
        Administrator, Deed, EventShown, Listing,
        audit::{self, Cursor, Wanted},
        tenant,
    },
    domain::{Fault, TenantSlug, event::Kind},
    http::{Code, Endpoint, Form, Operation, Problem, Request, Response, Route, describe::Security},
    jiff::Timestamp,
    keys::Purpose,
    runtime::Parts,
};
use serde::Serialize;
use utoipa::ToSchema;

pub struct AdminAudit {
    parts: Parts,
}

#[async_trait]
impl Endpoint for AdminAudit {
    const NAME: &'static str = "admin-audit";
    const ROUTES: &'static [Route] = &[Route::get("/api/v1/admin/tenants/{tenant_slug}/audit")];
    const KEYS: &'static [Purpose] = &[];

    fn new(parts: Parts) -> Self {
        Self { parts }
    }

    fn describe() -> Vec<Operation> {
        vec![
            Operation::new(
                "admin_audit",
                "Audit",
                "A tenant's audit events, the newest first, a page at a time: of a user, of a kind, from and until a \
                 time (RFC 3339). A page may be short or empty and have a next_cursor all the same.",
            )
            .query("user_id", false)
            .query("kind", false)
            .query("from", false)
            .query("until", false)
            .paged()
            .data::<AuditResponse>("ApiResponse_AuditResponse_")
            .secured(Security::Administrator),
        ]
    }

    async fn call(&self, request: &Request) -> Result<Response, Problem> {
        let by = Administrator::of(request, &self.parts)?;
        let slug = request.parameter("tenant_slug").unwrap_or_default();
        let slug = TenantSlug::parse(slug).map_err(|_| Code::TenantNotFound)?;
        let (listing, wanted) = Listing::of(request, |text| text.parse::<Cursor>().ok(), wanted)?;
        let tenant = tenant::show(&by.parts, &slug).await?;
        let page = audit::page(&by.parts, &tenant, &wanted, (listing.after, listing.most)).await?;
        // After the look, which would else find itself.
        by.record(&tenant, Kind::AdministratorRead, Deed::of("audit")).await?;
        let answer = AuditResponse {
            events: page.events.iter().map(EventShown::of).collect(),
            next_cursor: page.next.map(|next| next.to_string()),
        };
        Ok(Response::data(request, &answer))
    }
}

fn wanted(form: &mut Form) -> Option<Wanted> {
    let time = |text: &str| {
        text.parse::<Timestamp>().map_err(|_| Fault::value("must be a time such as 2026-06-01T12:00:00Z"))
    };
    let user =
        form.optional_text("user_id", |text| text.parse().map_err(|_| Fault::value("must be a usr_ id")));
    let kind = form
        .optional_text("kind", |text| Kind::named(text).ok_or_else(|| Fault::value("is no kind of event")));
    let (from, until) = (form.optional_text("from", time), form.optional_text("until", time));
    Some(Wanted { user: user?, kind: kind?, from: from?, until: until? })
}

#[derive(Serialize, ToSchema)]
pub struct AuditResponse {
    /// The newest first.
    pub events: Vec<EventShown>,
    /// What to ask for next; none on the last page.
    pub next_cursor: Option<String>,
}
