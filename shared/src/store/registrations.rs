//! Pending registrations: many of one address may wait, the first that is proven claims it.

use jiff::Timestamp;
use serde_bytes::ByteBuf;

use super::{
    Store, StoreError,
    dynamo::{Change, Item, key_of, number, read, write},
    keys::Key,
    transaction::{Committed, Transaction},
    users::LoginRow,
};
use crate::{
    domain::{
        event::Event,
        handle::Handle,
        ids::{TenantId, UserId},
        registration::{Registration, Reset},
        session::Session,
        user::{Epoch, Profile, UserStatus},
    },
    keys::{DataKey, SealBroken, StoredHash},
    tokens::{Bearer, Kind, Selector},
};

/// So many registrations are read at once: of 5 KB at most.
const PAGE: i32 = 20;
/// So many that wait are looked at for the newest.
const ENOUGH: u32 = 100;

/// What the claim of an address brings with it.
#[derive(Debug)]
pub enum Claim<'a> {
    /// The password that came with the registration.
    Password(&'a StoredHash),
    /// None: whoever holds the mailbox chooses one with this reset token.
    ResetToken(&'a Bearer, &'a DataKey),
}

/// What the claim of an address opens for who made it.
#[derive(Debug, Clone, Copy)]
pub enum Opens<'a> {
    Nothing,
    Session(&'a Session),
    /// A handle that goes on to enrol a factor.
    Handle(&'a Bearer, &'a Handle),
}

/// What goes with a claim, in the same breath: whoever made it has all of it, or may make it again.
#[derive(Debug, Clone, Copy)]
pub struct WithActivation<'a> {
    pub event: &'a Event,
    pub opens: Opens<'a>,
}

/// What came of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    Activated,
    /// Somebody has the address already; nothing was changed.
    ClaimedBefore(UserId),
    /// The registration is over.
    Expired,
}

impl Store {
    /// Seals what a registration holds to its place, and stores it; the stream wakes the worker.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn put_registration(
        &self,
        tenant: TenantId,
        token: &Bearer,
        hash: &StoredHash,
        mut registration: Registration,
        key: &DataKey,
    ) -> Result<(), StoreError> {
        let item = Key::registration(tenant, token);
        registration.sealed_hash = ByteBuf::from(key.seal(&item.place(), hash.phc().as_bytes()));
        registration.sealed_token = ByteBuf::from(key.seal(&item.place(), token.expose().as_bytes()));
        let created_at = registration.created_at;
        self.put(&item, self.due_item(write(&registration)?, created_at)).await
    }

    /// A token's own registration, used or not, and whether another one waits for its address. Strangers may have made
    /// hundreds: no more of them are read than says so.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn registration(
        &self,
        tenant: TenantId,
        token: &Bearer,
    ) -> Result<Option<(Registration, bool)>, StoreError> {
        let (key, own) = (Key::registrations(tenant, token.selector()), Key::registration(tenant, token));
        let is_live = |item: &Item| lives(item, self.clock.now());
        let (mut found, mut others, mut from) = (None, false, None);
        loop {
            let (items, next) = self.query_page(&key, from, Some(PAGE)).await?;
            for item in items.into_iter().filter(is_live) {
                if key_of(key.table, &item)?.place() == own.place() {
                    found = Some(read(item)?);
                } else if is_unused(&item) {
                    others = true;
                }
            }
            if others && found.is_none() && next.is_some() {
                found = self.get_item(&own).await?.filter(is_live).map(read).transpose()?;
            }
            from = next;
            if others || from.is_none() {
                return Ok(found.map(|registration| (registration, others)));
            }
        }
    }

    /// The newest of the registrations of an address that wait, with its place: of the first hundred, for the link of
    /// any of them leads to the same.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn newest_registration(
        &self,
        tenant: TenantId,
        selector: &Selector,
    ) -> Result<Option<(String, Registration)>, StoreError> {
        let key = Key::registrations(tenant, selector);
        let (mut newest, mut waiting, mut from): (Option<(String, Registration)>, _, _) = (None, 0, None);
        loop {
            let (items, next) = self.query_page(&key, from, Some(PAGE)).await?;
            let waits = |item: &Item| lives(item, self.clock.now()) && is_unused(item);
            for item in items.into_iter().filter(waits) {
                let place = key_of(key.table, &item)?.place();
                let registration: Registration = read(item)?;
                waiting += 1;
                let newer = newest.as_ref().is_none_or(|(_, last)| registration.created_at > last.created_at);
                if newer {
                    newest = Some((place, registration));
                }
            }
            from = next;
            if waiting >= ENOUGH || from.is_none() {
                return Ok(newest);
            }
        }
    }

    /// Where the registration of a token stands: what it is sealed to.
    #[must_use]
    pub fn registration_place(tenant: TenantId, token: &Bearer) -> String {
        Key::registration(tenant, token).place()
    }

    /// Claims the address and makes the user, with all that goes with it, or changes nothing.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn activate(
        &self,
        tenant: TenantId,
        (token, registration): (&Bearer, &Registration),
        claim: &Claim<'_>,
        with: &WithActivation<'_>,
        key: &DataKey,
    ) -> Result<Activation, StoreError> {
        let now = self.clock.now();
        let sealed = match claim {
            Claim::Password(hash) => Some(Self::seal_hash(tenant, &registration.email_key, hash, key)),
            Claim::ResetToken(..) => None,
        };
        let profile = Profile {
            email: registration.email.clone(),
            first_name: registration.first_name.clone(),
            last_name: registration.last_name.clone(),
            custom_data: registration.custom_data.clone(),
            locale: registration.locale,
            created_at: now,
        };
        let address = registration.address.clone();
        let mut login =
            LoginRow::fresh(registration.user_id, &registration.email_key, address, UserStatus::Active);
        login.sealed_hash = sealed;
        let items = Self::user_items(tenant, &login, &profile)?;
        let mut transaction = items
            .into_iter()
            .fold(Transaction::default(), |transaction, (key, item)| transaction.put_new(key, item));
        let taken_out = Change::of(
            Key::registration(tenant, token),
            "SET activated_at = :now REMOVE due_shard, due_at, claimed_until",
        )
        // Once: the account that it made may have been deleted since.
        .when("expires_at > :now AND attribute_not_exists(activated_at)")
        .time(":now", now);
        transaction = transaction.change(taken_out);
        if let Claim::ResetToken(reset, factors) = claim {
            let waiting = reset_of(registration, now);
            transaction = transaction
                .put(Key::reset(tenant, reset), Self::reset_item(tenant, reset, &waiting, factors)?);
        }
        transaction = match with.opens {
            Opens::Nothing => transaction,
            Opens::Session(session) => {
                transaction.put(Key::session(tenant, session.user_id, session.session_id), write(session)?)
            }
            Opens::Handle(token, handle) => transaction.put(Key::handle(tenant, token), write(handle)?),
        };
        let (recorded, event) = self.event_item(with.event)?;
        transaction = transaction.put(recorded, event);
        Ok(match self.commit(transaction).await? {
            Committed::Done => Activation::Activated,
            Committed::Refused { index: 0, item, .. } => Activation::ClaimedBefore(owner(item)?),
            Committed::Refused { .. } => Activation::Expired,
        })
    }
}

