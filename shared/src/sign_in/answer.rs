//! What a person who signed in is handed.

use serde::Serialize;
use utoipa::ToSchema;

use super::Opened;
use crate::{
    domain::{Tenant, agent, mailbox::MailboxProof},
    http::{Request, Response, cookies},
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

/// The session that takes the place of the one that made a change, where the change ends all
/// sessions; and the one that an enrolment opens.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct Reissued {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens: Option<Tokens>,
}

impl Reissued {
    #[must_use]
    pub fn of(opened: Option<&Opened>) -> Self {
        Self {
            session_id: opened.map(|opened| opened.session.session_id.to_string()),
            tokens: opened.map(|opened| opened.tokens.clone()),
        }
    }
}

/// What a person used, in words: a hint for its owner, proof of nothing.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct DeviceWords {
    pub browser: &'static str,
    pub system: &'static str,
}

impl DeviceWords {
    /// `None` for a `User-Agent` that we do not know.
    #[must_use]
    pub fn of(agent: &str) -> Option<Self> {
        let (browser, system) = agent::browser_and_system(agent)?;
        Some(Self { browser, system })
    }
}

/// The answer to a change that ended the other sessions.
#[must_use]
pub fn reissued(request: &Request, tenant: &Tenant, opened: Option<&Opened>) -> Response {
    let response = Response::data(request, &Reissued::of(opened));
    match opened {
        Some(opened) => with_cookies(response, tenant, opened),
        None => response,
    }
}

/// The answer to a code that was mailed to a signed-in user.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CodeSentResponse {
    pub status: &'static str,
    /// Seconds.
    pub expires_in: i64,
    /// Seconds.
    pub resend_after: i64,
    /// The address, masked.
    pub destination: String,
}

impl CodeSentResponse {
    #[must_use]
    pub fn to(masked: &str) -> Self {
        Self {
            status: "sent",
            expires_in: MailboxProof::MINUTES * 60,
            resend_after: MailboxProof::COOLDOWN_SECONDS,
            destination: masked.to_owned(),
        }
    }
}

/// Adds the session's cookie, unless the refresh token is in the body.
#[must_use]
pub fn with_cookies(response: Response, tenant: &Tenant, opened: &Opened) -> Response {
    if opened.tokens.refresh_token.is_some() {
        return response;
    }
    response.with_cookie(&cookies::session(tenant, &opened.refresh, opened.remembered_for()))
}
