//! DynamoDB Streams → Lambda: new outbox entries wake the mail worker.
//!
//! As the event source mapping in `infra/template.yaml`: keys only, inserts of outbox entries only,
//! batches of 10, partial responses, a failed batch split in two, three retries, a dead letter.

mod batch;

use std::{collections::VecDeque, sync::Arc};

use anyhow::anyhow;
use dynoxide::{
    Database,
    actions::{
        describe_stream::DescribeStreamRequest,
        get_records::{GetRecordsRequest, Record},
        get_shard_iterator::GetShardIteratorRequest,
        list_streams::ListStreamsRequest,
    },
};
use latchkey::runtime::Function;
use serde_json::Value;
use tokio::sync::Mutex;

use self::batch::{Batch, Delivery, Outcome};
use crate::{
    environment::{ACCOUNT, REGION},
    invoke::invoke,
};

/// What the mapping's filter lets through: the partition keys of outbox entries and of pending
/// registrations.
const PREFIXES: [&str; 2] = ["O#", "P#"];

/// What one step of a stream came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pumped {
    /// There was nothing to deliver.
    Idle,
    /// A batch was delivered, or records were read that nobody wants.
    Moved,
    /// A delivery failed. What is left of it is tried at the next step.
    Failed,
}

/// The stream of one table, from the moment it was opened.
pub struct Stream {
    database: Database,
    worker: Arc<dyn Function>,
    /// As Lambda names the stream in its records.
    source_arn: String,
    place: Mutex<Place>,
}

struct Place {
    iterator: String,
    /// Read, and not yet delivered.
    batches: VecDeque<Batch>,
}

impl Stream {
    /// Opens the stream of a table after its last record: what a stack that was stopped has left is
    /// taken up by the rule of each minute.
    ///
    /// # Errors
    /// When the table has no stream.
    pub fn open(database: Database, table: &str, worker: Arc<dyn Function>) -> anyhow::Result<Self> {
        let listed = database
            .list_streams(ListStreamsRequest { table_name: Some(table.to_owned()), ..Default::default() })?;
        let stream = listed.streams.first().ok_or_else(|| anyhow!("the table {table} has no stream"))?;
        let stream_arn = stream.stream_arn.clone();
        let described = database.describe_stream(DescribeStreamRequest {
            stream_arn: stream_arn.clone(),
            ..Default::default()
        })?;
        let shards = described.stream_description.shards;
        let shard = shards.first().ok_or_else(|| anyhow!("the stream of {table} has no shard"))?;
        let iterator = database
            .get_shard_iterator(GetShardIteratorRequest {
                stream_arn,
                shard_id: shard.shard_id.clone(),
                shard_iterator_type: "LATEST".to_owned(),
                sequence_number: None,
            })?
            .shard_iterator
            .ok_or_else(|| anyhow!("the stream of {table} has no iterator"))?;
        let source_arn =
            format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{table}/stream/{}", stream.stream_label);
        let place = Mutex::new(Place { iterator, batches: VecDeque::new() });
        Ok(Self { database, worker, source_arn, place })
    }

    /// Delivers the next batch, if there is one.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn pump(&self) -> anyhow::Result<Pumped> {
        let mut place = self.place.lock().await;
        if place.batches.is_empty() && !self.read(&mut place)? {
            return Ok(Pumped::Idle);
        }
        let Some(batch) = place.batches.front() else { return Ok(Pumped::Moved) };
        let answer = invoke(&self.worker, &batch.event()).await;
        // Only now: a pump that is dropped while it waits leaves its batch in its place.
        let Some(batch) = place.batches.pop_front() else { return Ok(Pumped::Moved) };
        let outcome = batch.outcome(answer);
        let pumped = if outcome == Outcome::Done { Pumped::Moved } else { Pumped::Failed };
        match batch.after(outcome) {
            Delivery::Done => {}
            Delivery::Again(batches) => {
                for batch in batches.into_iter().rev() {
                    place.batches.push_front(batch);
                }
            }
            Delivery::DeadLetter { sequence_number, reason } => {
                tracing::error!(source = self.source_arn, sequence_number, reason, "dead letter");
            }
        }
        Ok(pumped)
    }

    /// Reads the next records; says whether there were any.
    fn read(&self, place: &mut Place) -> anyhow::Result<bool> {
        let request = GetRecordsRequest { shard_iterator: place.iterator.clone(), limit: None };
        let read = self.database.get_records(request)?;
        if let Some(next) = read.next_shard_iterator {
            place.iterator = next;
        }
        let any = !read.records.is_empty();
        let wanted = read.records.iter().filter(|record| is_wanted(record));
        let records = wanted.map(|record| self.as_lambda_has_it(record)).collect::<Result<Vec<_>, _>>()?;
        place.batches.extend(batch::batches(&records));
        Ok(any)
    }

    fn as_lambda_has_it(&self, record: &Record) -> serde_json::Result<(String, Value)> {
        let mut event = serde_json::to_value(record)?;
        event["awsRegion"] = REGION.into();
        event["eventSourceARN"] = self.source_arn.as_str().into();
        Ok((record.dynamodb.sequence_number.clone(), event))
    }
}

fn is_wanted(record: &Record) -> bool {
    let partition = match record.dynamodb.keys.get("pk") {
        Some(dynoxide::AttributeValue::S(partition)) => partition.as_str(),
        _ => return false,
    };
    record.event_name == "INSERT" && PREFIXES.iter().any(|prefix| partition.starts_with(prefix))
}

#[cfg(test)]
mod tests;
