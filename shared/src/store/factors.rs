//! Second factors: read, used, enrolled, removed.

use serde_bytes::ByteBuf;

use super::{
    Alteration, Altered, Failures, Store, StoreError,
    backup_codes::put_codes,
    dynamo::{Change, key_of, write},
    keys::{Key, Table},
    transaction::Transaction,
};
use crate::{
    authenticators::{totp::Secret, webauthn::StoredPasskey},
    domain::{
        Label,
        factor::{BackupCode, Credential, PendingTotp, Totp},
        ids::{ChallengeId, FactorId, TenantId, UserId},
        settings::Method,
    },
    keys::{DataKey, SealBroken},
};

/// The name of what a TOTP enrolment has begun.
const BEGUN_TOTP: &str = "totp";

impl Store {
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn totp(&self, tenant: TenantId, user: UserId) -> Result<Option<Totp>, StoreError> {
        self.get(&Key::totp(tenant, user)).await
    }

    /// A user's credentials, the oldest first.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn credentials(&self, tenant: TenantId, user: UserId) -> Result<Vec<Credential>, StoreError> {
        self.query(&Key::credentials(tenant, user)).await
    }

    /// Keeps a secret that was shown, until a code confirms it; an older one is forgotten.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn begin_totp(
        &self,
        tenant: TenantId,
        user: UserId,
        (pending, secret): (PendingTotp, &Secret),
        key: &DataKey,
    ) -> Result<(), StoreError> {
        let item = Key::begun(tenant, user, BEGUN_TOTP);
        let sealed_secret = ByteBuf::from(key.seal(&item.place(), secret.expose()));
        self.put(&item, write(&PendingTotp { sealed_secret, ..pending })?).await
    }

    /// The secret that waits for its code, opened.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer, or the seal does not open.
    pub async fn begun_totp(
        &self,
        tenant: TenantId,
        user: UserId,
        key: &DataKey,
    ) -> Result<Option<(PendingTotp, Secret)>, StoreError> {
        let item = Key::begun(tenant, user, BEGUN_TOTP);
        let pending: Option<PendingTotp> = self.get(&item).await?;
        let Some(pending) = pending.filter(|pending| pending.expires_at > self.clock.now()) else {
            return Ok(None);
        };
        let secret = key.open(&item.place(), &pending.sealed_secret).map_err(broken)?;
        Ok(Some((pending, Secret::of_bytes(secret))))
    }

    /// Enrols an authenticator app, in place of an older one, whose confirmed secret is `pending`.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn enroll_totp(
        &self,
        alteration: &Alteration<'_>,
        (totp, secret): (&Totp, &Secret),
        backup_codes: &[BackupCode],
        key: &DataKey,
    ) -> Result<Altered, StoreError> {
        let (tenant, user) = (alteration.tenant, alteration.from.user_id);
        let item = Key::totp(tenant, user);
        let sealed_secret = ByteBuf::from(key.seal(&item.place(), secret.expose()));
        let totp = Totp { sealed_secret, ..totp.clone() };
        let confirmed = Change::of(Key::begun(tenant, user, BEGUN_TOTP), "SET expires_at = :now")
            .when("factor_id = :factor AND expires_at > :now")
            .text(":factor", totp.factor_id.to_string())
            .time(":now", self.clock.now());
        let transaction = alteration.transaction(self)?.put(item, write(&totp)?).change(confirmed);
        self.alter(put_codes(transaction, tenant, user, backup_codes)?).await
    }

    /// Opens an authenticator app's secret.
    ///
    /// # Errors
    /// [`StoreError::Broken`] where the seal does not open.
    pub fn open_totp(
        &self,
        tenant: TenantId,
        user: UserId,
        totp: &Totp,
        key: &DataKey,
    ) -> Result<Secret, StoreError> {
        let opened = key.open(&Key::totp(tenant, user).place(), &totp.sealed_secret);
        opened.map(Secret::of_bytes).map_err(broken)
    }

    /// Uses the code of a time step with the handle of this hash; false where a code of this step or a later one was
    /// used before, unless with the same handle, which opens one session at most. Its failures are forgiven in the
    /// same write: who has the code has the factor.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn use_totp(
        &self,
        tenant: TenantId,
        user: UserId,
        factor: FactorId,
        (step, handle_hash): (u64, &str),
    ) -> Result<bool, StoreError> {
        let step = i64::try_from(step).unwrap_or(i64::MAX);
        // The second clause is an SDK retry that meets its own write, and a sign-in that is tried again.
        let change = Change::of(
            Key::totp(tenant, user),
            "SET last_step = :step, used_by = :handle, last_used_at = :now, failures = :none",
        )
        .when("factor_id = :factor AND (last_step < :step OR (last_step = :step AND used_by = :handle))")
        .text(":factor", factor.to_string())
        .text(":handle", handle_hash)
        .number(":step", step)
        .number(":none", 0)
        .time(":now", self.clock.now());
        Ok(self.change(change).await?.is_done())
    }

    /// Enrols a credential.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn enroll_credential(
        &self,
        alteration: &Alteration<'_>,
        (credential, passkey): (&Credential, &StoredPasskey),
        backup_codes: &[BackupCode],
        key: &DataKey,
    ) -> Result<Altered, StoreError> {
        let (tenant, user) = (alteration.tenant, alteration.from.user_id);
        let item = Key::credential(tenant, user, credential.factor_id);
        let plain = passkey.to_bytes().map_err(|error| StoreError::Broken(error.to_string()))?;
        let sealed_passkey = ByteBuf::from(key.seal(&item.place(), &plain));
        let credential = Credential { sealed_passkey, ..credential.clone() };
        let transaction = alteration
            .transaction(self)?
            .put_new(item, write(&credential)?)
            .delete(Failures::of_factor(tenant, user, Method::Webauthn.name()).key);
        self.alter(put_codes(transaction, tenant, user, backup_codes)?).await
    }

    /// Opens a credential.
    ///
    /// # Errors
    /// [`StoreError::Broken`] where the seal does not open.
    pub fn open_credential(
        &self,
        tenant: TenantId,
        user: UserId,
        credential: &Credential,
        key: &DataKey,
    ) -> Result<StoredPasskey, StoreError> {
        let place = Key::credential(tenant, user, credential.factor_id).place();
        let plain = key.open(&place, &credential.sealed_passkey).map_err(broken)?;
        StoredPasskey::of_bytes(&plain).map_err(|error| StoreError::Broken(error.to_string()))
    }

    /// Notes the counter of the answer to a challenge; false where it did not rise. An authenticator that
    /// does not count says 0 for ever.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn use_credential(
        &self,
        tenant: TenantId,
        user: UserId,
        factor: FactorId,
        (counter, challenge): (u32, ChallengeId),
    ) -> Result<bool, StoreError> {
        let rises = if counter == 0 {
            "#counter = :counter"
        } else {
            "(#counter < :counter OR (#counter = :counter AND used_by = :challenge))"
        };
        let change = Change::of(
            Key::credential(tenant, user, factor),
            "SET #counter = :counter, used_by = :challenge, last_used_at = :now",
        )
        .name("#counter", "counter")
        .when(rises)
        .text(":challenge", challenge.to_string())
        .number(":counter", counter)
        .time(":now", self.clock.now());
        Ok(self.change(change).await?.is_done())
    }

    /// Removes an authenticator app, and the backup codes where they no longer stand in for any.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn remove_totp(&self, alteration: &Alteration<'_>) -> Result<Altered, StoreError> {
        let key = Key::totp(alteration.tenant, alteration.from.user_id);
        self.remove(alteration, [key]).await
    }

    /// Removes a credential, likewise.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn remove_credential(
        &self,
        alteration: &Alteration<'_>,
        factor: FactorId,
    ) -> Result<Altered, StoreError> {
        let (tenant, user) = (alteration.tenant, alteration.from.user_id);
        let failures = Failures::of_factor(tenant, user, Method::Webauthn.name()).key;
        self.remove(alteration, [Key::credential(tenant, user, factor), failures]).await
    }

    async fn remove<const N: usize>(
        &self,
        alteration: &Alteration<'_>,
        keys: [Key; N],
    ) -> Result<Altered, StoreError> {
        let (tenant, user) = (alteration.tenant, alteration.from.user_id);
        let mut transaction = keys.into_iter().fold(alteration.transaction(self)?, Transaction::delete);
        if !alteration.methods.contains(&Method::BackupCode) {
            for code in self.backup_codes(tenant, user).await? {
                transaction = transaction.delete(Key::backup_code(tenant, user, &code.selector));
            }
        }
        self.alter(transaction).await
    }

    /// Removes every second factor and its failures.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn remove_all_factors(&self, alteration: &Alteration<'_>) -> Result<Altered, StoreError> {
        let keys = self.factor_keys(alteration.tenant, alteration.from.user_id).await?;
        let transaction = alteration.transaction(self)?;
        self.alter(keys.into_iter().fold(transaction, Transaction::delete)).await
    }

    /// Names a factor.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn name_factor(
        &self,
        tenant: TenantId,
        user: UserId,
        factor: FactorId,
        name: &Label,
    ) -> Result<bool, StoreError> {
        for key in [Key::credential(tenant, user, factor), Key::totp(tenant, user)] {
            let change = Change::of(key, "SET #name = :name")
                .name("#name", "name")
                .when("factor_id = :factor")
                .text(":factor", factor.to_string())
                .text(":name", name.as_str());
            if self.change(change).await?.is_done() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Where a user's factors and their failures stand: at most two dozen.
    pub(super) async fn factor_keys(&self, tenant: TenantId, user: UserId) -> Result<Vec<Key>, StoreError> {
        let queries = [
            Key::credentials(tenant, user),
            Key::backup_codes(tenant, user),
            Key::all_factor_failures(tenant, user),
        ];
        let mut keys = vec![Key::totp(tenant, user)];
        for key in queries {
            for item in self.query_items(&key).await? {
                keys.push(key_of(Table::Users, &item)?);
            }
        }
        Ok(keys)
    }
}

pub(super) fn broken(error: SealBroken) -> StoreError {
    StoreError::Broken(format!("a factor: {error}"))
}
