//! POST /api/v1/me/mfa/backup-codes/regenerate: ten new backup codes in place of all others.

use async_trait::async_trait;
use latchkey::{
    admission::Recent,
    domain::{
        errand::{FactorChange, What},
        event::Kind as EventKind,
        mfa,
        settings::Method,
    },
    http::{Code, Endpoint, Operation, Problem, Request, Response, Route, describe::Security},
    keys::Purpose,
    runtime::Parts,
    sign_in::{AccountChange, FreshCodes, offered},
};
use serde::Serialize;
use utoipa::ToSchema;

pub struct MeMfaBackupCodes {
    parts: Parts,
}

#[async_trait]
impl Endpoint for MeMfaBackupCodes {
    const NAME: &'static str = "me-mfa-backup-codes";
    const ROUTES: &'static [Route] = &[Route::post("/api/v1/me/mfa/backup-codes/regenerate")];
    const KEYS: &'static [Purpose] = &[Purpose::Factors];
    const HASHES: bool = true;

    fn new(parts: Parts) -> Self {
        Self { parts }
    }

    fn describe() -> Vec<Operation> {
        vec![
            Operation::new(
                "regenerate_backup_codes",
                "Regenerate Backup Codes",
                "Make ten new backup codes; the old ones work no more.",
            )
            .data::<BackupCodesResponse>("ApiResponse_BackupCodesResponse_")
            .secured(Security::User),
        ]
    }

    async fn call(&self, request: &Request) -> Result<Response, Problem> {
        let parts = &self.parts;
        let Recent { caller, login } = Recent::of(request, parts).await?;
        offered(&caller.tenant, Method::BackupCode)?;
        if !login.methods.iter().copied().any(mfa::is_strong) {
            return Err(Code::NoSuchFactor.into());
        }
        let (tenant, user) = (&caller.tenant, login.user_id);
        let old = parts.store.backup_codes(tenant.id, user).await?;
        let codes = FreshCodes::make(parts, tenant, user, &old).await?;
        let what = What::FactorChanged {
            user_id: user,
            address: login.address.clone(),
            method: Method::BackupCode,
            change: if old.is_empty() { FactorChange::Added } else { FactorChange::Replaced },
            origin: request.origin(),
        };
        let kind = EventKind::BackupCodesReplaced;
        let change = AccountChange::of(parts, request, tenant, (&login, &caller.user), (what, kind))
            .with_methods(mfa::with(&login.methods, Method::BackupCode));
        let replaced = parts.store.replace_backup_codes(&change.alteration(), &old, codes.stored()).await?;
        change.conclude(replaced)?;
        let backup_codes = codes.shown().unwrap_or_default();
        Ok(Response::data(request, &BackupCodesResponse { backup_codes }))
    }
}

#[derive(Serialize, ToSchema)]
pub struct BackupCodesResponse {
    /// Shown now and never again.
    pub backup_codes: Vec<String>,
}
