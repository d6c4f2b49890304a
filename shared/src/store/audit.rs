//! The audit record: written once, never changed.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{Timestamp, ToSpan, civil::Date};

use super::{
    Store, StoreError,
    dynamo::{Item, expiring, read, write},
    keys::{Key, Table},
    users::value,
};
use crate::{
    domain::{
        event::{Event, Kind},
        ids::{EventId, TenantId, UserId},
    },
    metrics::Metric,
};

/// One tenant's day is spread over so many partitions.
const SHARDS: u8 = 8;

/// Which events are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventFilter {
    pub user: Option<UserId>,
    pub kind: Option<Kind>,
    /// Neither is left out.
    pub from: Timestamp,
    pub until: Timestamp,
}

/// So many events of a shard are looked through at once: a page of DynamoDB's own size takes longer than a request may.
const PAGE: i32 = 200;

const DAY: &str = "%Y%m%d";

impl Store {
    /// Writes an event down, and counts what an alarm may be set on.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn record(&self, event: &Event) -> Result<(), StoreError> {
        if let Some(metric) = metric_of(event.kind) {
            self.meters.count(metric);
        }
        let (key, item) = self.event_item(event)?;
        self.put(&key, item).await
    }

    /// The item of an event, for a transaction that writes it down with what it tells of; counts nothing.
    pub(super) fn event_item(&self, event: &Event) -> Result<(Key, Item), StoreError> {
        let day = event.at.strftime(DAY).to_string();
        let shard = u8::try_from(self.entropy.below(u32::from(SHARDS))).unwrap_or(0);
        let key = Key::event(event.tenant_id, &day, shard, &event.event_id.to_string());
        let forgotten_at = event.at.saturating_add((24 * Event::DAYS).hours()).unwrap_or(event.at);
        Ok((key, expiring(write(event)?, forgotten_at)))
    }

    /// Up to `most` of the events of a tenant's day (UTC), the newest first; of those before `before`, where it is
    /// given.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn events_of_day(
        &self,
        tenant: TenantId,
        (day, before): (Date, Option<EventId>),
        filter: &EventFilter,
        most: usize,
    ) -> Result<Vec<Event>, StoreError> {
        let day = day.strftime(DAY).to_string();
        let shards = (0..SHARDS).map(|shard| {
            let partition = Key::event(tenant, &day, shard, "").partition;
            self.events_of_shard(partition, before, filter, most)
        });
        let mut events = futures::future::try_join_all(shards).await?.concat();
        events.sort_unstable_by_key(|event| std::cmp::Reverse(event.event_id));
        events.truncate(most);
        Ok(events)
    }

    async fn events_of_shard(
        &self,
        partition: String,
        before: Option<EventId>,
        filter: &EventFilter,
        most: usize,
    ) -> Result<Vec<Event>, StoreError> {
        let mut query = self
            .dynamo
            .query()
            .table_name(self.tables.name(Table::Events))
            .limit(PAGE)
            .scan_index_forward(false)
            .expression_attribute_values(":partition", AttributeValue::S(partition))
            .expression_attribute_names("#at", "at")
            .expression_attribute_values(":from", AttributeValue::N(filter.from.as_second().to_string()))
            .expression_attribute_values(":until", AttributeValue::N(filter.until.as_second().to_string()));
        let mut wanted = "#at BETWEEN :from AND :until".to_owned();
        if let Some(user) = filter.user {
            wanted.push_str(" AND user_id = :user");
            query = query.expression_attribute_values(":user", AttributeValue::S(user.to_string()));
        }
        if let Some(kind) = filter.kind {
            wanted.push_str(" AND #kind = :kind");
            query = query
                .expression_attribute_names("#kind", "kind")
                .expression_attribute_values(":kind", value(&kind)?);
        }
        query = match before {
            None => query.key_condition_expression("pk = :partition"),
            Some(before) => query
                .key_condition_expression("pk = :partition AND sk < :before")
                .expression_attribute_values(":before", AttributeValue::S(before.to_string())),
        };
        let mut events = Vec::new();
        let mut from = None;
        loop {
            let page = query.clone().filter_expression(&wanted).set_exclusive_start_key(from);
            let answer = page.send().await.map_err(|error| StoreError::of("Query", &error))?;
            for item in answer.items.unwrap_or_default() {
                events.push(read::<Event>(item)?);
            }
            from = answer.last_evaluated_key;
            if from.is_none() || events.len() >= most {
                return Ok(events);
            }
        }
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
