//! What a second factor's request looks like and is answered.

use latchkey::{
    domain::{Tenant, settings::Method},
    sign_in::{Opened, Tokens},
    tokens::Bearer,
};
use serde::Serialize;
use utoipa::ToSchema;

/// What the contract asks for.
#[derive(ToSchema)]
pub struct MFAChallengeRequest {
    pub mfa_token: String,
    pub user_id: Option<String>,
    /// `totp`, `webauthn`, `email` or `backup_code`.
    pub method: String,
    pub code: Option<String>,
    pub challenge_id: Option<String>,
    #[schema(value_type = Option<Object>)]
    pub credential: Option<serde::de::IgnoredAny>,
    #[schema(default = false, required = false)]
    pub remember_device: bool,
    #[schema(default = false, required = false)]
    pub trust_device: bool,
    /// A label in the audit record, never proof.
    pub device_fingerprint: Option<String>,
}

#[derive(Default, Serialize, ToSchema)]
pub struct MFAChallengeResponse {
    /// `authenticated` or `failed`.
    pub status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trusted_device_token: Option<String>,
    /// `invalid_code` or `invalid_credential`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens: Option<Tokens>,
}

impl MFAChallengeResponse {
    pub fn authenticated(tenant: &Tenant, opened: &Opened, trusted: Option<&Bearer>) -> Self {
        Self {
            status: "authenticated",
            session_id: Some(opened.session.session_id.to_string()),
            redirect_uri: tenant.settings.default_redirect_uri.as_ref().map(|uri| uri.as_str().to_owned()),
            trusted_device_token: trusted.map(|token| token.expose().to_owned()),
            tokens: Some(opened.tokens.clone()),
            ..Self::default()
        }
    }

    pub fn failed(method: Method) -> Self {
        let error = if method == Method::Webauthn { "invalid_credential" } else { "invalid_code" };
        Self { status: "failed", error: Some(error.to_owned()), ..Self::default() }
    }
}
