//! An assertion of a passkey or security key, for the challenge that this handle began.

use latchkey::{
    authenticators::webauthn::{Assertion, Refused, RelyingParty},
    domain::{
        Tenant,
        event::Kind as EventKind,
        factor::{Credential, Purpose as ChallengeFor},
        ids::{ChallengeId, FactorId, UserId},
        session::Authentication,
    },
    http::{Problem, Request},
    runtime::Parts,
    sign_in::event,
    tokens::Bearer,
};

use crate::Proven;

/// Whether the assertion verifies for the challenge, and this request is the first to answer that.
/// A request that was granted a try takes it, right or wrong: so of a hundred one does. Only one that could not
/// be judged gives it back.
pub async fn check(
    parts: &Parts,
    request: &Request,
    (tenant, user, token): (&Tenant, UserId, &Bearer),
    (challenge, credentials): (ChallengeId, &[Credential]),
    (answer, attempt): (&Assertion, &str),
) -> Result<Option<Proven>, Problem> {
    let held = (challenge, credentials);
    let problem = match judge(parts, request, (tenant, user, token), held, (answer, attempt)).await {
        Ok(proven) => return Ok(proven),
        Err(problem) => problem,
    };
    // It may be taken though nobody was told so.
    let given_back = parts.store.give_back_challenge(tenant.id, challenge, attempt).await;
    Err(match given_back {
        Ok(()) => problem,
        Err(error) => problem.and_then(&error),
    })
}

async fn judge(
    parts: &Parts,
    request: &Request,
    (tenant, user, token): (&Tenant, UserId, &Bearer),
    (challenge, credentials): (ChallengeId, &[Credential]),
    (answer, attempt): (&Assertion, &str),
) -> Result<Option<Proven>, Problem> {
    let purpose = ChallengeFor::SecondFactor { handle: &token.hash() };
    let waiting = parts.store.take_challenge(tenant.id, challenge, &purpose, attempt).await?;
    let relying_party = RelyingParty::of(tenant, &parts.base_url);
    let (Some(challenge), Some(relying_party)) = (waiting, relying_party) else { return Ok(None) };
    let key = parts.factors_key()?;
    for credential in credentials {
        let passkey = parts.store.open_credential(tenant.id, user, credential, key)?;
        if !passkey.is_named_by(answer) {
            continue;
        }
        let of = (passkey, credential.counter_before(challenge.challenge_id));
        return match relying_party.finish_authentication(answer, &challenge.state, user, of) {
            Ok(asserted) => Ok(Some(Proven {
                authentication: Authentication::PasswordAndWebauthn(asserted.holding),
                asserted: Some((challenge.challenge_id, credential.factor_id, asserted.counter)),
            })),
            Err(Refused::CounterFell) => {
                fell(parts, request, tenant, user).await?;
                Ok(None)
            }
            Err(refused @ Refused::Wrong(_)) => {
                tracing::info!(request = request.id, %refused, "an assertion is refused");
                Ok(None)
            }
        };
    }
    Ok(None)
}

/// Notes the counter of an assertion, if there is one; false, and an event, where it did not rise. It is noted for
/// the challenge: shown again, the same answer has the same counter.
pub async fn note(
    parts: &Parts,
    request: &Request,
    (tenant, user): (&Tenant, UserId),
    asserted: Option<(ChallengeId, FactorId, u32)>,
) -> Result<bool, Problem> {
    let Some((challenge, factor, counter)) = asserted else { return Ok(true) };
    let rose = parts.store.use_credential(tenant.id, user, factor, (counter, challenge)).await?;
    if !rose {
        fell(parts, request, tenant, user).await?;
    }
    Ok(rose)
}

async fn fell(parts: &Parts, request: &Request, tenant: &Tenant, user: UserId) -> Result<(), Problem> {
    let fell = event(parts, request, tenant, EventKind::SignatureCounterFell, Some(user));
    Ok(parts.store.record(&fell).await?)
}
