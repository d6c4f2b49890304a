//! Users who come from elsewhere, many at a time.

use std::collections::HashSet;

use super::{
    Store, StoreError,
    dynamo::key_of,
    keys::{Key, Table},
    transaction::{Committed, Transaction},
    users::LoginRow,
};
use crate::{
    domain::{
        Email, EmailKey,
        ids::{TenantId, UserId},
        user::{Profile, UserStatus},
    },
    keys::{DataKey, StoredHash},
};

/// A user to be taken in.
#[derive(Debug, Clone)]
pub struct ImportedUser {
    pub user_id: UserId,
    pub email: Email,
    /// As [`StoredHash::import`] took it in.
    pub hash: Option<StoredHash>,
    pub standing: UserStatus,
    /// Nobody has shown that the address is theirs.
    pub unproven: bool,
    pub profile: Profile,
}

/// What came of taking a user in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    Made,
    EmailTaken,
    /// The id is another user's.
    IdTaken,
}

impl ImportedUser {
    /// A transaction takes a hundred writes, and a user is three.
    pub const MOST_AT_ONCE: usize = 33;
    const WRITES: usize = 3;
}

impl Store {
    /// Makes users, [`ImportedUser::MOST_AT_ONCE`] at most, each whole or not at all: nobody who is there is
    /// touched. Their addresses and ids must differ. One transaction makes them; who stands in its way is left
    /// out of the next.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer: none of those that are not made is half made.
    pub async fn import_users(
        &self,
        tenant: TenantId,
        users: &[ImportedUser],
        key: &DataKey,
    ) -> Result<Vec<Arrival>, StoreError> {
        let mut arrivals = vec![Arrival::Made; users.len()];
        let mut left: Vec<usize> = (0..users.len()).collect();
        while !left.is_empty() {
            let mut transaction = Transaction::default();
            for user in left.iter().filter_map(|index| users.get(*index)) {
                let email = user.email.key();
                let mut login = LoginRow::fresh(user.user_id, email, user.email.address(), user.standing);
                login.sealed_hash = user.hash.as_ref().map(|hash| Self::seal_hash(tenant, email, hash, key));
                login.unproven = user.unproven;
                let items = Self::user_items(tenant, &login, &user.profile)?;
                transaction = items.into_iter().fold(transaction, |all, (key, item)| all.put_new(key, item));
            }
            let Committed::Refused { all, .. } = self.commit(transaction).await? else { break };
            // From the last write to the first, so that the address, which is the first, has the word.
            for write in all.into_iter().rev() {
                let arrival =
                    if write % ImportedUser::WRITES == 0 { Arrival::EmailTaken } else { Arrival::IdTaken };
                if let Some(place) =
                    left.get(write / ImportedUser::WRITES).and_then(|at| arrivals.get_mut(*at))
                {
                    *place = arrival;
                }
            }
            left.retain(|index| arrivals.get(*index) == Some(&Arrival::Made));
        }
        Ok(arrivals)
    }

    /// Those of the addresses that have an account.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn taken(
        &self,
        tenant: TenantId,
        emails: &[&EmailKey],
    ) -> Result<HashSet<EmailKey>, StoreError> {
        let keys: Vec<_> = emails.iter().map(|email| Key::login(tenant, email)).collect();
        let mut there = HashSet::new();
        for item in self.batch_get(&keys, Some("pk, sk")).await? {
            there.insert(key_of(Table::Users, &item)?.partition);
        }
        let taken = keys.iter().zip(emails).filter(|(key, _)| there.contains(&key.partition));
        Ok(taken.map(|(_, email)| (*email).clone()).collect())
    }
}
