//! GET and POST verify-email: an address is proven, and its account begins.
//!
//! GET is the contract's, and opens nothing. POST comes from the page that the mail leads to, with
//! the password chosen at registration: right, the person is signed in.

mod answer;

use async_trait::async_trait;
use latchkey::{
    domain::{
        GivenPassword, Tenant,
        event::Kind as EventKind,
        mfa::Due,
        registration::Registration,
        session::Authentication,
        settings::Method,
        user::{Epoch, Login as Account, UserStatus},
    },
    http::{Code, Endpoint, Operation, Problem, Request, Response, Route, cookies, form},
    keys::{Purpose, StoredHash},
    runtime::Parts,
    sign_in::{self, Opened, Proven, Wanted, draft_handle, event},
    store::{Activation, Bucket, Claim, Opens, Store, WithActivation},
    tokens::{Bearer, Kind, Selector},
};

pub use answer::{VerifyEmailRequest, VerifyEmailResponse};

pub struct VerifyEmail {
    parts: Parts,
}

const PATH: &str = "/api/v1/auth/tenants/{tenant_slug}/verify-email";

#[async_trait]
impl Endpoint for VerifyEmail {
    const NAME: &'static str = "verify-email";
    const ROUTES: &'static [Route] = &[Route::get(PATH), Route::post(PATH)];
    const KEYS: &'static [Purpose] = &[Purpose::Passwords, Purpose::Factors, Purpose::Signing];
    const HASHES: bool = true;

    fn new(parts: Parts) -> Self {
        Self { parts }
    }

    fn describe() -> Vec<Operation> {
        vec![
            Operation::new(
                "verify_email",
                "Verify Email",
                "Verify an e-mail address with the mailed token. `data` is as in the answer with \
                 the password, without a session.",
            )
            .query("token", true),
            Operation::new(
                "verify_email_with_password",
                "Verify Email With Password",
                "Verify an e-mail address with the mailed token and the password chosen at registration, and sign in.",
            )
            .body::<VerifyEmailRequest>()
            .data::<VerifyEmailResponse>("ApiResponse_VerifyEmailResponse_"),
        ]
    }

    async fn call(&self, request: &Request) -> Result<Response, Problem> {
        let tenant = self.parts.tenants.of(request).await?;
        if request.method == http::Method::POST {
            self.with_password(request, &tenant).await
        } else {
            self.with_token_alone(request, &tenant).await
        }
    }
}

/// A token's own registration among all that wait for its address.
struct Waiting {
    token: Bearer,
    registration: Registration,
    hash: StoredHash,
    /// Whether others wait, too: then the token alone brings no password.
    contested: bool,
}

impl VerifyEmail {
    async fn with_token_alone(&self, request: &Request, tenant: &Tenant) -> Result<Response, Problem> {
        let mut form = request.query();
        let values = (form.text("token", form::any),);
        let (token,) = form.finish(values)?;
        let waiting = self.counted(request, tenant, &token).await?;
        if waiting.contested {
            return self.claim_without_password(request, tenant, &waiting).await;
        }
        let claim = Claim::Password(&waiting.hash);
        self.claim(request, tenant, &waiting, (claim, Opens::Nothing), |verified| {
            Response::data(request, &verified)
        })
        .await
    }

    async fn with_password(&self, request: &Request, tenant: &Tenant) -> Result<Response, Problem> {
        cookies::guard_sign_in(&self.parts, request, tenant)?;
        let mut form = request.form()?;
        let values = (form.text("token", form::any), form.text("password", GivenPassword::parse));
        let (token, password) = form.finish(values)?;
        let waiting = self.counted(request, tenant, &token).await?;
        if !self.parts.hasher.verify(password.expose(), Some(&waiting.hash)).await {
            return self.claim_without_password(request, tenant, &waiting).await;
        }
        self.sign_in(request, tenant, &waiting).await
    }

    /// What waits for the token; the try is counted beside the read.
    async fn counted(&self, request: &Request, tenant: &Tenant, token: &str) -> Result<Waiting, Problem> {
        let network = Bucket::verify_of_network(tenant.id, request.from);
        let (waiting, verdict) =
            futures::join!(self.waiting(tenant, token), self.parts.store.count(&network));
        Problem::unless_allowed(verdict?)?;
        waiting
    }

