use std::sync::Mutex;

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use latchkey::domain::{clock::ManualClock, entropy::SystemEntropy};
use serde_json::Value;

use super::*;

/// Keeps the events it is woken with.
#[derive(Default)]
struct Worker(Mutex<Vec<Value>>);

#[async_trait]
impl Function for Worker {
    fn name(&self) -> &'static str {
        MAIL_WORKER
    }

    fn routes(&self) -> &'static [Route] {
        const ROUTES: &[Route] = &[Route::get("/work")];
        ROUTES
    }

    async fn invoke(&self, event: &[u8]) -> Result<Vec<u8>, String> {
        self.0.lock().unwrap().push(serde_json::from_slice(event).unwrap());
        Ok(b"{}".to_vec())
    }
}

/// Fails at first, then keeps the events it is woken with.
#[derive(Default)]
struct MailFeedback {
    woken: Mutex<Vec<Value>>,
    has_failed: Mutex<bool>,
}

#[async_trait]
impl Function for MailFeedback {
    fn name(&self) -> &'static str {
        MAIL_FEEDBACK
    }

    fn routes(&self) -> &'static [Route] {
        &[]
    }

    async fn invoke(&self, event: &[u8]) -> Result<Vec<u8>, String> {
        if !std::mem::replace(&mut *self.has_failed.lock().unwrap(), true) {
            return Err("not yet".to_owned());
        }
        self.woken.lock().unwrap().push(serde_json::from_slice(event).unwrap());
        Ok(b"{}".to_vec())
    }
}

async fn started() -> (Stack, Arc<Worker>, Arc<ManualClock>) {
    let worker = Arc::new(Worker::default());
    let clock = Arc::new(ManualClock::at(Timestamp::from_second(1_800_000_000).unwrap()));
    let functions = Functions::Given(vec![worker.clone()]);
    let options = Options::for_tests(clock.clone(), Arc::new(SystemEntropy::default()));
    let stack = Stack::start(Options { functions, ..options }).await.unwrap();
    (stack, worker, clock)
}

async fn put(stack: &Stack, partition: &str, expires_at: i64) {
    let table = &stack.environment()["LATCHKEY_TABLE_EVENTS"];
    tables::client(stack.environment())
        .unwrap()
        .put_item()
        .table_name(table)
        .item("pk", AttributeValue::S(partition.to_owned()))
        .item("sk", AttributeValue::S("O".to_owned()))
        .item("expires_at", AttributeValue::N(expires_at.to_string()))
        .send()
        .await
        .unwrap();
}

#[tokio::test]
async fn an_entry_wakes_the_worker_when_the_stack_settles() {
    let (stack, worker, _) = started().await;
    put(&stack, "O#1", 1_900_000_000).await;
    assert!(worker.0.lock().unwrap().is_empty());
    stack.settle().await.unwrap();
    stack.settle().await.unwrap();
    let events = worker.0.lock().unwrap().clone();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["Records"][0]["dynamodb"]["Keys"]["pk"]["S"], "O#1");
}

#[tokio::test]
async fn a_minute_wakes_the_worker_with_a_scheduled_event() {
    let (stack, worker, _) = started().await;
    stack.minute().await.unwrap();
    let events = worker.0.lock().unwrap().clone();
    assert_eq!(events[0]["detail-type"], "Scheduled Event");
    assert_eq!(events[0]["source"], "aws.events");
    assert_eq!(events[0]["time"], "2027-01-15T08:00:00Z");
    assert_eq!(events[0]["detail"], serde_json::json!({}));
}

#[tokio::test]
async fn items_expire_by_the_clock_of_the_stack() {
    let (stack, worker, clock) = started().await;
    put(&stack, "X#1", 1_800_000_060).await;
    assert_eq!(stack.sweep_ttl().await.unwrap(), 0);
    clock.advance(SignedDuration::from_secs(120));
    assert_eq!(stack.sweep_ttl().await.unwrap(), 1);
    stack.settle().await.unwrap();
    assert!(worker.0.lock().unwrap().is_empty(), "a deletion is no insert");
}

