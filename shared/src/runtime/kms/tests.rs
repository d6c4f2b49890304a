use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use aws_sdk_kms::config::{BehaviorVersion, Config, Credentials, Region, retry::RetryConfig};
use aws_smithy_runtime_api::client::{
    http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn},
    orchestrator::HttpRequest,
    result::ConnectorError,
};
use aws_smithy_types::body::SdkBody;
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

use super::*;

/// What KMS answers: a status, a code and a body; or nothing at all.
#[derive(Debug, Clone, Copy)]
enum Answer {
    /// A key whose every byte is the wrapped text's first.
    Key,
    Status(u16, &'static str, &'static str),
    TimedOut,
    NoConnection,
}

#[derive(Debug, Clone)]
struct Kms {
    answer: Answer,
    seen: Arc<Mutex<Vec<Value>>>,
    under_way: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
}

impl HttpConnector for Kms {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let kms = self.clone();
        HttpConnectorFuture::new(async move {
            let body: Value = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
            let now = kms.under_way.fetch_add(1, Ordering::SeqCst) + 1;
            kms.most.fetch_max(now, Ordering::SeqCst);
            tokio::task::yield_now().await;
            kms.under_way.fetch_sub(1, Ordering::SeqCst);
            let wrapped = BASE64_STANDARD.decode(body["CiphertextBlob"].as_str().unwrap()).unwrap();
            kms.seen.lock().unwrap().push(body);
            let (status, code, body) = match kms.answer {
                Answer::Key => {
                    let key = BASE64_STANDARD.encode([wrapped[0]; 32]);
                    (200, "", json!({ "Plaintext": key }).to_string())
                }
                Answer::Status(status, code, body) => (status, code, body.to_owned()),
                Answer::TimedOut => return Err(ConnectorError::timeout("slow".into())),
                Answer::NoConnection => return Err(ConnectorError::io("refused".into())),
            };
            let mut response = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body));
            response.headers_mut().insert("x-amzn-errortype", code);
            Ok(response)
        })
    }
}

fn kms(answer: Answer) -> (Client, Kms) {
    let kms = Kms { answer, seen: Arc::default(), under_way: Arc::default(), most: Arc::default() };
    let connector = SharedHttpConnector::new(kms.clone());
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .credentials_provider(Credentials::new("id", "secret", None, None, "test"))
        .retry_config(RetryConfig::disabled())
        .http_client(http_client_fn(move |_, _| connector.clone()))
        .build();
    (Client::from_conf(config), kms)
}

fn wrapped(id: &str, fill: u8) -> String {
    format!("{id}:kms:{}", BASE64_STANDARD.encode([fill; 8]))
}

fn plain(id: &str, fill: u8) -> String {
    format!("{id}:plain:{}", BASE64_STANDARD.encode([fill; 32]))
}

fn rings(passwords: &str, factors: Option<&str>, signing: &str) -> KeyRings {
    KeyRings {
        passwords: Some(KeyRing::parse(passwords).unwrap()),
        factors: factors.map(|factors| KeyRing::parse(factors).unwrap()),
        signing: Some(KeyRing::parse(signing).unwrap()),
    }
}

#[tokio::test]
async fn each_wrapped_key_is_one_call_and_all_go_side_by_side() {
    let (client, kms) = kms(Answer::Key);
    let passwords = format!("{},{},{}", wrapped("c", 3), wrapped("b", 2), plain("a", 1));
    let keys = unwrapped(rings(&passwords, None, &wrapped("a", 4)), || Ok(client)).await.unwrap();
    let same = format!("{},{},{}", plain("c", 3), plain("b", 2), plain("a", 1));
    let sealed = DataKey::parse(&same).unwrap().seal("here", b"secret");
    assert_eq!(keys.passwords.unwrap().open("here", &sealed).unwrap().as_slice(), b"secret");
    let signing = DataKey::parse(&plain("a", 4)).unwrap();
    assert_eq!(keys.signing.unwrap().mac("x", &[]), signing.mac("x", &[]));
    assert!(keys.factors.is_none());
    assert_eq!(kms.most.load(Ordering::SeqCst), 3);
    let mut seen: Vec<_> = kms.seen.lock().unwrap().iter().map(Value::to_string).collect();
    seen.sort();
    let call = |fill: u8, purpose: &str| {
        let blob = BASE64_STANDARD.encode([fill; 8]);
        json!({ "CiphertextBlob": blob, "EncryptionContext": { "purpose": purpose } }).to_string()
    };
    assert_eq!(seen, [call(2, "passwords"), call(3, "passwords"), call(4, "signing")]);
}

#[tokio::test]
async fn plain_rings_make_no_client() {
    let plain = plain("a", 1);
    let keys = unwrapped(rings(&plain, Some(&plain), &plain), || unreachable!()).await.unwrap();
    assert!(keys.passwords.is_some() && keys.factors.is_some() && keys.signing.is_some());
}

#[tokio::test]
async fn a_refusal_names_the_variable_and_the_code_and_nothing_else() {
    const QUOTING: &str = r#"{"message":"arn:aws:iam::1:role/x may not decrypt with the secret key"}"#;
    let short = r#"{"Plaintext":"c2VjcmV0"}"#;
    for (answer, cause) in [
        (Answer::Status(400, "AccessDeniedException", QUOTING), "KMS: 400 AccessDeniedException"),
        (Answer::Status(400, "InvalidCiphertextException", QUOTING), "KMS: 400 InvalidCiphertextException"),
        (Answer::Status(400, "DisabledException", QUOTING), "KMS: 400 DisabledException"),
        (Answer::Status(500, "", "<html>secret</html>"), "KMS: 500 unknown"),
        (Answer::Status(200, "", "cut o"), "KMS: 200 unknown"),
        (Answer::Status(200, "", short), "it is not 32 bytes long"),
        (Answer::TimedOut, "KMS: no answer in time"),
        (Answer::NoConnection, "KMS: no connection"),
    ] {
        let (client, _) = kms(answer);
        let given = rings(&plain("a", 1), Some(&wrapped("b", 2)), &plain("a", 1));
        let fault = unwrapped(given, || Ok(client)).await.unwrap_err();
        let said = format!("LATCHKEY_KEY_FACTORS holds a key that is not unwrapped: {cause}");
        assert_eq!(fault.to_string(), said, "{answer:?}");
        assert!(!format!("{fault:?}").contains("secret"), "{answer:?}");
    }
    let given = rings(&wrapped("a", 1), None, &plain("a", 1));
    let fault = unwrapped(given, || Err("Amazon's roots".to_owned())).await.unwrap_err();
    assert!(fault.to_string().starts_with("LATCHKEY_KEY_PASSWORDS"), "{fault}");
}
