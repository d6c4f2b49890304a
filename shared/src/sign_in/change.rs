//! A change of an account: who may make it is decided before; this is what goes with every one.

use crate::{
    domain::{
        Tenant,
        errand::{Errand, What},
        event::Kind,
        handle::Handle,
        ids::{EventId, SessionId},
        session::{Authentication, Session},
        settings::Method,
        user::{Login, UserState},
    },
    http::{Code, Problem, Request},
    runtime::Parts,
    sign_in::{self, Opened, Proven, event},
    store::{Alteration, Altered, Due, SessionSwap},
    tokens::Bearer,
};

/// A change that is being made: its mail, its audit event, and what becomes of the sessions.
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
    kind: Kind,
    session: Option<Swap>,
    handle: Option<(&'a Bearer, String)>,
    on_known_device: bool,
}

/// What takes a session's place.
struct Swap {
    old: Option<SessionId>,
    new: Session,
    refresh: Bearer,
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
            kind,
            session: None,
            handle: None,
            on_known_device: false,
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

    /// The change ends every session; the one that makes it is issued anew.
    ///
    /// # Errors
    /// 500 where the function lacks the signing key.
    pub fn ending_other_sessions(self, own: &Session) -> Result<Self, Problem> {
        let mut ended = self.ending_all_sessions();
        let (new, refresh) = sign_in::renew(ended.parts, ended.request, ended.tenant, own, ended.to.epoch)?;
        ended.session = Some(Swap { old: Some(own.session_id), new, refresh });
        Ok(ended)
    }

    /// The change completes the sign-in that the handle began.
    ///
    /// # Errors
    /// 500 where the function lacks the signing key.
    pub fn completing(
        mut self,
        (token, handle): (&'a Bearer, &Handle),
        authentication: Authentication,
    ) -> Result<Self, Problem> {
        let proven = Proven {
            user_id: handle.user_id,
            epoch: self.to.epoch,
            address: &handle.address,
            authentication,
            remember_me: handle.remember_me,
            on_known_device: handle.on_known_device,
        };
        self.on_known_device = handle.on_known_device;
        let (new, refresh) = sign_in::draft(self.parts, self.request, self.tenant, &proven)?;
        self.session = Some(Swap { old: None, new, refresh });
        let attempt = EventId::fresh(&*self.parts.clock, &*self.parts.entropy).to_string();
        self.handle = Some((token, attempt));
        Ok(self)
    }

    /// What the store is to do.
    #[must_use]
    pub fn alteration(&self) -> Alteration<'_> {
        Alteration {
            tenant: self.tenant.id,
            login: self.login,
            from: self.from,
            to: self.to.clone(),
            methods: self.methods.clone(),
            errand: (&self.due, &self.errand),
            session: self.session.as_ref().map(|swap| SessionSwap { old: swap.old, new: &swap.new }),
            handle: self.handle.as_ref().map(|(token, attempt)| (*token, attempt.as_str())),
        }
    }

    /// Records a change that was made, and signs the tokens of the session that goes with it.
    ///
    /// # Errors
    /// 409 `overtaken` or `email_taken` where it was not made; 503 when the store cannot answer.
    pub async fn conclude(self, altered: Altered) -> Result<Option<Opened>, Problem> {
        match altered {
            Altered::Done => {}
            Altered::Overtaken => return Err(Code::Overtaken.into()),
            Altered::EmailTaken => return Err(Code::EmailTaken.into()),
        }
        let (parts, request, tenant) = (self.parts, self.request, self.tenant);
        let store = &parts.store;
        let made = event(parts, request, tenant, self.kind, Some(self.from.user_id));
        let Some(Swap { new, refresh, .. }) = self.session else {
            store.record(&made).await?;
            return Ok(None);
        };
        let completed = async {
            if self.handle.is_some() {
                let signed_in = event(parts, request, tenant, Kind::MfaSucceeded, Some(new.user_id));
                store.record(&signed_in).await?;
                sign_in::tell(parts, tenant, (&self.login.address, self.on_known_device), &new).await?;
            }
            Ok::<_, Problem>(())
        };
        let (recorded, tokens, completed) = futures::join!(
            store.record(&made),
            sign_in::tokens(parts, request, tenant, &new, &refresh),
            completed,
        );
        recorded?;
        completed?;
        Ok(Some(Opened { tokens: tokens?, session: new, refresh }))
    }
}
