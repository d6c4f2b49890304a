use std::sync::Mutex as StdMutex;

use async_trait::async_trait;
use dynoxide::actions::{create_table::CreateTableRequest, put_item::PutItemRequest};
use latchkey::http::Route;
use serde_json::json;

use super::*;

/// Keeps the keys of every batch, and fails as a test says.
#[derive(Default)]
struct Worker {
    batches: StdMutex<Vec<Vec<String>>>,
    events: StdMutex<Vec<Value>>,
    /// Fails every invocation that has this key in it.
    poison: Option<&'static str>,
    /// Names this key as failed, so many times.
    refuse: StdMutex<Option<(&'static str, u32)>>,
}

fn key(record: &Value) -> &str {
    record["dynamodb"]["Keys"]["pk"]["S"].as_str().unwrap()
}

#[async_trait]
impl Function for Worker {
    fn name(&self) -> &'static str {
        "mail-worker"
    }

    fn routes(&self) -> &'static [Route] {
        &[]
    }

    async fn invoke(&self, event: &[u8]) -> Result<Vec<u8>, String> {
        let event: Value = serde_json::from_slice(event).unwrap();
        let records = event["Records"].as_array().unwrap().clone();
        let keys: Vec<String> = records.iter().map(|record| key(record).to_owned()).collect();
        self.batches.lock().unwrap().push(keys.clone());
        self.events.lock().unwrap().push(event);
        if self.poison.is_some_and(|poison| keys.iter().any(|key| key == poison)) {
            return Err("poisoned".to_owned());
        }
        if let Some((refused, times)) = &mut *self.refuse.lock().unwrap() {
            let record = records.iter().find(|record| key(record) == *refused);
            if let Some(record) = record.filter(|_| *times > 0) {
                *times -= 1;
                let number = &record["dynamodb"]["SequenceNumber"];
                return Ok(json!({"batchItemFailures": [{"itemIdentifier": number}]}).to_string().into());
            }
        }
        Ok(br#"{"batchItemFailures":[]}"#.to_vec())
    }
}

fn database() -> Database {
    let database = Database::memory().unwrap();
    let request: CreateTableRequest = serde_json::from_value(json!({
        "TableName": "events",
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
        ],
        "KeySchema": [
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        "StreamSpecification": {"StreamEnabled": true, "StreamViewType": "KEYS_ONLY"},
    }))
    .unwrap();
    database.create_table(request).unwrap();
    database
}

fn put(database: &Database, pk: &str, value: &str) {
    let request: PutItemRequest = serde_json::from_value(json!({
        "TableName": "events",
        "Item": {"pk": {"S": pk}, "sk": {"S": "O"}, "value": {"S": value}},
    }))
    .unwrap();
    database.put_item(request).unwrap();
}

/// Puts `keys` in a fresh table and pumps until nothing is left. Gives the batches.
async fn delivered(worker: &Arc<Worker>, keys: &[&str]) -> Vec<Vec<String>> {
    let database = database();
    put(&database, "O#before", "");
    let stream = Stream::open(database.clone(), "events", worker.clone()).unwrap();
    for key in keys {
        put(&database, key, "");
    }
    while stream.pump().await.unwrap() != Pumped::Idle {}
    worker.batches.lock().unwrap().clone()
}

#[tokio::test]
async fn inserts_of_outbox_entries_are_delivered_once() {
    let worker = Arc::new(Worker::default());
    let database = database();
    let stream = Stream::open(database.clone(), "events", worker.clone()).unwrap();
    put(&database, "O#1", "inserted");
    put(&database, "O#1", "changed");
    put(&database, "E#1", "no outbox entry");
    put(&database, "P#1", "inserted");
    while stream.pump().await.unwrap() != Pumped::Idle {}
    let events = worker.events.lock().unwrap().clone();
    assert_eq!(events.len(), 1);
    let records = events[0]["Records"].as_array().unwrap();
    assert_eq!(records.iter().map(key).collect::<Vec<_>>(), ["O#1", "P#1"]);
    let record = &records[0];
    assert_eq!(record["eventName"], "INSERT");
    assert_eq!(record["eventSource"], "aws:dynamodb");
    assert_eq!(record["awsRegion"], "eu-central-1");
    let arn = record["eventSourceARN"].as_str().unwrap();
    assert!(arn.starts_with("arn:aws:dynamodb:eu-central-1:000000000000:table/events/stream/"), "{arn}");
    assert_eq!(record["dynamodb"]["Keys"], json!({"pk": {"S": "O#1"}, "sk": {"S": "O"}}));
    assert_eq!(record["dynamodb"]["StreamViewType"], "KEYS_ONLY");
    assert!(record["dynamodb"].get("NewImage").is_none());
}

#[tokio::test]
async fn a_stream_begins_at_its_end() {
    let worker = Arc::new(Worker::default());
    assert!(delivered(&worker, &[]).await.is_empty());
}

#[tokio::test]
async fn a_batch_has_ten_records() {
    let worker = Arc::new(Worker::default());
    let keys: Vec<String> = (0..23).map(|number| format!("O#{number}")).collect();
    let batches = delivered(&worker, &keys.iter().map(String::as_str).collect::<Vec<_>>()).await;
    assert_eq!(batches.iter().map(Vec::len).collect::<Vec<_>>(), [10, 10, 3]);
    assert_eq!(batches.concat(), keys);
}

#[tokio::test]
async fn a_partial_failure_resumes_at_the_number_it_names() {
    let refuse = StdMutex::new(Some(("O#2", 1)));
    let worker = Arc::new(Worker { refuse, ..Worker::default() });
    let batches = delivered(&worker, &["O#1", "O#2", "O#3"]).await;
    assert_eq!(batches, [vec!["O#1", "O#2", "O#3"], vec!["O#2", "O#3"]]);
}

#[tokio::test]
async fn a_poisoned_record_is_parted_from_the_rest_and_given_up() {
    let worker = Arc::new(Worker { poison: Some("O#3"), ..Worker::default() });
    let batches = delivered(&worker, &["O#1", "O#2", "O#3", "O#4"]).await;
    let meant = [
        vec!["O#1", "O#2", "O#3", "O#4"],
        vec!["O#1", "O#2"],
        vec!["O#3", "O#4"],
        vec!["O#3"],
        vec!["O#3"],
        vec!["O#3"],
        vec!["O#3"],
        vec!["O#4"],
    ];
    assert_eq!(batches, meant);
}

#[tokio::test]
async fn an_answer_that_names_a_stranger_is_a_failure_of_all() {
    let batch = batch::batches(&[("1".to_owned(), json!({})), ("2".to_owned(), json!({}))]).remove(0);
    let outcome = |answer: &str| batch.outcome(Ok(answer.as_bytes().to_vec()));
    for done in ["", "null", "{}", r#"{"batchItemFailures":null}"#, r#"{"batchItemFailures":[]}"#] {
        assert_eq!(outcome(done), Outcome::Done, "{done}");
    }
    for failed in [
        "nonsense",
        r#"{"batchItemFailures":[{"itemIdentifier":""}]}"#,
        r#"{"batchItemFailures":[{"itemIdentifier":null}]}"#,
        r#"{"batchItemFailures":[{"identifier":"2"}]}"#,
    ] {
        assert!(matches!(outcome(failed), Outcome::Failed(_)), "{failed}");
    }
    let both = r#"{"batchItemFailures":[{"itemIdentifier":"2"},{"itemIdentifier":"1"}]}"#;
    assert_eq!(outcome(both), Outcome::FailedFrom(0));
}
