//! What a verification is asked and answers.

use latchkey::{
    domain::{Tenant, registration::Registration},
    http::{Request, Response},
    sign_in::{Opened, Tokens},
    tokens::Bearer,
};
use serde::Serialize;
use utoipa::ToSchema;

/// What the page that the mail leads to sends.
#[derive(ToSchema)]
pub struct VerifyEmailRequest {
    pub token: String,
    /// The password chosen at registration.
    pub password: String,
}

#[derive(Default, Serialize, ToSchema)]
pub struct VerifyEmailResponse {
    /// `verified` or `already_verified`.
    pub status: &'static str,
    pub email: String,
    pub redirect_uri: Option<String>,
    /// The address is proven, but has no password yet: `reset_token` chooses one.
    #[schema(default = false, required = false)]
    pub password_required: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reset_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens: Option<Tokens>,
    /// The tenant demands a second factor: good at the enrolment endpoints alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enrollment_token: Option<String>,
}

impl VerifyEmailResponse {
    pub fn verified(tenant: &Tenant, registration: &Registration) -> Self {
        Self {
            status: "verified",
            email: registration.email.clone(),
            redirect_uri: tenant.settings.way_back(registration.redirect_uri.as_deref()),
            user_id: Some(registration.user_id.to_string()),
            ..Self::default()
        }
    }

    pub fn with_reset_token(self, token: &Bearer) -> Self {
        Self { password_required: true, reset_token: Some(token.expose().to_owned()), ..self }
    }

    pub fn with_enrollment(self, token: &Bearer) -> Self {
        Self { enrollment_token: Some(token.expose().to_owned()), ..self }
    }

    pub fn with_session(self, opened: &Opened) -> Self {
        Self {
            session_id: Some(opened.session.session_id.to_string()),
            tokens: Some(opened.tokens.clone()),
            ..self
        }
    }
}

/// Somebody has the address already; says nothing of whom.
pub fn already_verified(request: &Request, tenant: &Tenant, registration: &Registration) -> Response {
    let answer = VerifyEmailResponse {
        status: "already_verified",
        email: registration.email.clone(),
        redirect_uri: tenant.settings.way_back(registration.redirect_uri.as_deref()),
        ..VerifyEmailResponse::default()
    };
    Response::data(request, &answer)
}
