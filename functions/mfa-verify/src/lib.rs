//! POST mfa/verify: the second factor.
//!
//! The try is counted on the handle and on the factor before anything is compared. Each method is
//! one module; this file knows only what they have in common.

mod answer;
mod asked;
mod backup_code;
mod counted;
mod email;
mod totp;
mod webauthn;

use async_trait::async_trait;
use latchkey::{
    domain::{
        Tenant,
        device::DeviceKind,
        errand::{Errand, What},
        event::{Event, Kind as EventKind},
        handle::Handle,
        ids::{ChallengeId, FactorId, SessionId},
        session::Authentication,
        throttle::Backoff,
    },
    http::{Code, Endpoint, Operation, Problem, Request, Response, Route, cookies},
    keys::Purpose,
    runtime::Parts,
    sign_in::{self, Opened, event, presented_handle, remember},
    store::{Spent, StoreError},
    tokens::Bearer,
};

pub use answer::{MFAChallengeRequest, MFAChallengeResponse};
use asked::{Asked, Shown};
use counted::{Counted, Held};

pub struct MfaVerify {
    parts: Parts,
}

#[async_trait]
impl Endpoint for MfaVerify {
    const NAME: &'static str = "mfa-verify";
    const ROUTES: &'static [Route] = &[Route::post("/api/v1/auth/tenants/{tenant_slug}/mfa/verify")];
    const KEYS: &'static [Purpose] = &[Purpose::Factors, Purpose::Signing];
    const HASHES: bool = true;

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
        cookies::guard_sign_in(&self.parts, request, &tenant)?;
        let asked = Asked::parse(request)?;
        let (token, user) =
            presented_handle(&self.parts, request, &tenant, &asked.mfa_token, asked.user_id.as_deref())?;
        let tried = Counted::try_of(&self.parts, &tenant, (&token, user), &asked).await?;
        match self.check(request, &tenant, &token, &tried, &asked).await? {
            Some(proven) => self.complete(request, &tenant, &token, &tried, &asked, proven).await,
            None => self.wrong(request, &tenant, &tried, &asked).await,
        }
    }
}

/// What was shown was right.
struct Proven {
    authentication: Authentication,
    /// The challenge that an assertion took, and its counter, still to be noted.
    asserted: Option<(ChallengeId, FactorId, u32)>,
}

impl Proven {
    fn by(authentication: Authentication) -> Self {
        Self { authentication, asserted: None }
    }
}

impl MfaVerify {
    /// How the person has proved who they are, or nothing. What can be used once is used by this.
    async fn check(
        &self,
        request: &Request,
        tenant: &Tenant,
        token: &Bearer,
        tried: &Counted,
        asked: &Asked,
    ) -> Result<Option<Proven>, Problem> {
        let (parts, user) = (&self.parts, tried.handle.user_id);
        let (attempt, handle_hash) = (tried.attempt.as_str(), tried.handle_hash.as_str());
        match (&asked.shown, &tried.held) {
            (Shown::MailedCode(code), Held::OnTheHandle) => email::check(parts, token, &tried.handle, code),
            (Shown::TotpCode(code), Held::Totp(totp)) => {
                totp::check(parts, tenant, user, totp.as_ref(), (code, handle_hash)).await
            }
            (Shown::BackupCode(code), Held::BackupCode(stored)) => {
                backup_code::check(parts, tenant, user, stored.as_ref(), (code.as_ref(), handle_hash)).await
            }
            (Shown::Assertion(challenge, answer), Held::Credentials(credentials)) => {
                let held = (*challenge, credentials.as_slice());
                webauthn::check(parts, request, (tenant, user, token), held, (answer, attempt)).await
            }
            _ => Err(Problem::internal("a proof beside what it is held against")),
        }
    }

    /// Opens the session, if this request is the one that spends the handle: a loser takes its own
    /// session back. What could not be done whole is taken back, too, to be tried again.
    async fn complete(
        &self,
        request: &Request,
        tenant: &Tenant,
        token: &Bearer,
        tried: &Counted,
        asked: &Asked,
        shown: Proven,
    ) -> Result<Response, Problem> {
        let authentication = shown.authentication;
        let parts = &self.parts;
        let handle = &tried.handle;
        let proven = sign_in::Proven {
            user_id: handle.user_id,
            epoch: handle.epoch,
            address: &handle.address,
            authentication,
            remember_me: handle.remember_me,
            // Not what this request asks to remember: whoever gets in must not hide it so.
            on_known_device: handle.on_known_device,
        };
        let drafted = sign_in::draft(parts, request, tenant, &proven)?;
        let session = drafted.0.session_id;
        let (spent, opened, noted) = futures::join!(
            parts.store.spend_handle(tenant.id, token, &tried.attempt),
            sign_in::open_drafted(parts, request, tenant, &proven, drafted),
            webauthn::note(parts, request, (tenant, handle.user_id), shown.asserted),
        );
        let completed = async {
            let opened = opened?;
            if spent? == Spent::Before || !noted? {
                return Err(Code::MfaTokenInvalid.into());
            }
            let remembered = self.settle(request, tenant, tried, asked, authentication).await?;
            Ok(self.answer(request, tenant, &opened, remembered))
        };
        let problem: Problem = match completed.await {
            Ok(response) => return Ok(response),
            Err(problem) => problem,
        };
        let is_ours = problem.code.status() >= 500;
        let again = is_ours.then_some((token, shown.asserted.map(|(challenge, ..)| challenge)));
        match self.take_back(tenant, tried, session, again).await {
            Err(error) if is_ours => Err(problem.and_then(&error)),
            taken_back => Err(taken_back.map_or_else(Problem::from, |()| problem)),
        }
    }

