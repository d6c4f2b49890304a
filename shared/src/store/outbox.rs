//! The outbox: what is to be mailed is written with the change that causes it, and stays until it
//! is sent or of no use any more.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{Timestamp, ToSpan};

use super::{
    Store, StoreError,
    dynamo::{Change, Item, Written, expiring, key_of, number, read, write},
    keys::{Key, Table},
    schema::DUE_INDEX,
};
use crate::domain::{errand::Errand, ids::ulid, registration::Registration};

/// The index of what is due is spread over so many partitions.
const SHARDS: u32 = 4;
/// The stream wakes the worker at once; the rule of each minute takes up what it has missed.
const STREAM_HEAD_START_SECONDS: i64 = 60;
/// A worker that claims an entry has it for so long.
const CLAIM_SECONDS: i64 = 60;
const MOST_DUE: i32 = 100;

/// Names an outbox entry: an errand, or a pending registration, which is its own entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due(pub(super) Key);

impl Due {
    /// Reads the keys of a stream record; `None` for an item that is no outbox entry.
    #[must_use]
    pub fn of_stream(partition: &str, sort: &str) -> Option<Self> {
        let table = match (partition.get(..2)?, sort.get(..4)) {
            ("O#", _) => Table::Events,
            ("P#", Some("REG#")) => Table::Challenges,
            _ => return None,
        };
        Some(Self(Key { table, partition: partition.to_owned(), sort: sort.to_owned() }))
    }

    /// The errand's ULID: what is derived from the entry is derived from this.
    #[must_use]
    pub fn errand_id(&self) -> &str {
        self.0.partition.strip_prefix("O#").unwrap_or_default()
    }

    /// What the seals in the entry are bound to.
    #[must_use]
    pub fn place(&self) -> String {
        self.0.place()
    }
}

/// What an entry says.
#[derive(Debug)]
pub enum Entry {
    Errand(Box<Errand>),
    Registration(Box<Registration>),
}

/// An entry that this worker has for the next minute.
#[derive(Debug)]
pub struct Claimed {
    pub due: Due,
    pub entry: Entry,
    /// This attempt among them.
    pub attempts: u32,
}

impl Claimed {
    /// When the mail was asked for.
    #[must_use]
    pub fn created_at(&self) -> Timestamp {
        match &self.entry {
            Entry::Errand(errand) => errand.created_at,
            Entry::Registration(registration) => registration.created_at,
        }
    }

    /// The mail is of no use after this.
    #[must_use]
    pub fn mail_by(&self) -> Timestamp {
        match &self.entry {
            Entry::Errand(errand) => errand.mail_by,
            Entry::Registration(registration) => registration.expires_at,
        }
    }
}

impl Store {
    /// A name for a new errand. What it seals is bound to [`Due::place`].
    #[must_use]
    pub fn new_errand(&self) -> Due {
        Due(Key::errand(&ulid(&*self.clock, &*self.entropy).to_string()))
    }

    /// Queues an errand.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn queue(&self, due: &Due, errand: &Errand) -> Result<(), StoreError> {
        self.put(&due.0, self.errand_item(errand)?).await
    }

    pub(super) fn errand_item(&self, errand: &Errand) -> Result<Item, StoreError> {
        let forgotten_at = errand.mail_by.saturating_add(24.hours()).unwrap_or(errand.mail_by);
        Ok(self.due_item(expiring(write(errand)?, forgotten_at), errand.created_at))
    }

    /// Enters an item in the index of what is due.
    pub(super) fn due_item(&self, mut item: Item, created_at: Timestamp) -> Item {
        let shard = self.entropy.below(SHARDS);
        item.insert("due_shard".to_owned(), AttributeValue::S(format!("D{shard}")));
        let due_at = created_at.as_second() + STREAM_HEAD_START_SECONDS;
        item.insert("due_at".to_owned(), AttributeValue::N(due_at.to_string()));
        item
    }

    /// Claims an entry for a minute and reads it; `None` where it is done, gone, or another's.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn claim(&self, due: &Due) -> Result<Option<Claimed>, StoreError> {
        let now = self.clock.now();
        let change = Change::of(due.0.clone(), "SET claimed_until = :until ADD attempts :one")
            .when(
                "attribute_exists(due_shard) AND (attribute_not_exists(claimed_until) OR claimed_until <= :now)",
            )
            .number(":one", 1)
            .time(":now", now)
            .number(":until", now.as_second() + CLAIM_SECONDS);
        let item = match self.change_once(change).await? {
            Written::Done(item) => item,
            Written::Refused(_) => return Ok(None),
        };
        let attempts = number(&item, "attempts").and_then(|count| u32::try_from(count).ok()).unwrap_or(1);
        let entry = match due.0.table {
            Table::Events => Entry::Errand(Box::new(read(item)?)),
            _ => Entry::Registration(Box::new(read(item)?)),
        };
        Ok(Some(Claimed { due: due.clone(), entry, attempts }))
    }

    /// Takes an entry out of the outbox: sent, or nothing to send. A pending registration stays.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn done(&self, due: &Due) -> Result<(), StoreError> {
        if due.0.table == Table::Events {
            return self.delete(&due.0).await;
        }
        let change =
            Change::of(due.0.clone(), "REMOVE due_shard, due_at, claimed_until").when("attribute_exists(pk)");
        self.change(change).await.map(|_| ())
    }

    /// Gives an entry back, to be taken up again at `due_at`.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn put_back(&self, due: &Due, due_at: Timestamp) -> Result<(), StoreError> {
        let change = Change::of(due.0.clone(), "SET due_at = :due REMOVE claimed_until")
            .when("attribute_exists(due_shard)")
            .time(":due", due_at);
        self.change(change).await.map(|_| ())
    }

    /// Where every errand of the outbox stands, due or not. One that is queued this moment may be missing.
    pub(super) async fn errands(&self) -> Result<Vec<Key>, StoreError> {
        let mut errands = Vec::new();
        for shard in 0..SHARDS {
            let partition = format!("D{shard}");
            let mut from = None;
            loop {
                let of_shard = ("due_shard", partition.as_str());
                let (items, next) =
                    self.indexed(Table::Events, DUE_INDEX, of_shard, None, (from, MOST_DUE)).await?;
                for item in items {
                    errands.push(key_of(Table::Events, &item)?);
                }
                from = next;
                if from.is_none() {
                    break;
                }
            }
        }
        Ok(errands)
    }

    /// What is due now. The index is eventually consistent: [`claim`](Self::claim) decides.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn due(&self) -> Result<Vec<Due>, StoreError> {
        let now = self.clock.now();
        let mut due = Vec::new();
        for table in [Table::Events, Table::Challenges] {
            for shard in 0..SHARDS {
                let partition = format!("D{shard}");
                let (items, _) = self
                    .indexed(
                        table,
                        DUE_INDEX,
                        ("due_shard", &partition),
                        Some(("due_at", now)),
                        (None, MOST_DUE),
                    )
                    .await?;
                for item in items {
                    due.push(Due(key_of(table, &item)?));
                }
            }
        }
        Ok(due)
    }
}
