//! POST password/reset: a mailed token chooses a new password.
//!
//! It opens no session and removes no factor: the next login still asks for what it asked before.

use async_trait::async_trait;
use latchkey::{
    domain::{
        Email, NewPassword, Tenant,
        errand::{Errand, What},
        event::Kind as EventKind,
        ids::UserId,
        password::About,
        registration::Reset,
        settings::Method,
        user::Login as Account,
    },
    http::{Code, Endpoint, Operation, Problem, Request, Response, Route, form},
    keys::Purpose,
    runtime::Parts,
    sign_in::{event, refuse_breached},
    store::{Bucket, Failures, ResetOutcome, WithReset},
    tokens::{Bearer, Kind},
};
use serde::Serialize;
use utoipa::ToSchema;

pub struct PasswordReset {
    parts: Parts,
}

#[async_trait]
impl Endpoint for PasswordReset {
    const NAME: &'static str = "password-reset";
    const ROUTES: &'static [Route] = &[Route::post("/api/v1/auth/tenants/{tenant_slug}/password/reset")];
    const KEYS: &'static [Purpose] = &[Purpose::Passwords, Purpose::Factors];
    const HASHES: bool = true;

    fn new(parts: Parts) -> Self {
        Self { parts }
    }

    fn describe() -> Vec<Operation> {
        vec![
            Operation::new(
                "reset_password",
                "Reset Password",
                "Complete a password reset with the mailed token. `data` has `status`, which is `password_reset`, and \
                 `redirect_uri` where there is one.",
            )
            .body::<ResetPasswordRequest>(),
        ]
    }

    async fn call(&self, request: &Request) -> Result<Response, Problem> {
        let tenant = self.parts.tenants.of(request).await?;
        let (token, password) = parse(request, &tenant)?;
        let reset = self.waiting(request, &tenant, &token).await?;
        check_against_address(&password, &reset, &tenant)?;
        let store = &self.parts.store;
        let hashing = self.parts.hasher.hash(password.expose(), &*self.parts.entropy);
        let (account, hash, breached) = futures::join!(
            store.login(tenant.id, &reset.email_key),
            hashing,
            refuse_breached(&self.parts, &tenant, "new_password", &password),
        );
        breached?;
        let account = account?.filter(|account| still_meant(account, &reset)).ok_or(Code::TokenInvalid)?;
        let (due, notice) = (store.new_errand(), notice(request, &tenant, &account));
        let event = event(&self.parts, request, &tenant, EventKind::PasswordReset, Some(account.user_id));
        let forgiven = moot(&tenant, account.user_id);
        let with = WithReset { due: &due, notice: &notice, event: &event, forgiven: forgiven.as_ref() };
        let key = self.parts.passwords_key()?;
        if store.reset_password(tenant.id, &account, &hash, key, &with).await? == ResetOutcome::Stale {
            return Err(Code::TokenInvalid.into());
        }
        let redirect_uri = tenant.settings.way_back(reset.redirect_uri.as_deref());
        Ok(Response::data(request, &Done { status: "password_reset", redirect_uri }))
    }
}

impl PasswordReset {
    /// The reset behind the token; counted before it is looked at.
    async fn waiting(&self, request: &Request, tenant: &Tenant, token: &str) -> Result<Reset, Problem> {
        let token = Bearer::parse(Kind::Reset, token).ok_or(Code::TokenInvalid)?;
        let network = Bucket::reset_of_network(tenant.id, request.from);
        let store = &self.parts.store;
        let (verdict, reset) =
            futures::join!(store.count(&network), store.reset(tenant.id, &token, self.parts.factors_key()?),);
        Problem::unless_allowed(verdict?)?;
        Ok(reset?.filter(|reset| tenant.honours(reset.created_at)).ok_or(Code::TokenInvalid)?)
    }
}

/// The mailbox was proven: wrong codes that were said to be mailed to it are moot.
fn moot(tenant: &Tenant, user: UserId) -> Option<Failures> {
    let offered = tenant.settings.offers(Method::Email);
    offered.then(|| Failures::of_factor(tenant.id, user, Method::Email.name()))
}

fn parse(request: &Request, tenant: &Tenant) -> Result<(String, NewPassword), Problem> {
    let mut form = request.form()?;
    let about = About { email: None, tenant_name: tenant.name(), tenant_slug: tenant.slug.as_str() };
    let rules = tenant.settings.password_rules();
    let values = (
        form.text("token", form::any),
        form.text("new_password", |text| NewPassword::parse(text, &rules, &about)),
    );
    form.finish(values)
}

/// The one rule that needs to know whose password it is.
fn check_against_address(password: &NewPassword, reset: &Reset, tenant: &Tenant) -> Result<(), Problem> {
    let email = Email::parse(&reset.address).ok();
    let about =
        About { email: email.as_ref(), tenant_name: tenant.name(), tenant_slug: tenant.slug.as_str() };
    password.check_against(&about).map_err(|fault| Problem::at_field("new_password", fault))
}

fn still_meant(account: &Account, reset: &Reset) -> bool {
    account.user_id == reset.user_id && account.epoch == reset.epoch && !account.standing.is_suspended()
}

fn notice(request: &Request, tenant: &Tenant, account: &Account) -> Errand {
    let what = What::PasswordChanged {
        user_id: account.user_id,
        address: account.address.clone(),
        origin: request.origin(),
    };
    Errand::notice(tenant, what, request.at)
}

/// What the contract asks for.
#[derive(ToSchema)]
pub struct ResetPasswordRequest {
    pub token: String,
    pub new_password: String,
}

#[derive(Serialize)]
struct Done {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    redirect_uri: Option<String>,
}
