//! Answers.

use http::{HeaderMap, HeaderName, HeaderValue, header};
use lambda_http::Body;
use serde::Serialize;
use serde_json::json;

use super::Request;

/// An answer, before the headers that every answer carries.
#[derive(Debug, Clone)]
pub struct Response {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Body,
}

impl Response {
    /// `{"data": …, "meta": {"request_id", "timestamp"}}`.
    #[must_use]
    pub fn data(request: &Request, data: &impl Serialize) -> Self {
        let meta = json!({ "request_id": request.id, "timestamp": request.at.to_string() });
        Self::json(200, &json!({ "data": data, "meta": meta }))
    }

    /// A document as it is.
    #[must_use]
    pub fn json(status: u16, document: &impl Serialize) -> Self {
        // A value of our own types always serialises.
        let body = serde_json::to_string(document).unwrap_or_default();
        Self::text(status, "application/json", body)
    }

    /// A text of a media type.
    #[must_use]
    pub fn text(status: u16, kind: &str, text: String) -> Self {
        Self::new(status, Body::Text(text)).with_header(header::CONTENT_TYPE, kind)
    }

    /// A file of a media type.
    #[must_use]
    pub fn file(kind: &str, bytes: Vec<u8>) -> Self {
        Self::new(200, Body::Binary(bytes)).with_header(header::CONTENT_TYPE, kind)
    }

    /// An answer without a body.
    #[must_use]
    pub fn empty(status: u16) -> Self {
        Self::new(status, Body::Empty)
    }

    fn new(status: u16, body: Body) -> Self {
        Self { status, headers: HeaderMap::new(), body }
    }

    /// Sets a header; a value that HTTP does not carry is left out.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }

    /// Adds a cookie.
    #[must_use]
    pub fn with_cookie(mut self, cookie: &cookie::Cookie<'_>) -> Self {
        if let Ok(value) = HeaderValue::from_str(&cookie.to_string()) {
            self.headers.append(header::SET_COOKIE, value);
        }
        self
    }

    /// What every answer carries: nothing is stored, sniffed, framed or told on. A page has a policy of its own.
    #[must_use]
    pub fn hardened(mut self) -> Self {
        for (name, value) in [
            (header::CACHE_CONTROL, "no-store"),
            (header::REFERRER_POLICY, "no-referrer"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
            (header::STRICT_TRANSPORT_SECURITY, "max-age=63072000; includeSubDomains"),
        ] {
            self.headers.entry(name).or_insert(HeaderValue::from_static(value));
        }
        self
    }
}
