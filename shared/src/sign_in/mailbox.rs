//! Proving a mailbox by a mailed code: of the account's own address, or of the one it is to have.

use jiff::SignedDuration;

use super::{CodeSentResponse, MailedDigits, later};
use crate::{
    admission::Recent,
    domain::{
        EmailKey, Fault, email,
        errand::{Errand, What},
        mailbox::{Aim, MailboxProof},
    },
    http::{Code, Problem, Request, Response},
    runtime::Parts,
    store::ProofBegun,
};

/// The mailbox that is to be proven.
#[derive(Debug, Clone)]
pub struct Mailbox {
    pub email_key: EmailKey,
    /// Where the code goes.
    pub address: String,
    /// As it was typed.
    pub email: String,
}

/// Begins a proof and has the code mailed.
///
/// # Errors
/// 429 within half a minute of the last one; 503 when the store cannot answer.
pub async fn begin_proof(
    parts: &Parts,
    request: &Request,
    Recent { caller, login }: &Recent,
    aim: Aim,
    Mailbox { email_key, address, email }: Mailbox,
) -> Result<Response, Problem> {
    let (tenant, user) = (&caller.tenant, login.user_id);
    let digits = MailedDigits::fresh(parts, aim.digits());
    let until = later(request.at, SignedDuration::from_mins(MailboxProof::MINUTES));
    let proof = MailboxProof {
        epoch: login.epoch,
        code_mac: digits.mac(parts, &bound_to(aim, &user.to_string(), &address))?.to_vec().into(),
        email_key,
        address,
        email,
        tries: 0,
        sent_at: request.at,
        expires_at: until,
    };
    let begun = parts.store.begin_proof(tenant.id, user, aim, &proof).await?;
    if let ProofBegun::TooSoon { retry_after } = begun {
        return Err(Problem::too_many(retry_after));
    }
    let due = parts.store.new_errand();
    let what = What::AddressCode {
        user_id: user,
        address: proof.address.clone(),
        own: aim == Aim::Factor && !login.unproven,
        sealed_code: digits.sealed(parts, &due)?,
    };
    parts.store.queue(&due, &Errand::by(tenant, what, request.at, until)).await?;
    Ok(Response::data(request, &CodeSentResponse::to(&email::masked(&proof.address))))
}

/// The proof whose code this is. The try is counted before it is compared.
///
/// # Errors
/// 409 `nothing_begun`; 422 for a wrong code.
pub async fn check_proof(
    parts: &Parts,
    Recent { caller, login }: &Recent,
    aim: Aim,
    code: &str,
) -> Result<MailboxProof, Problem> {
    let user = login.user_id;
    let proof = parts.store.count_proof_try(caller.tenant.id, user, aim).await?;
    let proof = proof.filter(|proof| proof.epoch == login.epoch).ok_or(Code::NothingBegun)?;
    let bound = bound_to(aim, &user.to_string(), &proof.address);
    if MailedDigits::typed(code).matches(parts, &bound, &proof.code_mac)? {
        Ok(proof)
    } else {
        Err(Problem::at_field("code", Fault::value("this is not the code that was mailed")))
    }
}

fn bound_to(aim: Aim, user: &str, address: &str) -> String {
    format!("{} {user} {address}", aim.name())
}
