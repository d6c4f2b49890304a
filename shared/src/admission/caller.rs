//! A signed-in user.

use std::sync::Arc;

use crate::{
    domain::{
        Tenant,
        ids::{SessionId, TenantId, UserId},
        session::Session,
        user::{Login, Profile, UserState},
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
        let token = Token::of(request, parts).await?;
        let (session, state) =
            parts.store.session_and_state(token.tenant.id, token.user, token.session).await?;
        token.stands(request, session, state)
    }

    /// The caller and the profile, in one call.
    ///
    /// # Errors
    /// As [`of`](Self::of).
    pub async fn with_profile(request: &Request, parts: &Parts) -> Result<(Self, Profile), Problem> {
        let token = Token::of(request, parts).await?;
        let (session, state, profile) =
            parts.store.session_state_and_profile(token.tenant.id, token.user, token.session).await?;
        let caller = token.stands(request, session, state)?;
        Ok((caller, profile.ok_or_else(|| Problem::internal("a user without a profile"))?))
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
        let token = Token::of(request, parts).await?;
        let ((session, state), read) = futures::try_join!(
            parts.store.session_and_state(token.tenant.id, token.user, token.session),
            read(token.tenant.id, token.user),
        )?;
        Ok((token.stands(request, session, state)?, read))
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

/// What a valid access token says, of whose session nothing is known yet.
struct Token {
    tenant: Arc<Tenant>,
    user: UserId,
    session: SessionId,
}

impl Token {
    async fn of(request: &Request, parts: &Parts) -> Result<Self, Problem> {
        let token = request.bearer().ok_or(Code::BearerInvalid)?;
        let (tenant, _, subject) = parts.tenants.of_token(token, request.at).await?;
        let Subject::User { user, session } = subject else { return Err(Code::BearerInvalid.into()) };
        Ok(Self { tenant, user, session })
    }

    fn stands(
        self,
        request: &Request,
        session: Option<Session>,
        state: Option<UserState>,
    ) -> Result<Caller, Problem> {
        let (Some(session), Some(user)) = (session, state) else { return Err(Code::BearerInvalid.into()) };
        if session.stands(&user, &self.tenant, request.at) {
            Ok(Caller { tenant: self.tenant, user, session })
        } else {
            Err(Code::BearerInvalid.into())
        }
    }
}
