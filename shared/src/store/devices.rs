//! Trusted and known devices.

use super::{
    Store, StoreError,
    dynamo::{Change, write},
    keys::Key,
};
use crate::domain::{
    Label,
    device::Device,
    ids::{DeviceId, TenantId, UserId},
};

impl Store {
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn remember_device(&self, tenant: TenantId, device: &Device) -> Result<(), StoreError> {
        self.put(&Key::device(tenant, device.user_id, device.device_id), write(device)?).await
    }

    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn device(
        &self,
        tenant: TenantId,
        user: UserId,
        device: DeviceId,
    ) -> Result<Option<Device>, StoreError> {
        self.get(&Key::device(tenant, user, device)).await
    }

    /// A user's devices, the oldest first.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn devices(&self, tenant: TenantId, user: UserId) -> Result<Vec<Device>, StoreError> {
        self.query(&Key::devices(tenant, user)).await
    }

    /// Exchanges a device's token for the next one; false for the loser of a race.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn rotate_device(
        &self,
        tenant: TenantId,
        device: &Device,
        successor_hash: &str,
    ) -> Result<bool, StoreError> {
        // The second clause is an SDK retry that meets its own write: the successor is random.
        let change = Change::of(
            Key::device(tenant, device.user_id, device.device_id),
            "SET token_hash = :new, last_used_at = :now",
        )
        .when("expires_at > :now AND (token_hash = :old OR token_hash = :new)")
        .text(":new", successor_hash)
        .text(":old", &device.token_hash)
        .time(":now", self.clock.now());
        Ok(self.change(change).await?.is_done())
    }

    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn forget_device(
        &self,
        tenant: TenantId,
        user: UserId,
        device: DeviceId,
    ) -> Result<(), StoreError> {
        self.delete(&Key::device(tenant, user, device)).await
    }

    /// Names a device; false where there is none.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn name_device(
        &self,
        tenant: TenantId,
        user: UserId,
        device: DeviceId,
        name: &Label,
    ) -> Result<bool, StoreError> {
        let change = Change::of(Key::device(tenant, user, device), "SET #name = :name")
            .name("#name", "name")
            .when("attribute_exists(pk)")
            .text(":name", name.as_str());
        Ok(self.change(change).await?.is_done())
    }
}
