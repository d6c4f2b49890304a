//! POST /api/v1/me/email and …/confirm: another address.
//!
//! A code proves the new mailbox; the old one is told, and may undo the change for seven days.

use async_trait::async_trait;
use latchkey::{
    admission::Recent,
    domain::{
        Email, Fault, email,
        errand::{Errand, What},
        event::Kind as EventKind,
        mailbox::{Aim, FormerAddress, MailboxProof},
    },
    http::{Code, Endpoint, Operation, Problem, Request, Response, Route, describe::Security, form},
    jiff::SignedDuration,
    keys::Purpose,
    runtime::Parts,
    sign_in::{self, AccountChange, CodeSentResponse, MailedDigits, Reissued, later},
    store::ProofBegun,
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
        let Recent { caller, login } = Recent::of(request, parts).await?;
        if *new.key() == login.email_key {
            return Err(Problem::at_field("email", Fault::value("this is the account's address already")));
        }
        let digits = MailedDigits::fresh(parts, Aim::Address.digits());
        let until = later(request.at, SignedDuration::from_mins(MailboxProof::MINUTES));
        let (tenant, user) = (caller.tenant.id, login.user_id);
        let proof = MailboxProof {
            epoch: login.epoch,
            email_key: new.key().clone(),
            address: new.address(),
            email: new.as_typed().to_owned(),
            code_mac: digits.mac(parts, &bound_to(&user.to_string(), &new.address()))?.to_vec().into(),
            tries: 0,
            sent_at: request.at,
            expires_at: until,
        };
        let begun = parts.store.begin_proof(tenant, user, Aim::Address, &proof).await?;
        if let ProofBegun::TooSoon { retry_after } = begun {
            return Err(Problem::too_many(retry_after));
        }
        let due = parts.store.new_errand();
        let what = What::AddressCode {
            user_id: user,
            address: proof.address.clone(),
            own: false,
            sealed_code: digits.sealed(parts, &due)?,
        };
        parts.store.queue(&due, &Errand::by(&caller.tenant, what, request.at, until)).await?;
        Ok(Response::data(request, &CodeSentResponse::to(&email::masked(&proof.address))))
    }

    async fn confirm(&self, request: &Request) -> Result<Response, Problem> {
        let parts = &self.parts;
        let mut form = request.form()?;
        let values = (form.text("code", form::any),);
        let (code,) = form.finish(values)?;
        let Recent { caller, login } = Recent::of(request, parts).await?;
        let (tenant, user) = (&caller.tenant, login.user_id);
        let proof = parts.store.count_proof_try(tenant.id, user, Aim::Address).await?;
        let proof = proof.filter(|proof| proof.epoch == login.epoch).ok_or(Code::NothingBegun)?;
        let bound = bound_to(&user.to_string(), &proof.address);
        if !MailedDigits::typed(&code).matches(parts, &bound, &proof.code_mac)? {
            return Err(Problem::at_field("code", Fault::value("this is not the code that was mailed")));
        }
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
            new_address: proof.address.clone(),
            sealed_token: factors.seal(&due.place(), undo.expose().as_bytes()).into(),
            origin: request.origin(),
        };
        let kind = EventKind::EmailChanged;
        let change = AccountChange::of(parts, request, tenant, (&login, &caller.user), (what, kind))
            .by(due)
            .ending_other_sessions(&caller.session)?;
        let passwords = parts.passwords_key()?;
        let hash = parts.store.open_hash(tenant.id, &login, passwords);
        let changed = parts
            .store
            .change_address(&change.alteration(), (&proof, hash.as_ref()), (&undo.hash(), &former), passwords)
            .await?;
        let opened = change.conclude(changed).await?;
        Ok(sign_in::reissued(request, tenant, opened.as_ref()))
    }
}

fn bound_to(user: &str, address: &str) -> String {
    format!("address {user} {address}")
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
