//! The mail budget of one mailbox. Only the worker counts, so a read comes before the write.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Store, StoreError,
    dynamo::{Change, write},
    keys::Key,
};
use crate::domain::{
    ids::TenantId,
    purse::Purse,
    throttle::{Limit, Verdict},
};

#[derive(Default, Serialize, Deserialize)]
struct Spent {
    /// Unix seconds of the last mails.
    sent: Vec<i64>,
    /// The errands they were for: a second delivery of one is not paid twice.
    errands: Vec<String>,
    revision: u64,
}

const TRIES: usize = 5;

impl Store {
    /// Pays for one mail to a mailbox; false where the purse is empty. The same errand pays once.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn pay(
        &self,
        tenant: TenantId,
        purse: Purse,
        mailbox: &str,
        errand: &str,
    ) -> Result<bool, StoreError> {
        let key = Key::bucket(tenant, &["purse", purse.name(), mailbox]);
        for _ in 0..TRIES {
            let now = self.clock.now();
            let mut spent: Spent = self.get(&key).await?.unwrap_or_default();
            if spent.errands.iter().any(|paid| paid == errand) {
                return Ok(true);
            }
            let times: Vec<_> =
                spent.sent.iter().filter_map(|second| Timestamp::from_second(*second).ok()).collect();
            if !purse.admits(&times, now) {
                return Ok(false);
            }
            let previous = spent.revision;
            spent.revision += 1;
            spent.sent.push(now.as_second());
            spent.errands.push(errand.to_owned());
            let surplus = spent.sent.len().saturating_sub(Purse::MEMORY);
            spent.sent.drain(..surplus);
            spent.errands.drain(..surplus);
            let mut change = Change::of(
                key.clone(),
                "SET sent = :sent, errands = :errands, revision = :revision, expires_at = :ttl",
            )
            .when("attribute_not_exists(pk) OR revision = :previous")
            .number(":previous", i64::try_from(previous).unwrap_or(i64::MAX))
            .time(":ttl", Purse::forgotten_at(now));
            let mut item = write(&spent)?;
            for name in ["sent", "errands", "revision"] {
                if let Some(value) = item.remove(name) {
                    change = change.value(&format!(":{name}"), value);
                }
            }
            if self.change(change).await?.is_done() {
                return Ok(true);
            }
        }
        Err(StoreError::Busy("a purse is paid from by too many at once".to_owned()))
    }

    /// Counts one mail to an address without an account against the tenant's day.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn pay_for_stranger(&self, tenant: TenantId, daily_budget: u32) -> Result<bool, StoreError> {
        let limit = Limit::new(daily_budget, 24 * 60);
        let bucket = super::Bucket::strangers_of_day(tenant, limit);
        Ok(self.count(&bucket).await? == Verdict::Allowed)
    }
}
