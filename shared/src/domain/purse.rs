//! What may be mailed to one mailbox. Counted by the mail worker, over every route that mails.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// The purses that mails are paid from. Security notices are paid from none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purse {
    /// What a stranger can trigger, with [`Reset`](Self::Reset) three in a row, then one an hour, never none. It
    /// leaves the last one to a reset.
    Stranger,
    /// A forgotten password's link, from the strangers' purse: whatever else they trigger, the owner's own arrives.
    Reset,
    /// Codes, sent only after a right password: five in any fifteen minutes.
    Code,
}

/// What a purse has paid for, as it is stored. None yet is a full purse.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payments {
    /// Unix seconds of the last mails, the oldest first.
    pub sent: Vec<i64>,
    /// The seconds saved up that the last of them left in a strangers' purse.
    pub credit: i64,
}

impl Purse {
    const CODES: usize = 5;
    const CODE_WINDOW: i64 = 15 * 60;
    /// So many of the last mails are remembered.
    const MEMORY: usize = 12;

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Stranger | Self::Reset => "stranger",
            Self::Code => "code",
        }
    }

    /// Whether it pays for what a stranger can trigger.
    #[must_use]
    pub fn is_of_strangers(self) -> bool {
        matches!(self, Self::Stranger | Self::Reset)
    }

    /// Pays for one more mail; false, and nothing changed, where there is not enough left.
    #[must_use]
    pub fn pay(self, payments: &mut Payments, now: Timestamp) -> bool {
        let now = now.as_second();
        let saved = payments.saved(now);
        let admits = match self {
            Self::Stranger => saved >= 2 * HOUR,
            Self::Reset => saved >= HOUR,
            Self::Code => {
                payments.sent.iter().filter(|at| now - **at < Self::CODE_WINDOW).count() < Self::CODES
            }
        };
        if admits {
            payments.credit = saved - HOUR;
            payments.sent.push(now);
            payments.sent.drain(..payments.sent.len().saturating_sub(Self::MEMORY));
        }
        admits
    }

    /// When the record of a purse can be forgotten.
    #[must_use]
    pub fn forgotten_at(now: Timestamp) -> Timestamp {
        now.saturating_add(SignedDuration::from_hours(24)).unwrap_or(Timestamp::MAX)
    }
}

const HOUR: i64 = 3600;
const STRANGER_BURST: i64 = 3;

impl Payments {
    /// The seconds saved up: a mail costs an hour, and three hours is the most there can be.
    fn saved(&self, now: i64) -> i64 {
        let full = STRANGER_BURST * HOUR;
        self.sent.last().map_or(full, |last| (self.credit + (now - last).max(0)).min(full))
    }
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;

    use super::*;

    fn run(purse: Purse, every_seconds: i64, for_seconds: i64) -> Vec<i64> {
        let mut payments = Payments::default();
        let asked = (0..for_seconds).step_by(usize::try_from(every_seconds).unwrap());
        asked.filter(|second| purse.pay(&mut payments, Timestamp::UNIX_EPOCH + second.seconds())).collect()
    }

    #[test]
    fn strangers_get_three_then_one_an_hour_without_end() {
        for (purse, at_once) in [(Purse::Reset, 3), (Purse::Stranger, 2)] {
            let sent = run(purse, 10, 48 * 3600);
            assert_eq!(sent[..at_once], [0, 10, 20][..at_once]);
            for pair in sent[at_once - 1..].windows(2) {
                assert!((3580..=3620).contains(&(pair[1] - pair[0])), "{pair:?}");
            }
            assert!(sent.len() >= 49, "{}", sent.len());
        }
    }

    #[test]
    fn whatever_else_was_mailed_there_is_one_left_for_a_reset() {
        let mut payments = Payments::default();
        for second in (0..48 * 3600).step_by(10) {
            let now = Timestamp::UNIX_EPOCH + second.seconds();
            let _ = Purse::Stranger.pay(&mut payments, now);
            assert!(Purse::Reset.pay(&mut payments.clone(), now), "{now}");
        }
    }

    #[test]
    fn a_reset_is_paid_from_the_strangers_purse_and_a_code_from_its_own() {
        assert_eq!(Purse::Stranger.name(), Purse::Reset.name());
        assert_ne!(Purse::Stranger.name(), Purse::Code.name());
        assert!(Purse::Stranger.is_of_strangers() && Purse::Reset.is_of_strangers());
        assert!(!Purse::Code.is_of_strangers());
        let now = Timestamp::UNIX_EPOCH;
        // Longer than any purse takes to fill again.
        assert!(Purse::forgotten_at(now) >= now + (STRANGER_BURST * HOUR).seconds());
    }

    #[test]
    fn what_is_refused_costs_nothing() {
        let mut payments = Payments::default();
        while Purse::Reset.pay(&mut payments, Timestamp::UNIX_EPOCH) {}
        let before = payments.clone();
        assert!(!Purse::Stranger.pay(&mut payments, Timestamp::UNIX_EPOCH));
        assert_eq!(payments, before);
    }

    #[test]
    fn codes_get_five_in_a_quarter_of_an_hour() {
        let sent = run(Purse::Code, 30, 3600);
        for (index, start) in sent.iter().enumerate() {
            assert!(sent[index..].iter().take_while(|at| **at < start + 900).count() <= 5);
        }
        assert_eq!(sent.len(), 20);
        // A quarter of an hour is over when it is over.
        let mut payments = Payments::default();
        let mut pays = |second: i64| Purse::Code.pay(&mut payments, Timestamp::UNIX_EPOCH + second.seconds());
        assert!((0..5).all(|_| pays(0)));
        assert!(!pays(899) && pays(900));
    }
}
