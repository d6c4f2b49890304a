//! Looking into the audit record.

use std::{fmt, str::FromStr};

use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};

use super::AdministrationError;
use crate::{
    domain::{
        Tenant,
        event::{Event, Kind},
        ids::{EventId, NotAnId, UserId},
    },
    runtime::Parts,
    store::EventFilter,
};

/// So many days one page looks through: each is eight queries.
const MOST_DAYS: usize = 31;

/// What is looked for; everything where nothing is said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    pub user: Option<UserId>,
    pub kind: Option<Kind>,
    pub from: Option<Timestamp>,
    pub until: Option<Timestamp>,
}

/// Events, the newest first, and where to go on; nothing where that was the last. A page may have no event and go on
/// all the same: it has looked through a month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    pub events: Vec<Event>,
    pub next: Option<Cursor>,
}

/// A place in the record: a day (UTC), and the event before which to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    day: Date,
    before: Option<EventId>,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.day)?;
        self.before.map_or(Ok(()), |before| write!(f, ".{before}"))
    }
}

impl FromStr for Cursor {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let (day, before) = text.split_once('.').map_or((text, None), |(day, before)| (day, Some(before)));
        let day = day.parse().map_err(|_| NotAnId)?;
        Ok(Self { day, before: before.map(str::parse).transpose()? })
    }
}

/// One page of up to `most` events.
///
/// # Errors
/// The store's.
pub async fn page(
    parts: &Parts,
    tenant: &Tenant,
    wanted: &Wanted,
    (cursor, most): (Option<Cursor>, usize),
) -> Result<Page, AdministrationError> {
    let now = parts.clock.now();
    let filter = EventFilter {
        user: wanted.user,
        kind: wanted.kind,
        from: wanted.from.unwrap_or(tenant.created_at).max(tenant.created_at).max(kept_since(now)),
        until: wanted.until.unwrap_or(now),
    };
    let last = day_of(filter.from);
    let mut at = cursor.unwrap_or(Cursor { day: day_of(filter.until), before: None });
    let mut events = Vec::new();
    for _ in 0..MOST_DAYS {
        if at.day < last {
            return Ok(Page { events, next: None });
        }
        let left = most - events.len();
        let found = parts.store.events_of_day(tenant.id, (at.day, at.before), &filter, left).await?;
        let oldest = found.last().map(|event| event.event_id);
        events.extend(found);
        if events.len() >= most {
            return Ok(Page { events, next: Some(Cursor { before: oldest, ..at }) });
        }
        let Ok(day) = at.day.yesterday() else { return Ok(Page { events, next: None }) };
        at = Cursor { day, before: None };
    }
    Ok(Page { events, next: Some(at) })
}

fn day_of(at: Timestamp) -> Date {
    TimeZone::UTC.to_datetime(at).date()
}

/// Older events are gone.
fn kept_since(now: Timestamp) -> Timestamp {
    now.checked_sub((24 * Event::DAYS).hours()).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_as_it_is_written() {
        for text in ["2026-06-01", "2026-06-01.evt_01JZ0000000000000000000000"] {
            assert_eq!(text.parse::<Cursor>().unwrap().to_string(), text);
        }
        for text in ["", ".", "2026-06-01.", "2026-13-01", "2026-06-01.usr_01JZ0000000000000000000000"] {
            assert!(text.parse::<Cursor>().is_err(), "{text}");
        }
    }
}
