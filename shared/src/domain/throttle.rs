//! How often something may be tried. Counted before the work, never after.

use jiff::{SignedDuration, Timestamp, ToSpan};

/// Whether a try may go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Allowed,
    /// Not before so many seconds.
    Refused {
        retry_after: u32,
    },
}

impl Verdict {
    /// Allowed only if both are; refused until both would allow it.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Refused { retry_after: one }, Self::Refused { retry_after: two }) => {
                Self::Refused { retry_after: one.max(two) }
            }
            (Self::Allowed, verdict) | (verdict, Self::Allowed) => verdict,
        }
    }

    /// Allowed if either is.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Refused { retry_after: one }, Self::Refused { retry_after: two }) => {
                Self::Refused { retry_after: one.min(two) }
            }
            _ => Self::Allowed,
        }
    }
}

/// At most `most` tries in any stretch of `window`.
///
/// Counted in slots of a fifth of the window, the running slot and five whole ones before it, so
/// that no seam lets twice the number through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    pub most: u32,
    pub window: SignedDuration,
}

impl Limit {
    const SLOTS: i64 = 5;

    #[must_use]
    pub const fn new(most: u32, minutes: i64) -> Self {
        Self { most, window: SignedDuration::from_mins(minutes) }
    }

    fn slot_seconds(&self) -> i64 {
        (self.window.as_secs() / Self::SLOTS).max(1)
    }

    /// The slot that `now` falls in.
    #[must_use]
    pub fn slot(&self, now: Timestamp) -> i64 {
        now.as_second().div_euclid(self.slot_seconds())
    }

    /// The oldest slot that is looked at.
    #[must_use]
    pub fn oldest_slot(&self, now: Timestamp) -> i64 {
        self.slot(now) - Self::SLOTS
    }

    /// The slots that are no longer looked at and stand just before those that are: a bucket in
    /// steady use stays small.
    pub fn stale_slots(&self, now: Timestamp) -> impl Iterator<Item = i64> + use<> {
        let oldest = self.oldest_slot(now);
        oldest - Self::SLOTS - 1..oldest
    }

    /// Judges the counts of a bucket, this try among them.
    #[must_use]
    pub fn judge(&self, now: Timestamp, counts: &[(i64, u32)]) -> Verdict {
        let oldest = self.oldest_slot(now);
        let mut live: Vec<_> = counts.iter().filter(|(slot, _)| *slot >= oldest).copied().collect();
        let mut total: u32 = live.iter().map(|(_, count)| count).sum();
        if total <= self.most {
            return Verdict::Allowed;
        }
        // It opens when enough of the oldest slots have gone for one more try to fit.
        live.sort_unstable();
        let mut opens_at = now.as_second();
        for (slot, count) in live {
            total -= count;
            opens_at = (slot + Self::SLOTS + 1) * self.slot_seconds();
            if total < self.most {
                break;
            }
        }
        Verdict::Refused { retry_after: seconds(opens_at - now.as_second()) }
    }

    /// When the bucket can be forgotten.
    #[must_use]
    pub fn forgotten_at(&self, now: Timestamp) -> Timestamp {
        now.saturating_add(self.window * 2).unwrap_or(Timestamp::MAX)
    }
}

/// Consecutive failures on one account or factor: some are free, then each must wait longer, and
/// at a hundred it closes (NIST SP 800-63B-4 §3.2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff;

impl Backoff {
    /// So many failures in a row cost no wait.
    pub const FREE: u32 = 5;
    /// At so many in a row it closes.
    pub const MOST: u32 = 100;
    /// At so many in a row on a factor its owner is told.
    pub const NOTICE: u32 = 10;

    const FIRST_WAIT: u32 = 30;
    const LONGEST_WAIT: u32 = 3600;

    /// How long after the last failure a try may follow so many failures, in seconds.
    #[must_use]
    pub fn wait(failures: u32) -> u32 {
        match failures.checked_sub(Self::FREE) {
            None => 0,
            Some(step) => {
                Self::FIRST_WAIT.checked_shl(step.min(16)).unwrap_or(u32::MAX).min(Self::LONGEST_WAIT)
            }
        }
    }

