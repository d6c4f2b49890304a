//! What a sign-in with a passkey is asked and answers.

use latchkey::{
    domain::Tenant,
    sign_in::{Opened, Tokens},
};
use serde::{Serialize, de::IgnoredAny};
use utoipa::ToSchema;

#[derive(ToSchema)]
pub struct PasskeyRequest {
    pub challenge_id: String,
    /// `AuthenticationResponseJSON`.
    #[schema(value_type = Object)]
    pub credential: IgnoredAny,
    #[schema(default = false, required = false)]
    pub remember_me: bool,
}

#[derive(Serialize, ToSchema)]
pub struct PasskeyResponse {
    /// `authenticated`.
    pub status: &'static str,
    pub user_id: String,
    pub session_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect_uri: Option<String>,
    pub tokens: Tokens,
}

impl PasskeyResponse {
    pub fn of(tenant: &Tenant, opened: &Opened) -> Self {
        Self {
            status: "authenticated",
            user_id: opened.session.user_id.to_string(),
            session_id: opened.session.session_id.to_string(),
            redirect_uri: tenant.settings.default_redirect_uri.as_ref().map(|uri| uri.as_str().to_owned()),
            tokens: opened.tokens.clone(),
        }
    }
}
