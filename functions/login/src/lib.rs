//! POST login: a password, and what follows from it.

mod answer;
mod attempt;

use async_trait::async_trait;
use latchkey::{
    domain::{
        Tenant,
        device::{Device, DeviceKind},
        event::Kind as EventKind,
        mfa::Due,
        session::Authentication,
        user::Login as Account,
    },
    http::{Code, Endpoint, Operation, Problem, Request, Response, Route, cookies},
    keys::{DataKey, Purpose, StoredHash},
    runtime::Parts,
    sign_in::{self, Proven, Wanted, event, open_handle},
    tokens::{Bearer, Kind},
};

pub use answer::{LoginRequest, LoginResponse};
use attempt::{Asked, Attempt};

pub struct Login {
    parts: Parts,
}

#[async_trait]
impl Endpoint for Login {
    const NAME: &'static str = "login";
    const ROUTES: &'static [Route] = &[Route::post("/api/v1/auth/tenants/{tenant_slug}/login")];
    const KEYS: &'static [Purpose] = &[Purpose::Passwords, Purpose::Factors, Purpose::Signing];
    const HASHES: bool = true;

    fn new(parts: Parts) -> Self {
        Self { parts }
    }

    fn describe() -> Vec<Operation> {
        let about = "Direct login for the hosted login page: an MFA challenge when MFA is required, otherwise \
                     a session and tokens.";
        vec![
            Operation::new("login", "Login", about)
                .body::<LoginRequest>()
                .data::<LoginResponse>("ApiResponse_LoginResponse_"),
        ]
    }

    async fn call(&self, request: &Request) -> Result<Response, Problem> {
        let tenant = self.parts.tenants.of(request).await?;
        cookies::guard_sign_in(&self.parts, request, &tenant)?;
        let asked = Asked::parse(&self.parts, request, &tenant)?;
        let attempt = Attempt::count(&self.parts, request, &tenant, &asked).await?;
        let (account, hash) = self.check_password(request, &tenant, &asked, &attempt).await?;
        let answered = self.go_on(request, &tenant, &asked, &attempt, account);
        let renewed = self.renew_hash(&tenant, &asked, account, (&hash, self.parts.passwords_key()?));
        futures::join!(answered, renewed).0
    }
}

