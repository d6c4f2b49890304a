//! Signing in: what happens once a person has proved who they are.

mod answer;
mod breached;
mod challenges;
mod change;
mod codes;
mod devices;
mod enrolment;
mod handles;
mod mailbox;
mod signers;

use jiff::{SignedDuration, Timestamp};

pub use answer::{CodeSentResponse, DeviceWords, Reissued, Tokens, reissued, with_cookies};
pub use breached::refuse_breached;
pub use challenges::{ChallengeResponse, begin_challenge, relying_party};
pub use change::AccountChange;
pub use codes::MailedDigits;
pub use devices::{Presented, remember};
pub use enrolment::{EnrolledResponse, Enrolment, FreshCodes, offered};
pub use handles::{Wanted, draft_handle, open_handle, presented_handle};
pub use mailbox::{Mailbox, begin_proof, check_proof};
pub use signers::Signers;

use crate::{
    domain::{
        Tenant,
        errand::{Errand, What},
        event::{Event, Kind},
        ids::{EventId, SessionId, UserId},
        session::{Authentication, Session},
        settings::Delivery,
        user::Epoch,
    },
    http::{Problem, Request},
    runtime::Parts,
    tokens::{AccessClaims, Bearer, Kind as TokenKind, Proof, Selector, issuer},
};

/// Of so many sign-ins that nobody is told of the worker hears of one.
const LOOKED_AT: u128 = 16;

/// Who signs in, and how.
#[derive(Debug, Clone)]
pub struct Proven<'a> {
    pub user_id: UserId,
    pub epoch: Epoch,
    /// Where a notice would go.
    pub address: &'a str,
    pub authentication: Authentication,
    pub remember_me: bool,
    /// On a device that the owner knows: no notice.
    pub on_known_device: bool,
}

/// A session that was opened, and what its owner is handed.
#[derive(Debug)]
pub struct Opened {
    pub session: Session,
    pub refresh: Bearer,
    pub tokens: Tokens,
}

impl Opened {
    /// How long the browser keeps the session's cookie; none for as long as it is open.
    #[must_use]
    pub fn remembered_for(&self) -> Option<i64> {
        self.session
            .remembered
            .then(|| self.session.expires_at.as_second() - self.session.created_at.as_second())
    }
}

/// Drafts a session and its first refresh token; nothing is stored yet.
///
/// # Errors
/// 500 where the function lacks the signing key.
pub fn draft(
    parts: &Parts,
    request: &Request,
    tenant: &Tenant,
    proven: &Proven<'_>,
) -> Result<(Session, Bearer), Problem> {
    let limits = tenant.settings.session_limits(proven.remember_me);
    let session_id = SessionId::fresh(&*parts.clock, &*parts.entropy);
    let origin = request.origin();
    let expires_at = later(request.at, limits.absolute);
    let proof = Proof { key: parts.signing_key()?, tenant: tenant.id };
    let selector = Selector::session(proven.user_id, session_id);
    let refresh = Bearer::proven(TokenKind::Refresh, selector, &proof, parts.entropy.bytes(), expires_at);
    let session = Session {
        session_id,
        user_id: proven.user_id,
        epoch: proven.epoch,
        authentication: proven.authentication,
        refresh_hash: refresh.hash(),
        previous_hash: None,
        rotated_at: None,
        created_at: request.at,
        last_used_at: request.at,
        expires_at,
        idle_seconds: limits.idle.as_secs(),
        remembered: proven.remember_me && !tenant.settings.requires_aal2(),
        network: origin.network,
        agent: origin.agent,
    };
    Ok((session, refresh))
}

/// Drafts what takes a session's place after a change that ends all sessions: what was proven, when,
/// and until when it is good stay as they were.
///
/// # Errors
/// 500 where the function lacks the signing key.
pub fn renew(
    parts: &Parts,
    request: &Request,
    tenant: &Tenant,
    session: &Session,
    epoch: Epoch,
) -> Result<(Session, Bearer), Problem> {
    let session_id = SessionId::fresh(&*parts.clock, &*parts.entropy);
    let proof = Proof { key: parts.signing_key()?, tenant: tenant.id };
    let selector = Selector::session(session.user_id, session_id);
    let refresh =
        Bearer::proven(TokenKind::Refresh, selector, &proof, parts.entropy.bytes(), session.expires_at);
    let renewed = Session {
        session_id,
        epoch,
        refresh_hash: refresh.hash(),
        previous_hash: None,
        rotated_at: None,
        last_used_at: request.at,
        ..session.clone()
    };
    Ok((renewed, refresh))
}

