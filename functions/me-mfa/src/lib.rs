//! GET `/api/v1/me/mfa`; PATCH and DELETE `…/{factor_id}`: the caller's second factors.

mod answer;

use async_trait::async_trait;
use latchkey::{
    admission::{Caller, Recent},
    domain::{
        Label,
        errand::{FactorChange, What},
        event::Kind as EventKind,
        ids::FactorId,
        mfa::{self, Due},
        settings::Method,
    },
    http::{Code, Endpoint, Operation, Problem, Request, Response, Route, describe::Security},
    keys::Purpose,
    runtime::Parts,
    sign_in::{self, AccountChange, Reissued, event},
    store::Failures,
};

pub use answer::{FactorSummary, FactorsResponse, NameRequest, NameResponse};

pub struct MeMfa {
    parts: Parts,
}

const ALL: &str = "/api/v1/me/mfa";
const ONE: &str = "/api/v1/me/mfa/{factor_id}";

#[async_trait]
impl Endpoint for MeMfa {
    const NAME: &'static str = "me-mfa";
    const ROUTES: &'static [Route] = &[Route::get(ALL), Route::patch(ONE), Route::delete(ONE)];
    const KEYS: &'static [Purpose] = &[Purpose::Signing];

    fn new(parts: Parts) -> Self {
        Self { parts }
    }

    fn describe() -> Vec<Operation> {
        vec![
            Operation::new("list_factors", "List Factors", "The caller's second factors.")
                .data::<FactorsResponse>("ApiResponse_FactorsResponse_")
                .secured(Security::User),
            Operation::new("name_factor", "Name Factor", "Name an authenticator app or a key.")
                .body::<NameRequest>()
                .data::<NameResponse>("ApiResponse_NameResponse_")
                .secured(Security::User),
            Operation::new(
                "remove_factor",
                "Remove Factor",
                "Remove an authenticator app or a key; every other session ends.",
            )
            .data::<Reissued>("ApiResponse_Reissued_")
            .secured(Security::User),
        ]
    }

    async fn call(&self, request: &Request) -> Result<Response, Problem> {
        match request.method {
            http::Method::PATCH => self.name(request).await,
            http::Method::DELETE => self.remove(request).await,
            _ => self.list(request).await,
        }
    }
}

impl MeMfa {
    async fn list(&self, request: &Request) -> Result<Response, Problem> {
        let store = &self.parts.store;
        let caller = Caller::of(request, &self.parts).await?;
        let (tenant, user) = (caller.tenant.id, caller.user.user_id);
        let keys = Failures::of_factor(tenant, user, Method::Webauthn.name());
        let codes = Failures::of_factor(tenant, user, Method::BackupCode.name());
        let (login, totp, credentials, backup_codes, keys, codes) = futures::try_join!(
            caller.login(&self.parts),
            async { Ok(store.totp(tenant, user).await?) },
            async { Ok(store.credentials(tenant, user).await?) },
            async { Ok(store.backup_codes(tenant, user).await?) },
            async { Ok(store.failures(&keys).await?) },
            async { Ok(store.failures(&codes).await?) },
        )?;
        let factors = FactorsResponse::new(&caller.tenant.settings, &login)
            .with_totp(totp.as_ref())
            .with_credentials(&credentials, keys)
            .with_backup_codes(&backup_codes, codes);
        Ok(Response::data(request, &factors))
    }

    async fn name(&self, request: &Request) -> Result<Response, Problem> {
        let factor = factor(request)?;
        let mut form = request.form()?;
        let values = (form.text("name", Label::parse),);
        let (name,) = form.finish(values)?;
        let store = &self.parts.store;
        let caller = Caller::of(request, &self.parts).await?;
        if !store.name_factor(caller.tenant.id, caller.user.user_id, factor, &name).await? {
            return Err(Code::NotFound.into());
        }
        let user = Some(caller.user.user_id);
        store.record(&event(&self.parts, request, &caller.tenant, EventKind::FactorRenamed, user)).await?;
        Ok(Response::data(request, &NameResponse { status: "named" }))
    }

    async fn remove(&self, request: &Request) -> Result<Response, Problem> {
        let parts = &self.parts;
        let factor = factor(request)?;
        let Recent { caller, login } = Recent::of(request, parts).await?;
        let (tenant, user) = (&caller.tenant, login.user_id);
        let (totp, credentials) =
            futures::try_join!(parts.store.totp(tenant.id, user), parts.store.credentials(tenant.id, user))?;
        let method = if totp.is_some_and(|totp| totp.factor_id == factor) {
            Method::Totp
        } else if credentials.iter().any(|credential| credential.factor_id == factor) {
            Method::Webauthn
        } else {
            return Err(Code::NotFound.into());
        };
        let others_stay = method == Method::Webauthn && credentials.len() > 1;
        let left = if others_stay { login.methods.clone() } else { mfa::without(&login.methods, method) };
        // Without any, whoever has the password could enrol the next.
        if Due::of(&tenant.settings, &left) == Due::Enrollment {
            return Err(Code::FactorRequired.into());
        }
        let what = What::FactorChanged {
            user_id: user,
            address: login.address.clone(),
            method,
            change: FactorChange::Removed,
            origin: request.origin(),
        };
        let kind = EventKind::FactorRemoved;
        let change = AccountChange::of(parts, request, tenant, (&login, &caller.user), (what, kind))
            .with_methods(left)
            .ending_other_sessions(&caller.session)
            .await?;
        let removed = match method {
            Method::Totp => parts.store.remove_totp(&change.alteration()).await?,
            _ => parts.store.remove_credential(&change.alteration(), factor).await?,
        };
        let opened = change.conclude(removed)?;
        Ok(sign_in::reissued(request, tenant, opened.as_ref()))
    }
}

fn factor(request: &Request) -> Result<FactorId, Problem> {
    request.parameter("factor_id").and_then(|id| id.parse().ok()).ok_or_else(|| Code::NotFound.into())
}
