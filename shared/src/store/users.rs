//! Users: what a login needs, what guards their state, what describes them.

use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::{
    Store, StoreError,
    dynamo::{Change, Item, attributes, key_of, read, write},
    keys::{Key, Table},
    schema::LISTING_INDEX,
    transaction::{Committed, Transaction},
};
use crate::{
    domain::{
        Email, EmailKey, Tenant,
        event::Event,
        ids::{TenantId, UserId},
        settings::Method,
        user::{Epoch, Login, Profile, UserState, UserStatus},
    },
    keys::{DataKey, StoredHash},
};

/// A tenant's list of users is spread over so many partitions of its index.
pub(super) const LISTING_SHARDS: u8 = 8;

#[derive(Serialize, Deserialize)]
pub(super) struct LoginRow {
    pub user_id: UserId,
    pub email_key: EmailKey,
    pub address: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sealed_hash: Option<ByteBuf>,
    pub standing: UserStatus,
    pub epoch: Epoch,
    pub methods: Vec<Method>,
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub unproven: bool,
    #[serde(default)]
    pub revision: u64,
}

impl LoginRow {
    /// A new user's, without a password.
    pub fn fresh(user_id: UserId, email: &EmailKey, address: String, standing: UserStatus) -> Self {
        Self {
            user_id,
            email_key: email.clone(),
            address,
            sealed_hash: None,
            standing,
            epoch: Epoch::FIRST,
            methods: Vec::new(),
            unproven: false,
            revision: 0,
        }
    }

    pub(super) fn into_login(self) -> Login {
        Login {
            user_id: self.user_id,
            email_key: self.email_key,
            address: self.address,
            sealed_hash: self.sealed_hash.map(ByteBuf::into_vec),
            standing: self.standing,
            epoch: self.epoch,
            methods: self.methods,
            unproven: self.unproven,
            revision: self.revision,
        }
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct StateRow {
    pub user_id: UserId,
    pub email_key: EmailKey,
    pub standing: UserStatus,
    pub epoch: Epoch,
    #[serde(default)]
    pub revision: u64,
    pub listing_shard: String,
    pub listing_key: String,
}

impl StateRow {
    pub(super) fn read(item: Item) -> Result<UserState, StoreError> {
        read::<Self>(item).map(Self::into_state)
    }

    pub(super) fn into_state(self) -> UserState {
        UserState {
            user_id: self.user_id,
            email_key: self.email_key,
            standing: self.standing,
            epoch: self.epoch,
            revision: self.revision,
        }
    }
}

/// A user to be made at once: by an administrator, or where a tenant asks for no proof.
#[derive(Debug)]
pub struct NewUser<'a> {
    pub user_id: UserId,
    pub email: &'a Email,
    pub hash: Option<&'a StoredHash>,
    pub standing: UserStatus,
    /// Nobody has shown that the address is theirs.
    pub unproven: bool,
    pub profile: &'a Profile,
}

/// What came of making a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Created {
    Created,
    EmailTaken,
}

