//! Throttles. One write each, which counts and judges at once: a thousand parallel tries see a
//! thousand different counts.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::{
    Store, StoreError,
    dynamo::{Change, Item, Written, number, read},
    keys::Key,
};
use crate::domain::{
    ClientAddress, EmailKey,
    factor::Totp,
    ids::{DeviceId, TenantId, UserId},
    throttle::{Backoff, Limit, Verdict, limits},
};

/// Security notices that say the same become one for so long.
const NOTICES_EQUAL_FOR: SignedDuration = SignedDuration::from_mins(10);

/// What is counted, and how much of it is allowed.
#[derive(Debug, Clone)]
pub struct Bucket {
    pub(super) key: Key,
    pub(super) limit: Limit,
}

impl Bucket {
    #[must_use]
    pub fn login_of_network(tenant: TenantId, from: ClientAddress) -> Self {
        Self::new(tenant, &["login", &from.network()], limits::LOGIN_PER_NETWORK)
    }

    #[must_use]
    pub fn login_of_account_from(tenant: TenantId, email: &EmailKey, from: ClientAddress) -> Self {
        let parts = ["login", &from.network(), email.as_str()];
        Self::new(tenant, &parts, limits::LOGIN_PER_ACCOUNT_AND_NETWORK)
    }

    #[must_use]
    pub fn login_of_device(tenant: TenantId, device: DeviceId) -> Self {
        Self::new(tenant, &["device", &device.to_string()], limits::LOGIN_PER_DEVICE)
    }

    #[must_use]
    pub fn register_of_network(tenant: TenantId, from: ClientAddress) -> Self {
        Self::new(tenant, &["register", &from.network()], limits::REGISTER_PER_NETWORK)
    }

    #[must_use]
    pub fn register_of_address_from(tenant: TenantId, email: &EmailKey, from: ClientAddress) -> Self {
        let parts = ["register", &from.network(), email.as_str()];
        Self::new(tenant, &parts, limits::REGISTER_PER_ADDRESS_AND_NETWORK)
    }

    #[must_use]
    pub fn forgot_of_network(tenant: TenantId, from: ClientAddress) -> Self {
        Self::new(tenant, &["forgot", &from.network()], limits::FORGOT_PER_NETWORK)
    }

    #[must_use]
    pub fn reset_of_network(tenant: TenantId, from: ClientAddress) -> Self {
        Self::new(tenant, &["reset", &from.network()], limits::RESET_PER_NETWORK)
    }

    #[must_use]
    pub fn verify_of_network(tenant: TenantId, from: ClientAddress) -> Self {
        Self::new(tenant, &["verify", &from.network()], limits::VERIFY_PER_NETWORK)
    }

    #[must_use]
    pub fn passkey_of_network(tenant: TenantId, from: ClientAddress) -> Self {
        Self::new(tenant, &["passkey", &from.network()], limits::PASSKEY_PER_NETWORK)
    }

    #[must_use]
    pub fn changes_of_user(tenant: TenantId, user: UserId) -> Self {
        Self::new(tenant, &["changes", &user.to_string()], limits::CHANGES_PER_USER)
    }

    /// Those of a user's changes that end sessions.
    #[must_use]
    pub fn endings_by_user(tenant: TenantId, user: UserId) -> Self {
        Self::new(tenant, &["changes", &user.to_string(), "endings"], limits::ENDINGS_PER_USER)
    }

    #[must_use]
    pub fn undo_of_network(tenant: TenantId, from: ClientAddress) -> Self {
        Self::new(tenant, &["undo", &from.network()], limits::UNDO_PER_NETWORK)
    }

    /// Mails to addresses without an account, by the tenant's own budget.
    pub(super) fn strangers_of_day(tenant: TenantId, limit: Limit) -> Self {
        Self::new(tenant, &["strangers"], limit)
    }

    fn new(tenant: TenantId, parts: &[&str], limit: Limit) -> Self {
        Self { key: Key::bucket(tenant, parts), limit }
    }
}

/// Where consecutive failures are counted.
#[derive(Debug, Clone)]
pub struct Failures {
    pub(super) key: Key,
    kind: FailuresOf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FailuresOf {
    /// Known or not; forgotten in time.
    Account,
    /// Once closed it stays so.
    Factor,
    /// Counted on the factor's own item, which must be there.
    FactorItem,
}

impl Failures {
    /// The passwords of an account, known or not.
    #[must_use]
    pub fn of_account(tenant: TenantId, email: &EmailKey) -> Self {
        Self { key: Key::bucket(tenant, &["account", email.as_str()]), kind: FailuresOf::Account }
    }

