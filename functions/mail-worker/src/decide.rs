//! What an outbox entry comes to: a letter to somebody, or nothing.

use latchkey::{
    domain::{
        EmailKey, Tenant,
        errand::{Errand, What},
        handle::Handle,
        ids::{SessionId, UserId},
        purse::Purse,
        registration::{Registration, Reset},
        session::Origin,
        throttle::Backoff,
        user::{Login, UserStatus},
    },
    http::Problem,
    jiff::SignedDuration,
    mail::{Letter, MailedCode},
    runtime::Parts,
    sign_in::later,
    store::{Due, Entry},
    tokens::{Bearer, Kind, Selector},
};

use crate::links::{Page, link};

/// So many sessions a user may have; the oldest go.
const MOST_SESSIONS: usize = 100;
/// So many devices, likewise.
const MOST_DEVICES: usize = 20;

/// A letter and how it is paid for.
pub struct Outgoing {
    pub to: String,
    pub letter: Letter,
    pub payment: Payment,
}

/// What a mail is paid from.
pub enum Payment {
    Purse(Purse),
    /// A stranger's mail to an address without an account: the tenant's day pays, too.
    StrangerWithoutAccount,
    /// A security notice: never dropped, but equal ones become one.
    Notice {
        user: UserId,
        kind: &'static str,
    },
}

type Decision = Result<Option<Outgoing>, Problem>;

/// Decides what an entry comes to. Nothing is written but what caps a user's sessions and devices.
pub async fn decide(parts: &Parts, tenant: &Tenant, due: &Due, entry: &Entry) -> Decision {
    match entry {
        Entry::Registration(registration) => registered(parts, tenant, &due.place(), registration).await,
        Entry::Errand(errand) => match &errand.what {
            What::ResetRequested { email_key, redirect_uri } => {
                reset_requested(parts, tenant, due, errand, (email_key, redirect_uri.as_deref())).await
            }
            What::VerificationRequested { email_key } => {
                verification_requested(parts, tenant, due, errand, email_key).await
            }
            What::Code { user_id, address, sealed_code } => {
                code(parts, tenant, *user_id, address, (&due.place(), sealed_code)).await
            }
            What::PasswordChanged { user_id, address, origin } => {
                let letter =
                    Letter::PasswordChanged { at: errand.created_at, network: origin.network.clone() };
                Ok(Some(notice(*user_id, address, letter, "password_changed")))
            }
            What::SignedIn { user_id, address, session_id, origin } => {
                signed_in(parts, tenant, errand, (*user_id, address), (*session_id, origin)).await
            }
            What::FactorAttacked { user_id, address, method } => {
                let letter = Letter::FactorUnderAttack { method: *method, failures: Backoff::NOTICE };
                Ok(Some(notice(*user_id, address, letter, "factor_attacked")))
            }
        },
    }
}

async fn registered(parts: &Parts, tenant: &Tenant, place: &str, registration: &Registration) -> Decision {
    let Some(login) = parts.store.login(tenant.id, &registration.email_key).await? else {
        return verification(parts, tenant, place, registration).map(Some);
    };
    let reset_link = link(&parts.base_url, tenant, Page::Forgot, None).map_err(broken)?;
    Ok(Some(Outgoing {
        // Where the account's mail goes, not where a stranger's spelling of it would.
        to: login.address,
        letter: Letter::AccountExists { reset_link },
        payment: Payment::Purse(Purse::Stranger),
    }))
}

fn verification(
    parts: &Parts,
    tenant: &Tenant,
    place: &str,
    registration: &Registration,
) -> Result<Outgoing, Problem> {
    let token = registration.open_token(place, parts.passwords_key()?).map_err(broken)?;
    let link = link(&parts.base_url, tenant, Page::Verify, Some(&token)).map_err(broken)?;
    let expires_in_hours = u32::try_from(Registration::LIFETIME_HOURS).unwrap_or(24);
    Ok(Outgoing {
        to: registration.address.clone(),
        letter: Letter::VerifyAddress { link, expires_in_hours },
        payment: Payment::StrangerWithoutAccount,
    })
}

async fn reset_requested(
    parts: &Parts,
    tenant: &Tenant,
    due: &Due,
    errand: &Errand,
    (email, redirect_uri): (&EmailKey, Option<&str>),
) -> Decision {
    match parts.store.login(tenant.id, email).await? {
        Some(login) if login.standing.is_suspended() => Ok(None),
        Some(login) => reset(parts, tenant, due, errand, (&login, redirect_uri)).map(Some),
        None => newest_registration(parts, tenant, email).await,
    }
}

