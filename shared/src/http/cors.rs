//! Cross-origin requests, answered from the tenant's own list; never a wildcard.

use http::header;

use super::{Request, Response, Route};
use crate::domain::Tenant;

const PREFLIGHT_SECONDS: &str = "600";

/// Whether a page of one of the tenant's origins sends this.
#[must_use]
pub fn is_from_page_of(tenant: &Tenant, request: &Request) -> bool {
    request
        .header("origin")
        .is_some_and(|origin| tenant.settings.origins.iter().any(|allowed| allowed.as_str() == origin))
}

/// Adds what a browser must see to hand the answer to a page of an allowed origin.
#[must_use]
pub fn answer(response: Response, request: &Request, tenant: Option<&Tenant>) -> Response {
    let vary = match response.headers.get(header::VARY).and_then(|value| value.to_str().ok()) {
        Some(already) => format!("{already}, Origin"),
        None => "Origin".to_owned(),
    };
    let response = response.with_header(header::VARY, &vary);
    let Some(origin) = request.header("origin") else { return response };
    if !tenant.is_some_and(|tenant| is_from_page_of(tenant, request)) {
        return response;
    }
    response
        .with_header(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin)
        .with_header(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, "true")
        .with_header(header::ACCESS_CONTROL_EXPOSE_HEADERS, "Retry-After")
}

/// Answers a preflight. Where no tenant can be told, as for a path of the user's own before its token is sent, the
/// browser may go on, credentials included: no cookie is read there, the answer sets one for the tenant's pages alone, and
/// it is the answer that names the tenant's origins.
#[must_use]
pub fn preflight(request: &Request, routes: &[Route], tenant: Option<&Tenant>) -> Response {
    let mut methods: Vec<_> = routes.iter().map(|route| route.method).collect();
    methods.sort_unstable();
    methods.dedup();
    let response = Response::empty(204)
        .with_header(header::ACCESS_CONTROL_ALLOW_METHODS, &methods.join(", "))
        .with_header(header::ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type")
        .with_header(header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_SECONDS);
    let response = answer(response, request, tenant);
    match request.header("origin") {
        Some(origin) if request.parameter("tenant_slug").is_none() => response
            .with_header(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin)
            .with_header(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, "true"),
        _ => response,
    }
}
