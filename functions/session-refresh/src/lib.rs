//! POST session/refresh: a refresh token is exchanged for its successor.
//!
//! The successor is derived from the old token, so a client whose answer was lost gets the same
//! one again for half a minute. A token that was exchanged before that ends the session: one of its
//! two holders is a thief (RFC 9700 §4.14.2).

use async_trait::async_trait;
use latchkey::{
    domain::{Tenant, event::Kind as EventKind, session::Session},
    http::{Code, Endpoint, Operation, Problem, Request, Response, Route, cookies, form},
    keys::{DataKey, Purpose},
    runtime::Parts,
    sign_in::{self, Opened, Tokens, event},
    store::Rotation,
    tokens::{Bearer, Kind, Proof},
};
use serde::Serialize;
use utoipa::ToSchema;

pub struct SessionRefresh {
    parts: Parts,
}

#[async_trait]
impl Endpoint for SessionRefresh {
    const NAME: &'static str = "session-refresh";
    const ROUTES: &'static [Route] = &[Route::post("/api/v1/auth/tenants/{tenant_slug}/session/refresh")];
    const KEYS: &'static [Purpose] = &[Purpose::Signing];

    fn new(parts: Parts) -> Self {
        Self { parts }
    }

    fn describe() -> Vec<Operation> {
        vec![
            Operation::new(
                "refresh_session",
                "Refresh Session",
                "Exchange a refresh token, of the body or of the tenant's cookie, for its successor.",
            )
            .body::<RefreshRequest>()
            .data::<RefreshResponse>("ApiResponse_RefreshResponse_"),
        ]
    }

    async fn call(&self, request: &Request) -> Result<Response, Problem> {
        let tenant = self.parts.tenants.of(request).await?;
        let Presented { token, in_cookie } = presented(&self.parts, request, &tenant)?;
        let session = self.session(request, &tenant, &token).await?;
        let successors = Successors::of(&token, self.parts.signing_key()?, &tenant, &session);
        let successor = if token.matches(&session.refresh_hash) {
            self.rotate(&tenant, &session, successors).await?
        } else if in_grace(&token, &session, request) {
            successors.stored_in(&session)?
        } else {
            return self.refuse(request, &tenant, &token, &session).await;
        };
        self.answer(request, &tenant, session, (successor, in_cookie)).await
    }
}

impl SessionRefresh {
    /// The session that the token names, alive: read strongly beside the user's state.
    async fn session(&self, request: &Request, tenant: &Tenant, token: &Bearer) -> Result<Session, Problem> {
        let (Some(user), Some(session)) = (token.user(), token.session()) else {
            return Err(Code::SessionInvalid.into());
        };
        let (session, state) = self.parts.store.session_and_state(tenant.id, user, session).await?;
        let (Some(session), Some(state)) = (session, state) else { return Err(Code::SessionInvalid.into()) };
        if session.stands(&state, tenant, request.at) {
            Ok(session)
        } else {
            Err(Code::SessionInvalid.into())
        }
    }

    /// Of many equal requests one rotates, and the others find its successor in place: one of theirs.
    async fn rotate(
        &self,
        tenant: &Tenant,
        session: &Session,
        successors: Successors,
    ) -> Result<Bearer, Problem> {
        match self.parts.store.rotate_session(tenant.id, session, &successors.of_today.hash()).await? {
            Rotation::Rotated => Ok(successors.of_today),
            Rotation::Lost(Some(now)) => successors.stored_in(&now),
            Rotation::Lost(None) => Err(Code::SessionInvalid.into()),
        }
    }

    /// Ends the session of a token that was exchanged before; one that we did not make ends nothing, or
    /// anybody could end a session by naming it.
    async fn refuse(
        &self,
        request: &Request,
        tenant: &Tenant,
        token: &Bearer,
        session: &Session,
    ) -> Result<Response, Problem> {
        let proof = Proof { key: self.parts.signing_key()?, tenant: tenant.id };
        if token.is_ours(&proof, request.at) {
            let store = &self.parts.store;
            let reused = event(&self.parts, request, tenant, EventKind::RefreshReused, Some(session.user_id));
            futures::try_join!(
                store.end_session(tenant.id, session.user_id, session.session_id),
                store.record(&reused),
            )?;
        }
        Err(Code::SessionInvalid.into())
    }

