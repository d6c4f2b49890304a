//! The mail budget of one mailbox. Only the worker counts, so a read comes before the write.

use serde::{Deserialize, Serialize};

use super::{
    Store, StoreError,
    dynamo::{Change, write},
    keys::Key,
};
use crate::domain::{
    ids::TenantId,
    purse::{Payments, Purse},
    throttle::{Limit, Verdict},
};

#[derive(Default, Serialize, Deserialize)]
struct Spent {
    #[serde(flatten)]
    payments: Payments,
    /// The errands the last mails were for: a second delivery of one is not paid twice.
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
            if !purse.pay(&mut spent.payments, now) {
                return Ok(false);
            }
            let previous = spent.revision;
            spent.revision += 1;
            spent.errands.push(errand.to_owned());
            spent.errands.drain(..spent.errands.len().saturating_sub(spent.payments.sent.len()));
            let mut change = Change::of(
                key.clone(),
                "SET sent = :sent, credit = :credit, errands = :errands, revision = :revision, expires_at = :ttl",
            )
            .when("attribute_not_exists(pk) OR revision = :previous")
            .number(":previous", i64::try_from(previous).unwrap_or(i64::MAX))
            .time(":ttl", Purse::forgotten_at(now));
            let mut item = write(&spent)?;
            for name in ["sent", "credit", "errands", "revision"] {
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
    /// [`StoreError`] when the store cannot answer; a mail is not dropped for that.
    pub async fn pay_for_stranger(&self, tenant: TenantId, daily_budget: u32) -> Result<bool, StoreError> {
        let limit = Limit::new(daily_budget, 24 * 60);
        let bucket = super::Bucket::strangers_of_day(tenant, limit);
        Ok(self.count_or_busy(&bucket).await?.0 == Verdict::Allowed)
    }
}