    /// Ends the session that nobody was told of; and where the fault is ours, the handle and the challenge are good
    /// `again`.
    async fn take_back(
        &self,
        tenant: &Tenant,
        tried: &Counted,
        session: SessionId,
        again: Option<(&Bearer, Option<ChallengeId>)>,
    ) -> Result<(), StoreError> {
        let store = &self.parts.store;
        // It may be stored though nobody was told so.
        let ended = store.end_session(tenant.id, tried.handle.user_id, session);
        let Some((token, challenge)) = again else { return ended.await };
        let unspent = store.unspend_handle(tenant.id, token, &tried.attempt);
        let given_back = async {
            let Some(challenge) = challenge else { return Ok(()) };
            store.give_back_challenge(tenant.id, challenge, &tried.attempt).await
        };
        // Each for itself: one that fails does not keep the others from being done.
        let (ended, unspent, given_back) = futures::join!(ended, unspent, given_back);
        ended.and(unspent).and(given_back)
    }

    /// What follows from a completed sign-in: it is written down, failures are forgiven, and the devices are stored
    /// that are to be remembered.
    async fn settle(
        &self,
        request: &Request,
        tenant: &Tenant,
        tried: &Counted,
        asked: &Asked,
        authentication: Authentication,
    ) -> Result<[Option<Bearer>; 2], Problem> {
        let succeeded = self.event(request, tenant, EventKind::MfaSucceeded, tried, asked);
        let (remembered, forgiven, recorded, told) = futures::join!(
            self.remember(request, tenant, &tried.handle, asked),
            self.parts.store.forgive(&tried.failures),
            self.parts.store.record(&succeeded),
            self.tell_of_backup_code(request, tenant, tried, authentication),
        );
        forgiven?;
        recorded?;
        told?;
        remembered
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
        // At a hosted page both would stand in one cookie: a trusted device is a known one.
        let hosted = self.parts.is_from_hosted_page(request);
        let known = asked.remember_device && !(hosted && asked.trust_device);
        let kinds = [(asked.trust_device, DeviceKind::Trusted), (known, DeviceKind::Known)];
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
        &self,
        request: &Request,
        tenant: &Tenant,
        opened: &Opened,
        [trusted, known]: [Option<Bearer>; 2],
    ) -> Response {
        let hosted = self.parts.is_from_hosted_page(request);
        let shown = trusted.as_ref().filter(|_| !hosted);
        let answer = MFAChallengeResponse::authenticated(tenant, opened, shown);
        let mut response = sign_in::with_cookies(Response::data(request, &answer), tenant, opened);
        if let Some(trusted) = trusted.filter(|_| hosted) {
            return response.with_cookie(&cookies::trusted(tenant, &trusted));
        }
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
        tried: &Counted,
        asked: &Asked,
    ) -> Result<Response, Problem> {
        let failed = self.event(request, tenant, EventKind::MfaFailed, tried, asked);
        let store = &self.parts.store;
        futures::try_join!(
            store.record(&failed),
            self.tell_owner(request, tenant, tried, asked),
            self.note_disabled(request, tenant, tried, asked),
        )?;
        Ok(Response::data(request, &MFAChallengeResponse::failed(asked.method)))
    }

    /// Of all the tries that are counted exactly one is the tenth in a row.
    async fn tell_owner(
        &self,
        request: &Request,
        tenant: &Tenant,
        tried: &Counted,
        asked: &Asked,
    ) -> Result<(), StoreError> {
        if tried.in_a_row != Backoff::NOTICE {
            return Ok(());
        }
        let what = What::FactorAttacked {
            user_id: tried.handle.user_id,
            address: tried.handle.address.clone(),
            method: asked.method,
        };
        let errand = Errand::notice(tenant, what, request.at);
        self.parts.store.queue(&self.parts.store.new_errand(), &errand).await
    }

    /// Likewise exactly one is the hundredth: the factor takes no try after it.
    async fn note_disabled(
        &self,
        request: &Request,
        tenant: &Tenant,
        tried: &Counted,
        asked: &Asked,
    ) -> Result<(), StoreError> {
        if tried.in_a_row != Backoff::MOST {
            return Ok(());
        }
        let disabled = self.event(request, tenant, EventKind::FactorDisabled, tried, asked);
        self.parts.store.record(&disabled).await
    }

    /// A backup code that signed in is told of: there is one less (NIST SP 800-63B-4 §4.2).
    async fn tell_of_backup_code(
        &self,
        request: &Request,
        tenant: &Tenant,
        tried: &Counted,
        authentication: Authentication,
    ) -> Result<(), StoreError> {
        if authentication != Authentication::PasswordAndBackupCode {
            return Ok(());
        }
        let what = What::BackupCodeUsed {
            user_id: tried.handle.user_id,
            address: tried.handle.address.clone(),
            // However often the sign-in is tried again, the code is used once.
            attempt: tried.handle_hash.clone(),
            origin: request.origin(),
        };
        let errand = Errand::notice(tenant, what, request.at);
        let store = &self.parts.store;
        let used = event(&self.parts, request, tenant, EventKind::BackupCodeUsed, Some(tried.handle.user_id));
        let due = store.new_errand();
        futures::try_join!(store.queue(&due, &errand), store.record(&used))?;
        Ok(())
    }

    fn event(
        &self,
        request: &Request,
        tenant: &Tenant,
        kind: EventKind,
        tried: &Counted,
        asked: &Asked,
    ) -> Event {
        Event {
            fingerprint: asked.device_fingerprint.clone(),
            ..event(&self.parts, request, tenant, kind, Some(tried.handle.user_id))
        }
    }
}
