//! One batch of records, and what becomes of it.

use serde::Deserialize;
use serde_json::{Value, json};

/// Records a batch holds at most.
const SIZE: usize = 10;
/// How often a failed batch of one is tried again.
const RETRIES: u32 = 3;

/// Records that are handed over together.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// Sequence number and record.
    records: Vec<(String, Value)>,
    /// Failures so far. Splitting is none.
    failures: u32,
}

/// How a delivery went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Done,
    /// Everything before this record is done.
    FailedFrom(usize),
    Failed(String),
}

/// What becomes of a batch.
#[derive(Debug, PartialEq)]
pub enum Delivery {
    Done,
    /// These are delivered next, in this order.
    Again(Vec<Batch>),
    DeadLetter {
        sequence_number: String,
        reason: String,
    },
}

/// The worker's answer.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    #[serde(default)]
    batch_item_failures: Option<Vec<Failure>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Failure {
    #[serde(default)]
    item_identifier: Option<String>,
}

/// Parts records into batches.
pub fn batches(records: &[(String, Value)]) -> Vec<Batch> {
    records.chunks(SIZE).map(|records| Batch { records: records.to_vec(), failures: 0 }).collect()
}

impl Batch {
    /// The event of this batch.
    pub fn event(&self) -> Value {
        json!({ "Records": self.records.iter().map(|(_, record)| record).collect::<Vec<_>>() })
    }

    /// Reads the worker's answer as Lambda does: nothing failed where it names nothing, all did
    /// where it names what is not in the batch, and else what stands from the first it names.
    pub fn outcome(&self, answer: Result<Vec<u8>, String>) -> Outcome {
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => return Outcome::Failed(error),
        };
        if answer.is_empty() {
            return Outcome::Done;
        }
        let answer: Option<Answer> = match serde_json::from_slice(&answer) {
            Ok(answer) => answer,
            Err(error) => return Outcome::Failed(format!("an answer that Lambda refuses: {error}")),
        };
        let failures = answer.unwrap_or_default().batch_item_failures.unwrap_or_default();
        let places: Option<Vec<usize>> = failures
            .into_iter()
            .map(|failure| {
                let named = failure.item_identifier?;
                self.records.iter().position(|(number, _)| *number == named)
            })
            .collect();
        match places {
            None => Outcome::Failed("an item that is not in the batch".to_owned()),
            Some(places) => places.into_iter().min().map_or(Outcome::Done, Outcome::FailedFrom),
        }
    }

    /// What becomes of this batch: a failed one is split in two until the record that fails is
    /// alone, which is then tried again, a few times.
    pub fn after(mut self, outcome: Outcome) -> Delivery {
        let reason = match outcome {
            Outcome::Done => return Delivery::Done,
            Outcome::FailedFrom(0) => "the worker named it as failed".to_owned(),
            Outcome::FailedFrom(first) => {
                let records = self.records.split_off(first);
                return Delivery::Again(vec![Self { records, failures: 0 }]);
            }
            Outcome::Failed(reason) => reason,
        };
        if self.records.len() > 1 {
            let second = self.records.split_off(self.records.len() / 2);
            let second = Self { records: second, failures: self.failures };
            return Delivery::Again(vec![self, second]);
        }
        if self.failures == RETRIES {
            let sequence_number = self.records.pop().map(|(number, _)| number).unwrap_or_default();
            return Delivery::DeadLetter { sequence_number, reason };
        }
        self.failures += 1;
        Delivery::Again(vec![self])
    }
}