impl Store {
    /// All that a login needs of whoever has this address.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn login(&self, tenant: TenantId, email: &EmailKey) -> Result<Option<Login>, StoreError> {
        let row: Option<LoginRow> = self.get(&Key::login(tenant, email)).await?;
        Ok(row.map(LoginRow::into_login))
    }

    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn user_state(&self, tenant: TenantId, user: UserId) -> Result<Option<UserState>, StoreError> {
        let row: Option<StateRow> = self.get(&Key::state(tenant, user)).await?;
        Ok(row.map(StateRow::into_state))
    }

    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn profile(&self, tenant: TenantId, user: UserId) -> Result<Option<Profile>, StoreError> {
        self.get(&Key::profile(tenant, user)).await
    }

    /// Opens a login's hash; `None` for an account without a password, and for a seal that does
    /// not open, which is logged: neither lets anybody in.
    #[must_use]
    pub fn open_hash(&self, tenant: TenantId, login: &Login, key: &DataKey) -> Option<StoredHash> {
        let sealed = login.sealed_hash.as_ref()?;
        match key.open(&Key::login(tenant, &login.email_key).place(), sealed) {
            Ok(phc) => String::from_utf8(phc.to_vec()).ok().map(StoredHash::new),
            Err(error) => {
                tracing::error!(user = %login.user_id, %error, "a password hash does not open");
                None
            }
        }
    }

    pub(super) fn seal_hash(tenant: TenantId, email: &EmailKey, hash: &StoredHash, key: &DataKey) -> ByteBuf {
        ByteBuf::from(key.seal(&Key::login(tenant, email).place(), hash.phc().as_bytes()))
    }

    /// Replaces a hash after a login that was right, unless the password was changed meanwhile.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn rehash(
        &self,
        tenant: TenantId,
        login: &Login,
        hash: &StoredHash,
        key: &DataKey,
    ) -> Result<(), StoreError> {
        let sealed = Self::seal_hash(tenant, &login.email_key, hash, key);
        let mut change = Change::of(Key::login(tenant, &login.email_key), "SET sealed_hash = :hash")
            .when("user_id = :user AND epoch = :epoch")
            .text(":user", login.user_id.to_string());
        change = change.value(":hash", bytes(sealed)).value(":epoch", epoch_value(login.epoch)?);
        self.change(change).await.map(|_| ())
    }

    /// Makes a user at once.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn create_user(
        &self,
        tenant: &Tenant,
        user: &NewUser<'_>,
        made: Option<&Event>,
        key: &DataKey,
    ) -> Result<Created, StoreError> {
        let hash = user.hash.map(|hash| Self::seal_hash(tenant.id, user.email.key(), hash, key));
        let mut login = LoginRow::fresh(user.user_id, user.email.key(), user.email.address(), user.standing);
        login.sealed_hash = hash;
        login.unproven = user.unproven;
        let items = Self::user_items(tenant.id, &login, user.profile)?;
        let mut transaction = items
            .into_iter()
            .fold(Transaction::default(), |transaction, (key, item)| transaction.put_new(key, item));
        if let Some(event) = made {
            let (key, item) = self.event_item(event)?;
            transaction = transaction.put(key, item);
        }
        Ok(match self.commit(transaction).await? {
            Committed::Done => Created::Created,
            Committed::Refused { .. } => Created::EmailTaken,
        })
    }

    /// The three items of a new user; the first claims the address.
    pub(super) fn user_items(
        tenant: TenantId,
        login: &LoginRow,
        profile: &Profile,
    ) -> Result<[(Key, Item); 3], StoreError> {
        let user = login.user_id;
        let state = StateRow {
            user_id: user,
            email_key: login.email_key.clone(),
            standing: login.standing,
            epoch: login.epoch,
            revision: 0,
            listing_shard: listing_shard(tenant, shard_of(user)),
            listing_key: user.to_string(),
        };
        Ok([
            (Key::login(tenant, &login.email_key), write(login)?),
            (Key::state(tenant, user), write(&state)?),
            (Key::profile(tenant, user), write(profile)?),
        ])
    }

    /// Moves a user's epoch, and the standing with it where one is given: all that was issued
    /// before is dead. `None` where there is no such user.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when others keep changing the same user.
    pub async fn move_epoch(
        &self,
        tenant: TenantId,
        user: UserId,
        standing: impl Fn(UserStatus) -> UserStatus,
    ) -> Result<Option<UserState>, StoreError> {
        for _ in 0..3 {
            let Some(state) = self.user_state(tenant, user).await? else { return Ok(None) };
            let next = UserState { standing: standing(state.standing), ..state.moved() };
            let transaction = Transaction::default()
                .change(advance(Key::login(tenant, &state.email_key), user, &state, &next)?)
                .change(advance(Key::state(tenant, user), user, &state, &next)?);
            if matches!(self.commit(transaction).await?, Committed::Done) {
                return Ok(Some(next));
            }
        }
        Err(StoreError::Busy("a user's state is changed by too many at once".to_owned()))
    }

    /// Up to `most` users after this one, in the order of the index; fewer only at the end.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn users_after(
        &self,
        tenant: TenantId,
        after: Option<UserId>,
        most: usize,
    ) -> Result<Vec<UserState>, StoreError> {
        let mut found = Vec::new();
        let mut from = after.map(|user| listed_at(tenant, user));
        for shard in after.map_or(0, shard_of)..LISTING_SHARDS {
            let partition = listing_shard(tenant, shard);
            loop {
                let wanted = i32::try_from(most - found.len()).unwrap_or(i32::MAX).min(100);
                if wanted == 0 {
                    return Ok(found);
                }
                let (items, next) = self
                    .indexed(
                        Table::Users,
                        LISTING_INDEX,
                        ("listing_shard", &partition),
                        None,
                        (from.take(), wanted),
                    )
                    .await?;
                let keys: Vec<_> =
                    items.iter().map(|item| key_of(Table::Users, item)).collect::<Result<_, _>>()?;
                let rows = futures::future::try_join_all(keys.iter().map(|key| self.get::<StateRow>(key)));
                found.extend(rows.await?.into_iter().flatten().map(StateRow::into_state));
                from = next;
                if from.is_none() {
                    break;
                }
            }
        }
        Ok(found)
    }
}

