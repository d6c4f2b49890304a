//! The functions, mounted in this process.

use std::sync::Arc;

use anyhow::Context;
use latchkey::{
    http::Endpoint,
    runtime::{self, Function, World},
};

use crate::{environment::Environment, roles::Roles, tables};

/// The function that the streams and the schedule wake.
pub const MAIL_WORKER: &str = "mail-worker";
/// The function that SES's reports wake.
pub const MAIL_FEEDBACK: &str = mail_feedback::NAME;

/// Mounts every function of the product, started with `environment`.
///
/// # Errors
/// When one cannot start: one sentence that names it.
pub async fn mount(environment: &Environment, world: World) -> anyhow::Result<Vec<Arc<dyn Function>>> {
    let mount = Mount { environment, world, roles: Roles::over(tables::names(environment)?) };
    Ok(vec![
        mount.endpoint::<register::Register>().await?,
        mount.endpoint::<captcha::Captcha>().await?,
        mount.endpoint::<verify_email::VerifyEmail>().await?,
        mount.endpoint::<verify_email_resend::VerifyEmailResend>().await?,
        mount.endpoint::<login::Login>().await?,
        mount.endpoint::<mfa_email_send::MfaEmailSend>().await?,
        mount.endpoint::<mfa_webauthn_begin::MfaWebauthnBegin>().await?,
        mount.endpoint::<mfa_verify::MfaVerify>().await?,
        mount.endpoint::<passkey::Passkey>().await?,
        mount.endpoint::<forgot_password::ForgotPassword>().await?,
        mount.endpoint::<password_reset::PasswordReset>().await?,
        mount.endpoint::<email_undo::EmailUndo>().await?,
        mount.endpoint::<session_refresh::SessionRefresh>().await?,
        mount.endpoint::<logout::Logout>().await?,
        mount.endpoint::<me::Me>().await?,
        mount.endpoint::<me_password::MePassword>().await?,
        mount.endpoint::<me_email::MeEmail>().await?,
        mount.endpoint::<me_export::MeExport>().await?,
        mount.endpoint::<me_sessions::MeSessions>().await?,
        mount.endpoint::<me_devices::MeDevices>().await?,
        mount.endpoint::<me_mfa::MeMfa>().await?,
        mount.endpoint::<me_mfa_totp::MeMfaTotp>().await?,
        mount.endpoint::<me_mfa_webauthn::MeMfaWebauthn>().await?,
        mount.endpoint::<me_mfa_email::MeMfaEmail>().await?,
        mount.endpoint::<me_mfa_backup_codes::MeMfaBackupCodes>().await?,
        mount.endpoint::<well_known::WellKnown>().await?,
        mount.endpoint::<admin_tenants::AdminTenants>().await?,
        mount.endpoint::<admin_users::AdminUsers>().await?,
        mount.endpoint::<admin_audit::AdminAudit>().await?,
        mount.endpoint::<admin_keys::AdminKeys>().await?,
        mount.endpoint::<openapi::OpenApi>().await?,
        mount.endpoint::<pages::Pages>().await?,
        mount.worker().await?,
        mount.feedback().await?,
    ])
}

struct Mount<'a> {
    environment: &'a Environment,
    world: World,
    roles: Roles,
}

impl Mount<'_> {
    async fn endpoint<E: Endpoint>(&self) -> anyhow::Result<Arc<dyn Function>> {
        runtime::mount::<E>(&|name| self.environment.get(name).cloned(), self.world_of(E::NAME)?)
            .await
            .with_context(|| format!("{} does not start", E::NAME))
    }

    async fn worker(&self) -> anyhow::Result<Arc<dyn Function>> {
        let worker = mail_worker::MailWorker::start(
            &|name| self.environment.get(name).cloned(),
            self.world_of(MAIL_WORKER)?,
        )
        .await;
        Ok(Arc::new(worker.with_context(|| format!("{MAIL_WORKER} does not start"))?))
    }

    async fn feedback(&self) -> anyhow::Result<Arc<dyn Function>> {
        let feedback = mail_feedback::MailFeedback::start(
            &|name| self.environment.get(name).cloned(),
            self.world_of(MAIL_FEEDBACK)?,
        )
        .await;
        Ok(Arc::new(feedback.with_context(|| format!("{MAIL_FEEDBACK} does not start"))?))
    }

    /// The world as a function sees it: through its role.
    fn world_of(&self, function: &'static str) -> anyhow::Result<World> {
        Ok(self.world.clone().behind(self.roles.gate(function)?))
    }
}
