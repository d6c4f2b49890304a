//! POST passkey/begin and passkey/finish: a sign-in with a passkey and nothing else.
//!
//! The authenticator finds the credential and verifies its user, so that it counts as two factors.
//! No try is counted on the account: whoever can name it cannot guess a signature, and must not be
//! able to lock its owner out. The challenge is taken as the session is opened, and not before: of a
//! hundred equal answers one does both, and none takes it for nothing.

mod answer;

use async_trait::async_trait;
use latchkey::{
    authenticators::webauthn::{Asserted, Assertion, Refused, RelyingParty, user_of},
    domain::{
        Tenant,
        event::Kind as EventKind,
        factor::{Challenge, Credential, Purpose as ChallengeFor},
        ids::{ChallengeId, EventId, SessionId, UserId},
        session::Authentication,
        settings::Method,
        user::{Login, UserState},
    },
    http::{Code, Endpoint, Operation, Problem, Request, Response, Route, cookies, form},
    keys::Purpose,
    runtime::Parts,
    sign_in::{self, ChallengeResponse, Opened, Proven, begin_challenge, event, relying_party},
    store::{Bucket, StoreError},
};

pub use answer::{PasskeyRequest, PasskeyResponse};

pub struct Passkey {
    parts: Parts,
}

const BEGIN: &str = "/api/v1/auth/tenants/{tenant_slug}/passkey/begin";
const FINISH: &str = "/api/v1/auth/tenants/{tenant_slug}/passkey/finish";

#[async_trait]
impl Endpoint for Passkey {
    const NAME: &'static str = "passkey";
    const ROUTES: &'static [Route] = &[Route::post(BEGIN), Route::post(FINISH)];
    const KEYS: &'static [Purpose] = &[Purpose::Factors, Purpose::Signing];

    fn new(parts: Parts) -> Self {
        Self { parts }
    }

    fn describe() -> Vec<Operation> {
        vec![
            Operation::new(
                "begin_passkey",
                "Begin Passkey",
                "Options for navigator.credentials.get(): any discoverable credential of this tenant.",
            )
            .data::<ChallengeResponse>("ApiResponse_ChallengeResponse_"),
            Operation::new("finish_passkey", "Finish Passkey", "Sign in with the passkey's answer.")
                .body::<PasskeyRequest>()
                .data::<PasskeyResponse>("ApiResponse_PasskeyResponse_"),
        ]
    }

    async fn call(&self, request: &Request) -> Result<Response, Problem> {
        let tenant = self.parts.tenants.of(request).await?;
        if request.path.ends_with("/finish") {
            self.finish(request, &tenant).await
        } else {
            self.begin(request, &tenant).await
        }
    }
}

/// An answer, and everything that it is held against.
struct Shown {
    answer: Assertion,
    challenge: Challenge,
    user: UserState,
    credential: Credential,
}

impl Passkey {
    async fn begin(&self, request: &Request, tenant: &Tenant) -> Result<Response, Problem> {
        let parts = &self.parts;
        let relying_party = relying_party(&self.parts, tenant)?;
        let network = Bucket::passkey_of_network(tenant.id, request.from);
        Problem::unless_allowed(parts.store.count(&network).await?)?;
        let options =
            relying_party.begin_authentication(&[]).map_err(|error| Problem::internal(error.to_string()))?;
        begin_challenge(parts, request, tenant, &ChallengeFor::Passkey, options).await
    }

    async fn finish(&self, request: &Request, tenant: &Tenant) -> Result<Response, Problem> {
        cookies::guard_sign_in(&self.parts, request, tenant)?;
        let (challenge, answer, remember_me) = parse(request)?;
        let relying_party = relying_party(&self.parts, tenant)?;
        let shown = self.look_up(request, tenant, challenge, answer).await?;
        let asserted = self.check(request, tenant, &relying_party, &shown).await?;
        let login = self.admitted(tenant, &shown).await?;
        let proven = Proven {
            user_id: login.user_id,
            epoch: login.epoch,
            address: &login.address,
            authentication: Authentication::Passkey(asserted.holding),
            remember_me,
            on_known_device: false,
        };
        let opened = self.complete(request, tenant, (&shown, asserted), &proven).await?;
        let response = Response::data(request, &PasskeyResponse::of(tenant, &opened));
        Ok(sign_in::with_cookies(response, tenant, &opened))
    }

    /// Reads the challenge, and whom the answer names.
    async fn look_up(
        &self,
        request: &Request,
        tenant: &Tenant,
        challenge: ChallengeId,
        answer: Assertion,
    ) -> Result<Shown, Problem> {
        let parts = &self.parts;
        let user: UserId = user_of(&answer).flatten().ok_or(Code::InvalidCredentials)?;
        let network = Bucket::passkey_of_network(tenant.id, request.from);
        let store = &parts.store;
        let (verdict, waiting, state, credentials) = futures::try_join!(
            store.count(&network),
            store.challenge(tenant.id, challenge, &ChallengeFor::Passkey),
            store.user_state(tenant.id, user),
            store.credentials(tenant.id, user),
        )?;
        Problem::unless_allowed(verdict)?;
        let waiting = waiting.filter(|waiting| tenant.honours(waiting.begun_at()));
        let (Some(challenge), Some(user)) = (waiting, state) else {
            return Err(Code::InvalidCredentials.into());
        };
        let key = parts.factors_key()?;
        for credential in credentials {
            let passkey = store.open_credential(tenant.id, user.user_id, &credential, key)?;
            if passkey.is_named_by(&answer) {
                return Ok(Shown { answer, challenge, user, credential });
            }
        }
        Err(Code::InvalidCredentials.into())
    }

