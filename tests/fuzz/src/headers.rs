//! What a request says in its headers.

use lambda_http::http::{HeaderName, HeaderValue, Request};
use latchkey::{http::Request as Read, jiff::Timestamp};

/// Headers, a line each: whatever they say, a request comes of them, and what it gives of them is whole.
pub fn headers(data: &[u8]) {
    let mut request =
        Request::builder().method("POST").uri("/api/v1/me").body(lambda_http::Body::Empty).unwrap();
    for line in data.split(|byte| *byte == b'\n') {
        let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
        let (name, value) = line.split_at(colon);
        let value = HeaderValue::from_bytes(value.get(1..).unwrap_or_default());
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), value) {
            request.headers_mut().try_append(name, value).unwrap();
        }
    }
    for secret in [None, Some("one,two")] {
        let read = Read::of(
            request.clone().map(|_| lambda_http::Body::Text("{}".to_owned())),
            Timestamp::UNIX_EPOCH,
            secret,
        );
        let shown = request.headers().get("x-latchkey-edge").map(HeaderValue::as_bytes);
        let by_the_edge = secret.is_none() || matches!(shown, Some(b"one" | b"two"));
        let refused = read.check();
        assert!(by_the_edge || refused.is_err());
        for name in ["__Host-lk_s_tnt_1", "a", ""] {
            if let Some(value) = read.cookie(name) {
                assert!(!value.contains([';', '\r', '\n']), "{value:?}");
            }
        }
        if let Some(bearer) = read.bearer() {
            assert_eq!(bearer.trim(), bearer);
        }
        assert_eq!(read.bearer().is_some(), request.headers().contains_key("authorization"));
        assert!(read.origin().agent.chars().count() <= 200);
        assert!(secret.is_some() || read.origin().network == "0.0.0.0", "only the edge names a viewer");
        let _ = (read.is_json(), read.form(), read.query_or_form());
    }
}