    /// A second factor of a user that has no item of its own.
    #[must_use]
    pub fn of_factor(tenant: TenantId, user: UserId, method: &str) -> Self {
        Self { key: Key::factor_failures(tenant, user, method), kind: FailuresOf::Factor }
    }

    /// The old password, as a signed-in user shows it: apart from the logins', so that strangers who
    /// lock the account keep its owner from no change. Whoever sets another password takes them away: it is
    /// counted anew.
    #[must_use]
    pub fn of_old_password(tenant: TenantId, user: UserId) -> Self {
        Self::of_factor(tenant, user, "password")
    }

    /// An authenticator app: its item counts, so that counting reads it, too.
    #[must_use]
    pub fn of_totp(tenant: TenantId, user: UserId) -> Self {
        Self { key: Key::totp(tenant, user), kind: FailuresOf::FactorItem }
    }
}

impl Store {
    /// Counts a try. A counter that DynamoDB throttles counts as over the limit.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn count(&self, bucket: &Bucket) -> Result<Verdict, StoreError> {
        Ok(self.count_in(bucket).await?.0)
    }

    /// Counts a try as [`count`](Self::count) does; the bucket as it is then.
    pub(super) async fn count_in(&self, bucket: &Bucket) -> Result<(Verdict, Item), StoreError> {
        match self.count_or_busy(bucket).await {
            Err(StoreError::Busy(_)) => Ok((Verdict::Refused { retry_after: 1 }, Item::new())),
            counted => counted,
        }
    }

    /// Likewise; a counter that DynamoDB throttles is an error, where what is counted must not be lost for that.
    pub(super) async fn count_or_busy(&self, bucket: &Bucket) -> Result<(Verdict, Item), StoreError> {
        let now = self.clock.now();
        let limit = bucket.limit;
        let mut change = Change::of(bucket.key.clone(), String::new())
            .name("#now", slot_name(limit.slot(now)))
            .number(":one", 1)
            .number(":most", limit.most)
            .time(":ttl", limit.forgotten_at(now))
            .when("attribute_not_exists(#now) OR #now < :most");
        let mut stale = Vec::new();
        for (index, slot) in limit.stale_slots(now).enumerate() {
            let placeholder = format!("#s{index}");
            change = change.name(&placeholder, slot_name(slot));
            stale.push(placeholder);
        }
        change.expression = format!("SET expires_at = :ttl REMOVE {} ADD #now :one", stale.join(", "));
        Ok(match self.change(change).await? {
            Written::Done(item) => (limit.judge(now, &counts(&item, 's')), item),
            Written::Refused(item) => {
                let item = item.unwrap_or_default();
                let mut counts = counts(&item, 's');
                counts.push((limit.slot(now), 1));
                (limit.judge(now, &counts), item)
            }
        })
    }

    /// Whether this security notice is the first of its kind in ten minutes: equal ones become one.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer; a notice is not dropped for that.
    pub async fn first_notice(&self, tenant: TenantId, user: UserId, kind: &str) -> Result<bool, StoreError> {
        let now = self.clock.now();
        let until = now.saturating_add(NOTICES_EQUAL_FOR).unwrap_or(now);
        let key = Key::bucket(tenant, &["notice", &user.to_string(), kind]);
        let change = Change::of(key, "SET expires_at = :until")
            .when("attribute_not_exists(expires_at) OR expires_at <= :now")
            .time(":until", until)
            .time(":now", now);
        Ok(self.change_once(change).await?.is_done())
    }

