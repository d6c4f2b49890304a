//! A client of the gateway, and what it is answered.

use std::{
    net::{IpAddr, Ipv4Addr},
    time::{Duration, SystemTime},
};

use aws_credential_types::Credentials;
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4::SigningParams,
};
use latchkey::jiff::Timestamp;
use reqwest::{Method, header::HeaderMap};
use serde_json::Value;

use crate::leaks;

/// A client at one address.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    mark: String,
}

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
    /// Null where the text is not JSON.
    pub body: Value,
}

impl Client {
    pub(crate) fn new(base: &str, mark: &str, address: Ipv4Addr) -> Self {
        let http = reqwest::Client::builder()
            .local_address(IpAddr::V4(address))
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Self { http, base: base.to_owned(), mark: mark.to_owned() }
    }

    /// `POST` with a JSON body to a path below a tenant.
    pub async fn post(&self, slug: &str, path: &str, body: &Value) -> Answer {
        self.post_with(slug, path, body, &[]).await
    }

    pub async fn post_with(&self, slug: &str, path: &str, body: &Value, headers: &[(&str, &str)]) -> Answer {
        let headers = [&[("content-type", "application/json")], headers].concat();
        self.send(Method::POST, &below(slug, path), &headers, body.to_string().into_bytes()).await
    }

    pub async fn get(&self, slug: &str, path: &str) -> Answer {
        self.send(Method::GET, &below(slug, path), &[], Vec::new()).await
    }

    pub async fn get_as(&self, path: &str, access_token: &str) -> Answer {
        let bearer = format!("Bearer {access_token}");
        self.send(Method::GET, path, &[("authorization", &bearer)], Vec::new()).await
    }

    /// Any method on a path of the caller's own, with a JSON body where one is given.
    pub async fn as_user(&self, method: Method, path: &str, token: &str, body: Option<&Value>) -> Answer {
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        let body = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
        self.send(method, path, &headers, body).await
    }

    /// `POST` to a path of the caller's own.
    pub async fn post_as(&self, path: &str, token: &str, body: &Value) -> Answer {
        self.as_user(Method::POST, path, token, Some(body)).await
    }

    /// `DELETE` of a path of the caller's own.
    pub async fn delete_as(&self, path: &str, token: &str) -> Answer {
        self.as_user(Method::DELETE, path, token, None).await
    }

    pub async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
        let url = format!("{}{}", self.base, self.marked(path));
        leaks::note_request(path, headers, &body);
        let mut request = self.http.request(method, url).body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let text = answer.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or_default();
        let cookies: Vec<_> =
            headers.get_all("set-cookie").iter().filter_map(|cookie| cookie.to_str().ok()).collect();
        leaks::note_answer(status, &cookies, &text, &body);
        Answer { status, headers, text, body }
    }
}

impl Client {
    /// A request signed at this time by an administrator with this access key.
    pub async fn signed(
        &self,
        (key, secret): (&str, &str),
        at: Timestamp,
        (method, path): (Method, &str),
        body: Option<&Value>,
    ) -> Answer {
        let path = self.marked(path);
        let body = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
        let headers = signature((key, secret), at, (method.as_str(), &format!("{}{path}", self.base)), &body);
        let mut headers: Vec<_> =
            headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        headers.push(("content-type", "application/json"));
        self.send(method, &path, &headers, body).await
    }

    /// A tenant in a path is the house's own.
    fn marked(&self, path: &str) -> String {
        let tenants = ["/api/v1/auth/tenants/", "/api/v1/admin/tenants/"];
        let below = tenants.iter().find_map(|below| path.strip_prefix(below).map(|rest| (below, rest)));
        let Some((below, rest)) = below else { return path.to_owned() };
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (slug, rest) = rest.split_at(end);
        if self.mark.is_empty() || slug.ends_with(&self.mark) {
            path.to_owned()
        } else {
            format!("{below}{slug}-{}{rest}", self.mark)
        }
    }
}

/// The headers that sign a request (AWS Signature Version 4).
#[must_use]
pub fn signature(
    (key, secret): (&str, &str),
    at: Timestamp,
    (method, url): (&str, &str),
    body: &[u8],
) -> Vec<(String, String)> {
    let identity = Credentials::new(key, secret, None, None, "tests").into();
    let parameters = SigningParams::builder()
        .identity(&identity)
        .region("eu-central-1")
        .name("execute-api")
        .time(SystemTime::UNIX_EPOCH + Duration::from_secs(at.as_second().unsigned_abs()))
        .settings(SigningSettings::default())
        .build()
        .unwrap()
        .into();
    let request = SignableRequest::new(method, url, std::iter::empty(), SignableBody::Bytes(body)).unwrap();
    let (instructions, _) = sign(request, &parameters).unwrap().into_parts();
    let headers = instructions.headers();
    headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// A path of a tenant.
#[must_use]
pub fn below(slug: &str, path: &str) -> String {
    format!("/api/v1/auth/tenants/{slug}/{path}")
}

impl Answer {
    /// The `data` of a success; asking for it is the check that it was one.
    #[track_caller]
    pub fn data(&self) -> &Value {
        assert_eq!(self.status, 200, "{}", self.text);
        &self.body["data"]
    }

    /// Status and code of a problem.
    #[must_use]
    pub fn problem(&self) -> (u16, &str) {
        (self.status, self.body["code"].as_str().unwrap_or_default())
    }

    /// The places and kinds of a 422.
    #[must_use]
    pub fn faults(&self) -> Vec<(String, String)> {
        assert_eq!(self.status, 422, "{}", self.text);
        let mut faults: Vec<_> = self.body["detail"]
            .as_array()
            .unwrap()
            .iter()
            .map(|fault| {
                let place: Vec<_> = fault["loc"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|part| part.as_str().map_or_else(|| part.to_string(), str::to_owned))
                    .collect();
                (place.join("."), fault["type"].as_str().unwrap().to_owned())
            })
            .collect();
        faults.sort();
        faults
    }

    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Everything that is seen of it, to the byte: status, headers in their order, and body. Masked is what
    /// differs from one request to the next whoever asks: `Date`, the request id where it stands, the time, and the
    /// values at these JSON pointers, which are made afresh; and `Content-Length`, which is only said to be right.
    #[must_use]
    pub fn shown(&self, fresh: &[&str]) -> String {
        let mut shown = format!("{}\n", self.status);
        for (name, value) in &self.headers {
            let value = match name.as_str() {
                "date" | "apigw-requestid" => "·",
                "content-length" if value == &*self.text.len().to_string() => "right",
                _ => value.to_str().unwrap(),
            };
            shown.extend([name.as_str(), ": ", value, "\n"]);
        }
        let mut text = self.text.clone();
        for pointer in ["/request_id", "/meta/request_id", "/meta/timestamp"].iter().chain(fresh) {
            if let Some(value) = self.body.pointer(pointer).and_then(Value::as_str) {
                text = text.replace(&format!("\"{value}\""), "\"·\"");
            }
        }
        shown + &text
    }

    /// The value of a `Set-Cookie` whose name begins so, and its attributes.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<(String, String)> {
        self.headers.get_all("set-cookie").iter().find_map(|line| {
            let line = line.to_str().ok()?;
            let (pair, attributes) = line.split_once(';').unwrap_or((line, ""));
            let (found, _) = pair.split_once('=')?;
            found.starts_with(name).then(|| (pair.to_owned(), attributes.to_owned()))
        })
    }
}