/// Opens a session: stores it, signs its tokens meanwhile, and queues the notice of a new sign-in.
///
/// # Errors
/// 503 when the store cannot answer.
pub async fn open(
    parts: &Parts,
    request: &Request,
    tenant: &Tenant,
    proven: &Proven<'_>,
) -> Result<Opened, Problem> {
    open_drafted(parts, request, tenant, proven, draft(parts, request, tenant, proven)?).await
}

/// Opens a session that was drafted, likewise. Where this fails, it may be stored all the same.
///
/// # Errors
/// 503 when the store cannot answer.
pub async fn open_drafted(
    parts: &Parts,
    request: &Request,
    tenant: &Tenant,
    proven: &Proven<'_>,
    (session, refresh): (Session, Bearer),
) -> Result<Opened, Problem> {
    let told = async {
        match signed_in(tenant, (proven.address, proven.on_known_device), &session) {
            Some(errand) => parts.store.queue(&parts.store.new_errand(), &errand).await,
            None => Ok(()),
        }
    };
    let (stored, tokens, told) = futures::join!(
        parts.store.open_session(tenant.id, &session),
        tokens(parts, request, tenant, &session, &refresh),
        told,
    );
    stored?;
    told?;
    Ok(Opened { tokens: tokens?, session, refresh })
}

/// The access token of a session and what goes with it. With `tokens.delivery: cookie`, and for a
/// hosted page, the refresh token is not among them.
///
/// # Errors
/// 503 when the store cannot answer for the tenant's signing key.
pub async fn tokens(
    parts: &Parts,
    request: &Request,
    tenant: &Tenant,
    session: &Session,
    refresh: &Bearer,
) -> Result<Tokens, Problem> {
    let seconds = i64::from(tenant.settings.tokens.access_minutes) * 60;
    let seconds = seconds.min((session.expires_at.as_second() - request.at.as_second()).max(1));
    let claims = AccessClaims {
        iss: issuer(&parts.base_url, &tenant.slug),
        aud: tenant.audience().to_owned(),
        client_id: tenant.slug.to_string(),
        sub: session.user_id.to_string(),
        sid: Some(session.session_id),
        tenant_id: tenant.id,
        scope: "account".to_owned(),
        amr: session.authentication.amr(),
        acr: Some(session.authentication.acr().to_owned()),
        auth_time: Some(session.created_at.as_second()),
        nbf: None,
        iat: request.at.as_second(),
        exp: request.at.as_second() + seconds,
        jti: EventId::fresh(&*parts.clock, &*parts.entropy).to_string(),
    };
    let key = parts.signers.of(tenant, parts).await?;
    let access = key.sign("at+jwt", &claims).map_err(|error| Problem::internal(error.to_string()))?;
    let in_body = tenant.settings.tokens.delivery == Delivery::Body && !parts.is_from_hosted_page(request);
    Ok(Tokens {
        access_token: access.to_string(),
        token_type: "Bearer",
        expires_in: seconds,
        refresh_token: in_body.then(|| refresh.expose().to_owned()),
    })
}

/// What the worker is to do about a sign-in: tell the owner, and see that they have not too many sessions and devices.
/// For that alone it need not hear of every one.
fn signed_in(tenant: &Tenant, (address, on_known_device): (&str, bool), session: &Session) -> Option<Errand> {
    let quiet = on_known_device || !tenant.settings.mail.new_sign_in;
    if quiet && !u128::from_be_bytes(session.session_id.to_bytes()).is_multiple_of(LOOKED_AT) {
        return None;
    }
    let what = What::SignedIn {
        user_id: session.user_id,
        address: address.to_owned(),
        session_id: session.session_id,
        quiet,
        origin: crate::domain::session::Origin {
            network: session.network.clone(),
            agent: session.agent.clone(),
        },
    };
    Some(Errand::notice(tenant, what, session.created_at))
}

/// `at` and so much more.
#[must_use]
pub fn later(at: Timestamp, span: SignedDuration) -> Timestamp {
    at.saturating_add(span).unwrap_or(Timestamp::MAX)
}

/// An audit event of this request.
#[must_use]
pub fn event(
    parts: &Parts,
    request: &Request,
    tenant: &Tenant,
    kind: Kind,
    user_id: Option<UserId>,
) -> Event {
    Event {
        event_id: EventId::fresh(&*parts.clock, &*parts.entropy),
        tenant_id: tenant.id,
        kind,
        user_id,
        fingerprint: None,
        detail: None,
        origin: request.origin(),
        request_id: request.id.clone(),
        at: request.at,
    }
}
