//! POST /api/v1/me/email and …/confirm: another address.
//!
//! A code proves the new mailbox; the old one is told, and may undo the change for seven days.

use async_trait::async_trait;
use latchkey::{
    admission::Recent,
    domain::{
        Email, Fault,
        errand::What,
        event::Kind as EventKind,
        mailbox::{Aim, FormerAddress},
    },
    http::{Endpoint, Operation, Problem, Request, Response, Route, describe::Security, form},
    jiff::SignedDuration,
    keys::Purpose,
    runtime::Parts,
    sign_in::{self, AccountChange, CodeSentResponse, Mailbox, Reissued, later},
    tokens::{Bearer, Kind, Proof, Selector},
};
use utoipa::ToSchema;

pub struct MeEmail {
    parts: Parts,
}

const ASK: &str = "/api/v1/me/email";
const CONFIRM: &str = "/api/v1/me/email/confirm";

#[async_trait]
impl Endpoint for MeEmail {
    const NAME: &'static str = "me-email";
    const ROUTES: &'static [Route] = &[Route::post(ASK), Route::post(CONFIRM)];
    const KEYS: &'static [Purpose] = &[Purpose::Passwords, Purpose::Factors, Purpose::Signing];

    fn new(parts: Parts) -> Self {
        Self { parts }
    }

    fn describe() -> Vec<Operation> {
        vec![
            Operation::new("change_email", "Change Email", "Mail a code that proves the new address.")
                .body::<EmailRequest>()
                .data::<CodeSentResponse>("ApiResponse_CodeSentResponse_")
                .secured(Security::User),
            Operation::new(
                "confirm_email",
                "Confirm Email",
                "Move the account to the new address by the mailed code; every other session ends.",
            )
            .body::<ConfirmEmailRequest>()
            .data::<Reissued>("ApiResponse_Reissued_")
            .secured(Security::User),
        ]
    }

    async fn call(&self, request: &Request) -> Result<Response, Problem> {
        if request.path.ends_with(CONFIRM) { self.confirm(request).await } else { self.ask(request).await }
    }
}

impl MeEmail {
    /// The same answer whether or not the address is another account's: who holds the mailbox is told.
    async fn ask(&self, request: &Request) -> Result<Response, Problem> {
        let parts = &self.parts;
        let mut form = request.form()?;
        let values = (form.text("email", Email::parse),);
        let (new,) = form.finish(values)?;
        let recent = Recent::of(request, parts).await?;
        if *new.key() == recent.login.email_key {
            return Err(Problem::at_field("email", Fault::value("this is the account's address already")));
        }
        let domains = &recent.caller.tenant.settings.mail_domains;
        domains.admit(&new).map_err(|fault| Problem::at_field("email", fault))?;
        let mailbox = Mailbox {
            email_key: new.key().clone(),
            address: new.address(),
            email: new.as_typed().to_owned(),
        };
        sign_in::begin_proof(parts, request, &recent, Aim::Address, mailbox).await
    }

    async fn confirm(&self, request: &Request) -> Result<Response, Problem> {
        let parts = &self.parts;
        let mut form = request.form()?;
        let values = (form.text("code", form::any),);
        let (code,) = form.finish(values)?;
        let recent = Recent::of(request, parts).await?;
        let proof = sign_in::check_proof(parts, &recent, Aim::Address, &code).await?;
        let Recent { caller, login } = recent;
        let (tenant, user) = (&caller.tenant, login.user_id);
        let (profile, formers) = futures::try_join!(
            parts.store.profile(tenant.id, user),
            parts.store.former_addresses(tenant.id, user),
        )?;
        if formers.len() >= FormerAddress::MOST {
            let opens_at = formers.iter().map(|(_, former)| former.expires_at).min().unwrap_or(request.at);
            let wait = opens_at.as_second() - request.at.as_second();
            return Err(Problem::too_many(u32::try_from(wait.max(1)).unwrap_or(u32::MAX)));
        }
        let profile = profile.ok_or_else(|| Problem::internal("a user without a profile"))?;
        let former = FormerAddress {
            email_key: login.email_key.clone(),
            address: login.address.clone(),
            email: profile.email,
            unproven: login.unproven,
            changed_at: request.at,
            expires_at: later(request.at, SignedDuration::from_hours(24 * FormerAddress::DAYS)),
        };
        let due = parts.store.new_errand();
        let factors = parts.factors_key()?;
        let key = Proof { key: factors, tenant: tenant.id };
        let undo =
            Bearer::proven(Kind::Undo, Selector::user(user), &key, parts.entropy.bytes(), former.expires_at);
        let what = What::EmailChanged {
            user_id: user,
            address: login.address.clone(),
            unproven: login.unproven,
            new_address: proof.address.clone(),
            sealed_token: factors.seal(&due.place(), undo.expose().as_bytes()).into(),
            origin: request.origin(),
        };
        let kind = EventKind::EmailChanged;
        let change = AccountChange::of(parts, request, tenant, (&login, &caller.user), (what, kind))
            .by(due)
            .ending_other_sessions(&caller.session)
            .await?;
        let passwords = parts.passwords_key()?;
        let hash = parts.store.open_hash(tenant.id, &login, passwords);
        let changed = parts
            .store
            .change_address(&change.alteration(), (&proof, hash.as_ref()), (&undo.hash(), &former), passwords)
            .await?;
        let opened = change.conclude(changed)?;
        Ok(sign_in::reissued(request, tenant, opened.as_ref()))
    }
}

#[derive(ToSchema)]
pub struct EmailRequest {
    #[schema(format = Email)]
    pub email: String,
}

#[derive(ToSchema)]
pub struct ConfirmEmailRequest {
    pub code: String,
}
