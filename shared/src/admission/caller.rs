//! A signed-in user.

use std::sync::Arc;

use crate::{
    domain::{
        Tenant,
        ids::{TenantId, UserId},
        session::Session,
        user::{Login, UserState},
    },
    http::{Code, Problem, Request},
    runtime::Parts,
    store::StoreError,
    tokens::Subject,
};

/// A user with a live session. What needs a signed-in user takes one of these; it is made here alone,
/// from a valid access token, the session and the user's state, both read strongly.
#[derive(Debug)]
pub struct Caller {
    pub tenant: Arc<Tenant>,
    pub user: UserState,
    pub session: Session,
}

impl Caller {
    /// # Errors
    /// 401 `bearer_invalid`: no token, a bad one, or one whose session is over.
    pub async fn of(request: &Request, parts: &Parts) -> Result<Self, Problem> {
        let (caller, ()) = Self::beside(request, parts, |_, _| async { Ok(()) }).await?;
        Ok(caller)
    }

    /// The caller, and what is read of the user beside the session and the state, in one round trip;
    /// it is given away only with the caller.
    ///
    /// # Errors
    /// As [`of`](Self::of).
    pub async fn beside<T, F: Future<Output = Result<T, StoreError>>>(
        request: &Request,
        parts: &Parts,
        read: impl FnOnce(TenantId, UserId) -> F,
    ) -> Result<(Self, T), Problem> {
        let token = request.bearer().ok_or(Code::BearerInvalid)?;
        let (tenant, _, subject) = parts.tenants.of_token(token, request.at).await?;
        let Subject::User { user, session } = subject else { return Err(Code::BearerInvalid.into()) };
        let store = &parts.store;
        let (session, state, read) = futures::try_join!(
            store.session(tenant.id, user, session),
            store.user_state(tenant.id, user),
            read(tenant.id, user),
        )?;
        let (Some(session), Some(state)) = (session, state) else { return Err(Code::BearerInvalid.into()) };
        if session.stands(&state, &tenant, request.at) {
            Ok((Self { tenant, user: state, session }, read))
        } else {
            Err(Code::BearerInvalid.into())
        }
    }

    /// What a login needs of the caller, as it is at this state of the account.
    ///
    /// # Errors
    /// 409 `overtaken` where the account was changed meanwhile.
    pub async fn login(&self, parts: &Parts) -> Result<Login, Problem> {
        let login = parts.store.login(self.tenant.id, &self.user.email_key).await?;
        login.filter(|login| login.state() == self.user).ok_or_else(|| Code::Overtaken.into())
    }
}
