//! WebAuthn challenges: begun once, answered once.

use super::{
    Store, StoreError,
    dynamo::{Change, Written, expiring, read, write},
    keys::Key,
};
use crate::domain::{
    factor::{Challenge, Purpose},
    ids::{ChallengeId, TenantId},
};

impl Store {
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn put_challenge(&self, tenant: TenantId, challenge: &Challenge) -> Result<(), StoreError> {
        let item = expiring(write(challenge)?, challenge.expires_at);
        self.put(&Key::challenge(tenant, challenge.challenge_id), item).await
    }

    /// A challenge that was begun for this very purpose and waits for its answer.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn challenge(
        &self,
        tenant: TenantId,
        challenge: ChallengeId,
        purpose: &Purpose<'_>,
    ) -> Result<Option<Challenge>, StoreError> {
        let item = self.get_item(&Key::challenge(tenant, challenge)).await?;
        let waiting: Option<Challenge> =
            item.filter(|item| !item.contains_key("spent_by")).map(read).transpose()?;
        Ok(waiting
            .filter(|waiting| waiting.purpose == purpose.text() && waiting.expires_at > self.clock.now()))
    }

    /// Takes a challenge that was begun for this very purpose; `None` where there is none, it has
    /// expired, or another request took it. `attempt` names the request.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn take_challenge(
        &self,
        tenant: TenantId,
        challenge: ChallengeId,
        purpose: &Purpose<'_>,
        attempt: &str,
    ) -> Result<Option<Challenge>, StoreError> {
        let change = Change::of(Key::challenge(tenant, challenge), "SET spent_by = :attempt")
            .when(
                "purpose = :purpose AND expires_at > :now \
                 AND (attribute_not_exists(spent_by) OR spent_by = :attempt)",
            )
            .text(":attempt", attempt)
            .text(":purpose", purpose.text())
            .time(":now", self.clock.now());
        match self.change(change).await? {
            Written::Done(item) => read(item).map(Some),
            Written::Refused(_) => Ok(None),
        }
    }

    /// Gives back what this attempt took, so that its answer can be shown again where the sign-in could
    /// not be completed.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn give_back_challenge(
        &self,
        tenant: TenantId,
        challenge: ChallengeId,
        attempt: &str,
    ) -> Result<(), StoreError> {
        self.unspend(Key::challenge(tenant, challenge), attempt).await
    }
}