    /// Counts a try as a failure before it is made, and says which failure in a row it would be.
    /// [`forgive`](Self::forgive) takes them back when it succeeds.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn count_failure(&self, failures: &Failures) -> Result<(Verdict, u32), StoreError> {
        self.count_failure_on(failures).await.map(|(verdict, count, _)| (verdict, count))
    }

    /// Counts a try at an authenticator app as a failure, and reads the app; `None` where the user has
    /// none.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn count_totp_failure(
        &self,
        tenant: TenantId,
        user: UserId,
    ) -> Result<(Verdict, u32, Option<Totp>), StoreError> {
        let (verdict, count, item) = self.count_failure_on(&Failures::of_totp(tenant, user)).await?;
        Ok((verdict, count, item.map(read).transpose()?))
    }

    pub(super) async fn count_failure_on(
        &self,
        failures: &Failures,
    ) -> Result<(Verdict, u32, Option<Item>), StoreError> {
        let now = self.clock.now();
        let mut set = "SET last_failure_at = :now".to_owned();
        let mut change = Change::of(failures.key.clone(), String::new())
            .number(":one", 1)
            .time(":now", now)
            .number(":free", Backoff::FREE);
        let mut allowed = vec!["attribute_not_exists(failures)".to_owned(), "failures < :free".to_owned()];
        for (index, (below, wait)) in Backoff::steps().enumerate() {
            allowed.push(format!("(failures < :f{index} AND last_failure_at <= :t{index})"));
            change = change
                .number(&format!(":f{index}"), below)
                .number(&format!(":t{index}"), now.as_second() - i64::from(wait));
        }
        if failures.kind == FailuresOf::Account {
            let forget_after = Backoff::forgotten_at(now).as_second() - now.as_second();
            allowed.push("last_failure_at <= :forgotten".to_owned());
            change = change
                .number(":forgotten", now.as_second() - forget_after)
                .time(":ttl", Backoff::forgotten_at(now));
            set += ", expires_at = :ttl, previous_failure_at = if_not_exists(last_failure_at, :never)";
            change = change.number(":never", 0);
        }
        change.expression = set + " ADD failures :one";
        let allowed = allowed.join(" OR ");
        let change = change.when(match failures.kind {
            FailuresOf::FactorItem => format!("attribute_exists(pk) AND ({allowed})"),
            FailuresOf::Account | FailuresOf::Factor => allowed,
        });
        match self.change_once(change).await {
            Ok(Written::Done(item)) => {
                let count = failure_count(&item);
                if count <= Backoff::MOST {
                    return Ok((Verdict::Allowed, count, Some(item)));
                }
                // It had closed and was forgotten: the count begins anew.
                self.restart(failures, count).await?;
                Ok((Verdict::Allowed, 1, Some(item)))
            }
            // No item: there is nothing to guess.
            Ok(Written::Refused(None)) if failures.kind == FailuresOf::FactorItem => {
                Ok((Verdict::Allowed, 0, None))
            }
            Ok(Written::Refused(item)) => {
                let item = item.unwrap_or_default();
                let count = failure_count(&item);
                let last = number(&item, "last_failure_at")
                    .and_then(|second| Timestamp::from_second(second).ok())
                    .unwrap_or(now);
                let retry_after = Backoff::retry_after(count, last, now);
                Ok((Verdict::Refused { retry_after }, count, None))
            }
            Err(StoreError::Busy(_)) => Ok((Verdict::Refused { retry_after: 1 }, Backoff::MOST, None)),
            Err(error) => Err(error),
        }
    }

    async fn restart(&self, failures: &Failures, counted: u32) -> Result<(), StoreError> {
        let change = Change::of(failures.key.clone(), "SET failures = :one REMOVE networks")
            .when("failures = :counted")
            .number(":one", 1)
            .number(":counted", counted);
        self.change(change).await.map(|_| ())
    }

    /// Forgets the failures: a success, a reset, an administrator. An authenticator app's are
    /// forgiven by its use.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn forgive(&self, failures: &Failures) -> Result<(), StoreError> {
        match failures.kind {
            FailuresOf::FactorItem => Ok(()),
            FailuresOf::Account | FailuresOf::Factor => self.delete(&failures.key).await,
        }
    }

    /// How many failures in a row are counted.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn failures(&self, failures: &Failures) -> Result<u32, StoreError> {
        let item: Option<Counted> = self.get(&failures.key).await?;
        Ok(item.map_or(0, |item| item.failures))
    }
}

#[derive(Deserialize)]
struct Counted {
    #[serde(default)]
    failures: u32,
}

fn slot_name(slot: i64) -> String {
    format!("s{slot}")
}

/// The counts by slot of the attributes that begin so.
pub(super) fn counts(item: &Item, prefix: char) -> Vec<(i64, u32)> {
    item.keys()
        .filter_map(|name| {
            let slot = name.strip_prefix(prefix)?.parse().ok()?;
            Some((slot, u32::try_from(number(item, name)?).ok()?))
        })
        .collect()
}

fn failure_count(item: &Item) -> u32 {
    number(item, "failures").and_then(|count| u32::try_from(count).ok()).unwrap_or(0)
}
