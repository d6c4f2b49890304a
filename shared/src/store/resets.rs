//! Password resets.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::{
    Failures, Store, StoreError,
    dynamo::{Item, write},
    keys::Key,
    outbox::Due,
    transaction::{Committed, Transaction},
    users::{bytes, step},
};
use crate::{
    domain::{
        errand::Errand,
        event::Event,
        ids::TenantId,
        registration::Reset,
        user::{Login, UserState},
    },
    keys::{DataKey, StoredHash},
    tokens::Bearer,
};

/// What came of a reset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResetOutcome {
    Reset,
    /// The epoch has moved since: another reset was used, or the account was changed.
    Stale,
}

/// What goes with a reset: a notice to the owner, an event, and failures that are moot now.
#[derive(Debug, Clone, Copy)]
pub struct WithReset<'a> {
    pub due: &'a Due,
    pub notice: &'a Errand,
    pub event: &'a Event,
    pub forgiven: Option<&'a Failures>,
}

/// A reset as it is stored. The seal shows who wrote it: a function without the factors' key, such
/// as register, cannot make a reset that is honoured.
#[derive(Serialize, Deserialize)]
struct ResetRow {
    #[serde(flatten)]
    reset: Reset,
    seal: ByteBuf,
}

const SEAL: &[u8] = b"reset";

/// So often a reset is tried beside other changes of the account.
const TRIES: usize = 3;

impl Store {
    /// Stores a reset; the same token again changes nothing.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn put_reset(
        &self,
        tenant: TenantId,
        token: &Bearer,
        reset: &Reset,
        factors: &DataKey,
    ) -> Result<(), StoreError> {
        self.put(&Key::reset(tenant, token), Self::reset_item(tenant, token, reset, factors)?).await
    }

    pub(super) fn reset_item(
        tenant: TenantId,
        token: &Bearer,
        reset: &Reset,
        factors: &DataKey,
    ) -> Result<Item, StoreError> {
        let place = Key::reset(tenant, token).place();
        write(&ResetRow { reset: reset.clone(), seal: ByteBuf::from(factors.seal(&place, SEAL)) })
    }

    /// The reset behind a token; `None` where there is none, it has expired, or it was not made by
    /// those who may.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn reset(
        &self,
        tenant: TenantId,
        token: &Bearer,
        factors: &DataKey,
    ) -> Result<Option<Reset>, StoreError> {
        let key = Key::reset(tenant, token);
        let row: Option<ResetRow> = self.get(&key).await?;
        Ok(row
            .filter(|row| row.reset.expires_at > self.clock.now())
            .filter(|row| factors.open(&key.place(), &row.seal).is_ok_and(|seal| *seal == SEAL))
            .map(|row| row.reset))
    }

    /// Sets a new password and moves the epoch, all or nothing; of a hundred at once one does. What
    /// goes with it is written in the same breath, and the account's bucket is opened.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn reset_password(
        &self,
        tenant: TenantId,
        login: &Login,
        hash: &StoredHash,
        key: &DataKey,
        with: &WithReset<'_>,
    ) -> Result<ResetOutcome, StoreError> {
        let mut login = login.clone();
        for _ in 0..TRIES {
            let from = login.state();
            let to = UserState { standing: from.standing.verified(), ..from.moved() };
            let transaction = self.reset_of(tenant, (&login, &from, &to), (hash, key), with).await?;
            if let Committed::Done = self.commit(transaction).await? {
                return Ok(ResetOutcome::Reset);
            }
            // A factor may have been enrolled meanwhile, which is no other reset: nobody is to stop one so.
            match self.login(tenant, &login.email_key).await? {
                Some(now) if now.user_id == login.user_id && now.epoch == login.epoch => login = now,
                _ => return Ok(ResetOutcome::Stale),
            }
        }
        Err(StoreError::Busy("an account is changed by too many at once".to_owned()))
    }

    async fn reset_of(
        &self,
        tenant: TenantId,
        (login, from, to): (&Login, &UserState, &UserState),
        (hash, key): (&StoredHash, &DataKey),
        with: &WithReset<'_>,
    ) -> Result<Transaction, StoreError> {
        let (email, user) = (&login.email_key, login.user_id);
        let mut set = step(Key::login(tenant, email), from, to)?
            .value(":hash", bytes(Self::seal_hash(tenant, email, hash, key)));
        set.expression.push_str(", sealed_hash = :hash");
        let mut forgotten = vec![Failures::of_account(tenant, email).key];
        if login.unproven || !login.standing.is_verified() {
            // The address's first proof: factors made before it are nobody's.
            set.expression.push_str(", methods = :none REMOVE unproven");
            set = set.value(":none", aws_sdk_dynamodb::types::AttributeValue::L(Vec::new()));
            // Their failures are among these: no transaction names an item twice.
            forgotten.extend(self.factor_keys(tenant, user).await?);
        } else {
            forgotten.push(Failures::of_old_password(tenant, user).key);
            forgotten.extend(with.forgiven.map(|failures| failures.key.clone()));
        }
        let (recorded, event) = self.event_item(with.event)?;
        let transaction = Transaction::default()
            .change(set)
            .change(step(Key::state(tenant, user), from, to)?)
            .put(with.due.0.clone(), self.errand_item(with.notice)?)
            .put(recorded, event);
        Ok(forgotten.into_iter().fold(transaction, Transaction::delete))
    }
}
