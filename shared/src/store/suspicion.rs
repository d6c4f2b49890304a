//! What the throttles' buckets say of credential stuffing. It is noted on the same items, so that the write
//! which counts a login says it, and a login that succeeds spends nothing on it.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

use super::{
    Bucket, Failures, Store, StoreError,
    buckets::counts,
    dynamo::{Change, Item, number},
};
use crate::domain::throttle::{Limit, Suspicion, Verdict};

/// A try that was counted, and the bucket with it.
#[derive(Debug, Clone, Copy)]
pub struct Tries {
    pub verdict: Verdict,
    /// Tries in the window, this one among them.
    pub tries: u32,
    /// As [`Suspicion::accounts`].
    pub accounts: u32,
}

/// A try at an account that was counted.
#[derive(Debug)]
pub struct AccountTry {
    pub verdict: Verdict,
    /// How many networks have failed at it before.
    pub networks: u32,
    /// What wrote the count; nothing where it was refused.
    written_by: Option<AttributeValue>,
}

impl Store {
    /// Counts a try as [`count`](Self::count) does, and says what else the bucket holds.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn count_tries(&self, bucket: &Bucket) -> Result<Tries, StoreError> {
        let (verdict, item) = self.count_in(bucket).await?;
        let now = self.clock.now();
        Ok(Tries {
            verdict,
            tries: live(bucket.limit, now, &item, 's'),
            accounts: live(bucket.limit, now, &item, 'a'),
        })
    }

    /// Counts a try at an account as [`count_failure`](Self::count_failure) does.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn count_account_failure(&self, account: &Failures) -> Result<AccountTry, StoreError> {
        let (verdict, _, item) = self.count_failure_on(account).await?;
        Ok(AccountTry {
            verdict,
            networks: item.as_ref().map_or(0, networks),
            written_by: item.and_then(|mut item| item.remove("written_by")),
        })
    }

    /// Takes back a try that was refused before any password was looked at. Where another one has been counted since,
    /// it stays: that one may have been a guess.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn take_back(&self, account: &Failures, counted: AccountTry) -> Result<(), StoreError> {
        let Some(written_by) = counted.written_by else { return Ok(()) };
        let expression =
            "SET failures = failures - :one, last_failure_at = previous_failure_at REMOVE written_by";
        let change = Change::of(account.key.clone(), expression)
            .when("written_by = :attempt")
            .value(":attempt", written_by)
            .number(":one", 1);
        self.change(change).await.map(|_| ())
    }

    /// Notes that an account failed at the first try from a network, on the buckets of both.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn note_stranger(&self, network: &Bucket, account: &Failures) -> Result<(), StoreError> {
        let (now, limit) = (self.clock.now(), network.limit);
        let slots = limit.stale_slots(now).enumerate().map(|(index, slot)| (format!("#a{index}"), slot));
        let slots: Vec<_> = slots.collect();
        let stale: Vec<_> = slots.iter().map(|(placeholder, _)| placeholder.as_str()).collect();
        let expression = format!("SET expires_at = :ttl REMOVE {} ADD #now :one", stale.join(", "));
        let mut on_network = Change::of(network.key.clone(), expression)
            .name("#now", slot_name(limit.slot(now)))
            .number(":one", 1)
            .time(":ttl", limit.forgotten_at(now));
        for (placeholder, slot) in &slots {
            on_network = on_network.name(placeholder, slot_name(*slot));
        }
        // Where it was forgiven meanwhile there is nothing to note.
        let on_account = Change::of(account.key.clone(), "ADD networks :one")
            .when("attribute_exists(failures)")
            .number(":one", 1);
        futures::try_join!(self.change(on_network), self.change(on_account))?;
        Ok(())
    }

    /// What the logins of a network and of an account have left, read strongly.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn suspicion(&self, network: &Bucket, account: &Failures) -> Result<Suspicion, StoreError> {
        let (of_network, of_account) =
            futures::try_join!(self.get_item(&network.key), self.get_item(&account.key))?;
        let now = self.clock.now();
        let count = |prefix| of_network.as_ref().map_or(0, |item| live(network.limit, now, item, prefix));
        Ok(Suspicion {
            tries: count('s'),
            accounts: count('a'),
            networks: of_account.as_ref().map_or(0, networks),
        })
    }
}

/// What the slots that are looked at come to.
fn live(limit: Limit, now: Timestamp, item: &Item, prefix: char) -> u32 {
    let oldest = limit.oldest_slot(now);
    counts(item, prefix).into_iter().filter(|(slot, _)| *slot >= oldest).map(|(_, count)| count).sum()
}

fn networks(account: &Item) -> u32 {
    number(account, "networks").and_then(|count| u32::try_from(count).ok()).unwrap_or(0)
}

fn slot_name(slot: i64) -> String {
    format!("a{slot}")
}
