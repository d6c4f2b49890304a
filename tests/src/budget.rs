//! A meter in front of DynamoDB: round trips one after the other, and units consumed.

use std::{
    collections::BTreeMap,
    net::Ipv4Addr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Router, body::Bytes, extract::State, http::HeaderMap, response::IntoResponse, routing::any};
use serde_json::Value;
use tokio::{net::TcpListener, time::Instant};

/// How long a call of this operation is held up.
pub type HoldUp = fn(&str) -> Duration;

/// Every call by as much, so that calls that run side by side are seen to.
pub(crate) fn long_enough(_: &str) -> Duration {
    Duration::from_millis(40)
}

/// What was spent since the meter was read last.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Spending {
    /// The longest chain of calls of which each began after the one before had ended.
    pub round_trips: usize,
    pub read_units: f64,
    pub write_units: f64,
    /// Of the write units, those of the audit record.
    pub audit_units: f64,
    pub transactions: usize,
    /// How often each operation was called.
    pub operations: BTreeMap<String, usize>,
}

/// A proxy that counts.
pub struct Meter {
    url: String,
    shared: Arc<Shared>,
}

struct Shared {
    upstream: String,
    hold_up: HoldUp,
    client: reqwest::Client,
    calls: Mutex<Vec<Call>>,
}

struct Call {
    began: Instant,
    ended: Instant,
    read_units: f64,
    write_units: f64,
    audit_units: f64,
    operation: String,
    /// The partitions that it wrote to, of tables and of the index of what is due.
    written: Vec<String>,
}

impl Meter {
    /// Starts a meter for a DynamoDB at `upstream`, which need not be there yet.
    pub async fn start(upstream: &str, hold_up: HoldUp) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared {
            upstream: upstream.to_owned(),
            hold_up,
            client: reqwest::Client::new(),
            calls: Mutex::default(),
        });
        let router = Router::new().fallback(any(forward)).with_state(Arc::clone(&shared));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, shared }
    }

    /// The variables that make functions use it.
    #[must_use]
    pub fn variables(&self) -> BTreeMap<String, String> {
        BTreeMap::from([("AWS_ENDPOINT_URL_DYNAMODB".to_owned(), self.url.clone())])
    }

    /// How often each partition was written to since the meter was read last.
    #[must_use]
    pub fn written(&self) -> BTreeMap<String, usize> {
        let calls = self.shared.calls.lock().unwrap();
        calls.iter().flat_map(|call| call.written.clone()).fold(BTreeMap::new(), |mut counts, partition| {
            *counts.entry(partition).or_default() += 1;
            counts
        })
    }

    /// Reads the meter and sets it back.
    #[must_use]
    pub fn read(&self) -> Spending {
        let calls = std::mem::take(&mut *self.shared.calls.lock().unwrap());
        Spending {
            round_trips: longest_chain(&calls),
            read_units: sum(calls.iter().map(|call| call.read_units)),
            write_units: sum(calls.iter().map(|call| call.write_units)),
            audit_units: sum(calls.iter().map(|call| call.audit_units)),
            transactions: calls.iter().filter(|call| call.operation == "TransactWriteItems").count(),
            operations: calls.iter().fold(BTreeMap::new(), |mut counts, call| {
                *counts.entry(call.operation.clone()).or_default() += 1;
                counts
            }),
        }
    }
}

/// From zero: an empty `sum()` is -0.
fn sum(units: impl Iterator<Item = f64>) -> f64 {
    units.fold(0.0, |sum, units| sum + units)
}

fn longest_chain(calls: &[Call]) -> usize {
    let mut by_end: Vec<&Call> = calls.iter().collect();
    by_end.sort_by_key(|call| call.ended);
    let mut longest: Vec<usize> = Vec::new();
    for (index, call) in by_end.iter().enumerate() {
        let before = (0..index).filter(|before| by_end[*before].ended <= call.began);
        longest.push(1 + before.map(|before| longest[before]).max().unwrap_or(0));
    }
    longest.into_iter().max().unwrap_or(0)
}

async fn forward(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> impl IntoResponse {
    let json = [("content-type", "application/x-amz-json-1.0")];
    let began = Instant::now();
    let target =
        headers.get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
    tokio::time::sleep((shared.hold_up)(&operation)).await;
    let mut document: Value = serde_json::from_slice(&body).unwrap_or_default();
    let is_read = ["GetItem", "BatchGetItem", "Query", "Scan"].contains(&operation.as_str());
    let is_write =
        ["PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"].contains(&operation.as_str());
    if is_read || is_write {
        document["ReturnConsumedCapacity"] = "TOTAL".into();
    }
    let answer = shared
        .client
        .post(&shared.upstream)
        .header("content-type", "application/x-amz-json-1.0")
        .header("x-amz-target", target)
        .header(
            "authorization",
            headers.get("authorization").map_or("", |value| value.to_str().unwrap_or("")),
        )
        .header("x-amz-date", headers.get("x-amz-date").map_or("", |value| value.to_str().unwrap_or("")))
        .body(document.to_string())
        .send()
        .await
        .unwrap();
    let status = answer.status();
    let text = answer.bytes().await.unwrap();
    let used = units(&serde_json::from_slice(&text).unwrap_or_default(), status.is_success());
    if is_read || is_write {
        shared.calls.lock().unwrap().push(Call {
            began,
            ended: Instant::now(),
            read_units: if is_read { used } else { 0.0 },
            write_units: if is_write { used } else { 0.0 },
            audit_units: audit_units(&document, used),
            written: if is_write { written(&document) } else { Vec::new() },
            operation,
        });
    }
    (status, json, text)
}

/// Of the units of a write, those of events: all of a put's, and twice a put's of each in a transaction.
fn audit_units(document: &Value, used: f64) -> f64 {
    let is_event = |put: &Value| put["Item"]["pk"]["S"].as_str().is_some_and(|pk| pk.starts_with("A#"));
    let writes = document["TransactItems"].as_array().into_iter().flatten();
    let in_transaction: f64 = writes.filter(|write| is_event(&write["Put"])).map(|_| 2.0).sum();
    if is_event(document) { used } else { in_transaction }
}

fn written(document: &Value) -> Vec<String> {
    let transaction = document["TransactItems"].as_array().into_iter().flatten();
    let writes =
        transaction.flat_map(|write| write.as_object().into_iter().flat_map(serde_json::Map::values));
    writes
        .chain([document])
        .flat_map(|write| [&write["Key"]["pk"], &write["Item"]["pk"], &write["Item"]["due_shard"]])
        .filter_map(|key| key["S"].as_str().map(str::to_owned))
        .collect()
}

/// A refused condition costs what the write would have.
fn units(answer: &Value, done: bool) -> f64 {
    let of = |capacity: &Value| capacity["CapacityUnits"].as_f64().unwrap_or(0.0);
    match &answer["ConsumedCapacity"] {
        Value::Array(tables) => tables.iter().map(of).sum(),
        Value::Object(_) => of(&answer["ConsumedCapacity"]),
        _ if done => 0.0,
        _ => 1.0,
    }
}