impl Login {
    /// The account whose password this is. Every other state is the same refusal after the same
    /// work; only a right password is told what stands in its way.
    async fn check_password<'a>(
        &self,
        request: &Request,
        tenant: &Tenant,
        asked: &Asked,
        attempt: &'a Attempt,
    ) -> Result<(&'a Account, StoredHash), Problem> {
        let parts = &self.parts;
        let account = attempt.account.as_ref();
        let key = parts.passwords_key()?;
        let stored = account.and_then(|account| parts.store.open_hash(tenant.id, account, key));
        let right = parts.hasher.verify_any(asked.password.expose(), stored.as_ref()).await;
        match (account, stored) {
            (Some(account), Some(stored)) if right && account.standing.is_suspended() => {
                drop(stored);
                self.refuse(request, tenant, Some(account), Code::AccountSuspended).await
            }
            (Some(account), Some(stored)) if right && !account.standing.is_verified() => {
                drop(stored);
                self.refuse(request, tenant, Some(account), Code::EmailNotVerified).await
            }
            (Some(account), Some(stored)) if right => Ok((account, stored)),
            _ => {
                let refused = self.refuse(request, tenant, account, Code::InvalidCredentials);
                let (refused, noted) = futures::join!(refused, attempt.note_failure(parts, tenant));
                noted?;
                refused
            }
        }
    }

    async fn refuse<T>(
        &self,
        request: &Request,
        tenant: &Tenant,
        account: Option<&Account>,
        code: Code,
    ) -> Result<T, Problem> {
        let user = account.map(|account| account.user_id);
        self.parts.store.record(&event(&self.parts, request, tenant, EventKind::LoginFailed, user)).await?;
        Err(code.into())
    }

    async fn go_on(
        &self,
        request: &Request,
        tenant: &Tenant,
        asked: &Asked,
        attempt: &Attempt,
        account: &Account,
    ) -> Result<Response, Problem> {
        let device = attempt.device.as_ref();
        let wanted = |kind, methods| Wanted {
            kind,
            methods,
            remember_me: asked.remember_me,
            on_known_device: device.is_some(),
        };
        match Due::of(&tenant.settings, &account.methods) {
            Due::Nothing => self.open(request, tenant, asked, attempt, account, None).await,
            Due::Factor(methods) => {
                let trusted = device.filter(|device| device.kind == DeviceKind::Trusted);
                let trusted = trusted.filter(|_| !asked.reauthenticate);
                let rotated = match trusted {
                    Some(device) => device.rotate(&self.parts, tenant).await?,
                    None => None,
                };
                if let Some((device, next)) = trusted.zip(rotated) {
                    let next_hash = next.hash();
                    let opened = self.open(request, tenant, asked, attempt, account, Some(next)).await;
                    return match opened {
                        Ok(response) => Ok(response),
                        Err(problem) => Err(self.take_back(tenant, device, next_hash, problem).await),
                    };
                }
                if trusted.is_some() || attempt.exchanged {
                    let lost = EventKind::DeviceRotationLost;
                    let lost = event(&self.parts, request, tenant, lost, Some(account.user_id));
                    self.parts.store.record(&lost).await?;
                }
                let wanted = wanted(Kind::Mfa, methods.clone());
                let handle = self.hand_out(request, tenant, attempt, account, wanted).await?;
                Ok(Response::data(request, &LoginResponse::mfa_required(account.user_id, &handle, &methods)))
            }
            Due::Enrollment => {
                let wanted = wanted(Kind::Enrollment, Vec::new());
                let handle = self.hand_out(request, tenant, attempt, account, wanted).await?;
                Ok(Response::data(request, &LoginResponse::enrollment_required(account.user_id, &handle)))
            }
        }
    }

    async fn open(
        &self,
        request: &Request,
        tenant: &Tenant,
        asked: &Asked,
        attempt: &Attempt,
        account: &Account,
        trusted: Option<Bearer>,
    ) -> Result<Response, Problem> {
        let parts = &self.parts;
        let proven = Proven {
            user_id: account.user_id,
            epoch: account.epoch,
            address: &account.address,
            authentication: Authentication::Password,
            remember_me: asked.remember_me,
            on_known_device: attempt.device.is_some(),
        };
        let succeeded = event(parts, request, tenant, EventKind::LoginSucceeded, Some(account.user_id));
        let (opened, forgiven, recorded) = futures::join!(
            sign_in::open(parts, request, tenant, &proven),
            parts.store.forgive(&attempt.failures),
            parts.store.record(&succeeded),
        );
        let opened = opened?;
        forgiven?;
        recorded?;
        let in_cookie = asked.device_in_cookie || parts.is_from_hosted_page(request);
        let shown = trusted.as_ref().filter(|_| !in_cookie);
        let answer = LoginResponse::authenticated(tenant, &opened, shown);
        let response = sign_in::with_cookies(Response::data(request, &answer), tenant, &opened);
        Ok(match trusted.filter(|_| in_cookie) {
            Some(trusted) => response.with_cookie(&cookies::trusted(tenant, &trusted)),
            None => response,
        })
    }

    /// The device's token is good again where its successor could not be handed out.
    async fn take_back(
        &self,
        tenant: &Tenant,
        device: &Device,
        next_hash: String,
        problem: Problem,
    ) -> Problem {
        let rotated = Device { token_hash: next_hash, ..device.clone() };
        match self.parts.store.rotate_device(tenant.id, &rotated, &device.token_hash).await {
            Ok(_) => problem,
            Err(error) => problem.and_then(&error),
        }
    }

    async fn hand_out(
        &self,
        request: &Request,
        tenant: &Tenant,
        attempt: &Attempt,
        account: &Account,
        wanted: Wanted,
    ) -> Result<Bearer, Problem> {
        let parts = &self.parts;
        let due = event(parts, request, tenant, EventKind::MfaDue, Some(account.user_id));
        let (handle, forgiven, recorded) = futures::join!(
            open_handle(parts, request, tenant, account, wanted),
            parts.store.forgive(&attempt.failures),
            parts.store.record(&due),
        );
        forgiven?;
        recorded?;
        handle
    }

    /// Hashes anew where the cost in force is another than the stored hash's. Where that cannot be done now, the next
    /// login tries again: this one is complete.
    async fn renew_hash(
        &self,
        tenant: &Tenant,
        asked: &Asked,
        account: &Account,
        (stored, key): (&StoredHash, &DataKey),
    ) {
        if !self.parts.hasher.is_outdated(stored) {
            return;
        }
        let hash = self.parts.hasher.hash(asked.password.expose(), &*self.parts.entropy).await;
        if let Err(error) = self.parts.store.rehash(tenant.id, account, &hash, key).await {
            tracing::warn!(%error, "a password could not be hashed anew");
        }
    }
}
