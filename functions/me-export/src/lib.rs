//! GET /api/v1/me/export: everything that is held of the caller, in one document (GDPR articles 15
//! and 20). Secrets are named and not shown.

use async_trait::async_trait;
use latchkey::{
    admission::Caller,
    domain::{event::Kind as EventKind, factor::BackupCode},
    http::{Endpoint, Operation, Problem, Request, Response, Route, describe::Security},
    keys::Purpose,
    runtime::Parts,
    sign_in::event,
};
use serde_json::{Value, json};

pub struct MeExport {
    parts: Parts,
}

#[async_trait]
impl Endpoint for MeExport {
    const NAME: &'static str = "me-export";
    const ROUTES: &'static [Route] = &[Route::get("/api/v1/me/export")];
    const KEYS: &'static [Purpose] = &[];

    fn new(parts: Parts) -> Self {
        Self { parts }
    }

    fn describe() -> Vec<Operation> {
        vec![
            Operation::new("export", "Export", "Everything that is held of the caller, without secrets.")
                .secured(Security::User),
        ]
    }

    async fn call(&self, request: &Request) -> Result<Response, Problem> {
        let parts = &self.parts;
        let caller = Caller::of(request, parts).await?;
        let login = caller.login(parts).await?;
        let (store, tenant, user) = (&parts.store, caller.tenant.id, caller.user.user_id);
        let (profile, totp, credentials, codes, sessions, devices, formers) = futures::try_join!(
            store.profile(tenant, user),
            store.totp(tenant, user),
            store.credentials(tenant, user),
            store.backup_codes(tenant, user),
            store.sessions(tenant, user),
            store.devices(tenant, user),
            store.former_addresses(tenant, user),
        )?;
        let profile = profile.ok_or_else(|| Problem::internal("a user without a profile"))?;
        let document = json!({
            "user_id": user,
            "tenant": caller.tenant.slug,
            "status": caller.user.standing,
            "email": profile.email,
            "mail_goes_to": login.address,
            "first_name": profile.first_name,
            "last_name": profile.last_name,
            "custom_data": profile.custom_data,
            "locale": profile.locale,
            "created_at": profile.created_at.to_string(),
            "has_password": login.sealed_hash.is_some(),
            "enrolled_methods": login.methods,
            "authenticator_app": totp.map(|totp| without(&totp, &["sealed_secret", "last_step"])),
            "keys": credentials.iter().map(|key| without(key, &["sealed_passkey"])).collect::<Vec<_>>(),
            "backup_codes": codes_of(&codes),
            "sessions": sessions.iter().map(|session| without(session, &HASHES)).collect::<Vec<_>>(),
            "devices": devices.iter().map(|device| without(device, &["token_hash"])).collect::<Vec<_>>(),
            "former_addresses": formers.iter().map(|(_, former)| json!(former)).collect::<Vec<_>>(),
        });
        store.record(&event(parts, request, &caller.tenant, EventKind::AccountExported, Some(user))).await?;
        Ok(Response::data(request, &document))
    }
}

const HASHES: [&str; 2] = ["refresh_hash", "previous_hash"];

/// What is stored, but for what is secret or stands for a secret. Times are unix seconds.
fn without(stored: &impl serde::Serialize, secrets: &[&str]) -> Value {
    let mut value = json!(stored);
    if let Some(fields) = value.as_object_mut() {
        fields.retain(|name, _| !secrets.contains(&name.as_str()));
    }
    value
}

fn codes_of(codes: &[BackupCode]) -> Value {
    let remaining = codes.iter().filter(|code| code.spent_by.is_none()).count();
    json!({ "made": codes.len(), "remaining": remaining })
}
