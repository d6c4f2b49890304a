//! Addresses that are not mailed to, whichever tenant's mail it is.

use super::{Store, StoreError, dynamo::Change, keys::Key};
use crate::domain::{
    EmailKey,
    undeliverable::{Reason, Undeliverable},
};

impl Store {
    /// What is known against an address; the reasons in it may have run out.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn undeliverable(&self, email: &EmailKey) -> Result<Undeliverable, StoreError> {
        Ok(self.get(&Key::undeliverable(email)).await?.unwrap_or_default())
    }

    /// Notes that an address bounced or complained just now; a second time renews it.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn mark_undeliverable(&self, email: &EmailKey, reason: Reason) -> Result<(), StoreError> {
        let (now, key) = (self.clock.now(), Key::undeliverable(email));
        let noted = format!("SET {}_at = :now", reason.name());
        let last = Change::of(key.clone(), format!("{noted}, expires_at = :until"))
            .when("attribute_not_exists(expires_at) OR expires_at < :until")
            .time(":now", now)
            .time(":until", reason.until(now));
        if !self.change(last).await?.is_done() {
            // The other reason holds for longer.
            self.change(Change::of(key, noted).time(":now", now)).await?;
        }
        Ok(())
    }

    /// Forgets what is known against an address.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn mark_deliverable(&self, email: &EmailKey) -> Result<(), StoreError> {
        self.delete(&Key::undeliverable(email)).await
    }
}