    async fn answer(
        &self,
        request: &Request,
        tenant: &Tenant,
        session: Session,
        (refresh, in_cookie): (Bearer, bool),
    ) -> Result<Response, Problem> {
        let mut tokens = sign_in::tokens(&self.parts, request, tenant, &session, &refresh).await?;
        if in_cookie {
            // What no script could read before, none can read now; and the browser would keep a spent one.
            tokens.refresh_token = None;
        }
        let answer = RefreshResponse {
            status: "refreshed",
            session_id: session.session_id.to_string(),
            tokens: tokens.clone(),
        };
        let response = Response::data(request, &answer);
        Ok(sign_in::with_cookies(response, tenant, &Opened { session, refresh, tokens }))
    }
}

/// What a token is exchanged for.
struct Successors {
    /// By the data key in force.
    of_today: Bearer,
    /// By the others of the ring: where it is being rotated, two instances do not agree which one is in force.
    of_others: Vec<Bearer>,
}

impl Successors {
    fn of(token: &Bearer, key: &DataKey, tenant: &Tenant, session: &Session) -> Self {
        let successor = |key: &DataKey| {
            let derived = key.mac("successor", &[token.expose().as_bytes()]);
            let mut seed = [0; 12];
            seed.copy_from_slice(&derived[..12]);
            let proof = Proof { key, tenant: tenant.id };
            Bearer::proven(Kind::Refresh, token.selector().clone(), &proof, seed, session.expires_at)
        };
        let of_others = key.each().skip(1).map(|key| successor(&key)).collect();
        Self { of_today: successor(key), of_others }
    }

    /// The one that the session was given: another would be taken for a thief's at the next exchange.
    fn stored_in(self, session: &Session) -> Result<Bearer, Problem> {
        let mut all = std::iter::once(self.of_today).chain(self.of_others);
        all.find(|successor| successor.matches(&session.refresh_hash)).ok_or(Code::SessionInvalid.into())
    }
}

struct Presented {
    token: Bearer,
    in_cookie: bool,
}

/// The token of the body or of the tenant's own cookie. The hash in its session shows that it is ours,
/// even if the data key that made it has been retired since.
fn presented(parts: &Parts, request: &Request, tenant: &Tenant) -> Result<Presented, Problem> {
    let mut form = request.form()?;
    let values = (form.optional_text("refresh_token", form::any),);
    let (given,) = form.finish(values)?;
    let in_cookie = given.is_none();
    let text = if let Some(text) = given {
        cookies::guard_sign_in(parts, request, tenant)?;
        text
    } else {
        let cookie = request.cookie(&cookies::session_name(tenant)).ok_or(Code::SessionInvalid)?;
        cookies::guard(parts, request, tenant)?;
        cookie
    };
    let token = Bearer::parse(Kind::Refresh, &text).ok_or(Code::SessionInvalid)?;
    Ok(Presented { token, in_cookie })
}

/// Whether this is the token that was exchanged last, half a minute ago at most, and its successor
/// has not been used.
fn in_grace(token: &Bearer, session: &Session, request: &Request) -> bool {
    let (Some(previous), Some(rotated_at)) = (&session.previous_hash, session.rotated_at) else {
        return false;
    };
    token.matches(previous) && request.at.as_second() - rotated_at.as_second() <= Session::GRACE_SECONDS
}

#[derive(ToSchema)]
pub struct RefreshRequest {
    /// Absent where the token is in the tenant's cookie.
    pub refresh_token: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct RefreshResponse {
    pub status: &'static str,
    pub session_id: String,
    pub tokens: Tokens,
}
