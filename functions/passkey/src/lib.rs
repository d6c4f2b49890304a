//! POST passkey/begin and passkey/finish: a sign-in with a passkey and nothing else.
//!
//! The authenticator finds the credential and verifies its user, so that it counts as two factors.
//! No try is counted on the account: whoever can name it cannot guess a signature, and must not be
//! able to lock its owner out.

mod answer;

use async_trait::async_trait;
use latchkey::{
    authenticators::webauthn::{Asserted, Assertion, Refused, RelyingParty, user_of},
    domain::{
        Tenant,
        event::Kind as EventKind,
        factor::{Credential, Purpose as ChallengeFor},
        ids::{ChallengeId, EventId, UserId},
        session::Authentication,
        settings::Method,
        user::{Login, UserState},
    },
    http::{Code, Endpoint, Operation, Problem, Request, Response, Route, form},
    keys::Purpose,
    runtime::Parts,
    sign_in::{self, ChallengeResponse, Proven, begin_challenge, event, relying_party},
    store::Bucket,
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
    state: String,
    user: UserState,
    credential: Credential,
    attempt: String,
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
        let (challenge, answer, remember_me) = parse(request)?;
        let relying_party = relying_party(&self.parts, tenant)?;
        let shown = self.look_up(request, tenant, challenge, answer).await?;
        let asserted = self.check(request, tenant, &relying_party, &shown).await?;
        let login = self.admit(request, tenant, &shown, asserted).await?;
        let proven = Proven {
            user_id: login.user_id,
            epoch: login.epoch,
            address: &login.address,
            authentication: Authentication::Passkey(asserted.holding),
            remember_me,
            on_known_device: false,
        };
        let parts = &self.parts;
        let succeeded = event(parts, request, tenant, EventKind::LoginSucceeded, Some(login.user_id));
        let (opened, recorded) =
            futures::join!(sign_in::open(parts, request, tenant, &proven), parts.store.record(&succeeded),);
        let opened = opened?;
        recorded?;
        let response = Response::data(request, &PasskeyResponse::of(tenant, &opened));
        Ok(sign_in::with_cookies(response, tenant, &opened))
    }

    /// Takes the challenge, so that no answer is looked at twice, and reads whom the answer names.
    async fn look_up(
        &self,
        request: &Request,
        tenant: &Tenant,
        challenge: ChallengeId,
        answer: Assertion,
    ) -> Result<Shown, Problem> {
        let parts = &self.parts;
        let user: UserId = user_of(&answer).flatten().ok_or(Code::InvalidCredentials)?;
        let attempt = EventId::fresh(&*parts.clock, &*parts.entropy).to_string();
        let network = Bucket::passkey_of_network(tenant.id, request.from);
        let store = &parts.store;
        let (verdict, taken, state, credentials) = futures::try_join!(
            store.count(&network),
            store.take_challenge(tenant.id, challenge, &ChallengeFor::Passkey, &attempt),
            store.user_state(tenant.id, user),
            store.credentials(tenant.id, user),
        )?;
        Problem::unless_allowed(verdict)?;
        let taken = taken.filter(|taken| tenant.honours(taken.begun_at()));
        let (Some(taken), Some(user)) = (taken, state) else { return Err(Code::InvalidCredentials.into()) };
        let key = parts.factors_key()?;
        for credential in credentials {
            let passkey = store.open_credential(tenant.id, user.user_id, &credential, key)?;
            if passkey.is_named_by(&answer) {
                return Ok(Shown { answer, state: taken.state, user, credential, attempt });
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
        let of = (passkey, shown.credential.counter);
        let kind = match relying_party.finish_authentication(&shown.answer, &shown.state, user, of) {
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

    /// Notes the counter, and sees that the account may sign in: only who has the key is told what
    /// stands in its way.
    async fn admit(
        &self,
        request: &Request,
        tenant: &Tenant,
        shown: &Shown,
        asserted: Asserted,
    ) -> Result<Login, Problem> {
        let store = &self.parts.store;
        let user = shown.user.user_id;
        let counted = (asserted.counter, shown.attempt.as_str());
        let (rose, login) = futures::try_join!(
            store.use_credential(tenant.id, user, shown.credential.factor_id, counted),
            store.login(tenant.id, &shown.user.email_key),
        )?;
        if !rose {
            let fell = event(&self.parts, request, tenant, EventKind::SignatureCounterFell, Some(user));
            store.record(&fell).await?;
            return Err(Code::InvalidCredentials.into());
        }
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
