//! HTTP/1.1 to the services that a function asks, by hyper: the SDK's own client brings HTTP/2, proxies and the
//! system's roots along, which are a tenth of a function.

use std::{error::Error, fmt, io, time::Duration};

use aws_smithy_runtime_api::client::{
    connection::{CaptureSmithyConnection, ConnectionMetadata},
    http::{HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn},
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
};
use aws_smithy_types::{body::SdkBody, retry::ErrorKind};
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::{
    client::legacy::{
        self, Client,
        connect::{CaptureConnection, Connect, HttpConnector as Tcp, capture_connection},
    },
    rt::{TokioExecutor, TokioTimer},
};
use rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs};

/// How long a call may take.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// To make a connection; the addresses that a name has share it.
    pub connect: Duration,
    /// One attempt, until its answer is read.
    pub attempt: Duration,
    /// All attempts together.
    pub operation: Duration,
}

impl Patience {
    const CONNECT: Duration = Duration::from_millis(500);
    /// A function's, beside DynamoDB: somebody waits.
    pub const FUNCTION: Self = Self {
        connect: Self::CONNECT,
        attempt: Duration::from_millis(700),
        operation: Duration::from_millis(2500),
    };
    /// A command line's, which may be on another continent.
    pub const FAR: Self = Self {
        connect: Duration::from_secs(5),
        attempt: Duration::from_secs(10),
        operation: Duration::from_secs(30),
    };

    /// A function's for what is tried once, and may take so long.
    #[must_use]
    pub const fn once(longest: Duration) -> Self {
        Self { connect: Self::CONNECT, attempt: longest, operation: longest }
    }
}

/// A connector to `url`, or to any address by TLS under these roots, which are read where there is TLS.
///
/// # Errors
/// When the roots do not read, or TLS cannot be set up.
pub fn connector(
    url: Option<&str>,
    patience: Patience,
    roots: impl FnOnce() -> Result<RootCertStore, String>,
) -> Result<SharedHttpConnector, String> {
    if url.is_some_and(|url| url.starts_with("http://")) {
        return Ok(plain_connector(patience));
    }
    let mut tcp = tcp(patience);
    tcp.enforce_http(false);
    let tls = ClientConfig::builder_with_provider(aws_lc_rs::default_provider().into())
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("TLS: {error}"))?
        .with_root_certificates(roots()?)
        .with_no_client_auth();
    let tls = HttpsConnectorBuilder::new().with_tls_config(tls).https_only().enable_http1();
    Ok(over(tls.wrap_connector(tcp), patience.attempt))
}

/// A connector to addresses without TLS: a stack's on this machine.
#[must_use]
pub fn plain_connector(patience: Patience) -> SharedHttpConnector {
    over(tcp(patience), patience.attempt)
}

/// What has the SDK call by one connector.
#[must_use]
pub fn http_client(connector: SharedHttpConnector) -> SharedHttpClient {
    http_client_fn(move |_, _| connector.clone())
}

fn tcp(patience: Patience) -> Tcp {
    let mut tcp = Tcp::new();
    tcp.set_connect_timeout(Some(patience.connect));
    tcp.set_nodelay(true);
    tcp
}

fn over<C: Connect + Clone + fmt::Debug + Send + Sync + 'static>(
    connect: C,
    read: Duration,
) -> SharedHttpConnector {
    let client = Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build(connect);
    SharedHttpConnector::new(Http1 { client, read })
}

#[derive(Debug)]
struct Http1<C> {
    client: Client<C, SdkBody>,
    read: Duration,
}

impl<C: Connect + Clone + fmt::Debug + Send + Sync + 'static> HttpConnector for Http1<C> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mut request = match request.try_into_http1x() {
            Ok(request) => request,
            Err(error) => return HttpConnectorFuture::ready(Err(ConnectorError::user(error.into()))),
        };
        let captured = capture_connection(&mut request);
        if let Some(capture) = request.extensions().get::<CaptureSmithyConnection>() {
            capture.set_connection_retriever(move || connection_of(captured.clone()));
        }
        let answer = tokio::time::timeout(self.read, self.client.request(request));
        HttpConnectorFuture::new(async move {
            match answer.await {
                Ok(Ok(answer)) => HttpResponse::try_from(answer.map(SdkBody::from_body_1_x))
                    .map_err(|error| ConnectorError::other(error.into(), None)),
                Ok(Err(error)) => Err(classified(error)),
                Err(error) => Err(ConnectorError::timeout(error.into())),
            }
        })
    }
}

/// By which the SDK has a connection given up whose server fails.
fn connection_of(captured: CaptureConnection) -> Option<ConnectionMetadata> {
    let is_proxied = captured.connection_metadata().as_ref()?.is_proxied();
    let poison = move || {
        if let Some(connection) = captured.connection_metadata().as_ref() {
            connection.poison();
        }
    };
    Some(ConnectionMetadata::builder().proxied(is_proxied).poison_fn(poison).build())
}

/// What the SDK tries again: a connection that was not made, or that ended before there was an answer.
fn classified(error: legacy::Error) -> ConnectorError {
    let hyper = find::<hyper::Error>(&error);
    let is_of = |what: fn(&hyper::Error) -> bool| hyper.is_some_and(what);
    if is_of(hyper::Error::is_timeout) {
        ConnectorError::timeout(error.into())
    } else if is_of(hyper::Error::is_user) {
        ConnectorError::user(error.into())
    } else if error.is_connect()
        || is_of(|error| error.is_closed() || error.is_canceled())
        || find::<io::Error>(&error).is_some()
    {
        ConnectorError::io(error.into())
    } else {
        let kind = is_of(hyper::Error::is_incomplete_message).then_some(ErrorKind::TransientError);
        ConnectorError::other(error.into(), kind)
    }
}

/// The first error of this type among an error's sources.
fn find<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    std::iter::successors(Some(error), |&error| error.source()).find_map(|error| error.downcast_ref())
}

#[cfg(test)]
mod tests;
