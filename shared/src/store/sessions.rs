//! Sessions.

use super::{
    Store, StoreError,
    dynamo::{Change, Written, read, write},
    keys::Key,
    users::StateRow,
};
use crate::domain::{
    ids::{SessionId, TenantId, UserId},
    session::Session,
    user::{Profile, UserState},
};

/// What came of exchanging a refresh token.
#[derive(Debug)]
pub enum Rotation {
    Rotated,
    /// Another exchange came first, or the session is over: what it is now.
    Lost(Option<Box<Session>>),
}

impl Store {
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn open_session(&self, tenant: TenantId, session: &Session) -> Result<(), StoreError> {
        self.put(&Key::session(tenant, session.user_id, session.session_id), write(session)?).await
    }

    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn session(
        &self,
        tenant: TenantId,
        user: UserId,
        session: SessionId,
    ) -> Result<Option<Session>, StoreError> {
        self.get(&Key::session(tenant, user, session)).await
    }

    /// A session and the state of its user, in one call.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn session_and_state(
        &self,
        tenant: TenantId,
        user: UserId,
        session: SessionId,
    ) -> Result<(Option<Session>, Option<UserState>), StoreError> {
        let keys = [Key::session(tenant, user, session), Key::state(tenant, user)];
        let [session, state] = self.get_each(keys).await?;
        Ok((session.map(read).transpose()?, state.map(StateRow::read).transpose()?))
    }

    /// The same, and the user's profile.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn session_state_and_profile(
        &self,
        tenant: TenantId,
        user: UserId,
        session: SessionId,
    ) -> Result<(Option<Session>, Option<UserState>, Option<Profile>), StoreError> {
        let keys =
            [Key::session(tenant, user, session), Key::state(tenant, user), Key::profile(tenant, user)];
        let [session, state, profile] = self.get_each(keys).await?;
        Ok((
            session.map(read).transpose()?,
            state.map(StateRow::read).transpose()?,
            profile.map(read).transpose()?,
        ))
    }

    /// A user's sessions, the oldest first.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn sessions(&self, tenant: TenantId, user: UserId) -> Result<Vec<Session>, StoreError> {
        self.query(&Key::sessions(tenant, user)).await
    }

    /// Exchanges a session's refresh token for its successor, once.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn rotate_session(
        &self,
        tenant: TenantId,
        session: &Session,
        successor_hash: &str,
    ) -> Result<Rotation, StoreError> {
        let change = Change::of(
            Key::session(tenant, session.user_id, session.session_id),
            "SET refresh_hash = :new, previous_hash = :old, rotated_at = :now, last_used_at = :now",
        )
        .when("refresh_hash = :old AND expires_at > :now")
        .text(":new", successor_hash)
        .text(":old", &session.refresh_hash)
        .time(":now", self.clock.now());
        match self.change(change).await? {
            Written::Done(_) => Ok(Rotation::Rotated),
            Written::Refused(item) => {
                Ok(Rotation::Lost(item.map(read::<Session>).transpose()?.map(Box::new)))
            }
        }
    }

    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn end_session(
        &self,
        tenant: TenantId,
        user: UserId,
        session: SessionId,
    ) -> Result<(), StoreError> {
        self.delete(&Key::session(tenant, user, session)).await
    }
}