    async fn check(
        &self,
        request: &Request,
        tenant: &Tenant,
        relying_party: &RelyingParty,
        shown: &Shown,
    ) -> Result<Asserted, Problem> {
        let parts = &self.parts;
        let user = shown.user.user_id;
        let passkey =
            parts.store.open_credential(tenant.id, user, &shown.credential, parts.factors_key()?)?;
        let of = (passkey, shown.credential.counter_before(shown.challenge.challenge_id));
        let kind = match relying_party.finish_authentication(&shown.answer, &shown.challenge.state, user, of)
        {
            Ok(asserted) => return Ok(asserted),
            Err(Refused::CounterFell) => EventKind::SignatureCounterFell,
            Err(refused @ Refused::Wrong(_)) => {
                tracing::info!(request = request.id, %refused, "a passkey is refused");
                EventKind::LoginFailed
            }
        };
        parts.store.record(&event(parts, request, tenant, kind, Some(user))).await?;
        Err(Code::InvalidCredentials.into())
    }

    /// The account, if it may sign in: only who has the key is told what stands in its way.
    async fn admitted(&self, tenant: &Tenant, shown: &Shown) -> Result<Login, Problem> {
        let login = self.parts.store.login(tenant.id, &shown.user.email_key).await?;
        let login = login
            .filter(|login| login.state() == shown.user && login.methods.contains(&Method::Webauthn))
            .ok_or(Code::InvalidCredentials)?;
        if login.standing.is_suspended() {
            return Err(Code::AccountSuspended.into());
        }
        if !login.standing.is_verified() {
            return Err(Code::EmailNotVerified.into());
        }
        Ok(login)
    }

    /// Opens the session, if this request is the one that takes the challenge: a loser takes its own session
    /// back. What could not be done whole is taken back, too, to be tried again.
    async fn complete(
        &self,
        request: &Request,
        tenant: &Tenant,
        (shown, asserted): (&Shown, Asserted),
        proven: &Proven<'_>,
    ) -> Result<Opened, Problem> {
        let parts = &self.parts;
        let (store, user) = (&parts.store, proven.user_id);
        let attempt = EventId::fresh(&*parts.clock, &*parts.entropy).to_string();
        let challenge = shown.challenge.challenge_id;
        // Noted for the challenge: shown again, the same answer has the same counter.
        let counter = (asserted.counter, challenge);
        let drafted = sign_in::draft(parts, request, tenant, proven)?;
        let session = drafted.0.session_id;
        let (taken, rose, opened) = futures::join!(
            store.take_challenge(tenant.id, challenge, &ChallengeFor::Passkey, &attempt),
            store.use_credential(tenant.id, user, shown.credential.factor_id, counter),
            sign_in::open_drafted(parts, request, tenant, proven, drafted),
        );
        let completed = async {
            let opened = opened?;
            if taken?.is_none() {
                return Err(Code::InvalidCredentials.into());
            }
            let rose = rose?;
            let kind = if rose { EventKind::LoginSucceeded } else { EventKind::SignatureCounterFell };
            store.record(&event(parts, request, tenant, kind, Some(user))).await?;
            if rose { Ok(opened) } else { Err(Code::InvalidCredentials.into()) }
        };
        let problem: Problem = match completed.await {
            Ok(opened) => return Ok(opened),
            Err(problem) => problem,
        };
        let is_ours = problem.code.status() >= 500;
        let given_back = (challenge, is_ours.then_some(attempt.as_str()));
        match self.take_back(tenant, (user, session), given_back).await {
            Err(error) if is_ours => Err(problem.and_then(&error)),
            taken_back => Err(taken_back.map_or_else(Problem::from, |()| problem)),
        }
    }

    /// Ends the session that nobody was told of; and where the fault is ours, the challenge is good again.
    async fn take_back(
        &self,
        tenant: &Tenant,
        (user, session): (UserId, SessionId),
        (challenge, attempt): (ChallengeId, Option<&str>),
    ) -> Result<(), StoreError> {
        let store = &self.parts.store;
        // It may be stored though nobody was told so.
        let ended = store.end_session(tenant.id, user, session);
        let given_back = async {
            match attempt {
                Some(attempt) => store.give_back_challenge(tenant.id, challenge, attempt).await,
                None => Ok(()),
            }
        };
        // Each for itself: one that fails does not keep the other from being done.
        let (ended, given_back) = futures::join!(ended, given_back);
        ended.and(given_back)
    }
}

fn parse(request: &Request) -> Result<(ChallengeId, Assertion, bool), Problem> {
    let mut form = request.form()?;
    let values = (
        form.text("challenge_id", form::parsed),
        form.object("credential", form::json("must be what navigator.credentials.get() gave, as JSON")),
        form.flag("remember_me"),
    );
    form.finish(values)
}
