use std::{sync::LazyLock, time::Duration};

use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4::SigningParams,
};
use aws_smithy_types::body::SdkBody;
use proptest::prelude::*;

use super::*;

const REGION: &str = "eu-central-1";
const SENT: [(&str, &str); 2] =
    [("content-type", "application/x-amz-json-1.0"), ("x-amz-target", "DynamoDB_20120810.GetItem")];

/// One for all calls, so that it has kept the key of another day, or of other credentials.
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
            Just("http://127.0.0.1:8000"),
        ],
        body: Vec<u8>,
        access_key in "AKIA[A-Z]{2}",
        token in proptest::option::of("[A-Za-z0-9+/=]{1,1500}"),
        // Few, so that the kept key serves, too.
        day in 20_000..20_003_u64,
        second in 0..86_400_u64,
    ) {
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(day * 86_400 + second);
        let secret = format!("the secret of {access_key}");
        let credentials = Credentials::new(access_key, secret, token.clone(), None, "test");
        let mut request = call(url, &body);
        SIGNER.sign(&mut request, &credentials, at).unwrap();
        let headers = request.headers();
        prop_assert_eq!(headers.get("authorization").unwrap(), expected(url, &body, &credentials, at));
        prop_assert_eq!(headers.get("x-amz-security-token"), token.as_deref());
    }
}

#[test]
fn a_signer_tells_no_secret() {
    let credentials = Credentials::new("AKIAKEY", "hidden", None, None, "test");
    SIGNER.sign(&mut call("http://127.0.0.1:8000", b"{}"), &credentials, SystemTime::UNIX_EPOCH).unwrap();
    assert_eq!(format!("{:?}", *SIGNER), "SigV4(eu-central-1)");
}