/// The change that moves one item of a user from one state to the next.
pub(super) fn advance(
    key: Key,
    user: UserId,
    from: &UserState,
    to: &UserState,
) -> Result<Change, StoreError> {
    Ok(Change::of(key, "SET epoch = :to, standing = :standing, revision = :revision")
        .when("user_id = :user AND epoch = :from")
        .text(":user", user.to_string())
        .value(":from", epoch_value(from.epoch)?)
        .value(":to", epoch_value(to.epoch)?)
        .value(":standing", value(&to.standing)?)
        .value(":revision", value(&to.revision)?))
}

/// The change that moves one item of a user from one revision to the next: of two at once it lets one
/// through.
pub(super) fn step(key: Key, from: &UserState, to: &UserState) -> Result<Change, StoreError> {
    let mut change = advance(key, from.user_id, from, to)?;
    let was = if from.revision == 0 {
        " AND (attribute_not_exists(revision) OR revision = :was)"
    } else {
        " AND revision = :was"
    };
    change.condition = change.condition.map(|condition| condition + was);
    Ok(change.value(":was", value(&from.revision)?))
}

pub(super) fn epoch_value(epoch: Epoch) -> Result<AttributeValue, StoreError> {
    value(&epoch)
}

pub(super) fn value(of: &impl Serialize) -> Result<AttributeValue, StoreError> {
    serde_dynamo::to_attribute_value(of)
        .map(|value: serde_dynamo::AttributeValue| value.into())
        .map_err(|error| StoreError::Broken(format!("a value does not write: {error}")))
}

pub(super) fn bytes(bytes: ByteBuf) -> aws_sdk_dynamodb::types::AttributeValue {
    aws_sdk_dynamodb::types::AttributeValue::B(aws_sdk_dynamodb::primitives::Blob::new(bytes.into_vec()))
}

fn shard_of(user: UserId) -> u8 {
    user.to_bytes()[15] % LISTING_SHARDS
}

/// Where a user stands in the index.
fn listed_at(tenant: TenantId, user: UserId) -> Item {
    let mut item = attributes(&Key::state(tenant, user));
    item.insert("listing_shard".to_owned(), AttributeValue::S(listing_shard(tenant, shard_of(user))));
    item.insert("listing_key".to_owned(), AttributeValue::S(user.to_string()));
    item
}

pub(super) fn listing_shard(tenant: TenantId, shard: u8) -> String {
    format!("{tenant}#{shard}")
}
