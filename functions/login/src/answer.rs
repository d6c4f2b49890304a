//! What a login is asked and answers.

use latchkey::{
    domain::{Tenant, ids::UserId, settings::Method},
    sign_in::{Opened, Tokens},
    tokens::Bearer,
};
use serde::Serialize;
use utoipa::ToSchema;

/// What the contract asks for.
#[derive(ToSchema)]
#[schema(as = scaikey__schemas__auth__LoginRequest)]
pub struct LoginRequest {
    #[schema(format = Email)]
    pub email: String,
    pub password: String,
    #[schema(default = false, required = false)]
    pub remember_me: bool,
    /// Ask for the second factor on a trusted device as well: for what needs a fresh one.
    #[schema(default = false, required = false)]
    pub reauthenticate: bool,
    pub trusted_device_token: Option<String>,
    /// After suspicious failures, where the tenant has a captcha.
    pub captcha_token: Option<String>,
}

#[derive(Default, Serialize, ToSchema)]
#[schema(as = scaikey__schemas__auth__LoginResponse)]
pub struct LoginResponse {
    /// `authenticated`, `mfa_required` or `mfa_enrollment_required`.
    pub status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    #[schema(default = false, required = false)]
    pub mfa_required: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mfa_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub available_methods: Option<Vec<&'static str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_method: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens: Option<Tokens>,
    /// The next token of the trusted device that was presented.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trusted_device_token: Option<String>,
    /// Good at the enrolment endpoints alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enrollment_token: Option<String>,
}

impl LoginResponse {
    pub fn authenticated(tenant: &Tenant, opened: &Opened, trusted: Option<&Bearer>) -> Self {
        Self {
            status: "authenticated",
            user_id: Some(opened.session.user_id.to_string()),
            session_id: Some(opened.session.session_id.to_string()),
            redirect_uri: tenant.settings.default_redirect_uri.as_ref().map(|uri| uri.as_str().to_owned()),
            tokens: Some(opened.tokens.clone()),
            trusted_device_token: trusted.map(|token| token.expose().to_owned()),
            ..Self::default()
        }
    }

    pub fn mfa_required(user_id: UserId, handle: &Bearer, methods: &[Method]) -> Self {
        Self {
            status: "mfa_required",
            user_id: Some(user_id.to_string()),
            mfa_required: true,
            mfa_token: Some(handle.expose().to_owned()),
            default_method: methods.first().map(|method| method.name()),
            available_methods: Some(methods.iter().map(|method| method.name()).collect()),
            ..Self::default()
        }
    }

    pub fn enrollment_required(user_id: UserId, handle: &Bearer) -> Self {
        Self {
            status: "mfa_enrollment_required",
            user_id: Some(user_id.to_string()),
            enrollment_token: Some(handle.expose().to_owned()),
            ..Self::default()
        }
    }
}
