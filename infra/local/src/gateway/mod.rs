//! API Gateway's HTTP API: a request → an event (payload format 2.0) → the function → its answer.

mod answer;
pub mod event;
pub mod iam;
pub mod routes;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request, State},
    http::{HeaderValue, StatusCode, header::CONTENT_TYPE},
    response::Response,
    serve::ListenerExt,
};
use base64::{Engine, prelude::BASE64_URL_SAFE};
use latchkey::domain::{Clock, Entropy};
use tokio::net::TcpListener;

use self::{
    event::{Incoming, Stamp, event},
    iam::Iam,
    routes::{Matched, RouteTable},
};
use crate::{invoke::invoke, serving::Tasks};

/// API Gateway's limit of a request's body, in bytes.
const MAX_BODY: usize = 10 * 1024 * 1024;
/// Lambda's quota of an event, in bytes; none is smaller than its request's body.
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
const MAX_EVENT: usize = 6 * 1024 * 1024;
/// How long API Gateway waits for a function.
const PATIENCE: Duration = Duration::from_secs(30);

/// The gateway.
pub struct Gateway {
    pub(crate) routes: RouteTable,
    pub(crate) iam: Iam,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
}

impl Gateway {
    /// Serves on `listener` until the stack ends.
    pub(crate) fn serve(self, tasks: &mut Tasks, listener: TcpListener) {
        let listener = listener.tap_io(|stream| {
            // Without it a small answer can wait for an acknowledgement; a failure costs only time.
            let _ = stream.set_nodelay(true);
        });
        let service = Router::new()
            .fallback(handle)
            .with_state(Arc::new(self))
            .into_make_service_with_connect_info::<SocketAddr>();
        let serving = axum::serve(listener, service).with_graceful_shutdown(tasks.stopping());
        tasks.run(async move {
            if let Err(error) = serving.await {
                tracing::error!(%error, "the gateway ended");
            }
        });
    }

    fn stamp(&self) -> Stamp {
        Stamp { request_id: BASE64_URL_SAFE.encode(self.entropy.bytes::<11>()), at: self.clock.now() }
    }

    async fn answer(&self, peer: SocketAddr, request: Request, stamp: &Stamp) -> Response {
        let (head, body) = request.into_parts();
        let Some(matched) = self.routes.find(head.method.as_str(), head.uri.path()) else {
            return says(StatusCode::NOT_FOUND, "Not Found");
        };
        let body = axum::body::to_bytes(body, MAX_BODY).await;
        let Some(body) = body.ok().filter(|body| body.len() <= MAX_EVENT) else {
            return says(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large");
        };
        let incoming = Incoming {
            method: head.method.as_str(),
            path: head.uri.path(),
            query: head.uri.query().unwrap_or_default(),
            protocol: &format!("{:?}", head.version),
            headers: &head.headers,
            body: &body,
            peer: peer.ip(),
        };
        let Matched { route_key, path_parameters, function } = matched;
        let signer = match self.iam.admit(&route_key, &incoming, stamp.at) {
            Ok(signer) => signer,
            Err(error) => {
                tracing::info!(%error, "a call of a guarded route is refused");
                return says(StatusCode::FORBIDDEN, "Forbidden");
            }
        };
        let event = event(&incoming, (&route_key, &path_parameters), signer.as_ref(), stamp);
        match tokio::time::timeout(PATIENCE, invoke(function, &event)).await {
            Ok(Ok(answered)) => answer::response(&answered).unwrap_or_else(|error| {
                tracing::error!(function = function.name(), %error, "an answer that API Gateway refuses");
                says(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
            }),
            Ok(Err(error)) => {
                tracing::error!(function = function.name(), error, "an invocation failed");
                says(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
            }
            Err(_) => {
                tracing::error!(function = function.name(), "an invocation took too long");
                says(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable")
            }
        }
    }
}

async fn handle(
    State(gateway): State<Arc<Gateway>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let stamp = gateway.stamp();
    let mut response = gateway.answer(peer, request, &stamp).await;
    if let Ok(request_id) = HeaderValue::from_str(&stamp.request_id) {
        response.headers_mut().insert("apigw-requestid", request_id);
    }
    response
}

/// An answer of API Gateway itself.
fn says(status: StatusCode, message: &str) -> Response {
    let mut response = Response::new(Body::from(serde_json::json!({ "message": message }).to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

#[cfg(test)]
mod tests;
