//! POST mfa/verify: the second factor.
//!
//! The try is counted on the handle and on the factor before anything is compared. Each method is
//! one module; this file knows only what they have in common.

mod answer;
mod asked;
mod email;

use async_trait::async_trait;
use latchkey::{
    domain::{
        Fault, Tenant,
        device::DeviceKind,
        errand::{Errand, What},
        event::{Event, Kind as EventKind},
        handle::Handle,
        ids::UserId,
        session::Authentication,
        throttle::{Backoff, Verdict},
    },
    http::{Code, Endpoint, Operation, Problem, Request, Response, Route, cookies, problem::Located},
    jiff::SignedDuration,
    keys::Purpose,
    runtime::Parts,
    sign_in::{self, Opened, Proven, event, later, presented_handle, remember},
    store::{Failures, Spent, StoreError},
    tokens::Bearer,
};

pub use answer::{MFAChallengeRequest, MFAChallengeResponse};
use asked::{Asked, Shown};

pub struct MfaVerify {
    parts: Parts,
}

#[async_trait]
impl Endpoint for MfaVerify {
    const NAME: &'static str = "mfa-verify";
    const ROUTES: &'static [Route] = &[Route::post("/api/v1/auth/tenants/{tenant_slug}/mfa/verify")];
    const KEYS: &'static [Purpose] = &[Purpose::Factors, Purpose::Signing];

    fn new(parts: Parts) -> Self {
        Self { parts }
    }

    fn describe() -> Vec<Operation> {
        vec![
            Operation::new("verify_mfa", "Verify Mfa", "Verify an MFA challenge.")
                .body::<MFAChallengeRequest>()
                .data::<MFAChallengeResponse>("ApiResponse_MFAChallengeResponse_"),
        ]
    }

    async fn call(&self, request: &Request) -> Result<Response, Problem> {
        let tenant = self.parts.tenants.of(request).await?;
        let asked = Asked::parse(request)?;
        let (token, user) =
            presented_handle(&self.parts, request, &tenant, &asked.mfa_token, asked.user_id.as_deref())?;
        let tried = self.count(&tenant, &token, user, &asked).await?;
        match self.check(&token, &tried, &asked)? {
            Some(authentication) => {
                self.complete(request, &tenant, &token, &tried, &asked, authentication).await
            }
            None => self.wrong(request, &tenant, &tried, &asked).await,
        }
    }
}

/// A try that has been counted.
struct Tried {
    handle: Handle,
    failures: Failures,
    /// Which failure in a row on the factor it would be.
    in_a_row: u32,
}

impl MfaVerify {
    /// Counts the try on the handle and on the factor, and sees that the handle's user still
    /// stands as when the password was right.
    async fn count(
        &self,
        tenant: &Tenant,
        token: &Bearer,
        user: UserId,
        asked: &Asked,
    ) -> Result<Tried, Problem> {
        let store = &self.parts.store;
        let failures = Failures::of_factor(tenant.id, user, asked.method.name());
        let (handle, (verdict, in_a_row), state) = futures::try_join!(
            store.count_try(tenant.id, token),
            store.count_failure(&failures),
            store.user_state(tenant.id, user),
        )?;
        let live = handle.zip(state).filter(|(handle, state)| handle.stands(state, tenant));
        let Some((handle, _)) = live else {
            // Nothing was compared: a dead handle is no try at the factor.
            if verdict == Verdict::Allowed {
                store.uncount_failure(&failures).await?;
            }
            return Err(Code::MfaTokenInvalid.into());
        };
        Problem::unless_allowed(verdict)?;
        if !handle.methods.contains(&asked.method) {
            let fault = Fault::value("this method is not available for this sign-in");
            let at = vec!["body".to_owned(), "method".to_owned()];
            return Err(Problem::invalid(vec![Located { at, fault }]));
        }
        Ok(Tried { handle, failures, in_a_row })
    }

    /// How the person has proved who they are, or nothing.
    fn check(&self, token: &Bearer, tried: &Tried, asked: &Asked) -> Result<Option<Authentication>, Problem> {
        match &asked.shown {
            Shown::MailedCode(code) => email::check(&self.parts, token, &tried.handle, code),
            // No handle offers these: nobody can have enrolled them.
            Shown::Other => Ok(None),
        }
    }

