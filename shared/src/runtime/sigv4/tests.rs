use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4::SigningParams,
};
use aws_smithy_runtime_api::client::{
    http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector},
    orchestrator::HttpResponse,
};
use aws_smithy_types::body::SdkBody;
use jiff::{civil::DateTime, tz::Offset};
use proptest::prelude::*;

use super::*;
use crate::runtime::{Environment, Gate, Patience, aws::dynamodb};

const REGION: &str = "eu-central-1";
const SENT: [(&str, &str); 2] =
    [("content-type", "application/x-amz-json-1.0"), ("x-amz-target", "DynamoDB_20120810.GetItem")];

/// One for all calls, so that it has kept what is another day's, or other credentials'.
static SIGNER: LazyLock<SigV4> = LazyLock::new(|| SigV4::new(Region::new(REGION)));

fn call(url: &str, body: &[u8]) -> HttpRequest {
    let mut request = HttpRequest::new(SdkBody::from(body.to_vec()));
    request.set_method("POST").unwrap();
    request.set_uri(url).unwrap();
    for (name, value) in SENT {
        request.headers_mut().insert(name, value);
    }
    // What changes on the way, or belongs to nobody's signature.
    request.headers_mut().insert("content-length", body.len().to_string());
    request.headers_mut().insert("amz-sdk-request", "attempt=1; max=5");
    request
}

/// As AWS's own library signs it.
fn expected(url: &str, body: &[u8], credentials: &Credentials, at: SystemTime) -> String {
    let identity = credentials.clone().into();
    let parameters = SigningParams::builder()
        .identity(&identity)
        .region(REGION)
        .name("dynamodb")
        .time(at)
        .settings(SigningSettings::default())
        .build()
        .unwrap()
        .into();
    let request = SignableRequest::new("POST", url, SENT.into_iter(), SignableBody::Bytes(body)).unwrap();
    let (instructions, _) = sign(request, &parameters).unwrap().into_parts();
    let (headers, _) = instructions.into_parts();
    headers.iter().find(|header| header.name() == "authorization").unwrap().value().to_owned()
}

proptest! {
    #[test]
    fn calls_are_signed_as_by_aws_own_library(
        url in prop_oneof![
            Just("https://dynamodb.eu-central-1.amazonaws.com/"),
            Just("https://dynamodb.eu-central-1.amazonaws.com"),
            Just("https://dynamodb.eu-central-1.amazonaws.com:443"),
            Just("http://dynamodb.eu-central-1.amazonaws.com:80/"),
            Just("http://127.0.0.1:8000"),
            Just("http://[::1]:8000"),
        ],
        bodies: [Vec<u8>; 2],
        // Few keys and days, so that what is kept serves, too.
        access_key in "AKIA[AB]",
        token in proptest::option::of("[A-Za-z0-9+/=]{1,1500}"),
        day in 20_000..20_003_u64,
        second in 0..86_400_u64,
    ) {
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(day * 86_400 + second);
        let secret = format!("the secret of {access_key}");
        let credentials = Credentials::new(access_key, secret, token.clone(), None, "test");
        // Two calls of one second begin alike.
        for body in &bodies {
            let mut request = call(url, body);
            SIGNER.sign(&mut request, &credentials, at).unwrap();
            let headers = request.headers();
            prop_assert_eq!(headers.get("authorization").unwrap(), expected(url, body, &credentials, at));
            prop_assert_eq!(headers.get("x-amz-security-token"), token.as_deref());
        }
    }
}

#[test]
fn credentials_that_no_header_can_have_are_refused() {
    let credentials = Credentials::new("AKIAKEY", "hidden", Some("token\r".to_owned()), None, "test");
    let signed = SIGNER.sign(&mut call("http://127.0.0.1:8000", b"{}"), &credentials, SystemTime::UNIX_EPOCH);
    assert!(!signed.unwrap_err().to_string().contains("token"));
}

#[test]
fn a_signer_tells_no_secret() {
    let credentials = Credentials::new("AKIAKEY", "hidden", None, None, "test");
    SIGNER.sign(&mut call("http://127.0.0.1:8000", b"{}"), &credentials, SystemTime::UNIX_EPOCH).unwrap();
    assert_eq!(format!("{:?}", *SIGNER), "SigV4(eu-central-1)");
}

/// Takes what goes out to DynamoDB.
#[derive(Debug, Clone, Default)]
struct Sent(Arc<Mutex<Vec<HttpRequest>>>);

impl HttpConnector for Sent {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        self.0.lock().unwrap().push(request);
        let answer = HttpResponse::new(200.try_into().unwrap(), SdkBody::from("{}"));
        HttpConnectorFuture::ready(Ok(answer))
    }
}

#[tokio::test]
async fn a_client_signs_so_and_tells_nothing_else() {
    let get = |name: &str| match name {
        "LATCHKEY_BASE_URL" => Some("https://auth.example".to_owned()),
        "AWS_REGION" => Some(REGION.to_owned()),
        "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" | "AWS_SESSION_TOKEN" => Some(name.to_owned()),
        name => name.strip_prefix("LATCHKEY_TABLE_").map(str::to_owned),
    };
    let sent = Sent::default();
    let gated = sent.clone();
    let gate: Gate = Arc::new(move |_| SharedHttpConnector::new(gated.clone()));
    let environment = Environment::read(&get, &[]).unwrap();
    let client = dynamodb(&environment, (Some(&gate), Patience::FUNCTION)).unwrap();
    let key = AttributeValue::S("it".to_owned());
    client.get_item().table_name("t").key("pk", key).send().await.unwrap();

    let request = sent.0.lock().unwrap().pop().unwrap();
    let mut names: Vec<_> = request.headers().iter().map(|(name, _)| name).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "authorization",
            "content-length",
            "content-type",
            "host",
            "x-amz-date",
            "x-amz-security-token",
            "x-amz-target"
        ]
    );
    let header = |name: &str| request.headers().get(name).unwrap();
    let at = DateTime::strptime("%Y%m%dT%H%M%SZ", header("x-amz-date")).unwrap();
    let at = SystemTime::try_from(Offset::UTC.to_timestamp(at).unwrap()).unwrap();
    let token = Some("AWS_SESSION_TOKEN".to_owned());
    let credentials = Credentials::new("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", token, None, "test");
    let body = request.body().bytes().unwrap();
    assert_eq!(header("authorization"), expected(request.uri(), body, &credentials, at));
    assert_eq!(request.uri(), "https://dynamodb.eu-central-1.amazonaws.com/");
}
