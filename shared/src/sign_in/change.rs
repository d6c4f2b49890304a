//! A change of an account: who may make it is decided before; this is what goes with every one.

use crate::{
    domain::{
        Tenant,
        errand::{Errand, What},
        event::{Event, Kind},
        handle::Handle,
        ids::{EventId, SessionId},
        session::{Authentication, Session},
        settings::Method,
        user::{Login, UserState},
    },
    http::{Code, Problem, Request},
    runtime::Parts,
    sign_in::{self, Opened, Proven, event},
    store::{Alteration, Altered, Bucket, Due, SessionSwap},
    tokens::Bearer,
};

/// A change that is being made: its mail, its audit event, and what becomes of the sessions. All of it is made ready
/// before the one write, so that whoever made the change has the answer as well.
pub struct AccountChange<'a> {
    parts: &'a Parts,
    request: &'a Request,
    tenant: &'a Tenant,
    login: &'a Login,
    from: &'a UserState,
    to: UserState,
    methods: Vec<Method>,
    due: Due,
    errand: Errand,
    /// The notice of the sign-in that it completes.
    told: Option<(Due, Errand)>,
    events: Vec<Event>,
    session: Option<Swap>,
    handle: Option<(&'a Bearer, String)>,
}

/// What takes a session's place.
struct Swap {
    old: Option<SessionId>,
    new: Opened,
}

impl<'a> AccountChange<'a> {
    /// A change of this account, which is mailed and recorded; by itself it ends no session.
    #[must_use]
    pub fn of(
        parts: &'a Parts,
        request: &'a Request,
        tenant: &'a Tenant,
        (login, from): (&'a Login, &'a UserState),
        (what, kind): (What, Kind),
    ) -> Self {
        Self {
            parts,
            request,
            tenant,
            login,
            from,
            to: from.changed(),
            methods: login.methods.clone(),
            due: parts.store.new_errand(),
            errand: Errand::notice(tenant, what, request.at),
            told: None,
            events: vec![event(parts, request, tenant, kind, Some(from.user_id))],
            session: None,
            handle: None,
        }
    }

    /// Names the outbox entry, so that what is sealed to it can be.
    #[must_use]
    pub fn by(mut self, due: Due) -> Self {
        self.due = due;
        self
    }

    /// The second factors that are enrolled afterwards.
    #[must_use]
    pub fn with_methods(mut self, methods: Vec<Method>) -> Self {
        self.methods = methods;
        self
    }

    /// The change ends every session.
    #[must_use]
    pub fn ending_all_sessions(mut self) -> Self {
        self.to = self.from.moved();
        self
    }

    /// The change ends every session; the one that makes it is issued anew. A person does so a few times an hour at
    /// most: whoever has somebody's session would else end each mailed reset before its link is opened.
    ///
    /// # Errors
    /// 429; 500 where the function lacks the signing key; 503 when the store cannot answer.
    pub async fn ending_other_sessions(self, own: &Session) -> Result<Self, Problem> {
        let (parts, request, tenant) = (self.parts, self.request, self.tenant);
        let endings = Bucket::endings_by_user(tenant.id, self.from.user_id);
        Problem::unless_allowed(parts.store.count(&endings).await?)?;
        let mut ended = self.ending_all_sessions();
        let (session, refresh) = sign_in::renew(parts, request, tenant, own, ended.to.epoch)?;
        let tokens = sign_in::tokens(parts, request, tenant, &session, &refresh).await?;
        let new = Opened { session, refresh, tokens };
        ended.session = Some(Swap { old: Some(own.session_id), new });
        Ok(ended)
    }

    /// The change completes the sign-in that the handle began.
    ///
    /// # Errors
    /// 500 where the function lacks the signing key; 503 when the store cannot answer.
    pub async fn completing(
        mut self,
        (token, handle): (&'a Bearer, &Handle),
        authentication: Authentication,
    ) -> Result<Self, Problem> {
        let (parts, request, tenant) = (self.parts, self.request, self.tenant);
        let proven = Proven {
            user_id: handle.user_id,
            epoch: self.to.epoch,
            address: &handle.address,
            authentication,
            remember_me: handle.remember_me,
            on_known_device: handle.on_known_device,
        };
        let (session, refresh) = sign_in::draft(parts, request, tenant, &proven)?;
        let tokens = sign_in::tokens(parts, request, tenant, &session, &refresh).await?;
        self.events.push(event(parts, request, tenant, Kind::MfaSucceeded, Some(session.user_id)));
        let of = (self.login.address.as_str(), handle.on_known_device);
        self.told = sign_in::signed_in(tenant, of, &session).map(|errand| (parts.store.new_errand(), errand));
        self.session = Some(Swap { old: None, new: Opened { session, refresh, tokens } });
        let attempt = EventId::fresh(&*parts.clock, &*parts.entropy).to_string();
        self.handle = Some((token, attempt));
        Ok(self)
    }

    /// What the store is to do.
    #[must_use]
    pub fn alteration(&self) -> Alteration<'_> {
        let told = self.told.iter().map(|(due, errand)| (due, errand));
        Alteration {
            tenant: self.tenant.id,
            login: self.login,
            from: self.from,
            to: self.to.clone(),
            methods: self.methods.clone(),
            errands: std::iter::once((&self.due, &self.errand)).chain(told).collect(),
            events: &self.events,
            session: self.session.as_ref().map(|swap| SessionSwap { old: swap.old, new: &swap.new.session }),
            handle: self.handle.as_ref().map(|(token, attempt)| (*token, attempt.as_str())),
        }
    }

    /// The session that goes with a change that was made.
    ///
    /// # Errors
    /// 409 `overtaken` or `email_taken` where it was not made.
    pub fn conclude(self, altered: Altered) -> Result<Option<Opened>, Problem> {
        match altered {
            Altered::Done => Ok(self.session.map(|swap| swap.new)),
            Altered::Overtaken => Err(Code::Overtaken.into()),
            Altered::EmailTaken => Err(Code::EmailTaken.into()),
        }
    }
}