#[tokio::test]
async fn the_gateway_is_there_and_goes() {
    let (stack, worker, _) = started().await;
    let url = format!("{}/work", stack.gateway().unwrap());
    let port = stack.gateway().unwrap().rsplit(':').next().unwrap();
    assert_eq!(stack.environment()["LATCHKEY_BASE_URL"], format!("http://localhost:{port}"));
    assert_eq!(stack.routes(), [(Route::get("/work"), MAIL_WORKER)]);
    assert_eq!(reqwest::get(&url).await.unwrap().status(), 200);
    assert_eq!(worker.0.lock().unwrap()[0]["routeKey"], "GET /work");
    stack.stop().await;
    assert!(reqwest::get(&url).await.is_err());
}

#[tokio::test]
async fn services_only_have_no_gateway() {
    let clock = Arc::new(ManualClock::at(Timestamp::from_second(1_800_000_000).unwrap()));
    let options = Options::for_tests(clock, Arc::new(SystemEntropy::default()));
    let stack = Stack::start(Options { services_only: true, ..options }).await.unwrap();
    assert!(stack.gateway().is_none());
    assert_eq!(reqwest::get(format!("{}/store", stack.mail())).await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let (stack, _, clock) = started().await;
    let taken: SocketAddr = stack.mail().strip_prefix("http://").unwrap().parse().unwrap();
    let options = Options::for_tests(clock, Arc::new(SystemEntropy::default()));
    let error = Stack::start(Options { gateway: taken, ..options }).await.err().unwrap();
    let text = format!("{error:#}");
    assert!(text.contains(&taken.to_string()) && text.contains("--gateway"), "{text}");
}

/// In the product nobody calls `settle`: an entry wakes the worker by itself, here within the
/// test's patience, and what is on disk is there after a restart.
#[tokio::test]
async fn by_itself_and_on_disk() {
    let directory = tempfile::tempdir().unwrap();
    let worker = Arc::new(Worker::default());
    let options = Options {
        data: Data::Directory(directory.path().join("deep/er")),
        functions: Functions::Given(vec![worker.clone()]),
        background: true,
        ..Options::for_tests(Arc::new(latchkey::domain::clock::WallClock), Arc::new(SystemEntropy::default()))
    };
    let stack = Stack::start(options.clone()).await.unwrap();
    put(&stack, "O#1", 4_000_000_000).await;
    let woken = async {
        while worker.0.lock().unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), woken).await.unwrap();
    stack.stop().await;

    let stack = Stack::start(options).await.unwrap();
    let stats = stack.database().table_stats().unwrap();
    assert!(stats.iter().any(|table| table.table_name == "latchkey-events" && table.item_count == 1));
    stack.settle().await.unwrap();
    assert_eq!(worker.0.lock().unwrap().len(), 1, "what was delivered is not delivered again");
}

/// A mail to SES's simulator is told of by itself, and once more where the function failed.
#[tokio::test]
async fn a_bounce_wakes_the_mail_feedback() {
    let feedback = Arc::new(MailFeedback::default());
    let clock = Arc::new(ManualClock::at(Timestamp::from_second(1_800_000_000).unwrap()));
    let functions = Functions::Given(vec![feedback.clone()]);
    let options = Options::for_tests(clock, Arc::new(SystemEntropy::default()));
    let stack = Stack::start(Options { functions, background: true, ..options }).await.unwrap();
    let mail = serde_json::json!({
        "FromEmailAddress": "a@b.test",
        "Destination": { "ToAddresses": ["bounce@simulator.amazonses.com"] },
        "Content": { "Simple": { "Subject": { "Data": "Hello" }, "Body": { "Text": { "Data": "Hi" } } } },
    });
    let url = format!("{}/v2/email/outbound-emails", stack.mail());
    assert_eq!(reqwest::Client::new().post(url).json(&mail).send().await.unwrap().status(), 200);
    let woken = async {
        while feedback.woken.lock().unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), woken).await.unwrap();
    let event = feedback.woken.lock().unwrap()[0].clone();
    assert_eq!((&event["source"], &event["detail-type"]), (&"aws.ses".into(), &"Email Bounced".into()));
    assert_eq!(event["detail"]["bounce"]["bounceType"], "Permanent");
    assert_eq!(stack.inbox().emails().len(), 1);
}