async fn verification_requested(
    parts: &Parts,
    tenant: &Tenant,
    due: &Due,
    errand: &Errand,
    email: &EmailKey,
) -> Decision {
    match parts.store.login(tenant.id, email).await? {
        // An administrator made the account: choosing a password proves the address.
        Some(login) if login.standing == UserStatus::Unverified => {
            reset(parts, tenant, due, errand, (&login, None)).map(Some)
        }
        Some(_) => Ok(None),
        None => newest_registration(parts, tenant, email).await,
    }
}

async fn newest_registration(parts: &Parts, tenant: &Tenant, email: &EmailKey) -> Decision {
    let selector = Selector::address(parts.passwords_key()?, tenant.id, email);
    let waiting = parts.store.registrations(tenant.id, &selector).await?;
    waiting.first().map(|(place, registration)| verification(parts, tenant, place, registration)).transpose()
}

/// The token is derived from the errand, so that a second delivery mails the same link.
pub fn reset_token(parts: &Parts, tenant: &Tenant, due: &Due, email: &EmailKey) -> Result<Bearer, Problem> {
    let secret = parts.factors_key()?.mac("reset", &[due.errand_id().as_bytes()]);
    Ok(Bearer::new(Kind::Reset, Selector::address(parts.passwords_key()?, tenant.id, email), secret))
}

/// What a reset mail's link stands for.
pub fn reset_of(login: &Login, errand: &Errand, redirect_uri: Option<&str>) -> Reset {
    Reset {
        user_id: login.user_id,
        email_key: login.email_key.clone(),
        address: login.address.clone(),
        epoch: login.epoch,
        redirect_uri: redirect_uri.map(str::to_owned),
        created_at: errand.created_at,
        expires_at: later(errand.created_at, SignedDuration::from_mins(Reset::LIFETIME_MINUTES)),
    }
}

fn reset(
    parts: &Parts,
    tenant: &Tenant,
    due: &Due,
    errand: &Errand,
    (login, _): (&Login, Option<&str>),
) -> Result<Outgoing, Problem> {
    let token = reset_token(parts, tenant, due, &login.email_key)?;
    let left = later(errand.created_at, SignedDuration::from_mins(Reset::LIFETIME_MINUTES))
        .duration_since(parts.clock.now())
        .as_mins();
    Ok(Outgoing {
        to: login.address.clone(),
        letter: Letter::ResetPassword {
            link: link(&parts.base_url, tenant, Page::Reset, Some(&token)).map_err(broken)?,
            expires_in_minutes: u32::try_from(left.max(1)).unwrap_or(1),
        },
        payment: Payment::Purse(Purse::Stranger),
    })
}

async fn code(
    parts: &Parts,
    tenant: &Tenant,
    user: UserId,
    address: &str,
    (place, sealed): (&str, &[u8]),
) -> Decision {
    let state = parts.store.user_state(tenant.id, user).await?;
    if state.is_none_or(|state| state.standing != UserStatus::Active) {
        return Ok(None);
    }
    let digits = parts.factors_key()?.open(place, sealed).map_err(broken)?;
    let digits = std::str::from_utf8(&digits).map_err(broken)?;
    let expires_in_minutes = u32::try_from(Handle::CODE_MINUTES).unwrap_or(5);
    Ok(Some(Outgoing {
        to: address.to_owned(),
        letter: Letter::Code { code: MailedCode::new(digits), expires_in_minutes },
        payment: Payment::Purse(Purse::Code),
    }))
}

/// News only where no other session has the same network and agent; the loser of a race for a
/// handle has taken its session back, and is no news.
async fn signed_in(
    parts: &Parts,
    tenant: &Tenant,
    errand: &Errand,
    (user, address): (UserId, &str),
    (session, origin): (SessionId, &Origin),
) -> Decision {
    let sessions = parts.store.sessions(tenant.id, user).await?;
    for surplus in sessions.iter().take(sessions.len().saturating_sub(MOST_SESSIONS)) {
        parts.store.end_session(tenant.id, user, surplus.session_id).await?;
    }
    let devices = parts.store.devices(tenant.id, user).await?;
    for surplus in devices.iter().take(devices.len().saturating_sub(MOST_DEVICES)) {
        parts.store.forget_device(tenant.id, user, surplus.device_id).await?;
    }
    let stands = sessions.iter().any(|other| other.session_id == session);
    let known = sessions.iter().any(|other| {
        other.session_id != session && other.network == origin.network && other.agent == origin.agent
    });
    if !stands || known {
        return Ok(None);
    }
    let letter = Letter::NewSignIn {
        at: errand.created_at,
        network: origin.network.clone(),
        agent: origin.agent.clone(),
    };
    Ok(Some(notice(user, address, letter, "signed_in")))
}

fn notice(user: UserId, address: &str, letter: Letter, kind: &'static str) -> Outgoing {
    Outgoing { to: address.to_owned(), letter, payment: Payment::Notice { user, kind } }
}

fn broken(error: impl std::fmt::Display) -> Problem {
    Problem::internal(format!("an outbox entry: {error}"))
}
