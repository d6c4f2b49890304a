//! What a person who signed in is handed.

use serde::Serialize;
use utoipa::ToSchema;

use super::Opened;
use crate::{
    domain::{Tenant, settings::Delivery},
    http::{Response, cookies},
};

/// The tokens of a session (RFC 6749 §5.1).
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = Tokens)]
pub struct Tokens {
    /// A JWT (RFC 9068).
    pub access_token: String,
    pub token_type: &'static str,
    /// Seconds.
    pub expires_in: i64,
    /// Only where the tenant's tokens are delivered in the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tokens(…)")
    }
}

/// Adds the session's cookie where the tenant delivers its tokens so.
#[must_use]
pub fn with_cookies(response: Response, tenant: &Tenant, opened: &Opened) -> Response {
    match tenant.settings.tokens.delivery {
        Delivery::Body => response,
        Delivery::Cookie => {
            response.with_cookie(&cookies::session(tenant, &opened.refresh, opened.remembered_for()))
        }
    }
}