    /// The waits in order: up to (not including) so many failures, the seconds to wait. The last
    /// step ends where it closes.
    pub fn steps() -> impl Iterator<Item = (u32, u32)> {
        (Self::FREE..Self::MOST)
            .map(|failures| (failures + 1, Self::wait(failures)))
            .take_while(|(_, wait)| *wait < Self::LONGEST_WAIT)
            .chain([(Self::MOST, Self::LONGEST_WAIT)])
    }

    /// When an account's bucket reopens by itself; else it would tell known accounts from unknown.
    #[must_use]
    pub fn forgotten_at(last: Timestamp) -> Timestamp {
        last.saturating_add(SignedDuration::from_hours(35 * 24)).unwrap_or(Timestamp::MAX)
    }

    /// Seconds until a refused try is worth repeating.
    #[must_use]
    pub fn retry_after(failures: u32, last: Timestamp, now: Timestamp) -> u32 {
        let opens_at = if failures >= Self::MOST {
            Self::forgotten_at(last)
        } else {
            last.saturating_add(i64::from(Self::wait(failures)).seconds()).unwrap_or(Timestamp::MAX)
        };
        seconds(opens_at.as_second() - now.as_second())
    }
}

/// What was counted that tells credential stuffing from people's slips: many accounts that fail from
/// one network, or one account that fails from many. Tenants with a captcha ask for it then.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Suspicion {
    /// Tries from the network in the window, failed or not. Counted before they are made, so that many
    /// at once do not go unseen.
    pub tries: u32,
    /// Accounts, known or not, whose first try from this network in the window failed.
    pub accounts: u32,
    /// First tries from networks that failed at the account since its last success.
    pub networks: u32,
}

impl Suspicion {
    pub const TRIES: u32 = 100;
    pub const ACCOUNTS: u32 = 10;
    pub const NETWORKS: u32 = 3;
    /// Resets that one network asks for in the window of its limit.
    pub const RESETS: u32 = 10;

    /// Whether a captcha is asked for.
    #[must_use]
    pub fn is_grave(&self) -> bool {
        self.tries > Self::TRIES || self.accounts >= Self::ACCOUNTS || self.networks >= Self::NETWORKS
    }
}

fn seconds(span: i64) -> u32 {
    u32::try_from(span.max(1)).unwrap_or(u32::MAX)
}

/// The limits in force. Networks are counted per tenant; an IPv6 network is a /64.
pub mod limits {
    use super::Limit;

    pub const LOGIN_PER_NETWORK: Limit = Limit::new(600, 15);
    pub const LOGIN_PER_ACCOUNT_AND_NETWORK: Limit = Limit::new(20, 15);
    pub const LOGIN_PER_DEVICE: Limit = Limit::new(20, 15);
    pub const REGISTER_PER_NETWORK: Limit = Limit::new(100, 60);
    /// Per network, so that a stranger cannot keep the owner of an address from registering.
    pub const REGISTER_PER_ADDRESS_AND_NETWORK: Limit = Limit::new(10, 60);
    pub const FORGOT_PER_NETWORK: Limit = Limit::new(100, 60);
    pub const RESET_PER_NETWORK: Limit = Limit::new(60, 15);
    pub const VERIFY_PER_NETWORK: Limit = Limit::new(100, 15);
    pub const PASSKEY_PER_NETWORK: Limit = Limit::new(600, 15);
    /// What a signed-in user may change of their ways in, and have mailed about.
    pub const CHANGES_PER_USER: Limit = Limit::new(60, 15);
    /// Those of them that end sessions, and with them every reset that was mailed.
    pub const ENDINGS_PER_USER: Limit = Limit::new(10, 60);
    pub const UNDO_PER_NETWORK: Limit = Limit::new(60, 15);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn waits_grow_from_half_a_minute_to_an_hour() {
        let waits: Vec<_> = (0..=14).map(Backoff::wait).collect();
        assert_eq!(waits, [0, 0, 0, 0, 0, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]);
        let steps: Vec<_> = Backoff::steps().collect();
        assert_eq!(steps.first(), Some(&(6, 30)));
        assert_eq!(steps.last(), Some(&(100, 3600)));
        assert_eq!(steps.len(), 8);
    }

