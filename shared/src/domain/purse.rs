//! What may be mailed to one mailbox. Counted by the mail worker, over every route that mails.

use jiff::{SignedDuration, Timestamp};

/// The purses that mails are paid from. Security notices are paid from none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purse {
    /// What a stranger can trigger: three in a row, then one an hour, never none.
    Stranger,
    /// Codes, sent only after a right password: five in any fifteen minutes.
    Code,
}

impl Purse {
    /// So many of the last mails must be remembered.
    pub const MEMORY: usize = 12;

    const STRANGER_BURST: usize = 3;
    const STRANGER_REFILL: SignedDuration = SignedDuration::from_hours(1);
    const CODES: usize = 5;
    const CODE_WINDOW: SignedDuration = SignedDuration::from_mins(15);

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Stranger => "stranger",
            Self::Code => "code",
        }
    }

    /// Whether one more mail may go, after those sent at `sent` (in any order).
    #[must_use]
    pub fn admits(self, sent: &[Timestamp], now: Timestamp) -> bool {
        let mut latest_first = sent.to_vec();
        latest_first.sort_unstable_by(|one, two| two.cmp(one));
        match self {
            // A bucket of three tokens that gains one an hour: the j-th last mail must be older
            // than the hours it takes to earn all that was spent since.
            Self::Stranger => (Self::STRANGER_BURST..).zip(latest_first.iter().skip(Self::STRANGER_BURST - 1)).all(
                |(spent, at)| {
                    let hours = i32::try_from(spent - Self::STRANGER_BURST + 1).unwrap_or(i32::MAX);
                    now.duration_since(*at) >= Self::STRANGER_REFILL * hours
                },
            ),
            Self::Code => {
                latest_first.iter().filter(|at| now.duration_since(**at) < Self::CODE_WINDOW).count() < Self::CODES
            }
        }
    }

    /// When the record of a purse can be forgotten.
    #[must_use]
    pub fn forgotten_at(now: Timestamp) -> Timestamp {
        now.saturating_add(SignedDuration::from_hours(24)).unwrap_or(Timestamp::MAX)
    }
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;

    use super::*;

    fn run(purse: Purse, every_seconds: i64, for_seconds: i64) -> Vec<i64> {
        let mut sent: Vec<Timestamp> = Vec::new();
        for second in (0..for_seconds).step_by(usize::try_from(every_seconds).unwrap()) {
            let now = Timestamp::UNIX_EPOCH + second.seconds();
            let kept = sent.len().saturating_sub(Purse::MEMORY);
            if purse.admits(&sent[kept..], now) {
                sent.push(now);
            }
        }
        sent.into_iter().map(Timestamp::as_second).collect()
    }

    #[test]
    fn strangers_get_three_then_one_an_hour_without_end() {
        let sent = run(Purse::Stranger, 10, 48 * 3600);
        assert_eq!(sent[..3], [0, 10, 20]);
        for pair in sent[2..].windows(2) {
            assert!((3580..=3620).contains(&(pair[1] - pair[0])), "{pair:?}");
        }
        assert!(sent.len() >= 49, "{}", sent.len());
    }

    #[test]
    fn codes_get_five_in_a_quarter_of_an_hour() {
        let sent = run(Purse::Code, 30, 3600);
        for (index, start) in sent.iter().enumerate() {
            assert!(sent[index..].iter().take_while(|at| **at < start + 900).count() <= 5);
        }
        assert_eq!(sent.len(), 20);
    }
}
