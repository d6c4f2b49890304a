use std::sync::{Arc, Mutex};

use aws_sdk_sesv2::{
    Client,
    config::{BehaviorVersion, Config, Credentials, Region, retry::RetryConfig},
};
use aws_smithy_runtime_api::client::{
    http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn},
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
};
use aws_smithy_types::body::SdkBody;

use super::{
    super::{Post, PostError},
    DIGITS, LINK, letters, rendered, voice,
};
use crate::domain::Locale;

/// What SES answers: a status, a code and a body; or nothing at all.
#[derive(Debug, Clone, Copy)]
enum Answer {
    Status(u16, &'static str, &'static str),
    TimedOut,
    NoConnection,
}

#[derive(Debug, Clone)]
struct Ses {
    answer: Answer,
    seen: Arc<Mutex<Vec<serde_json::Value>>>,
}

impl HttpConnector for Ses {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
        self.seen.lock().unwrap().push(body);
        HttpConnectorFuture::ready(match self.answer {
            Answer::Status(status, code, body) => {
                let mut response = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body));
                response.headers_mut().insert("x-amzn-errortype", code);
                Ok(response)
            }
            Answer::TimedOut => Err(ConnectorError::timeout("slow".into())),
            Answer::NoConnection => Err(ConnectorError::io("refused".into())),
        })
    }
}

fn ses(answer: Answer) -> (Post, Arc<Mutex<Vec<serde_json::Value>>>) {
    let seen = Arc::default();
    let connector = SharedHttpConnector::new(Ses { answer, seen: Arc::clone(&seen) });
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .credentials_provider(Credentials::new("id", "secret", None, None, "test"))
        .retry_config(RetryConfig::disabled())
        .http_client(http_client_fn(move |_, _| connector.clone()))
        .build();
    (
        Post::new(Client::from_conf(config), "no-reply@latchkey.test".to_owned(), Some("mails".to_owned())),
        seen,
    )
}

async fn send(answer: Answer) -> (Result<String, PostError>, serde_json::Value) {
    let (post, seen) = ses(answer);
    let voice = super::Voice { reply_to: Some("help@acme.test".to_owned()), ..voice("Acme", Locale::De) };
    let mail = rendered(&letters("", "x", "")[0].1, "Acme", Locale::De);
    let sent = post.send("ann@example.test", &voice, &mail, "01JD0000000000000000000000").await;
    let request = seen.lock().unwrap().pop().unwrap();
    (sent, request)
}

#[tokio::test]
async fn sends_both_forms_to_one_address() {
    let (sent, request) = send(Answer::Status(200, "", r#"{"MessageId":"m-1"}"#)).await;
    assert_eq!(sent, Ok("m-1".to_owned()));
    let mail = rendered(&letters("", "x", "")[0].1, "Acme", Locale::De);
    let utf8 = |data: &str| serde_json::json!({ "Data": data, "Charset": "UTF-8" });
    assert_eq!(
        request,
        serde_json::json!({
            "FromEmailAddress": "no-reply@latchkey.test",
            "ReplyToAddresses": ["help@acme.test"],
            "Destination": { "ToAddresses": ["ann@example.test"] },
            "ConfigurationSetName": "mails",
            "Content": { "Simple": {
                "Subject": utf8(&mail.subject),
                "Body": { "Text": utf8(&mail.text), "Html": utf8(&mail.html) },
                "Headers": [
                    { "Name": "Auto-Submitted", "Value": "auto-generated" },
                    { "Name": "X-Auto-Response-Suppress", "Value": "All" },
                    { "Name": "X-Entity-Ref-ID", "Value": "01JD0000000000000000000000" },
                ],
            } },
        })
    );
}

/// A code or a notice is not a mailing that one leaves: no `List-Unsubscribe` (RFC 8058), and a text always.
#[tokio::test]
async fn every_letter_is_transactional_and_has_a_text() {
    let (post, seen) = ses(Answer::Status(200, "", r#"{"MessageId":"m-1"}"#));
    for (name, letter) in letters("", "x", "") {
        for locale in Locale::ALL {
            let mail = rendered(&letter, "Acme", locale);
            post.send("ann@example.test", &voice("Acme", locale), &mail, "r").await.unwrap();
            let request = seen.lock().unwrap().pop().unwrap();
            let message = &request["Content"]["Simple"];
            let headers = message["Headers"].as_array().unwrap();
            let named = |name: &str| headers.iter().any(|header| header["Name"] == name);
            assert!(named("Auto-Submitted") && !named("List-Unsubscribe"), "{name}");
            assert!(!message["Body"]["Text"]["Data"].as_str().unwrap().is_empty(), "{name}");
            assert!(request.get("ListManagementOptions").is_none(), "{name}");
        }
    }
}

#[tokio::test]
async fn sorts_refusals_from_delays_and_tells_no_address() {
    const QUOTING: &str = r#"{"message":"Email address is not verified: ann@example.test"}"#;
    let cases = [
        (Answer::Status(400, "MessageRejected", QUOTING), true),
        (Answer::Status(400, "BadRequestException", QUOTING), false),
        (Answer::Status(400, "SendingPausedException", QUOTING), true),
        (Answer::Status(400, "AccountSuspendedException", QUOTING), true),
        (Answer::Status(400, "MailFromDomainNotVerifiedException", QUOTING), true),
        (Answer::Status(404, "NotFoundException", QUOTING), true),
        (Answer::Status(400, "LimitExceededException", QUOTING), true),
        (Answer::Status(429, "TooManyRequestsException", QUOTING), true),
        (Answer::Status(403, "AccessDeniedException", QUOTING), true),
        (Answer::Status(500, "InternalFailure", QUOTING), true),
        (Answer::Status(503, "", "<html>away</html>"), true),
        (Answer::Status(200, "", "cut o"), true),
        (Answer::TimedOut, true),
        (Answer::NoConnection, true),
    ];
    for (answer, later) in cases {
        let error = send(answer).await.0.unwrap_err();
        assert_eq!(matches!(error, PostError::Later(_)), later, "{answer:?}: {error}");
        for shown in [error.to_string(), format!("{error:?}")] {
            assert!(!shown.contains('@') && !shown.contains(LINK) && !shown.contains(DIGITS), "{shown}");
        }
    }
}
