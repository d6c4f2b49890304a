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

    const CODES: usize = 5;
    const CODE_WINDOW: SignedDuration = SignedDuration::from_mins(15);

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Stranger => "stranger",
            Self::Code => "code",
        }
    }

    /// Whether one more mail may go, after those sent at `sent`, of which the last
    /// [`MEMORY`](Self::MEMORY) are remembered.
    #[must_use]
    pub fn admits(self, sent: &[Timestamp], now: Timestamp) -> bool {
        match self {
            Self::Stranger => stranger_credit(sent, now) >= HOUR,
            Self::Code => {
                sent.iter().filter(|at| now.duration_since(**at) < Self::CODE_WINDOW).count() < Self::CODES
            }
        }
    }

    /// When the record of a purse can be forgotten.
    #[must_use]
    pub fn forgotten_at(now: Timestamp) -> Timestamp {
        now.saturating_add(SignedDuration::from_hours(24)).unwrap_or(Timestamp::MAX)
    }
}

const HOUR: i64 = 3600;
const STRANGER_BURST: i64 = 3;

/// The seconds saved up: a mail costs an hour, and three hours is the most there can be. What was
/// spent before the memory begins is not known, so nothing is taken to be left of it.
fn stranger_credit(sent: &[Timestamp], now: Timestamp) -> i64 {
    let mut sent: Vec<_> = sent.iter().map(|at| at.as_second()).collect();
    sent.sort_unstable();
    let full = STRANGER_BURST * HOUR;
    let mut credit = if sent.len() >= Purse::MEMORY { HOUR } else { full };
    let mut counted_to = sent.first().copied().unwrap_or(0);
    for at in sent {
        // It was sent, so there was an hour to pay with.
        credit = (credit + at - counted_to).clamp(HOUR, full) - HOUR;
        counted_to = at;
    }
    (credit + (now.as_second() - counted_to).max(0)).min(full)
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
