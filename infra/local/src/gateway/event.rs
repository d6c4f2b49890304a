//! The event of a request: API Gateway's payload format 2.0, as an HTTP API makes it.

use std::{borrow::Cow, collections::BTreeMap, net::IpAddr};

use axum::http::{
    HeaderMap,
    header::{CONTENT_TYPE, COOKIE, HOST, USER_AGENT},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use super::{iam::Signer, routes::decoded};
use crate::environment::ACCOUNT;

/// Headers of the connection, which end at the gateway.
const HOP_BY_HOP: [&str; 7] =
    ["connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"];

/// A request as it was received.
#[derive(Debug, Clone, Copy)]
pub struct Incoming<'a> {
    pub method: &'a str,
    /// As sent: still percent-encoded.
    pub path: &'a str,
    /// As sent, without the question mark; empty where there is none.
    pub query: &'a str,
    /// Such as `HTTP/1.1`.
    pub protocol: &'a str,
    pub headers: &'a HeaderMap,
    pub body: &'a [u8],
    /// The client: the TCP peer's address.
    pub peer: IpAddr,
}

/// What the gateway adds to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    pub request_id: String,
    pub at: Timestamp,
}

/// An event. What a request does not have is left out, as API Gateway does. A text is borrowed from the request: to copy
/// megabytes takes milliseconds of the fifty that a refusal has.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Event<'a> {
    version: &'static str,
    route_key: &'a str,
    raw_path: String,
    raw_query_string: &'a str,
    headers: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cookies: Vec<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    query_string_parameters: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    path_parameters: &'a BTreeMap<String, String>,
    request_context: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<Cow<'a, str>>,
    is_base64_encoded: bool,
}

/// The event for a request whose route is `route_key`.
#[must_use]
pub fn event<'a>(
    incoming: &Incoming<'a>,
    (route_key, path_parameters): (&'a str, &'a BTreeMap<String, String>),
    signer: Option<&Signer>,
    stamp: &Stamp,
) -> Event<'a> {
    // An HTTP API decodes the path, and hands it on so; a REST API and a function URL do not.
    let path = decoded(incoming.path);
    let mut request_context = context(incoming, route_key, &path, stamp);
    if let Some(Signer { access_key, arn }) = signer {
        request_context["authorizer"] = json!({ "iam": {
            "accessKey": access_key, "accountId": ACCOUNT, "callerId": access_key, "cognitoIdentity": null,
            "principalOrgId": null, "userArn": arn, "userId": access_key,
        } });
    }
    let (body, is_base64_encoded) = body(incoming);
    Event {
        version: "2.0",
        route_key,
        raw_path: path,
        raw_query_string: incoming.query,
        headers: headers(incoming),
        cookies: cookies(incoming.headers),
        query_string_parameters: query(incoming.query),
        path_parameters,
        request_context,
        body,
        is_base64_encoded,
    }
}

fn context(incoming: &Incoming<'_>, route_key: &str, path: &str, stamp: &Stamp) -> Value {
    let domain = text_of(incoming.headers, &HOST).unwrap_or_default();
    json!({
        "accountId": ACCOUNT,
        "apiId": "local",
        "domainName": domain,
        "domainPrefix": domain.split('.').next(),
        "http": {
            "method": incoming.method,
            "path": path,
            "protocol": incoming.protocol,
            "sourceIp": incoming.peer.to_string(),
            "userAgent": text_of(incoming.headers, &USER_AGENT).unwrap_or_default(),
        },
        "requestId": stamp.request_id,
        "routeKey": route_key,
        "stage": "$default",
        "time": stamp.at.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string(),
        "timeEpoch": stamp.at.as_millisecond(),
    })
}

fn text_of(headers: &HeaderMap, name: &axum::http::HeaderName) -> Option<String> {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

/// Headers under lower-case names, repeated ones joined by a comma, cookies taken out, and the
/// gateway's own added. A client can write before the last entry of `x-forwarded-for`, no more.
fn headers(incoming: &Incoming<'_>) -> BTreeMap<String, String> {
    let mut joined = BTreeMap::<String, String>::new();
    let mut add = |name: &str, value: &str| {
        let all = joined.entry(name.to_owned()).or_default();
        if !all.is_empty() {
            all.push(',');
        }
        all.push_str(value);
    };
    for (name, value) in incoming.headers {
        let own = matches!(name.as_str(), "cookie" | "x-forwarded-proto" | "x-forwarded-port");
        if !own && !HOP_BY_HOP.contains(&name.as_str()) {
            add(name.as_str(), &String::from_utf8_lossy(value.as_bytes()));
        }
    }
    let port = text_of(incoming.headers, &HOST)
        .and_then(|host| host.rsplit_once(':').map(|(_, port)| port.to_owned()))
        .unwrap_or_else(|| "80".to_owned());
    add("x-forwarded-for", &incoming.peer.to_string());
    add("x-forwarded-port", &port);
    add("x-forwarded-proto", "http");
    joined
}

fn cookies(headers: &HeaderMap) -> Vec<String> {
    headers
        .get_all(COOKIE)
        .iter()
        .map(|header| String::from_utf8_lossy(header.as_bytes()).into_owned())
        .flat_map(|header| header.split(';').map(|cookie| cookie.trim().to_owned()).collect::<Vec<_>>())
        .filter(|cookie| !cookie.is_empty())
        .collect()
}

/// Decoded, repeated keys joined by a comma.
fn query(raw: &str) -> BTreeMap<String, String> {
    let mut joined = BTreeMap::<String, String>::new();
    for (name, value) in url::form_urlencoded::parse(raw.as_bytes()) {
        joined
            .entry(name.into_owned())
            .and_modify(|all| {
                all.push(',');
                all.push_str(&value);
            })
            .or_insert_with(|| value.into_owned());
    }
    joined
}

/// The body and whether it is Base64, which everything is that does not call itself a text: forms
/// and a body without a content type are.
fn body<'a>(incoming: &Incoming<'a>) -> (Option<Cow<'a, str>>, bool) {
    if incoming.body.is_empty() {
        return (None, false);
    }
    let content_type = text_of(incoming.headers, &CONTENT_TYPE).unwrap_or_default();
    match std::str::from_utf8(incoming.body) {
        Ok(text) if is_text(&content_type) => (Some(text.into()), false),
        _ => (Some(BASE64_STANDARD.encode(incoming.body).into()), true),
    }
}

fn is_text(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence.starts_with("text/")
        || essence.ends_with("+json")
        || matches!(essence.as_str(), "application/json" | "application/xml" | "application/javascript")
}

#[cfg(test)]
mod tests;
