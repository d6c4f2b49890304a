//! Changes of an account: on the state that was read, or not at all.

use super::{
    Store, StoreError,
    dynamo::{Change, Written, read, write},
    handles::LIVE,
    keys::Key,
    outbox::Due,
    transaction::{Committed, Transaction},
    users::{bytes, step, value},
};
use crate::{
    domain::{
        CustomData, PersonName,
        errand::Errand,
        event::Event,
        ids::{SessionId, TenantId, UserId},
        session::Session,
        settings::Method,
        user::{Login, Profile, UserState},
    },
    keys::{DataKey, StoredHash},
    tokens::Bearer,
};

/// A change of an account, with what goes with every such change.
#[derive(Debug)]
pub struct Alteration<'a> {
    pub tenant: TenantId,
    pub login: &'a Login,
    pub from: &'a UserState,
    pub to: UserState,
    /// The second factors that are enrolled afterwards.
    pub methods: Vec<Method>,
    /// What its owner is mailed.
    pub errands: Vec<(&'a Due, &'a Errand)>,
    /// What is written down of it.
    pub events: &'a [Event],
    pub session: Option<SessionSwap<'a>>,
    /// The enrolment handle that it spends, and the request that does.
    pub handle: Option<(&'a Bearer, &'a str)>,
}

/// The session that makes a change is issued anew where the change ends all sessions.
#[derive(Debug)]
pub struct SessionSwap<'a> {
    /// None where the change is what opens the session.
    pub old: Option<SessionId>,
    pub new: &'a Session,
}

/// What a person changes of their profile; what is not given stays.
#[derive(Debug, Clone, Default)]
pub struct ProfileChanges {
    pub first_name: Option<PersonName>,
    pub last_name: Option<PersonName>,
    /// Given as none, they are taken away.
    pub custom_data: Option<Option<CustomData>>,
}

impl ProfileChanges {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.first_name.is_none() && self.last_name.is_none() && self.custom_data.is_none()
    }
}

/// What came of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Altered {
    Done,
    /// Another change came first, or what it builds on is gone.
    Overtaken,
    /// The address is another account's.
    EmailTaken,
}

impl Altered {
    pub(super) fn of(committed: &Committed) -> Self {
        match committed {
            Committed::Done => Self::Done,
            Committed::Refused { .. } => Self::Overtaken,
        }
    }
}

impl Alteration<'_> {
    /// The change of the LOGIN item.
    pub(super) fn of_login(&self) -> Result<Change, StoreError> {
        let mut change = step(Key::login(self.tenant, &self.login.email_key), self.from, &self.to)?;
        change.expression.push_str(", methods = :methods");
        Ok(change.value(":methods", value(&self.methods)?))
    }

    /// The change of the STATE item.
    pub(super) fn of_state(&self) -> Result<Change, StoreError> {
        step(Key::state(self.tenant, self.from.user_id), self.from, &self.to)
    }

    /// What an item of the account stands on, for a write that leaves nothing of it.
    pub(super) fn basis(&self, key: Key) -> Result<Change, StoreError> {
        let mut change = step(key, self.from, &self.to)?;
        // What the change would have set is not set.
        for unused in [":to", ":standing", ":revision"] {
            change.values.remove(unused);
        }
        Ok(change)
    }

    /// What every change does beside the two.
    pub(super) fn rest(
        &self,
        store: &Store,
        mut transaction: Transaction,
    ) -> Result<Transaction, StoreError> {
        for (due, errand) in &self.errands {
            transaction = transaction.put(due.0.clone(), store.errand_item(errand)?);
        }
        for event in self.events {
            let (key, item) = store.event_item(event)?;
            transaction = transaction.put(key, item);
        }
        let (tenant, user) = (self.tenant, self.from.user_id);
        if let Some(swap) = &self.session {
            if let Some(old) = swap.old {
                transaction = transaction.delete(Key::session(tenant, user, old));
            }
            let key = Key::session(tenant, user, swap.new.session_id);
            transaction = transaction.put(key, write(swap.new)?);
        }
        if let Some((token, attempt)) = self.handle {
            let spend = Change::of(Key::handle(tenant, token), "SET spent_by = :attempt")
                .when(LIVE)
                .text(":attempt", attempt)
                .time(":now", store.clock.now());
            transaction = transaction.change(spend);
        }
        Ok(transaction)
    }

    /// All of it, as one transaction to which a verb adds its own writes.
    pub(super) fn transaction(&self, store: &Store) -> Result<Transaction, StoreError> {
        let transaction = Transaction::default().change(self.of_login()?).change(self.of_state()?);
        self.rest(store, transaction)
    }
}

impl Store {
    /// Sets another password and opens the account's bucket.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn change_password(
        &self,
        alteration: &Alteration<'_>,
        hash: &StoredHash,
        key: &DataKey,
    ) -> Result<Altered, StoreError> {
        let (tenant, email) = (alteration.tenant, &alteration.login.email_key);
        let mut login =
            alteration.of_login()?.value(":hash", bytes(Self::seal_hash(tenant, email, hash, key)));
        login.expression.push_str(", sealed_hash = :hash");
        let transaction = Transaction::default()
            .change(login)
            .change(alteration.of_state()?)
            .delete(super::Failures::of_account(tenant, email).key)
            .delete(super::Failures::of_old_password(tenant, alteration.from.user_id).key);
        self.alter(alteration.rest(self, transaction)?).await
    }

    /// Changes a profile, and gives it as it is then; `None` where there is none.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn change_profile(
        &self,
        tenant: TenantId,
        user: UserId,
        changes: &ProfileChanges,
    ) -> Result<Option<Profile>, StoreError> {
        let mut change = Change::of(Key::profile(tenant, user), String::new()).when("attribute_exists(pk)");
        let mut set = Vec::new();
        let mut remove = "";
        for (name, given) in [("first_name", &changes.first_name), ("last_name", &changes.last_name)] {
            if let Some(given) = given {
                set.push(format!("{name} = :{name}"));
                change = change.text(&format!(":{name}"), given.as_str());
            }
        }
        match &changes.custom_data {
            None => {}
            Some(None) => remove = " REMOVE custom_data",
            Some(Some(data)) => {
                set.push("custom_data = :custom_data".to_owned());
                change = change.value(":custom_data", value(data)?);
            }
        }
        let set = if set.is_empty() { String::new() } else { format!("SET {}", set.join(", ")) };
        change.expression = set + remove;
        match self.change(change).await? {
            Written::Done(item) => read(item).map(Some),
            Written::Refused(_) => Ok(None),
        }
    }

    pub(super) async fn alter(&self, transaction: Transaction) -> Result<Altered, StoreError> {
        self.commit(transaction).await.map(|committed| Altered::of(&committed))
    }
}
