//! A request, as an endpoint sees it.

use std::collections::HashMap;

use http::{HeaderMap, Method, header};
use jiff::Timestamp;
use lambda_http::{Body, RequestExt, request::RequestContext};

use super::{
    form::Form,
    problem::{Code, Problem},
};
use crate::domain::{ClientAddress, session::Origin};

/// A body may have so many bytes.
pub const MOST_BODY_BYTES: usize = 64 * 1024;

/// A request with everything an endpoint may look at, taken out of the event once.
#[derive(Debug, Clone)]
pub struct Request {
    /// API Gateway's request id.
    pub id: String,
    pub at: Timestamp,
    pub method: Method,
    pub path: String,
    pub from: ClientAddress,
    /// The ARN of the IAM identity that signed it, where the route asks for a signature.
    pub signer: Option<String>,
    /// Not through CloudFront, where all have to come through it.
    beside_the_edge: bool,
    parameters: HashMap<String, String>,
    query: Vec<(String, String)>,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Request {
    /// Takes an event apart. With `edge_secret`, every request has to come through CloudFront, which
    /// alone knows it, and the viewer's address is what CloudFront says. While the secret is changed
    /// there are two, with a comma between.
    #[must_use]
    pub fn of(event: lambda_http::Request, at: Timestamp, edge_secret: Option<&str>) -> Self {
        let (id, source, signer) = match event.request_context_ref() {
            Some(RequestContext::ApiGatewayV2(context)) => {
                let signer = context.authorizer.as_ref().and_then(|authorizer| authorizer.iam.as_ref());
                let signer = signer.and_then(|iam| iam.user_arn.clone());
                (context.request_id.clone(), context.http.source_ip.clone(), signer)
            }
            Some(RequestContext::ApiGatewayV1(context)) => {
                let identity = &context.identity;
                (context.request_id.clone(), identity.source_ip.clone(), identity.user_arn.clone())
            }
            _ => (None, None, None),
        };
        let parameters = pairs(&event.path_parameters()).collect();
        let query = pairs(&event.query_string_parameters()).collect();
        let path = event.raw_http_path().to_owned();
        let (parts, body) = event.into_parts();
        let body = match body {
            Body::Text(text) => text.into_bytes(),
            Body::Binary(bytes) => bytes,
            _ => Vec::new(),
        };
        let from_edge = edge_secret.map(|secrets| is_from_edge(&parts.headers, secrets));
        let viewer = if from_edge == Some(true) { viewer(&parts.headers) } else { None };
        Self {
            id: id.unwrap_or_default(),
            at,
            method: parts.method,
            path,
            from: viewer
                .or_else(|| source.and_then(|source| source.parse().ok()))
                .unwrap_or(ClientAddress::UNKNOWN),
            signer,
            beside_the_edge: from_edge == Some(false),
            parameters,
            query,
            headers: parts.headers,
            body,
        }
    }

    /// Whether an endpoint should look at it at all; decided before any work. What an IAM identity has signed need not
    /// come through the edge, which would not keep the signature.
    ///
    /// # Errors
    /// 403 for one that did not come through the edge, 413 for a body that is too large, 415 for one
    /// that is not JSON.
    pub fn check(&self) -> Result<(), Problem> {
        if self.beside_the_edge && self.signer.is_none() {
            return Err(Code::EdgeRequired.into());
        }
        if self.body.len() > MOST_BODY_BYTES {
            return Err(Code::BodyTooLarge.into());
        }
        if !self.body.is_empty() && self.header(header::CONTENT_TYPE.as_str()).is_some_and(foreign) {
            return Err(Code::UnsupportedMediaType.into());
        }
        Ok(())
    }

    /// A parameter of the path, decoded.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str)
    }

    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as a form.
    ///
    /// # Errors
    /// 422 where it is not a JSON object.
    pub fn form(&self) -> Result<Form, Problem> {
        Form::of_body(&self.body)
    }

    /// The query as a form.
    #[must_use]
    pub fn query(&self) -> Form {
        Form::of_query(self.query.iter().cloned())
    }

    /// The query and, for what it does not say, the body, if there is one.
    ///
    /// # Errors
    /// 422 where there is a body that is not a JSON object.
    pub fn query_or_form(&self) -> Result<Form, Problem> {
        if self.body.is_empty() { Ok(self.query()) } else { Ok(self.query().or(self.form()?)) }
    }

    /// The token of `Authorization: Bearer …` (RFC 6750 §2.1); another scheme is a bad token.
    #[must_use]
    pub fn bearer(&self) -> Option<&str> {
        let value = self.headers.get(header::AUTHORIZATION)?.to_str().unwrap_or_default();
        match value.split_at_checked(7) {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer ") => Some(token.trim()),
            _ => Some(""),
        }
    }

    /// The value of a cookie; the first of two with one name.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok()).find_map(|line| {
            cookie::Cookie::split_parse(line)
                .flatten()
                .find(|cookie| cookie.name() == name)
                .map(|cookie| cookie.value().to_owned())
        })
    }

    #[must_use]
    pub fn is_json(&self) -> bool {
        self.header(header::CONTENT_TYPE.as_str()).is_some_and(|kind| !foreign(kind))
    }

    /// Where it came from, for the owner of an account to recognise.
    #[must_use]
    pub fn origin(&self) -> Origin {
        let agent = self.header(header::USER_AGENT.as_str()).unwrap_or_default();
        Origin { network: self.from.network(), agent: agent.chars().take(200).collect() }
    }
}

fn pairs(
    map: &lambda_http::aws_lambda_events::query_map::QueryMap,
) -> impl Iterator<Item = (String, String)> {
    map.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect::<Vec<_>>().into_iter()
}

/// A content type that is present and is not JSON.
fn foreign(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind != "application/json" && !(kind.starts_with("application/") && kind.ends_with("+json"))
}

fn is_from_edge(headers: &HeaderMap, secrets: &str) -> bool {
    use subtle::ConstantTimeEq;
    let shown = headers.get("x-latchkey-edge").map(http::HeaderValue::as_bytes).unwrap_or_default();
    secrets.split(',').any(|secret| !secret.is_empty() && bool::from(shown.ct_eq(secret.as_bytes())))
}

fn viewer(headers: &HeaderMap) -> Option<ClientAddress> {
    // `address:port`, an IPv6 address without brackets.
    let viewer = headers.get("cloudfront-viewer-address")?.to_str().ok()?;
    viewer.rsplit_once(':')?.0.trim_matches(['[', ']']).parse().ok()
}