    /// One query finds the token's registration and whether others wait for its address.
    async fn waiting(&self, tenant: &Tenant, token: &str) -> Result<Waiting, Problem> {
        let token = Bearer::parse(Kind::Verify, token).ok_or(Code::TokenInvalid)?;
        let (registration, several) = self
            .parts
            .store
            .registration(tenant.id, &token)
            .await?
            .filter(|(registration, _)| tenant.honours(registration.created_at))
            .ok_or(Code::TokenInvalid)?;
        let hash = registration
            .open_hash(&Store::registration_place(tenant.id, &token), self.parts.passwords_key()?)
            .map_err(|error| Problem::internal(format!("a registration: {error}")))?;
        let contested = several || self.waits_elsewhere(tenant, &token, &registration).await?;
        Ok(Waiting { token, registration, hash, contested })
    }

    /// Whether others wait for the address under another key of the ring.
    async fn waits_elsewhere(
        &self,
        tenant: &Tenant,
        token: &Bearer,
        registration: &Registration,
    ) -> Result<bool, Problem> {
        let key = self.parts.passwords_key()?;
        for selector in Selector::addresses(key, tenant.id, &registration.email_key) {
            if selector != *token.selector()
                && self.parts.store.newest_registration(tenant.id, &selector).await?.is_some()
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Makes the claim, and gives the answer of who made it: they alone are told what it `opens`.
    async fn claim(
        &self,
        request: &Request,
        tenant: &Tenant,
        waiting: &Waiting,
        (claim, opens): (Claim<'_>, Opens<'_>),
        answer: impl FnOnce(VerifyEmailResponse) -> Response + Send,
    ) -> Result<Response, Problem> {
        let registration = &waiting.registration;
        let user = Some(registration.user_id);
        let event = event(&self.parts, request, tenant, EventKind::UserActivated, user);
        let with = WithActivation { event: &event, opens };
        let key = self.parts.passwords_key()?;
        let store = &self.parts.store;
        match store.activate(tenant.id, (&waiting.token, registration), &claim, &with, key).await? {
            Activation::Activated => Ok(answer(VerifyEmailResponse::verified(tenant, registration))),
            Activation::ClaimedBefore(_) => Ok(answer::already_verified(request, tenant, registration)),
            Activation::Expired => Err(Code::TokenInvalid.into()),
        }
    }

    /// Whoever holds the mailbox has the address; the password is still to be chosen.
    async fn claim_without_password(
        &self,
        request: &Request,
        tenant: &Tenant,
        waiting: &Waiting,
    ) -> Result<Response, Problem> {
        let reset = Bearer::random(Kind::Reset, waiting.token.selector().clone(), &*self.parts.entropy);
        let claim = Claim::ResetToken(&reset, self.parts.factors_key()?);
        self.claim(request, tenant, waiting, (claim, Opens::Nothing), |verified| {
            Response::data(request, &verified.with_reset_token(&reset))
        })
        .await
    }

    /// The password was right and the link proved the mailbox: together they are what a mailed code
    /// would prove. All is made ready before the claim, which is good once.
    async fn sign_in(
        &self,
        request: &Request,
        tenant: &Tenant,
        waiting: &Waiting,
    ) -> Result<Response, Problem> {
        let claim = Claim::Password(&waiting.hash);
        let account = account(&waiting.registration);
        let authentication = match Due::of(&tenant.settings, &[]) {
            Due::Enrollment => {
                let wanted = Wanted {
                    kind: Kind::Enrollment,
                    methods: Vec::new(),
                    remember_me: false,
                    on_known_device: true,
                };
                let (token, handle) = draft_handle(&self.parts, request, tenant, &account, wanted)?;
                let opens = Opens::Handle(&token, &handle);
                return self
                    .claim(request, tenant, waiting, (claim, opens), |verified| {
                        Response::data(request, &verified.with_enrollment(&token))
                    })
                    .await;
            }
            Due::Factor(methods) if methods == [Method::Email] => Authentication::PasswordAndMail,
            _ => Authentication::Password,
        };
        let proven = Proven {
            user_id: account.user_id,
            epoch: account.epoch,
            address: &account.address,
            authentication,
            remember_me: false,
            // The owner is at the mailbox this moment, and needs no notice.
            on_known_device: true,
        };
        let (session, refresh) = sign_in::draft(&self.parts, request, tenant, &proven)?;
        let tokens = sign_in::tokens(&self.parts, request, tenant, &session, &refresh).await?;
        let opened = Opened { session, refresh, tokens };
        self.claim(request, tenant, waiting, (claim, Opens::Session(&opened.session)), |verified| {
            let response = Response::data(request, &verified.with_session(&opened));
            sign_in::with_cookies(response, tenant, &opened)
        })
        .await
    }
}

fn account(registration: &Registration) -> Account {
    Account {
        user_id: registration.user_id,
        email_key: registration.email_key.clone(),
        address: registration.address.clone(),
        sealed_hash: None,
        standing: UserStatus::Active,
        epoch: Epoch::FIRST,
        methods: Vec::new(),
        unproven: false,
        revision: 0,
    }
}
