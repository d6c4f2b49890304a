//! GET /api/v1/openapi.json: what is served, from the code's own routes and types.

mod document;

use async_trait::async_trait;
use latchkey::{
    http::{Endpoint, Operation, Problem, Request, Response, Route, describe::Security},
    keys::Purpose,
    runtime::Parts,
};
use serde_json::Value;

use document::Document;

pub struct OpenApi {
    document: Value,
}

#[async_trait]
impl Endpoint for OpenApi {
    const NAME: &'static str = "openapi";
    const ROUTES: &'static [Route] = &[Route::get("/api/v1/openapi.json")];
    const KEYS: &'static [Purpose] = &[];

    fn new(parts: Parts) -> Self {
        Self { document: document(&parts.base_url) }
    }

    fn describe() -> Vec<Operation> {
        vec![Operation::new("openapi", "OpenAPI", "This document.").document().secured(Security::Public)]
    }

    async fn call(&self, _: &Request) -> Result<Response, Problem> {
        Ok(Response::json(200, &self.document))
    }
}

/// The document of a deployment at `base_url`.
#[must_use]
pub fn document(base_url: &str) -> Value {
    Document::new(base_url)
        .of::<register::Register>()
        .of::<verify_email::VerifyEmail>()
        .of::<verify_email_resend::VerifyEmailResend>()
        .of::<login::Login>()
        .of::<mfa_email_send::MfaEmailSend>()
        .of::<mfa_webauthn_begin::MfaWebauthnBegin>()
        .of::<mfa_verify::MfaVerify>()
        .of::<passkey::Passkey>()
        .of::<forgot_password::ForgotPassword>()
        .of::<password_reset::PasswordReset>()
        .of::<email_undo::EmailUndo>()
        .of::<session_refresh::SessionRefresh>()
        .of::<logout::Logout>()
        .of::<me::Me>()
        .of::<me_password::MePassword>()
        .of::<me_email::MeEmail>()
        .of::<me_export::MeExport>()
        .of::<me_sessions::MeSessions>()
        .of::<me_devices::MeDevices>()
        .of::<me_mfa::MeMfa>()
        .of::<me_mfa_totp::MeMfaTotp>()
        .of::<me_mfa_webauthn::MeMfaWebauthn>()
        .of::<me_mfa_email::MeMfaEmail>()
        .of::<me_mfa_backup_codes::MeMfaBackupCodes>()
        .of::<captcha::Captcha>()
        .of::<well_known::WellKnown>()
        .of::<pages::Pages>()
        .of::<admin_tenants::AdminTenants>()
        .of::<admin_users::AdminUsers>()
        .of::<admin_audit::AdminAudit>()
        .of::<admin_keys::AdminKeys>()
        .of::<OpenApi>()
        .finish()
}
