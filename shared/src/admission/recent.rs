//! Who may change an account's ways in.

use std::sync::Arc;

use super::Caller;
use crate::{
    domain::{
        Tenant,
        handle::Handle,
        mfa::Due,
        session::Session,
        user::{Login, UserState},
    },
    http::{Code, Problem, Request},
    runtime::Parts,
    store::Bucket,
    tokens::{Bearer, Kind, Proof},
};

/// A signed-in user who proved who they are in the last ten minutes, with a second factor where one is
/// due. What changes a way into an account takes one of these.
#[derive(Debug)]
pub struct Recent {
    pub caller: Caller,
    pub login: Login,
}

impl Recent {
    /// # Errors
    /// 401 `bearer_invalid`; 403 `reauthentication_required`; 409 `overtaken`; 429.
    pub async fn of(request: &Request, parts: &Parts) -> Result<Self, Problem> {
        let caller = Caller::of(request, parts).await?;
        let (login, counted) =
            futures::join!(caller.login(parts), count_change(parts, &caller.tenant, &caller.user));
        counted?;
        let login = login?;
        let due = Due::of(&caller.tenant.settings, &login.methods);
        if due.is_met_recently_by(&caller.session, request.at) {
            Ok(Self { caller, login })
        } else {
            Err(Code::ReauthenticationRequired.into())
        }
    }
}

/// Counts a change of a user's own before it is looked at: each costs hashes or a mail.
///
/// # Errors
/// 429; 503 when the store cannot answer.
pub async fn count_change(parts: &Parts, tenant: &Tenant, user: &UserState) -> Result<(), Problem> {
    let changes = Bucket::changes_of_user(tenant.id, user.user_id);
    Problem::unless_allowed(parts.store.count(&changes).await?)
}

/// Who may enrol a factor.
#[derive(Debug)]
pub struct Enroller {
    pub tenant: Arc<Tenant>,
    pub user: UserState,
    pub login: Login,
    pub by: EnrollsBy,
}

/// How somebody came to enrol a factor.
#[derive(Debug)]
pub enum EnrollsBy {
    /// Signed in, as [`Recent`] says.
    Session(Box<Session>),
    /// The password was right, and the tenant demands the first factor: enrolling it completes the
    /// sign-in.
    Handle(Bearer, Box<Handle>),
}

impl Enroller {
    /// From an access token, or from the enrolment token of a login.
    ///
    /// # Errors
    /// As [`Recent::of`]; 401 `mfa_token_invalid` for an enrolment token that is over.
    pub async fn of(request: &Request, parts: &Parts) -> Result<Self, Problem> {
        match request.bearer() {
            Some(token) if token.starts_with(Kind::Enrollment.prefix()) => {
                Self::of_handle(request, parts, token).await
            }
            _ => {
                let Recent { caller, login } = Recent::of(request, parts).await?;
                let by = EnrollsBy::Session(Box::new(caller.session));
                Ok(Self { tenant: caller.tenant, user: caller.user, login, by })
            }
        }
    }

    async fn of_handle(request: &Request, parts: &Parts, token: &str) -> Result<Self, Problem> {
        let token = Bearer::parse(Kind::Enrollment, token).ok_or(Code::MfaTokenInvalid)?;
        let (Some(user), Some(slug)) = (token.user(), token.slug()) else {
            return Err(Code::MfaTokenInvalid.into());
        };
        let tenant = parts.tenants.serving(&slug).await?.ok_or(Code::MfaTokenInvalid)?;
        if !token.is_ours(&Proof { key: parts.factors_key()?, tenant: tenant.id }, request.at) {
            return Err(Code::MfaTokenInvalid.into());
        }
        let store = &parts.store;
        let (handle, state) =
            futures::try_join!(store.handle(tenant.id, &token), store.user_state(tenant.id, user))?;
        let live = handle.zip(state).filter(|(handle, state)| handle.stands(state, &tenant));
        let (handle, user) = live.ok_or(Code::MfaTokenInvalid)?;
        let login = async { Ok::<_, Problem>(store.login(tenant.id, &user.email_key).await?) };
        let (login, ()) = futures::try_join!(login, count_change(parts, &tenant, &user))?;
        // Who has enrolled a factor since must show it: the token was for who has none.
        let login = login
            .filter(|login| login.state() == user)
            .filter(|login| Due::of(&tenant.settings, &login.methods) == Due::Enrollment)
            .ok_or(Code::MfaTokenInvalid)?;
        Ok(Self { tenant, user, login, by: EnrollsBy::Handle(token, Box::new(handle)) })
    }
}
