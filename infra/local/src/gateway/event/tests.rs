use std::net::Ipv4Addr;

use axum::http::{HeaderMap, HeaderName, HeaderValue};

use super::*;

fn made(path: &str, query: &str, headers: &[(&str, &str)], body: &[u8]) -> Value {
    let headers: HeaderMap = headers
        .iter()
        .map(|(name, value)| {
            (HeaderName::try_from(*name).unwrap(), HeaderValue::from_bytes(value.as_bytes()).unwrap())
        })
        .fold(HeaderMap::new(), |mut all, (name, value)| {
            all.append(name, value);
            all
        });
    let incoming = Incoming {
        method: "POST",
        path,
        query,
        protocol: "HTTP/1.1",
        headers: &headers,
        body,
        peer: IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2)),
    };
    let stamp = Stamp { request_id: "id".to_owned(), at: "2026-11-24T09:08:07.006Z".parse().unwrap() };
    let parameters = BTreeMap::from([("id".to_owned(), "a".to_owned())]);
    serde_json::to_value(event(&incoming, ("POST /things/{id}", &parameters), None, &stamp)).unwrap()
}

#[test]
fn the_whole_event() {
    let event = made(
        "/things/a",
        "a=1&a=2&b=x%20y+z",
        &[
            ("Host", "api.test:9100"),
            ("User-Agent", "curl/8"),
            ("Content-Type", "application/json; charset=utf-8"),
            ("X-Twice", "one"),
            ("X-Twice", "two"),
            ("Connection", "keep-alive"),
            ("Cookie", "a=1; b=2"),
            ("Cookie", "c=3"),
            ("X-Forwarded-For", "6.6.6.6"),
            ("X-Forwarded-Proto", "ftp"),
        ],
        r#"{"x":"ü"}"#.as_bytes(),
    );
    let meant = json!({
        "version": "2.0",
        "routeKey": "POST /things/{id}",
        "rawPath": "/things/a",
        "rawQueryString": "a=1&a=2&b=x%20y+z",
        "cookies": ["a=1", "b=2", "c=3"],
        "headers": {
            "host": "api.test:9100",
            "user-agent": "curl/8",
            "content-type": "application/json; charset=utf-8",
            "x-twice": "one,two",
            "x-forwarded-for": "6.6.6.6,127.0.0.2",
            "x-forwarded-port": "9100",
            "x-forwarded-proto": "http",
        },
        "queryStringParameters": {"a": "1,2", "b": "x y z"},
        "pathParameters": {"id": "a"},
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "local",
            "domainName": "api.test:9100",
            "domainPrefix": "api",
            "http": {
                "method": "POST",
                "path": "/things/a",
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.2",
                "userAgent": "curl/8",
            },
            "requestId": "id",
            "routeKey": "POST /things/{id}",
            "stage": "$default",
            "time": "24/Nov/2026:09:08:07 +0000",
            "timeEpoch": 1_795_511_287_006_i64,
        },
        "body": "{\"x\":\"ü\"}",
        "isBase64Encoded": false,
    });
    assert_eq!(event, meant);
}

#[test]
fn what_is_not_there_is_left_out() {
    let event = made("/things/a", "", &[], b"");
    for name in ["cookies", "queryStringParameters", "body"] {
        assert!(event.get(name).is_none(), "{name}");
    }
    assert_eq!(event["rawQueryString"], "");
    assert_eq!(event["isBase64Encoded"], false);
}

#[test]
fn the_path_is_decoded_once() {
    let event = made("/things/a%2520b%2Fc", "", &[], b"");
    assert_eq!(event["rawPath"], "/things/a%20b/c");
    assert_eq!(event["requestContext"]["http"]["path"], "/things/a%20b/c");
}

#[test]
fn a_body_is_base64_unless_it_is_a_text() {
    for (content_type, is_base64) in [
        ("text/plain", false),
        ("application/json", false),
        ("Application/JSON ;charset=utf-8", false),
        ("application/problem+json", false),
        ("application/xml", false),
        ("application/javascript", false),
        ("application/x-www-form-urlencoded", true),
        ("application/octet-stream", true),
        ("", true),
    ] {
        let event = made("/", "", &[("content-type", content_type)], b"hello");
        assert_eq!(event["isBase64Encoded"], is_base64, "{content_type}");
        assert_eq!(event["body"], if is_base64 { "aGVsbG8=" } else { "hello" });
    }
    assert_eq!(made("/", "", &[], b"hello")["body"], "aGVsbG8=");
}

#[test]
fn a_text_that_is_none_is_base64() {
    let event = made("/", "", &[("content-type", "text/plain")], &[0xff, 0xfe]);
    assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!("//4="), &json!(true)));
}