    /// Opens the session, if this request is the one that spends the handle: a loser takes its own
    /// session back.
    async fn complete(
        &self,
        request: &Request,
        tenant: &Tenant,
        token: &Bearer,
        tried: &Tried,
        asked: &Asked,
        authentication: Authentication,
    ) -> Result<Response, Problem> {
        let parts = &self.parts;
        let handle = &tried.handle;
        let proven = Proven {
            user_id: handle.user_id,
            epoch: handle.epoch,
            address: &handle.address,
            authentication,
            remember_me: handle.remember_me,
            on_known_device: asked.remember_device || asked.trust_device,
        };
        let attempt = latchkey::domain::ids::EventId::fresh(&*parts.clock, &*parts.entropy).to_string();
        let succeeded = self.event(request, tenant, EventKind::MfaSucceeded, tried, asked);
        let (spent, opened, forgiven) = futures::join!(
            parts.store.spend_handle(tenant.id, token, &attempt),
            sign_in::open(parts, request, tenant, &proven),
            parts.store.forgive(&tried.failures),
        );
        let opened = opened?;
        if !matches!(spent, Ok(Spent::Now)) {
            parts.store.end_session(tenant.id, handle.user_id, opened.session.session_id).await?;
            spent?;
            return Err(Code::MfaTokenInvalid.into());
        }
        forgiven?;
        let (remembered, recorded) =
            futures::join!(self.remember(request, tenant, handle, asked), parts.store.record(&succeeded));
        recorded?;
        Ok(Self::answer(request, tenant, &opened, remembered?))
    }

    /// Stores the devices that the person asked to remember: trusted, known.
    async fn remember(
        &self,
        request: &Request,
        tenant: &Tenant,
        handle: &Handle,
        asked: &Asked,
    ) -> Result<[Option<Bearer>; 2], Problem> {
        let mut tokens = [None, None];
        let kinds = [(asked.trust_device, DeviceKind::Trusted), (asked.remember_device, DeviceKind::Known)];
        for (token, (wanted, kind)) in tokens.iter_mut().zip(kinds) {
            if wanted {
                let owner = (handle.user_id, handle.epoch);
                let (device, made) = remember(&self.parts, request, tenant, owner, kind)?;
                self.parts.store.remember_device(tenant.id, &device).await?;
                *token = Some(made);
            }
        }
        Ok(tokens)
    }

    fn answer(
        request: &Request,
        tenant: &Tenant,
        opened: &Opened,
        [trusted, known]: [Option<Bearer>; 2],
    ) -> Response {
        let answer = MFAChallengeResponse::authenticated(tenant, opened, trusted.as_ref());
        let mut response = sign_in::with_cookies(Response::data(request, &answer), tenant, opened);
        if let Some(known) = known {
            let seconds = latchkey::domain::device::Device::KNOWN_DAYS * 24 * 3600;
            response = response.with_cookie(&cookies::device(tenant, &known, seconds));
        }
        response
    }

    async fn wrong(
        &self,
        request: &Request,
        tenant: &Tenant,
        tried: &Tried,
        asked: &Asked,
    ) -> Result<Response, Problem> {
        let failed = self.event(request, tenant, EventKind::MfaFailed, tried, asked);
        let store = &self.parts.store;
        futures::try_join!(store.record(&failed), self.tell_owner(request, tenant, tried, asked))?;
        Ok(Response::data(request, &MFAChallengeResponse::failed()))
    }

    /// Of all the tries that are counted exactly one is the tenth in a row.
    async fn tell_owner(
        &self,
        request: &Request,
        tenant: &Tenant,
        tried: &Tried,
        asked: &Asked,
    ) -> Result<(), StoreError> {
        if tried.in_a_row != Backoff::NOTICE {
            return Ok(());
        }
        let errand = Errand {
            tenant_id: tenant.id,
            slug: tenant.slug.clone(),
            what: What::FactorAttacked {
                user_id: tried.handle.user_id,
                address: tried.handle.address.clone(),
                method: asked.method,
            },
            created_at: request.at,
            mail_by: later(request.at, SignedDuration::from_hours(24)),
        };
        self.parts.store.queue(&self.parts.store.new_errand(), &errand).await
    }

    fn event(
        &self,
        request: &Request,
        tenant: &Tenant,
        kind: EventKind,
        tried: &Tried,
        asked: &Asked,
    ) -> Event {
        Event {
            fingerprint: asked.device_fingerprint.clone(),
            ..event(&self.parts, request, tenant, kind, Some(tried.handle.user_id))
        }
    }
}
