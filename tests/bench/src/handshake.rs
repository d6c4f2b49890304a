//! The first TLS handshake of a process, by the connector that the functions reach AWS with.

use std::{fs, net::Ipv4Addr, path::Path, sync::Arc, time::Duration};

use anyhow::{Context, anyhow, ensure};
use aws_smithy_runtime_api::client::{http::HttpConnector, orchestrator::HttpRequest};
use axum::{Router, body::Body, http::Request};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use latchkey::runtime::{Patience, connector};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::{
    RootCertStore, ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use tests::callgrind;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

use crate::Figure;

const GOAL: f64 = 4.0;
const FLOOR: f64 = 2.4;

/// What the child does: makes the connector, and shakes hands so often, which is once or not at all.
///
/// # Errors
/// When nobody answers.
pub async fn run(times: u32, url: &str, root: &Path) -> anyhow::Result<()> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(root)?)?;
    let connector = connector(None, Patience::once(Duration::from_mins(1)), || Ok(roots))
        .map_err(|fault| anyhow!(fault))?;
    for _ in 0..times {
        let answer = connector.call(HttpRequest::get(url)?).await.map_err(|fault| anyhow!("{fault:?}"))?;
        ensure!(answer.status().is_success(), "{:?}", answer.status());
    }
    Ok(())
}

/// # Errors
/// When valgrind does not count.
pub async fn measure() -> anyhow::Result<Vec<Figure>> {
    let directory = tempfile::tempdir()?;
    let root = directory.path().join("root.pem");
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(vec!["localhost".to_owned()])?;
    fs::write(&root, cert.pem())?;
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).map_err(anyhow::Error::msg)?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let url = format!("https://localhost:{}/", listener.local_addr()?.port());
    let serving = tokio::spawn(serve(listener, TlsAcceptor::from(Arc::new(config))));
    let root = root.to_str().context("a path")?;
    let mut counted = Vec::new();
    for times in ["0", "1"] {
        counted.push(callgrind::of(&std::env::current_exe()?, &["handshake", times, &url, root]).await);
    }
    serving.abort();
    Ok(vec![
        Figure::new("first TLS handshake, with a request", "M instructions", counted[1] - counted[0])
            .over(FLOOR)
            .at_most(GOAL),
    ])
}

async fn serve(listener: TcpListener, acceptor: TlsAcceptor) -> anyhow::Result<()> {
    let router: Router = Router::new().fallback(async || "here");
    loop {
        let (stream, _) = listener.accept().await?;
        let stream = acceptor.accept(stream).await?;
        let router = router.clone();
        let service =
            service_fn(move |request: Request<Incoming>| router.clone().oneshot(request.map(Body::new)));
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}
