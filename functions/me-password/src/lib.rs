//! POST /api/v1/me/password: another password.
//!
//! The old password allows it, or a second factor that was shown in the last ten minutes.

use async_trait::async_trait;
use latchkey::{
    admission::{Caller, count_change},
    domain::{
        Email, Fault, GivenPassword, NewPassword, Tenant, errand::What, event::Kind as EventKind, mfa::Due,
        password::About, user::Login,
    },
    http::{Code, Endpoint, Operation, Problem, Request, Response, Route, describe::Security, form},
    keys::Purpose,
    runtime::Parts,
    sign_in::{self, AccountChange, Reissued, event},
    store::Failures,
};
use utoipa::ToSchema;

pub struct MePassword {
    parts: Parts,
}

#[async_trait]
impl Endpoint for MePassword {
    const NAME: &'static str = "me-password";
    const ROUTES: &'static [Route] = &[Route::post("/api/v1/me/password")];
    const KEYS: &'static [Purpose] = &[Purpose::Passwords, Purpose::Signing];
    const HASHES: bool = true;

    fn new(parts: Parts) -> Self {
        Self { parts }
    }

    fn describe() -> Vec<Operation> {
        vec![
            Operation::new(
                "change_password",
                "Change Password",
                "Choose another password, by the old one or by a second factor of the last ten minutes; every other \
                 session ends.",
            )
            .body::<PasswordRequest>()
            .data::<Reissued>("ApiResponse_Reissued_")
            .secured(Security::User),
        ]
    }

    async fn call(&self, request: &Request) -> Result<Response, Problem> {
        let parts = &self.parts;
        let (old, new) = parse(request)?;
        let caller = Caller::of(request, parts).await?;
        let counted = count_change(parts, &caller.tenant, &caller.user);
        let (login, ()) = futures::try_join!(caller.login(parts), counted)?;
        let new = check(new, &caller.tenant, &login)?;
        // Before the old one is counted: who chooses a bad one has not guessed.
        sign_in::refuse_breached(parts, &caller.tenant, "new_password", &new).await?;
        match old {
            Some(old) => self.check_old(request, &caller, &login, &old).await?,
            None => check_factor(request, &caller, &login)?,
        }
        let hash = parts.hasher.hash(new.expose(), &*parts.entropy).await;
        let what = What::PasswordChanged {
            user_id: login.user_id,
            address: login.address.clone(),
            origin: request.origin(),
        };
        let of = (&login, &caller.user);
        let change =
            AccountChange::of(parts, request, &caller.tenant, of, (what, EventKind::PasswordChanged))
                .ending_other_sessions(&caller.session)
                .await?;
        let changed =
            parts.store.change_password(&change.alteration(), &hash, parts.passwords_key()?).await?;
        let opened = change.conclude(changed)?;
        Ok(sign_in::reissued(request, &caller.tenant, opened.as_ref()))
    }
}

impl MePassword {
    /// Counted before it is looked at; the change forgives.
    async fn check_old(
        &self,
        request: &Request,
        caller: &Caller,
        login: &Login,
        old: &GivenPassword,
    ) -> Result<(), Problem> {
        let parts = &self.parts;
        let (store, tenant) = (&parts.store, &caller.tenant);
        let (verdict, _) = store.count_failure(&Failures::of_old_password(tenant.id, login.user_id)).await?;
        Problem::unless_allowed(verdict)?;
        let stored = store.open_hash(tenant.id, login, parts.passwords_key()?);
        if parts.hasher.verify_any(old.expose(), stored.as_ref()).await {
            return Ok(());
        }
        let failed = event(parts, request, tenant, EventKind::LoginFailed, Some(login.user_id));
        store.record(&failed).await?;
        Err(Problem::at_field("current_password", Fault::value("this is not the password")))
    }
}

/// A factor that is not the password: it lets in who has forgotten that.
fn check_factor(request: &Request, caller: &Caller, login: &Login) -> Result<(), Problem> {
    let due = Due::of(&caller.tenant.settings, &login.methods);
    let strong = caller.session.authentication.is_aal2();
    if strong && due.is_met_recently_by(&caller.session, request.at) {
        Ok(())
    } else {
        Err(Code::ReauthenticationRequired.into())
    }
}

fn parse(request: &Request) -> Result<(Option<GivenPassword>, String), Problem> {
    let mut form = request.form()?;
    let values =
        (form.optional_text("current_password", GivenPassword::parse), form.text("new_password", form::any));
    form.finish(values)
}

/// The policy needs to know whose password it is.
fn check(new: String, tenant: &Tenant, login: &Login) -> Result<NewPassword, Problem> {
    let new = latchkey::zeroize::Zeroizing::new(new);
    let email = Email::parse(&login.address).ok();
    let about =
        About { email: email.as_ref(), tenant_name: tenant.name(), tenant_slug: tenant.slug.as_str() };
    NewPassword::parse(&new, &tenant.settings.password_rules(), &about)
        .map_err(|fault| Problem::at_field("new_password", fault))
}

#[derive(ToSchema)]
pub struct PasswordRequest {
    /// Not needed right after a sign-in with a second factor.
    pub current_password: Option<String>,
    pub new_password: String,
}
