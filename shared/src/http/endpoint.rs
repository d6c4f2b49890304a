//! An endpoint, and the one way from an event to its answer.

use std::sync::Arc;

use async_trait::async_trait;
use http::Method;
use lambda_http::Body;
use lambda_runtime::{Context, LambdaEvent};
use tower::Service;

use super::{Problem, Request, Response, Route, cookies, cors, describe::Operation, event, log::LogLine};
use crate::{
    keys::Purpose,
    metrics::Metric,
    runtime::{Function, Parts},
};

/// What one function answers. It is run by Lambda and mounted in process alike.
#[async_trait]
pub trait Endpoint: Send + Sync + Sized + 'static {
    /// The function's name: its package's, its binary's and its logical id's.
    const NAME: &'static str;
    const ROUTES: &'static [Route];
    /// The data keys it is given; it has no other.
    const KEYS: &'static [Purpose];
    /// Whether it hashes passwords, and so wants memory for that.
    const HASHES: bool = false;

    fn new(parts: Parts) -> Self;

    /// What the OpenAPI document says of each route, in the order of [`ROUTES`](Self::ROUTES).
    fn describe() -> Vec<Operation>;

    /// # Errors
    /// A [`Problem`], which becomes the answer.
    async fn call(&self, request: &Request) -> Result<Response, Problem>;
}

/// An endpoint with what surrounds it: CORS, problems, headers, the log line, the metrics.
pub struct Served<E> {
    endpoint: E,
    parts: Parts,
}

impl<E: Endpoint> Served<E> {
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self { endpoint: E::new(parts.clone()), parts }
    }

    /// Answers one HTTP event.
    pub async fn answer(&self, event: lambda_http::Request) -> http::Response<Body> {
        let request = Request::of(event, self.parts.clock.now(), self.parts.edge_secret.as_deref());
        let tenant = self.parts.tenants.to_share_with(&request).await;
        if request.method == Method::OPTIONS {
            return finish(cors::preflight(&request, E::ROUTES, tenant.as_deref()));
        }
        let answered = match request.check() {
            Ok(()) => self.endpoint.call(&request).await,
            Err(problem) => Err(problem),
        };
        let (response, problem) = match answered {
            Ok(response) => (response, None),
            Err(problem) => (problem.response(&request.id), Some(problem)),
        };
        let response = cors::answer(response, &request, tenant.as_deref());
        let response = cookies::only_for_own_pages(response, &self.parts, &request, tenant.as_deref());
        let outcome = (response.status, problem.as_ref());
        LogLine::of(E::NAME, &request, outcome, self.parts.clock.now()).write();
        self.meter(response.status);
        finish(response)
    }

    fn meter(&self, status: u16) {
        match status {
            429 => self.parts.meters.count(Metric::TooManyAttempts),
            500.. => self.parts.meters.count(Metric::Faults),
            _ => {}
        }
        self.parts.meters.print();
    }
}

fn finish(response: Response) -> http::Response<Body> {
    let Response { status, headers, body } = response.hardened();
    let mut answer = http::Response::new(body);
    *answer.status_mut() =
        http::StatusCode::from_u16(status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    *answer.headers_mut() = headers;
    answer
}

/// Mounted in process: the event and the answer pass through JSON as they do on Lambda.
#[async_trait]
impl<E: Endpoint> Function for Arc<Served<E>> {
    fn name(&self) -> &'static str {
        E::NAME
    }

    fn routes(&self) -> &'static [Route] {
        E::ROUTES
    }

    async fn invoke(&self, event: &[u8]) -> Result<Vec<u8>, String> {
        let payload: event::Event = serde_json::from_slice(event).map_err(|error| error.to_string())?;
        let served = Self::clone(self);
        let mut service = event::service(move |event| {
            let served = Arc::clone(&served);
            async move { served.answer(event).await }
        });
        let answer = service
            .call(LambdaEvent::new(payload, Context::default()))
            .await
            .map_err(|error: std::convert::Infallible| error.to_string())?;
        serde_json::to_vec(&answer).map_err(|error| error.to_string())
    }
}
