use std::{net::Ipv4Addr, sync::Arc};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;

use super::*;

const READ: Patience = Patience::once(Duration::from_millis(200));
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// A server that does this with its first connection, and where it is.
async fn served<F>(serve: impl FnOnce(TcpStream) -> F + Send + 'static) -> u16
where
    F: Future<Output = ()> + Send,
{
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move { serve(listener.accept().await.unwrap().0).await });
    port
}

async fn ask(connector: &SharedHttpConnector, url: String) -> Result<u16, ConnectorError> {
    connector.call(HttpRequest::get(url).unwrap()).await.map(|answer| answer.status().as_u16())
}

async fn answer<S: AsyncReadExt + AsyncWriteExt + Unpin>(mut stream: S) {
    let _ = stream.read(&mut [0; 1024]).await;
    let _ = stream.write_all(ANSWER).await;
    let _ = stream.shutdown().await;
}

#[tokio::test]
async fn what_may_be_tried_again_is_told_from_what_may_not() {
    let connector = plain_connector(READ);
    let port = served(answer).await;
    assert_eq!(ask(&connector, format!("http://127.0.0.1:{port}/")).await.unwrap(), 200);
    let nobody = ask(&connector, "http://127.0.0.1:1/".to_owned()).await.unwrap_err();
    assert!(nobody.is_io(), "{nobody:?}");
    let port = served(async |stream| {
        let mut stream = stream;
        let _ = stream.read(&mut [0; 1024]).await;
    })
    .await;
    let cut = ask(&connector, format!("http://127.0.0.1:{port}/")).await.unwrap_err();
    assert_eq!(cut.as_other(), Some(ErrorKind::TransientError), "{cut:?}");
    let port = served(async |stream| {
        let _kept = stream;
        std::future::pending::<()>().await;
    })
    .await;
    let late = ask(&connector, format!("http://127.0.0.1:{port}/")).await.unwrap_err();
    assert!(late.is_timeout(), "{late:?}");
}

/// Which connection each answer came by is its status: 201 for the first, 202 for the next.
#[tokio::test]
async fn a_connection_is_kept_until_it_is_given_up() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        for number in 1.. {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                while stream.read(&mut [0; 1024]).await.is_ok_and(|read| read > 0) {
                    let answer = format!("HTTP/1.1 20{number} OK\r\ncontent-length: 0\r\n\r\n");
                    stream.write_all(answer.as_bytes()).await.unwrap();
                }
            });
        }
    });
    let connector = plain_connector(READ);
    assert_eq!(ask(&connector, url.clone()).await.unwrap(), 201);
    let capture = CaptureSmithyConnection::new();
    let mut request = HttpRequest::get(url.clone()).unwrap();
    request.add_extension(capture.clone());
    assert_eq!(connector.call(request).await.unwrap().status().as_u16(), 201);
    capture.get().unwrap().poison();
    assert_eq!(ask(&connector, url).await.unwrap(), 202);
}

/// A server whose certificate, which signs itself, is for this name; and the certificate.
async fn by_tls(name: &str) -> (u16, CertificateDer<'static>) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(vec![name.to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(aws_lc_rs::default_provider().into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let port = served(async move |stream| {
        if let Ok(stream) = acceptor.accept(stream).await {
            answer(stream).await;
        }
    })
    .await;
    (port, cert.der().clone())
}

#[tokio::test]
async fn a_server_is_known_by_its_root_and_its_name() {
    let under = |root: CertificateDer<'static>| {
        let mut roots = RootCertStore::empty();
        roots.add(root).unwrap();
        connector(None, READ, || Ok(roots)).unwrap()
    };
    let url = |port| format!("https://localhost:{port}/");
    let (port, root) = by_tls("localhost").await;
    assert_eq!(ask(&under(root), url(port)).await.unwrap(), 200);
    let (port, _) = by_tls("localhost").await;
    let (_, another) = by_tls("localhost").await;
    assert!(ask(&under(another), url(port)).await.unwrap_err().is_io());
    let (port, root) = by_tls("elsewhere").await;
    assert!(ask(&under(root), url(port)).await.unwrap_err().is_io());
    // Nor is one asked without TLS where it is wanted.
    let (_, root) = by_tls("localhost").await;
    let port = served(answer).await;
    assert!(ask(&under(root), format!("http://localhost:{port}/")).await.unwrap_err().is_io());
}