    #[test]
    fn a_verdict_says_when_to_come_back() {
        let limit = Limit::new(2, 5);
        let now = Timestamp::UNIX_EPOCH + 6000.seconds();
        let slot = limit.slot(now);
        assert_eq!(limit.judge(now, &[(slot, 2)]), Verdict::Allowed);
        assert_eq!(limit.judge(now, &[(slot, 3)]), Verdict::Refused { retry_after: 360 });
        assert_eq!(limit.judge(now, &[(slot - 5, 3), (slot, 1)]), Verdict::Refused { retry_after: 60 });
        assert_eq!(limit.judge(now, &[(slot - 6, 99), (slot, 1)]), Verdict::Allowed);
    }

    #[test]
    fn a_bucket_opens_once_one_more_try_fits() {
        let limit = Limit::new(2, 5);
        let now = Timestamp::UNIX_EPOCH + 6000.seconds();
        let slot = limit.slot(now);
        let counts = [(slot - 5, 1), (slot - 3, 1), (slot, 1)];
        // Without the oldest there are two, and a third does not fit.
        assert_eq!(limit.judge(now, &counts), Verdict::Refused { retry_after: 180 });
        assert_eq!(limit.stale_slots(now).collect::<Vec<_>>(), (slot - 11..slot - 5).collect::<Vec<_>>());
        assert_eq!(limit.forgotten_at(now), now + 600.seconds());
    }

    #[test]
    fn verdicts_add_up() {
        let refused = |retry_after| Verdict::Refused { retry_after };
        assert_eq!(refused(1).and(refused(2)), refused(2));
        assert_eq!(refused(1).or(refused(2)), refused(1));
        assert_eq!(refused(1).and(Verdict::Allowed), refused(1));
        assert_eq!(Verdict::Allowed.and(refused(1)), refused(1));
        assert_eq!(Verdict::Allowed.or(refused(1)), Verdict::Allowed);
        assert_eq!(Verdict::Allowed.and(Verdict::Allowed), Verdict::Allowed);
    }

    #[test]
    fn what_is_refused_says_how_long_is_left() {
        let last = Timestamp::UNIX_EPOCH + 6000.seconds();
        assert_eq!(Backoff::retry_after(5, last, last + 10.seconds()), 20);
        assert_eq!(Backoff::retry_after(5, last, last + 40.seconds()), 1);
        let day = 24 * 3600;
        assert_eq!(Backoff::retry_after(100, last, last + i64::from(day).seconds()), 34 * day);
        assert_eq!(Backoff::retry_after(99, last, last), 3600);
    }

    #[test]
    fn suspicion_begins_where_it_says() {
        let none = Suspicion::default();
        assert!(!none.is_grave());
        for (below, at) in [
            (Suspicion { tries: 100, ..none }, Suspicion { tries: 101, ..none }),
            (Suspicion { accounts: 9, ..none }, Suspicion { accounts: 10, ..none }),
            (Suspicion { networks: 2, ..none }, Suspicion { networks: 3, ..none }),
        ] {
            assert!(!below.is_grave() && at.is_grave(), "{below:?}");
        }
    }

    proptest! {
        /// Whatever the times of the tries, no window holds more than the limit allows.
        #[test]
        fn no_window_holds_more_than_its_limit(mut times in prop::collection::vec(0i64..3000, 1..200)) {
            let limit = Limit::new(7, 5);
            times.sort_unstable();
            let mut counts = std::collections::BTreeMap::<i64, u32>::new();
            let mut allowed = Vec::new();
            for second in times {
                let now = Timestamp::UNIX_EPOCH + second.seconds();
                let slot = limit.slot(now);
                if counts.get(&slot).copied().unwrap_or(0) >= limit.most {
                    continue;
                }
                *counts.entry(slot).or_default() += 1;
                let all: Vec<_> = counts.iter().map(|(slot, count)| (*slot, *count)).collect();
                if limit.judge(now, &all) == Verdict::Allowed {
                    allowed.push(second);
                }
            }
            for (index, start) in allowed.iter().enumerate() {
                let within = allowed[index..].iter().take_while(|at| **at < start + 300).count();
                prop_assert!(within <= 7, "{within} within 300 s of {start}");
            }
        }
    }
}
