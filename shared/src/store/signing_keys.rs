//! Tenants' signing keys. Read only by who signs.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::{
    Store, StoreError,
    dynamo::{key_of, read},
    keys::Key,
};
use crate::{
    domain::{TenantKeys, TenantSlug, jwk::Algorithm},
    keys::DataKey,
    tokens::SigningKey,
};

/// A signing key as it is stored: its private half sealed to its item.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SealedKey {
    pub kid: String,
    pub algorithm: Algorithm,
    pub sealed: ByteBuf,
}

impl SealedKey {
    /// Seals a PKCS#8 key for a tenant.
    #[must_use]
    pub fn seal(slug: &TenantSlug, kid: &str, algorithm: Algorithm, pkcs8: &[u8], key: &DataKey) -> Self {
        let place = Key::signing_key(slug, kid).place();
        Self { kid: kid.to_owned(), algorithm, sealed: ByteBuf::from(key.seal(&place, pkcs8)) }
    }
}

impl Store {
    /// A tenant's signing key, opened.
    ///
    /// # Errors
    /// [`StoreError::Broken`] where there is none or it does not open.
    pub async fn signing_key(
        &self,
        slug: &TenantSlug,
        kid: &str,
        key: &DataKey,
    ) -> Result<SigningKey, StoreError> {
        let item = Key::signing_key(slug, kid);
        let sealed: SealedKey = self
            .get(&item)
            .await?
            .ok_or_else(|| StoreError::Broken("a tenant's signing key is missing".to_owned()))?;
        let pkcs8 = key
            .open(&item.place(), &sealed.sealed)
            .map_err(|error| StoreError::Broken(format!("a signing key: {error}")))?;
        SigningKey::parse(&sealed.kid, sealed.algorithm, &pkcs8)
            .map_err(|error| StoreError::Broken(format!("a signing key: {error}")))
    }

    /// Deletes a tenant's private keys that neither its record nor any of `named` names. The record is read after the
    /// keys were listed: one that another rotation has made meanwhile stands in both, or in neither.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn forget_signing_keys(
        &self,
        slug: &TenantSlug,
        named: [&TenantKeys; 2],
    ) -> Result<(), StoreError> {
        let all = Key::signing_key(slug, "");
        let items = self.query_items(&all).await?;
        let Some(tenant) = self.tenant(slug).await? else { return Ok(()) };
        for item in items {
            let key = key_of(all.table, &item)?;
            let private: SealedKey = read(item)?;
            let mut kids = named.into_iter().chain([&tenant.keys]).flat_map(TenantKeys::kids);
            if !kids.any(|kid| kid == private.kid) {
                self.delete(&key).await?;
            }
        }
        Ok(())
    }
}
