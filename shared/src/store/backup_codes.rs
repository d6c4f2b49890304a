//! Backup codes: read, used, replaced.

use serde_bytes::ByteBuf;

use super::{
    Alteration, Altered, Failures, Store, StoreError,
    dynamo::{Change, write},
    factors::broken,
    keys::Key,
    transaction::Transaction,
};
use crate::{
    authenticators::backup_codes::Code,
    domain::{
        factor::BackupCode,
        ids::{TenantId, UserId},
        settings::Method,
    },
    keys::{DataKey, SealBroken, StoredHash},
};

impl Store {
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn backup_code(
        &self,
        tenant: TenantId,
        user: UserId,
        selector: &str,
    ) -> Result<Option<BackupCode>, StoreError> {
        self.get(&Key::backup_code(tenant, user, selector)).await
    }

    /// A user's backup codes, the used ones among them.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn backup_codes(&self, tenant: TenantId, user: UserId) -> Result<Vec<BackupCode>, StoreError> {
        self.query(&Key::backup_codes(tenant, user)).await
    }

    /// Seals a backup code's hash to its item.
    #[must_use]
    pub fn seal_backup_code(
        &self,
        tenant: TenantId,
        user: UserId,
        (code, hash): (&Code, &StoredHash),
        key: &DataKey,
    ) -> BackupCode {
        let place = Key::backup_code(tenant, user, code.selector()).place();
        BackupCode {
            selector: code.selector().to_owned(),
            sealed_hash: ByteBuf::from(key.seal(&place, hash.phc().as_bytes())),
            created_at: self.clock.now(),
            spent_by: None,
        }
    }

    /// Opens a backup code's hash.
    ///
    /// # Errors
    /// [`StoreError::Broken`] where the seal does not open.
    pub fn open_backup_code(
        &self,
        tenant: TenantId,
        user: UserId,
        code: &BackupCode,
        key: &DataKey,
    ) -> Result<StoredHash, StoreError> {
        let place = Key::backup_code(tenant, user, &code.selector).place();
        let phc = key.open(&place, &code.sealed_hash).map_err(broken)?;
        String::from_utf8(phc.to_vec()).map(StoredHash::new).map_err(|_| broken(SealBroken))
    }

    /// Uses a backup code with the handle of this hash; of a hundred handles one does.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn use_backup_code(
        &self,
        tenant: TenantId,
        user: UserId,
        code: &BackupCode,
        handle_hash: &str,
    ) -> Result<bool, StoreError> {
        let change = Change::of(Key::backup_code(tenant, user, &code.selector), "SET spent_by = :handle")
            .when("sealed_hash = :hash AND (attribute_not_exists(spent_by) OR spent_by = :handle)")
            .value(":hash", super::users::bytes(code.sealed_hash.clone()))
            .text(":handle", handle_hash);
        Ok(self.change(change).await?.is_done())
    }

    /// Puts new backup codes in place of all that there are.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn replace_backup_codes(
        &self,
        alteration: &Alteration<'_>,
        old: &[BackupCode],
        new: &[BackupCode],
    ) -> Result<Altered, StoreError> {
        let (tenant, user) = (alteration.tenant, alteration.from.user_id);
        let mut transaction = alteration.transaction(self)?;
        for code in old {
            transaction = transaction.delete(Key::backup_code(tenant, user, &code.selector));
        }
        self.alter(put_codes(transaction, tenant, user, new)?).await
    }
}

/// Adds fresh codes to a transaction.
pub(super) fn put_codes(
    transaction: Transaction,
    tenant: TenantId,
    user: UserId,
    codes: &[BackupCode],
) -> Result<Transaction, StoreError> {
    if codes.is_empty() {
        return Ok(transaction);
    }
    // New codes are guessed anew.
    let failures = Failures::of_factor(tenant, user, Method::BackupCode.name()).key;
    codes.iter().try_fold(transaction.delete(failures), |transaction, code| {
        Ok(transaction.put(Key::backup_code(tenant, user, &code.selector), write(code)?))
    })
}
