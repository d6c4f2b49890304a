//! From an event to an answer, as Lambda and this process run it alike.

use std::{collections::BTreeMap, convert::Infallible, future::ready, pin::Pin};

use base64::{Engine, prelude::BASE64_STANDARD};
use http::header;
use lambda_http::{Body, IntoResponse, aws_lambda_events::apigw, request::LambdaRequest, service_fn};
use lambda_runtime::LambdaEvent;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error, value::MapDeserializer},
};
use serde_json::value::{RawValue, to_raw_value};
use tower::{Service, util::MapRequest};

use super::request::MOST_BODY_BYTES;

/// A body is as large in an event only if it is refused for its size: escaped, one that is taken has up to six times its
/// bytes.
const LARGE: usize = 8 * MOST_BODY_BYTES;

/// What no URI holds (RFC 3986 §3.4): `lambda_http` makes one of the query, and panics where it cannot.
const NOT_IN_A_QUERY: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>').add(b'`');

/// The service that Lambda's runtime runs.
pub(crate) fn service<F, A>(
    answer: F,
) -> impl Service<LambdaEvent<Event>, Response = impl Serialize + Send + 'static, Error = Infallible, Future: Send>
+ Send
where
    F: Fn(lambda_http::Request) -> A + Send + 'static,
    A: Future<Output = http::Response<Body>> + Send + 'static,
{
    let adapter = lambda_http::Adapter::from(service_fn(move |event| {
        let answering = answer(event);
        async move { Ok::<_, Infallible>(Answer(answering.await)) }
    }));
    MapRequest::new(adapter, |event: LambdaEvent<Event>| {
        let (Event(event), context) = event.into_parts();
        LambdaEvent::new(sound(event), context)
    })
}

/// An answer whose body says itself whether it is text. For one that does not `lambda_http` decodes it by its content type,
/// with 0.2 MB of tables for every encoding there is.
struct Answer(http::Response<Body>);

impl IntoResponse for Answer {
    fn into_response(self) -> Pin<Box<dyn Future<Output = http::Response<Body>> + Send>> {
        Box::pin(ready(self.0))
    }
}

/// An event of API Gateway, of either version.
pub(crate) struct Event(LambdaRequest);

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Borrowed: to copy megabytes takes milliseconds of the fifty that a refusal has.
        let mut fields: BTreeMap<String, &RawValue> =
            BTreeMap::<String, &'de RawValue>::deserialize(deserializer)?;
        let too_large;
        if fields.get("body").is_some_and(|body| body.get().len() > LARGE) {
            // One in its place that is refused for its size as well: to read megabytes of escapes takes longer than a
            // refusal may.
            too_large = to_raw_value(&" ".repeat(MOST_BODY_BYTES + 1)).map_err(D::Error::custom)?;
            fields.insert("body".to_owned(), &too_large);
            fields.insert("isBase64Encoded".to_owned(), RawValue::FALSE);
        }
        request(&fields).map(Self).map_err(D::Error::custom)
    }
}

/// Of the version that the event says; a REST API's says none. `lambda_http` by itself would try each in turn.
fn request(fields: &BTreeMap<String, &RawValue>) -> serde_json::Result<LambdaRequest> {
    let event = MapDeserializer::new(fields.iter().map(|(name, value)| (name.as_str(), *value)));
    match fields.get("version").map(|version| version.get()) {
        Some("\"2.0\"") => Deserialize::deserialize(event).map(LambdaRequest::ApiGatewayV2),
        _ => Deserialize::deserialize(event).map(LambdaRequest::ApiGatewayV1),
    }
}

/// The event without what `lambda_http` panics at: a panic ends the process, and whoever caused it would have the next
/// request pay for a cold start.
fn sound(mut event: LambdaRequest) -> LambdaRequest {
    match &mut event {
        LambdaRequest::ApiGatewayV2(event) => {
            readable(&mut event.body, event.is_base64_encoded);
            event.headers.remove(header::HOST);
            event.request_context.domain_name = None;
            if let Some(query) = &mut event.raw_query_string {
                *query = utf8_percent_encode(query, NOT_IN_A_QUERY).to_string();
            }
        }
        LambdaRequest::ApiGatewayV1(event) => {
            readable(&mut event.body, event.is_base64_encoded);
            nowhere(event);
        }
        _ => {}
    }
    event
}

/// Nothing here asks where a request was sent to, and not every `Host` is part of a URL.
fn nowhere(event: &mut apigw::ApiGatewayProxyRequest) {
    event.headers.remove(header::HOST);
    event.multi_value_headers.remove(header::HOST);
    event.request_context.domain_name = None;
}

/// A body that is called base64 and is not says nothing.
fn readable(body: &mut Option<String>, is_base64_encoded: bool) {
    if is_base64_encoded && body.as_ref().is_some_and(|body| BASE64_STANDARD.decode(body).is_err()) {
        *body = None;
    }
}
