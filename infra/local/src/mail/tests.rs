use aws_credential_types::Credentials;
use aws_sdk_sesv2::{
    Client, Config,
    config::{BehaviorVersion, Region, retry::RetryConfig},
    error::ProvideErrorMetadata,
    operation::send_email::{SendEmailError, SendEmailOutput},
    primitives::Blob,
    types,
};
use jiff::{SignedDuration, Timestamp};
use latchkey::{
    domain::{clock::ManualClock, entropy::SystemEntropy},
    runtime,
};

use super::*;
use crate::serving::listen;

struct Served {
    _tasks: Tasks,
    clock: Arc<ManualClock>,
    url: String,
    ses: Client,
}

async fn served() -> Served {
    let mut tasks = Tasks::new();
    let listener = listen("mail", "--mail", "127.0.0.1:0".parse().unwrap()).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let clock = Arc::new(ManualClock::at(Timestamp::from_second(1_000).unwrap()));
    let handed: Arc<dyn Clock> = clock.clone();
    serve(&mut tasks, listener, handed, Arc::new(SystemEntropy::default()));
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .endpoint_url(&url)
        .credentials_provider(Credentials::new("local", "local", None, None, "test"))
        .retry_config(RetryConfig::disabled())
        .http_client(runtime::http_client(runtime::plain_connector(runtime::Patience::once(
            Duration::from_secs(5),
        ))))
        .build();
    Served { _tasks: tasks, clock, url, ses: Client::from_conf(config) }
}

fn text(data: &str) -> types::Content {
    types::Content::builder().data(data).charset("UTF-8").build().unwrap()
}

impl Served {
    async fn send(&self, subject: &str) -> Result<SendEmailOutput, SendEmailError> {
        let header = types::MessageHeader::builder().name("Auto-Submitted").value("auto-generated");
        let html = "<p>Hi</p><script>alert(1)</script>";
        let body = types::Body::builder().text(text("See https://a.test/#t=1.")).html(text(html)).build();
        let simple = types::Message::builder()
            .subject(text(subject))
            .body(body)
            .headers(header.build().unwrap())
            .build();
        self.ses
            .send_email()
            .from_email_address("Acme <no-reply@acme.test>")
            .reply_to_addresses("help@acme.test")
            .destination(types::Destination::builder().to_addresses("a@b.test").build())
            .content(types::EmailContent::builder().simple(simple).build())
            .configuration_set_name("set")
            .email_tags(types::MessageTag::builder().name("tenant").value("acme").build().unwrap())
            .send()
            .await
            .map_err(aws_sdk_sesv2::error::SdkError::into_service_error)
    }

    async fn store(&self, query: &str) -> Value {
        reqwest::get(format!("{}/store{query}", self.url)).await.unwrap().json().await.unwrap()
    }

    async fn fail(&self, faults: Value) {
        let answer = reqwest::Client::new().post(format!("{}/faults", self.url)).json(&faults);
        assert_eq!(answer.send().await.unwrap().status(), 204);
    }

    async fn page(&self, path: &str) -> String {
        reqwest::get(format!("{}{path}", self.url)).await.unwrap().text().await.unwrap()
    }
}

#[tokio::test]
async fn a_mail_comes_into_the_store() {
    let mail = served().await;
    let sent = mail.send("Hello").await.unwrap();
    let meant = json!({"emails": [{
        "messageId": sent.message_id().unwrap(),
        "from": "Acme <no-reply@acme.test>",
        "replyTo": ["help@acme.test"],
        "destination": {"to": ["a@b.test"], "cc": [], "bcc": []},
        "subject": "Hello",
        "body": {"text": "See https://a.test/#t=1.", "html": "<p>Hi</p><script>alert(1)</script>"},
        "headers": [{"name": "Auto-Submitted", "value": "auto-generated"}],
        "attachments": [],
        "configurationSet": "set",
        "tags": [{"name": "tenant", "value": "acme"}],
        "at": 1000,
    }]});
    assert_eq!(mail.store("").await, meant);
}

#[tokio::test]
async fn the_store_is_read_since_a_second_and_cleared() {
    let mail = served().await;
    mail.send("first").await.unwrap();
    mail.clock.advance(SignedDuration::from_secs(5));
    mail.send("second").await.unwrap();
    let subjects = |store: Value| -> Vec<String> {
        let emails = store["emails"].as_array().unwrap();
        emails.iter().map(|email| email["subject"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(subjects(mail.store("?since=1000").await), ["first", "second"]);
    assert_eq!(subjects(mail.store("?since=1001").await), ["second"]);
    reqwest::Client::new().post(format!("{}/clear-store", mail.url)).send().await.unwrap();
    assert_eq!(mail.store("").await, json!({"emails": []}));
}

#[tokio::test]
async fn a_raw_mail_is_read_by_its_headers() {
    let mail = served().await;
    let message = "From: a@b.test\r\nTo: c@d.test\r\nSubject: Raw\r\n one\r\n\r\nBody\r\n";
    let raw = types::RawMessage::builder().data(Blob::new(message)).build().unwrap();
    let content = types::EmailContent::builder().raw(raw).build();
    mail.ses.send_email().content(content).send().await.unwrap();
    let email = &mail.store("").await["emails"][0];
    assert_eq!((&email["subject"], &email["from"]), (&json!("Raw one"), &json!("a@b.test")));
    assert_eq!(email["body"], json!({"text": "Body\n"}));
}

#[tokio::test]
async fn faults_are_errors_of_the_sdk_and_end_by_count() {
    let mail = served().await;
    mail.fail(json!({"mode": "throttle", "count": 1})).await;
    let error = mail.send("one").await.unwrap_err();
    assert!(error.is_too_many_requests_exception(), "{error:?}");
    mail.send("two").await.unwrap();

    mail.fail(json!({"mode": "fail"})).await;
    for _ in 0..2 {
        assert_eq!(mail.send("three").await.unwrap_err().code(), Some("InternalFailure"));
    }
    mail.fail(json!({"mode": "slow", "delay_ms": 1})).await;
    mail.send("four").await.unwrap();
    mail.fail(json!({"mode": "none"})).await;
    mail.send("five").await.unwrap();
    assert_eq!(mail.store("").await["emails"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn a_bad_request_is_refused() {
    let mail = served().await;
    let content = types::EmailContent::builder().build();
    let error = mail.ses.send_email().content(content).send().await.unwrap_err().into_service_error();
    assert!(error.is_bad_request_exception(), "{error:?}");
}

#[tokio::test]
async fn the_pages_escape_what_they_show() {
    let mail = served().await;
    let sent = mail.send("<b>Hello").await.unwrap();
    let list = mail.page("/").await;
    assert!(list.contains("&#60;b&#62;Hello") && !list.contains("<b>Hello"), "{list}");
    let page = mail.page(&format!("/mails/{}", sent.message_id().unwrap())).await;
    assert!(page.contains("<code>https://a.test/#t=1</code>"), "{page}");
    assert!(page.contains("sandbox=\"\""), "{page}");
    assert!(!page.contains("<script>"), "{page}");
    assert!(mail.page("/mails/none").await.contains("no such mail"));
}
