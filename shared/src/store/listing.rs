//! A tenant's users, page by page, for administration. The index is eventually consistent: who was made a moment
//! ago may be missing; what is read of a user is not stale.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use super::{
    Store, StoreError,
    dynamo::{Item, key_of, read},
    keys::{Key, Table},
    schema::LISTING_INDEX,
    users::{LISTING_SHARDS, LoginRow, StateRow, listing_shard},
};
use crate::domain::{
    ids::{TenantId, UserId},
    user::{Login, Profile},
};

/// Where a page of a tenant's users begins; the default is the first.
#[derive(Debug, Clone, Default)]
pub struct Mark {
    shard: u8,
    after: Option<Item>,
}

/// Everything of a user that is not a factor, a device or a session.
#[derive(Debug)]
pub struct Listed {
    pub login: Login,
    pub profile: Profile,
}

const PAGE: i32 = 50;

impl Store {
    /// A page of a tenant's users, and where the next begins. A page may be empty and not the last.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn user_ids(
        &self,
        tenant: TenantId,
        mark: Mark,
    ) -> Result<(Vec<UserId>, Option<Mark>), StoreError> {
        let partition = listing_shard(tenant, mark.shard);
        let at = ("listing_shard", &*partition);
        let (items, next) = self.indexed(Table::Users, LISTING_INDEX, at, None, (mark.after, PAGE)).await?;
        let ids = items.iter().filter_map(|item| match item.get("listing_key") {
            Some(AttributeValue::S(id)) => id.parse().ok(),
            _ => None,
        });
        let next = match next {
            Some(after) => Some(Mark { shard: mark.shard, after: Some(after) }),
            None if mark.shard + 1 < LISTING_SHARDS => Some(Mark { shard: mark.shard + 1, after: None }),
            None => None,
        };
        Ok((ids.collect(), next))
    }

    /// A page of a tenant's users with what there is of each, and where the next begins.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn users(
        &self,
        tenant: TenantId,
        mark: Mark,
    ) -> Result<(Vec<Listed>, Option<Mark>), StoreError> {
        let (ids, next) = self.user_ids(tenant, mark).await?;
        let keys: Vec<_> =
            ids.iter().flat_map(|user| [Key::state(tenant, *user), Key::profile(tenant, *user)]).collect();
        let mut profiles = HashMap::new();
        let mut states = Vec::new();
        for item in self.batch_get(&keys, None).await? {
            let key = key_of(Table::Users, &item)?;
            if key.sort == "STATE" {
                states.push((key.partition, read::<StateRow>(item)?.into_state()));
            } else {
                profiles.insert(key.partition, read::<Profile>(item)?);
            }
        }
        let logins: Vec<_> = states.iter().map(|(_, state)| Key::login(tenant, &state.email_key)).collect();
        let mut by_user = HashMap::new();
        for item in self.batch_get(&logins, None).await? {
            let login = read::<LoginRow>(item)?.into_login();
            by_user.insert(login.user_id, login);
        }
        // Who goes or moves at this moment is left out.
        let whole = states.into_iter().filter_map(|(partition, state)| {
            Some(Listed { login: by_user.remove(&state.user_id)?, profile: profiles.remove(&partition)? })
        });
        Ok((whole.collect(), next))
    }

    /// Takes a user away, whatever is left of them; the item that lists them goes last.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer; the next try goes on.
    pub async fn erase_user(&self, tenant: TenantId, user: UserId) -> Result<(), StoreError> {
        let state = Key::state(tenant, user);
        let mut keys = Vec::new();
        for item in self.query_items(&Key::whole_user(tenant, user)).await? {
            let key = key_of(Table::Users, &item)?;
            if key == state {
                let row: StateRow = read(item)?;
                keys.push(Key::login(tenant, &row.email_key));
            } else {
                keys.push(key);
            }
        }
        self.batch_delete(&keys).await?;
        self.delete(&state).await
    }
}
