//! Captchas: what was solved, and the secret that a provider knows a tenant by.

use jiff::Timestamp;
use serde_bytes::ByteBuf;
use zeroize::Zeroizing;

use super::{Store, StoreError, dynamo::Change, keys::Key};
use crate::{
    domain::{Tenant, TenantSlug, ids::TenantId},
    keys::DataKey,
};

impl Store {
    /// Spends a challenge that was solved; false where another request has spent it. `attempt` names the
    /// request.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn spend_captcha(
        &self,
        tenant: TenantId,
        challenge: &str,
        expires_at: Timestamp,
        attempt: &str,
    ) -> Result<bool, StoreError> {
        let change =
            Change::of(Key::solved_captcha(tenant, challenge), "SET spent_by = :attempt, expires_at = :ttl")
                .when("attribute_not_exists(spent_by) OR spent_by = :attempt")
                .text(":attempt", attempt)
                .time(":ttl", expires_at);
        Ok(self.change(change).await?.is_done())
    }

    /// Seals the secret that a captcha's provider gave a tenant, for the tenant's item.
    #[must_use]
    pub fn seal_captcha_secret(slug: &TenantSlug, secret: &str, key: &DataKey) -> ByteBuf {
        key.seal(&Key::tenant(slug).place(), secret.as_bytes()).into()
    }

    /// Opens it; `None` where there is none, or it does not open.
    #[must_use]
    pub fn open_captcha_secret(&self, tenant: &Tenant, key: &DataKey) -> Option<Zeroizing<String>> {
        let plain = key.open(&Key::tenant(&tenant.slug).place(), tenant.sealed_captcha.as_ref()?).ok()?;
        String::from_utf8(plain.to_vec()).ok().map(Zeroizing::new)
    }
}
