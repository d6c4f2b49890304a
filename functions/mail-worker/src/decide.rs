//! What an outbox entry comes to: a letter to somebody, or nothing.

use latchkey::{
    domain::{
        EmailKey, Tenant,
        errand::{Errand, What},
        handle::Handle,
        ids::{SessionId, UserId},
        purse::Purse,
        registration::{Registration, Reset},
        session::{Origin, Session},
        user::{Login, UserStatus},
    },
    http::Problem,
    jiff::SignedDuration,
    mail::{Letter, MailedCode},
    metrics::Metric,
    runtime::Parts,
    sign_in::later,
    store::{Due, Entry},
    tokens::{Bearer, Kind, Selector},
};

use crate::{
    account, invitation,
    links::{Page, link},
};

/// So many sessions a user may have; the oldest go.
const MOST_SESSIONS: usize = 100;
/// So many devices, likewise.
const MOST_DEVICES: usize = 20;

/// A letter and how it is paid for.
pub struct Outgoing {
    pub to: String,
    pub letter: Letter,
    pub payment: Payment,
    /// What the letter's link stands for, where that is still to be stored.
    pub reset: Option<Box<(Bearer, Reset)>>,
}

/// What a mail is paid from.
pub enum Payment {
    Purse(Purse),
    /// A stranger's mail to an address without an account: the tenant's day pays, too.
    StrangerWithoutAccount,
    /// A security notice: never dropped, but equal ones become one. What they say makes them equal,
    /// so that nobody's deed hides behind another's.
    Notice {
        user: UserId,
        kind: String,
    },
}

impl Payment {
    /// The purse that decides whether a mail is wanted at all; a notice has none.
    pub fn purse(&self) -> Option<Purse> {
        match self {
            Self::Purse(purse) => Some(*purse),
            Self::StrangerWithoutAccount => Some(Purse::Stranger),
            Self::Notice { .. } => None,
        }
    }
}

pub type Decision = Result<Option<Outgoing>, Problem>;

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
            What::Code { user_id, address, unproven, sealed_code } => {
                let purse = if *unproven { Purse::Stranger } else { Purse::Code };
                code(parts, tenant, *user_id, (address, purse), (&due.place(), sealed_code)).await
            }
            What::SignedIn { user_id, address, session_id, quiet, origin } => {
                let sessions = within_limits(parts, tenant, *user_id).await?;
                if *quiet {
                    return Ok(None);
                }
                let opened = (*session_id, origin);
                signed_in(parts, tenant, errand, (*user_id, address), (&sessions, opened)).await
            }
            What::AddressCode { user_id, address, own, sealed_code } => {
                let sealed = (&*due.place(), sealed_code.as_slice());
                account::address_code(parts, tenant, (*user_id, address, *own), sealed).await
            }
            What::Invited { user_id, email_key, epoch } => {
                invitation::invited(parts, tenant, (due, errand), (*user_id, email_key, *epoch)).await
            }
            _ => account::notice_of(parts, tenant, (due, errand)).await,
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
        reset: None,
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
    // To the nearest hour: a mail that was late, or is asked for again, does not promise a whole day.
    let left = registration.expires_at.duration_since(parts.clock.now()).as_mins();
    let expires_in_hours = u32::try_from((left + 30) / 60).unwrap_or(1).max(1);
    Ok(Outgoing {
        to: registration.address.clone(),
        letter: Letter::VerifyAddress { link, expires_in_hours },
        payment: Payment::StrangerWithoutAccount,
        reset: None,
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
        Some(login) => reset(parts, tenant, due, errand, (login, redirect_uri)).await,
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
            reset(parts, tenant, due, errand, (login, None)).await
        }
        Some(_) => Ok(None),
        None => newest_registration(parts, tenant, email).await,
    }
}

async fn newest_registration(parts: &Parts, tenant: &Tenant, email: &EmailKey) -> Decision {
    let mut waiting = Vec::new();
    for selector in Selector::addresses(parts.passwords_key()?, tenant.id, email) {
        waiting.extend(parts.store.newest_registration(tenant.id, &selector).await?);
    }
    let newest = waiting.iter().max_by_key(|(_, registration)| registration.created_at);
    newest.map(|(place, registration)| verification(parts, tenant, place, registration)).transpose()
}

/// The token is derived from the errand, so that a second delivery mails the same link; but not one
/// that the first had mailed and that was used, which would open the account once more.
async fn reset(
    parts: &Parts,
    tenant: &Tenant,
    due: &Due,
    errand: &Errand,
    (login, redirect_uri): (Login, Option<&str>),
) -> Decision {
    let factors = parts.factors_key()?;
    let expires_at = later(errand.created_at, SignedDuration::from_mins(Reset::LIFETIME_MINUTES));
    let left = expires_at.duration_since(parts.clock.now()).as_mins();
    if left < 1 {
        // The errand of a verification outlives the link that it turned out to need.
        tracing::error!(kind = "reset", tenant = %tenant.slug, "a mail expired unsent");
        parts.meters.count(Metric::ExpiredMails);
        return Ok(None);
    }
    let token = reset_token(parts, tenant, due, &login.email_key)?;
    let stored = parts.store.reset(tenant.id, &token, factors).await?;
    if stored.is_some_and(|stored| stored.epoch != login.epoch) {
        return Ok(None);
    }
    let link = link(&parts.base_url, tenant, Page::Reset, Some(&token)).map_err(broken)?;
    let to = login.address.clone();
    // Of a mailbox that somebody has taken tags of, the owner's own address comes first.
    let is_tag = login.email_key.mailbox() != login.email_key.as_str();
    let is_squatted = is_tag && login.unproven && login.standing == UserStatus::Active;
    let payment = Payment::Purse(if is_squatted { Purse::Stranger } else { Purse::Reset });
    let reset = Reset {
        user_id: login.user_id,
        email_key: login.email_key,
        address: login.address,
        epoch: login.epoch,
        redirect_uri: redirect_uri.map(str::to_owned),
        created_at: errand.created_at,
        expires_at,
    };
    Ok(Some(Outgoing {
        to,
        letter: Letter::ResetPassword { link, expires_in_minutes: u32::try_from(left).unwrap_or(1) },
        payment,
        reset: Some(Box::new((token, reset))),
    }))
}