/// Whether an item's registration has not run out.
fn lives(item: &Item, now: Timestamp) -> bool {
    number(item, "expires_at").is_some_and(|until| until > now.as_second())
}

/// Whether it has made no account: one that has waits no more, even where the account was deleted since.
fn is_unused(item: &Item) -> bool {
    !item.contains_key("activated_at")
}

fn owner(item: Option<Item>) -> Result<UserId, StoreError> {
    let row: LoginRow =
        read(item.ok_or_else(|| StoreError::Broken("a claimed address is gone".to_owned()))?)?;
    Ok(row.user_id)
}

fn reset_of(registration: &Registration, now: Timestamp) -> Reset {
    let until = jiff::SignedDuration::from_mins(Reset::LIFETIME_MINUTES);
    Reset {
        user_id: registration.user_id,
        email_key: registration.email_key.clone(),
        address: registration.address.clone(),
        epoch: Epoch::FIRST,
        redirect_uri: registration.redirect_uri.clone(),
        created_at: now,
        expires_at: now.saturating_add(until).unwrap_or(now),
    }
}

impl Registration {
    /// The password's hash, from the place it is sealed to.
    ///
    /// # Errors
    /// [`SealBroken`] for another place or key.
    pub fn open_hash(&self, place: &str, key: &DataKey) -> Result<StoredHash, SealBroken> {
        let phc = key.open(place, &self.sealed_hash)?;
        String::from_utf8(phc.to_vec()).map(StoredHash::new).map_err(|_| SealBroken)
    }

    /// The mailed token, from the place it is sealed to.
    ///
    /// # Errors
    /// [`SealBroken`] for another place or key.
    pub fn open_token(&self, place: &str, key: &DataKey) -> Result<Bearer, SealBroken> {
        let text = key.open(place, &self.sealed_token)?;
        std::str::from_utf8(&text).ok().and_then(|text| Bearer::parse(Kind::Verify, text)).ok_or(SealBroken)
    }
}
