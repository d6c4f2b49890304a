//! The one log line of a request. Never a body, a query, an address or a token; of the headers only the id that
//! X-Ray gave.

use super::{Problem, Request};
use crate::domain::TenantSlug;

/// What is told of a request once it is answered.
pub(super) struct LogLine<'a> {
    endpoint: &'static str,
    request: &'a Request,
    status: u16,
    problem: Option<&'a Problem>,
    milliseconds: i64,
}

impl<'a> LogLine<'a> {
    pub(super) fn of(
        endpoint: &'static str,
        request: &'a Request,
        (status, problem): (u16, Option<&'a Problem>),
        answered_at: jiff::Timestamp,
    ) -> Self {
        let milliseconds = answered_at.as_millisecond() - request.at.as_millisecond();
        Self { endpoint, request, status, problem, milliseconds }
    }

    /// Fields that are `None` are not in the line.
    pub(super) fn write(&self) {
        let Self { endpoint, status, milliseconds, .. } = *self;
        let slug = self.request.parameter("tenant_slug").and_then(|slug| TenantSlug::parse(slug).ok());
        let tenant = slug.as_ref().map(TenantSlug::as_str);
        let request = self.request.id.as_str();
        let code = self.problem.map_or("", |problem| problem.code.word());
        let trace = self.request.header("x-amzn-trace-id").and_then(root);
        match self.problem.and_then(|problem| problem.cause.as_deref()) {
            Some(cause) if status >= 500 => {
                let outcome = "failed";
                tracing::error!(tenant, endpoint, request, status, code, outcome, cause, milliseconds, trace);
            }
            _ => {
                let outcome = outcome(status);
                tracing::info!(tenant, endpoint, request, status, code, outcome, milliseconds, trace);
            }
        }
    }
}

fn outcome(status: u16) -> &'static str {
    match status {
        500.. => "failed",
        400.. => "refused",
        _ => "ok",
    }
}

/// The root of an X-Ray tracing header, `Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1`. A caller can send
/// the header as well, so nothing of another shape is written down.
fn root(header: &str) -> Option<&str> {
    let id = header.split(';').find_map(|part| part.trim().strip_prefix("Root="))?;
    let (time, random) = id.strip_prefix("1-")?.split_once('-')?;
    let is_hex = |text: &str, digits| text.len() == digits && text.bytes().all(|b| b.is_ascii_hexdigit());
    (is_hex(time, 8) && is_hex(random, 24)).then_some(id)
}

#[cfg(test)]
mod tests {
    use std::{
        io::Write,
        sync::{Arc, Mutex},
    };

    use serde_json::{Value, json};

    use super::*;
    use crate::http::Code;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    const TRACE: &str = "1-5759e988-bd862e3fe1be46a994272793";

    fn request(slug: &str, trace: &str) -> Request {
        let event = json!({
            "version": "2.0", "routeKey": "POST /t/{tenant_slug}/login", "rawPath": format!("/t/{slug}/login"),
            "rawQueryString": "email=ada@example.com", "body": "{\"password\":\"secret\"}", "isBase64Encoded": false,
            "headers": { "x-amzn-trace-id": trace, "authorization": "Bearer secret", "content-type": "application/json" },
            "pathParameters": { "tenant_slug": slug },
            "requestContext": {
                "accountId": "1", "apiId": "a", "domainName": "d", "domainPrefix": "d", "requestId": "req-1",
                "routeKey": "POST /t/{tenant_slug}/login", "stage": "$default", "time": "", "timeEpoch": 0,
                "http": {
                    "method": "POST", "path": format!("/t/{slug}/login"), "protocol": "HTTP/1.1",
                    "sourceIp": "203.0.113.7", "userAgent": "agent",
                },
            },
        });
        let event = lambda_http::request::from_str(&event.to_string()).unwrap();
        Request::of(event, jiff::Timestamp::from_millisecond(1_000).unwrap(), None)
    }

    fn written(request: &Request, answer: (u16, Option<&Problem>)) -> Value {
        let written = Written::default();
        let sink = written.clone();
        let subscriber = tracing_subscriber::fmt()
            .json()
            .flatten_event(true)
            .without_time()
            .with_target(false)
            .with_writer(move || sink.clone())
            .finish();
        let at = jiff::Timestamp::from_millisecond(1_042).unwrap();
        tracing::subscriber::with_default(subscriber, || LogLine::of("login", request, answer, at).write());
        let bytes = written.0.lock().unwrap().clone();
        serde_json::from_slice(&bytes).unwrap()
    }

    #[test]
    fn says_what_became_of_a_request_and_nothing_of_what_it_held() {
        let header = format!("Self=1-0-0;Root={TRACE};Parent=53995c3f42cd8ad8;Sampled=1");
        let request = request("acme", &header);
        let line = |status, code, outcome| {
            json!({
                "level": "INFO", "tenant": "acme", "endpoint": "login", "request": "req-1", "status": status,
                "code": code, "outcome": outcome, "milliseconds": 42, "trace": TRACE,
            })
        };
        assert_eq!(written(&request, (200, None)), line(200, "", "ok"));
        let refused = Problem::too_many(3);
        assert_eq!(written(&request, (429, Some(&refused))), line(429, "too_many_attempts", "refused"));
        let mut failed = line(500, "internal", "failed");
        failed["level"] = "ERROR".into();
        failed["cause"] = "why".into();
        assert_eq!(written(&request, (500, Some(&Problem::internal("why")))), failed);
        let without_cause = Problem::from(Code::Unavailable);
        assert_eq!(written(&request, (503, Some(&without_cause))), line(503, "unavailable", "failed"));
    }

    #[test]
    fn a_slug_that_is_none_and_a_trace_of_another_shape_are_left_out() {
        let written = written(&request("ada@example.com", "Root=1-secret"), (404, None));
        assert_eq!((written.get("tenant"), written.get("trace")), (None, None));
        for header in [
            "",
            TRACE,
            "Root=",
            "Root=2-5759e988-bd862e3fe1be46a994272793",
            "Root=1-5759e98-bd862e3fe1be46a994272793",
            "Root=1-5759e988-bd862e3fe1be46a99427279g",
            "Root=1-5759e988-bd862e3fe1be46a994272793-1",
            "Parent=1-5759e988-bd862e3fe1be46a994272793",
        ] {
            assert_eq!(root(header), None, "{header}");
        }
        assert_eq!(root(&format!("Sampled=1; Root={TRACE}")), Some(TRACE));
    }
}
