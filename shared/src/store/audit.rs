//! The audit record: written once, never changed.

use jiff::ToSpan;

use super::{
    Store, StoreError,
    dynamo::{expiring, write},
    keys::Key,
};
use crate::{
    domain::event::{Event, Kind},
    metrics::Metric,
};

/// One tenant's day is spread over so many partitions.
const SHARDS: u32 = 8;

impl Store {
    /// Writes an event down, and counts what an alarm may be set on.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn record(&self, event: &Event) -> Result<(), StoreError> {
        if let Some(metric) = metric_of(event.kind) {
            self.meters.count(metric);
        }
        let day = event.at.strftime("%Y%m%d").to_string();
        let shard = u8::try_from(self.entropy.below(SHARDS)).unwrap_or(0);
        let key = Key::event(event.tenant_id, &day, shard, &event.event_id.to_string());
        let forgotten_at = event.at.saturating_add((24 * Event::DAYS).hours()).unwrap_or(event.at);
        self.put(&key, expiring(write(event)?, forgotten_at)).await
    }
}

fn metric_of(kind: Kind) -> Option<Metric> {
    match kind {
        Kind::LoginFailed => Some(Metric::FailedLogins),
        Kind::MfaFailed => Some(Metric::FailedFactors),
        Kind::FactorDisabled => Some(Metric::DisabledFactors),
        _ => None,
    }
}
