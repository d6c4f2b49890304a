//! POST email/undo: a former address comes back.
//!
//! Whoever changed the address may know the password and be signed in: all sessions end, the password
//! is gone, and who holds the mailbox chooses another. Factors stay, but for those that were enrolled
//! since a day before the change: a thief enrols first.

use async_trait::async_trait;
use latchkey::{
    domain::{
        Tenant,
        errand::What,
        event::Kind as EventKind,
        mailbox::FormerAddress,
        mfa,
        registration::Reset,
        settings::Method,
        user::{Login, UserState, UserStatus},
    },
    http::{Code, Endpoint, Operation, Problem, Request, Response, Route, form},
    jiff::SignedDuration,
    keys::Purpose,
    runtime::Parts,
    sign_in::{AccountChange, later},
    store::{Bucket, MadeSince, Restored},
    tokens::{Bearer, Kind, Selector},
};
use serde::Serialize;
use utoipa::ToSchema;

pub struct EmailUndo {
    parts: Parts,
}

#[async_trait]
impl Endpoint for EmailUndo {
    const NAME: &'static str = "email-undo";
    const ROUTES: &'static [Route] = &[Route::post("/api/v1/auth/tenants/{tenant_slug}/email/undo")];
    const KEYS: &'static [Purpose] = &[Purpose::Passwords, Purpose::Factors];

    fn new(parts: Parts) -> Self {
        Self { parts }
    }

    fn describe() -> Vec<Operation> {
        vec![
            Operation::new(
                "undo_email",
                "Undo Email",
                "Bring an account's former address back with the token that was mailed to it. An account that was \
                 made at the address meanwhile, and that nobody has proven, is deleted.",
            )
            .body::<UndoRequest>()
            .data::<UndoResponse>("ApiResponse_UndoResponse_"),
        ]
    }

    async fn call(&self, request: &Request) -> Result<Response, Problem> {
        let parts = &self.parts;
        let tenant = parts.tenants.of(request).await?;
        let mut form = request.form()?;
        let values = (form.text("token", form::any),);
        let (token,) = form.finish(values)?;
        let network = Bucket::undo_of_network(tenant.id, request.from);
        Problem::unless_allowed(parts.store.count(&network).await?)?;
        let claim = self.claim(&tenant, &token).await?;
        let what = What::EmailRestored { user_id: claim.user.user_id, address: claim.login.address.clone() };
        let of = (&claim.login, &claim.user);
        let change = AccountChange::of(parts, request, &tenant, of, (what, EventKind::EmailRestored))
            .with_methods(claim.left())
            .ending_all_sessions();
        let (former, factors) = (&claim.former, parts.factors_key()?);
        let reset = Reset {
            user_id: claim.user.user_id,
            email_key: former.email_key.clone(),
            address: former.address.clone(),
            epoch: change.alteration().to.epoch,
            redirect_uri: None,
            created_at: request.at,
            expires_at: later(request.at, SignedDuration::from_mins(Reset::LIFETIME_MINUTES)),
        };
        let selector = Selector::address(parts.passwords_key()?, tenant.id, &former.email_key);
        let reset_token = Bearer::random(Kind::Reset, selector, &*parts.entropy);
        let yielding = self.yielding(&tenant, former).await?;
        let yielding = yielding.map(|login| (login.state(), login));
        let over = yielding.as_ref().map(|(state, login)| {
            let what = What::AccountWithdrawn { user_id: login.user_id };
            AccountChange::of(parts, request, &tenant, (login, state), (what, EventKind::AccountDeleted))
        });
        let over = over.as_ref().map(AccountChange::alteration);
        let restored = Restored {
            former,
            hashes: claim.hashes,
            factors: &claim.factors,
            reset: (&reset_token, &reset),
            over: over.as_ref(),
        };
        let altered = parts.store.restore_address(&change.alteration(), &restored, factors).await?;
        change.conclude(altered)?;
        Ok(Response::data(
            request,
            &UndoResponse {
                status: "email_restored",
                email: claim.former.email.clone(),
                password_required: true,
                reset_token: reset_token.expose().to_owned(),
            },
        ))
    }
}

/// A former address that its token brings back.
struct Claim {
    former: FormerAddress,
    /// This token, and those of all later changes, which die with it: a thief who changed the address
    /// twice does not get it back.
    hashes: Vec<String>,
    /// What was enrolled shortly before the change or after it may be a thief's.
    factors: MadeSince,
    user: UserState,
    login: Login,
}

impl Claim {
    /// The second factors that stay: the mailbox, where it was one, and what is older than the change.
    fn left(&self) -> Vec<Method> {
        let left = &self.factors.left;
        if self.login.methods.contains(&Method::Email) {
            mfa::with(left, Method::Email)
        } else {
            left.clone()
        }
    }
}

impl EmailUndo {
    /// The account that was made at the address meanwhile, if it yields: nobody has proven that the address is theirs, and
    /// who had it before did. A thief's registration would bar the way back else.
    async fn yielding(&self, tenant: &Tenant, former: &FormerAddress) -> Result<Option<Login>, Problem> {
        if former.unproven {
            return Ok(None);
        }
        let login = self.parts.store.login(tenant.id, &former.email_key).await?;
        Ok(login.filter(|login| login.unproven && login.standing == UserStatus::Active))
    }

    async fn claim(&self, tenant: &Tenant, token: &str) -> Result<Claim, Problem> {
        // The hash that is stored shows that it is ours, even if the data key that made it was retired since.
        let token = Bearer::parse(Kind::Undo, token).ok_or(Code::TokenInvalid)?;
        let user = token.user().ok_or(Code::TokenInvalid)?;
        let store = &self.parts.store;
        let (state, formers) =
            futures::try_join!(store.user_state(tenant.id, user), store.former_addresses(tenant.id, user))?;
        let user = state.filter(|state| !state.standing.is_suspended()).ok_or(Code::TokenInvalid)?;
        let named = formers.iter().find(|(hash, _)| token.matches(hash));
        let former = named
            .map(|(_, former)| former.clone())
            .filter(|former| former.email_key != user.email_key && tenant.honours(former.changed_at));
        let former = former.ok_or(Code::TokenInvalid)?;
        let span = SignedDuration::from_hours(FormerAddress::FACTORS_SINCE_HOURS);
        let since = former.changed_at.saturating_sub(span).unwrap_or(former.changed_at);
        let (login, factors) = futures::try_join!(
            store.login(tenant.id, &user.email_key),
            store.factors_since(tenant.id, user.user_id, since),
        )?;
        let login = login.filter(|login| login.state() == user).ok_or(Code::Overtaken)?;
        let later = formers.into_iter().filter(|(_, other)| other.changed_at >= former.changed_at);
        Ok(Claim { factors, hashes: later.map(|(hash, _)| hash).collect(), former, user, login })
    }
}

#[derive(ToSchema)]
pub struct UndoRequest {
    pub token: String,
}

#[derive(Serialize, ToSchema)]
pub struct UndoResponse {
    /// `email_restored`.
    pub status: &'static str,
    /// The address that is back, as it was typed.
    pub email: String,
    /// The account has no password now: `reset_token` chooses one.
    pub password_required: bool,
    pub reset_token: String,
}