/// The token of a reset that is mailed for this errand.
pub fn reset_token(parts: &Parts, tenant: &Tenant, due: &Due, email: &EmailKey) -> Result<Bearer, Problem> {
    let selector = Selector::address(parts.passwords_key()?, tenant.id, email);
    let secret = parts.factors_key()?.mac("reset", &[due.errand_id().as_bytes()]);
    Ok(Bearer::new(Kind::Reset, selector, secret))
}

async fn code(
    parts: &Parts,
    tenant: &Tenant,
    user: UserId,
    (address, purse): (&str, Purse),
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
        payment: Payment::Purse(purse),
        reset: None,
    }))
}

/// Ends the oldest sessions and devices of who has too many; all sessions as they were.
async fn within_limits(parts: &Parts, tenant: &Tenant, user: UserId) -> Result<Vec<Session>, Problem> {
    let sessions = parts.store.sessions(tenant.id, user).await?;
    for surplus in sessions.iter().take(sessions.len().saturating_sub(MOST_SESSIONS)) {
        parts.store.end_session(tenant.id, user, surplus.session_id).await?;
    }
    let devices = parts.store.devices(tenant.id, user).await?;
    for surplus in devices.iter().take(devices.len().saturating_sub(MOST_DEVICES)) {
        parts.store.forget_device(tenant.id, user, surplus.device_id).await?;
    }
    Ok(sessions)
}

/// News only where no session that was open already has the same network and agent. A later one
/// does not count, so that two in a row do not silence each other; and a session is told of even
/// where it is over by now, since whoever gets in must not hide that by signing out.
async fn signed_in(
    parts: &Parts,
    tenant: &Tenant,
    errand: &Errand,
    (user, address): (UserId, &str),
    (sessions, (session, origin)): (&[Session], (SessionId, &Origin)),
) -> Decision {
    // What a reset or a revocation ended makes nobody known.
    let epoch = sessions.iter().find(|own| own.session_id == session).map(|own| own.epoch);
    let known = sessions.iter().any(|other| {
        other.session_id != session
            && epoch.is_none_or(|epoch| other.epoch == epoch)
            && opened_at(other.session_id) <= opened_at(session)
            && (&other.network, &other.agent) == (&origin.network, &origin.agent)
    });
    if known {
        return Ok(None);
    }
    let letter = Letter::NewSignIn {
        at: errand.created_at,
        network: origin.network.clone(),
        agent: origin.agent.clone(),
    };
    let says = ("signed_in", [&*origin.network, &*origin.agent]);
    notice(parts, tenant, (user, address), letter, says).await
}

/// The milliseconds that a ULID begins with; 80 random bits follow.
fn opened_at(session: SessionId) -> u128 {
    u128::from_be_bytes(session.to_bytes()) >> 80
}

/// A notice about an account that is still there; where it is gone, the notice of that tells of it.
pub async fn notice(
    parts: &Parts,
    tenant: &Tenant,
    (user, address): (UserId, &str),
    letter: Letter,
    says: (&str, [&str; 2]),
) -> Decision {
    let Some(state) = parts.store.user_state(tenant.id, user).await? else { return Ok(None) };
    let Some(login) = parts.store.login(tenant.id, &state.email_key).await? else { return Ok(None) };
    // Where it has moved on, the mailbox that it left is told of that.
    let is_owners = !login.unproven && login.address == address;
    notice_of_owners(parts, (user, address), is_owners, letter, says).map(Some)
}

/// A notice is never dropped where the mailbox is the owner's; but an address that nobody has proven is a
/// stranger's mailbox, and what its account does is paid as a stranger's.
pub fn notice_of_owners(
    parts: &Parts,
    (user, address): (UserId, &str),
    is_owners: bool,
    letter: Letter,
    (kind, says): (&str, [&str; 2]),
) -> Result<Outgoing, Problem> {
    let payment = if is_owners {
        let tag = parts.factors_key()?.mac("notice", &says.map(str::as_bytes));
        let tag = tag.first_chunk().map_or(0, |head| u64::from_be_bytes(*head));
        Payment::Notice { user, kind: format!("{kind} {tag:016x}") }
    } else {
        Payment::Purse(Purse::Stranger)
    };
    Ok(Outgoing { to: address.to_owned(), letter, payment, reset: None })
}

pub fn broken(error: impl std::fmt::Display) -> Problem {
    Problem::internal(format!("an outbox entry: {error}"))
}
