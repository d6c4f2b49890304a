//! Addresses that mail does not reach, or is not wanted at.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::purse::Purse;

/// Why an address is not mailed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Its server takes no mail for it.
    Bounced,
    /// Somebody there called a mail of ours spam.
    Complained,
}

impl Reason {
    /// So long it holds after the last time. Mailboxes come back; who complained does not want mail a
    /// month later either.
    #[must_use]
    pub fn days(self) -> i64 {
        match self {
            Self::Bounced => 30,
            Self::Complained => 400,
        }
    }

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Bounced => "bounced",
            Self::Complained => "complained",
        }
    }

    /// When a reason of `at` ends.
    #[must_use]
    pub fn until(self, at: Timestamp) -> Timestamp {
        at.saturating_add(SignedDuration::from_hours(24 * self.days())).unwrap_or(Timestamp::MAX)
    }
}

/// What is known against an address. One reason does not hide the other.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undeliverable {
    #[serde(with = "jiff::fmt::serde::timestamp::second::optional", default)]
    #[serde(skip_serializing_if = "Option::is_none")]
    bounced_at: Option<Timestamp>,
    #[serde(with = "jiff::fmt::serde::timestamp::second::optional", default)]
    #[serde(skip_serializing_if = "Option::is_none")]
    complained_at: Option<Timestamp>,
}

impl Undeliverable {
    /// Since when this reason holds; `None` where it does not, or no more.
    #[must_use]
    pub fn since(&self, reason: Reason, now: Timestamp) -> Option<Timestamp> {
        let at = match reason {
            Reason::Bounced => self.bounced_at,
            Reason::Complained => self.complained_at,
        };
        at.filter(|at| reason.until(*at) > now)
    }

    /// Whether a mail is not sent, by the purse that pays for it; a security notice is paid from none.
    ///
    /// A bounce stops every mail: none would arrive, and each costs the sender's good name. A complaint
    /// stops what a stranger can trigger. Codes go on, for whoever asks for one has shown the password,
    /// and so do notices: both protect the account of the one who complained.
    #[must_use]
    pub fn stops(&self, purse: Option<Purse>, now: Timestamp) -> bool {
        self.since(Reason::Bounced, now).is_some()
            || (purse.is_some_and(Purse::is_of_strangers) && self.since(Reason::Complained, now).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(days: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * days)
    }

    #[test]
    fn a_bounce_stops_every_mail_for_thirty_days() {
        let found = Undeliverable { bounced_at: Some(after(0)), ..Undeliverable::default() };
        for purse in [None, Some(Purse::Code), Some(Purse::Stranger), Some(Purse::Reset)] {
            assert!(found.stops(purse, after(29)));
            assert!(!found.stops(purse, after(30)));
        }
    }

    #[test]
    fn a_complaint_stops_what_strangers_trigger_for_four_hundred() {
        let found = Undeliverable { complained_at: Some(after(0)), ..Undeliverable::default() };
        assert!(
            found.stops(Some(Purse::Stranger), after(399)) && found.stops(Some(Purse::Reset), after(399))
        );
        assert!(!found.stops(Some(Purse::Stranger), after(400)));
        assert!(!found.stops(Some(Purse::Code), after(0)) && !found.stops(None, after(0)));
    }

    #[test]
    fn a_complaint_outlives_a_later_bounce() {
        let found = Undeliverable { complained_at: Some(after(0)), bounced_at: Some(after(10)) };
        assert!(found.stops(None, after(39)) && !found.stops(None, after(40)));
        assert!(found.stops(Some(Purse::Stranger), after(40)));
        assert!(!Undeliverable::default().stops(Some(Purse::Stranger), after(0)));
    }
}
