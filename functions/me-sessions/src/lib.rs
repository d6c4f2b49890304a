//! GET and DELETE `/api/v1/me/sessions` and `…/{session_id}`: where the caller is signed in.

use async_trait::async_trait;
use latchkey::{
    admission::Caller,
    domain::{event::Kind as EventKind, ids::SessionId, session::Session},
    http::{Code, Endpoint, Operation, Problem, Request, Response, Route, cookies, describe::Security},
    keys::Purpose,
    runtime::Parts,
    sign_in::{DeviceWords, event},
};
use serde::Serialize;
use utoipa::ToSchema;

pub struct MeSessions {
    parts: Parts,
}

const ALL: &str = "/api/v1/me/sessions";
const ONE: &str = "/api/v1/me/sessions/{session_id}";

#[async_trait]
impl Endpoint for MeSessions {
    const NAME: &'static str = "me-sessions";
    const ROUTES: &'static [Route] =
        &[Route::get(ALL), Route::delete(ALL), Route::get(ONE), Route::delete(ONE)];
    const KEYS: &'static [Purpose] = &[];

    fn new(parts: Parts) -> Self {
        Self { parts }
    }

    fn describe() -> Vec<Operation> {
        vec![
            Operation::new("list_sessions", "List Sessions", "Where the caller is signed in.")
                .data::<SessionsResponse>("ApiResponse_SessionsResponse_")
                .secured(Security::User),
            Operation::new("end_other_sessions", "End Other Sessions", "End all sessions but this one.")
                .data::<Ended>("ApiResponse_Ended_")
                .secured(Security::User),
            Operation::new("show_session", "Show Session", "One session.")
                .data::<SessionShown>("ApiResponse_SessionShown_")
                .secured(Security::User),
            Operation::new("end_session", "End Session", "End one session; the caller's own, too.")
                .data::<Ended>("ApiResponse_Ended_")
                .secured(Security::User),
        ]
    }

    async fn call(&self, request: &Request) -> Result<Response, Problem> {
        let read = |tenant, user| self.parts.store.sessions(tenant, user);
        let (caller, mut alive) = Caller::beside(request, &self.parts, read).await?;
        alive.retain(|session| session.stands(&caller.user, &caller.tenant, request.at));
        let named = match request.parameter("session_id") {
            None => None,
            Some(id) => {
                let id: SessionId = id.parse().map_err(|_| Code::NotFound)?;
                let found = alive.iter().find(|session| session.session_id == id);
                Some(found.ok_or(Code::NotFound)?)
            }
        };
        match (request.method == http::Method::DELETE, named) {
            (false, None) => {
                let sessions = alive.iter().map(|session| SessionShown::of(session, &caller)).collect();
                Ok(Response::data(request, &SessionsResponse { sessions }))
            }
            (false, Some(session)) => Ok(Response::data(request, &SessionShown::of(session, &caller))),
            (true, None) => {
                let others: Vec<_> =
                    alive.iter().filter(|session| session.session_id != caller.session.session_id).collect();
                self.end(request, &caller, &others).await
            }
            (true, Some(session)) => self.end(request, &caller, &[session]).await,
        }
    }
}

impl MeSessions {
    async fn end(
        &self,
        request: &Request,
        caller: &Caller,
        sessions: &[&Session],
    ) -> Result<Response, Problem> {
        let store = &self.parts.store;
        let (tenant, user) = (&caller.tenant, caller.user.user_id);
        for session in sessions {
            store.end_session(tenant.id, user, session.session_id).await?;
            let ended = event(&self.parts, request, tenant, EventKind::SessionEnded, Some(user));
            store.record(&ended).await?;
        }
        let response = Response::data(request, &Ended { ended: sessions.len() });
        let own = sessions.iter().any(|session| session.session_id == caller.session.session_id);
        Ok(if own { response.with_cookie(&cookies::no_session(tenant)) } else { response })
    }
}

#[derive(Serialize, ToSchema)]
pub struct SessionsResponse {
    /// The oldest first.
    pub sessions: Vec<SessionShown>,
}

#[derive(Serialize, ToSchema)]
pub struct SessionShown {
    pub session_id: String,
    /// Whether it is the one that asks.
    pub current: bool,
    /// Where it was opened: an IPv4 address or an IPv6 /64.
    pub network: String,
    /// What opened it, in words where the user agent is a known one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceWords>,
    pub user_agent: String,
    /// RFC 8176.
    pub amr: Vec<String>,
    pub acr: String,
    /// RFC 3339.
    pub created_at: String,
    pub last_used_at: String,
    pub expires_at: String,
}

#[derive(Serialize, ToSchema)]
pub struct Ended {
    /// How many sessions.
    pub ended: usize,
}

impl SessionShown {
    fn of(session: &Session, caller: &Caller) -> Self {
        Self {
            session_id: session.session_id.to_string(),
            current: session.session_id == caller.session.session_id,
            network: session.network.clone(),
            device: DeviceWords::of(&session.agent),
            user_agent: session.agent.clone(),
            amr: session.authentication.amr(),
            acr: session.authentication.acr().to_owned(),
            created_at: session.created_at.to_string(),
            last_used_at: session.last_used_at.to_string(),
            expires_at: session.expires_at.to_string(),
        }
    }
}
