//! The two cookies, each named for its tenant, so that another tenant's is ignored.

use cookie::{Cookie, SameSite, time::Duration};
use http::header;

use super::{
    Request, Response, cors,
    problem::{Code, Problem},
};
use crate::{
    domain::{Tenant, settings::Delivery},
    runtime::Parts,
    tokens::Bearer,
};

/// The name of the cookie that holds a tenant's refresh token.
#[must_use]
pub fn session_name(tenant: &Tenant) -> String {
    format!("__Host-lk_s_{}", tenant.id)
}

/// The name of the cookie that makes a device known, or trusted.
#[must_use]
pub fn device_name(tenant: &Tenant) -> String {
    format!("__Host-lk_d_{}", tenant.id)
}

/// The cookie of a session; kept by the browser only where the person asked to be remembered.
#[must_use]
pub fn session(tenant: &Tenant, token: &Bearer, remembered_for: Option<i64>) -> Cookie<'static> {
    build(session_name(tenant), token.expose().to_owned(), remembered_for)
}

/// The cookie of a known device.
#[must_use]
pub fn device(tenant: &Tenant, token: &Bearer, seconds: i64) -> Cookie<'static> {
    build(device_name(tenant), token.expose().to_owned(), Some(seconds))
}

/// The cookie of a trusted device, for who signs in at a hosted page.
#[must_use]
pub fn trusted(tenant: &Tenant, token: &Bearer) -> Cookie<'static> {
    device(tenant, token, i64::from(tenant.settings.trusted_device_days) * 24 * 3600)
}

/// What makes a browser drop the session's cookie.
#[must_use]
pub fn no_session(tenant: &Tenant) -> Cookie<'static> {
    build(session_name(tenant), String::new(), Some(0))
}

fn build(name: String, value: String, max_age: Option<i64>) -> Cookie<'static> {
    let cookie =
        Cookie::build((name, value)).path("/").secure(true).http_only(true).same_site(SameSite::Strict);
    match max_age {
        Some(seconds) => cookie.max_age(Duration::seconds(seconds)).build(),
        None => cookie.build(),
    }
}

/// Refuses a sign-in from a page that is not the tenant's, where the answer would leave a cookie: its visitor would go on
/// as somebody else (OWASP ASVS 5.0 V3.5). What is no browser sends no `Origin`.
///
/// # Errors
/// 403 `origin_not_allowed`.
pub fn guard_sign_in(parts: &Parts, request: &Request, tenant: &Tenant) -> Result<(), Problem> {
    let leaves_cookie = tenant.settings.tokens.delivery == Delivery::Cookie;
    if leaves_cookie && request.header("origin").is_some() { guard(parts, request, tenant) } else { Ok(()) }
}

/// Lets a request that uses a cookie through only from an allowed origin, or a hosted page, and with JSON: a form of
/// another site can have neither (OWASP ASVS 5.0 V3.5).
///
/// # Errors
/// 403 `origin_not_allowed`.
pub fn guard(parts: &Parts, request: &Request, tenant: &Tenant) -> Result<(), Problem> {
    if is_from_own_page(parts, request, Some(tenant)) && request.is_json() {
        Ok(())
    } else {
        Err(Code::OriginNotAllowed.into())
    }
}

/// Leaves out the cookies of an answer to a page that is neither the tenant's nor a hosted one. Whatever set them, its
/// visitor does not go on as somebody else.
#[must_use]
pub fn only_for_own_pages(
    mut response: Response,
    parts: &Parts,
    request: &Request,
    tenant: Option<&Tenant>,
) -> Response {
    if request.header("origin").is_some() && !is_from_own_page(parts, request, tenant) {
        response.headers.remove(header::SET_COOKIE);
    }
    response
}

fn is_from_own_page(parts: &Parts, request: &Request, tenant: Option<&Tenant>) -> bool {
    tenant.is_some_and(|tenant| cors::is_from_page_of(tenant, request)) || parts.is_from_hosted_page(request)
}
