//! Requests that no client would write: bytes on a connection.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpSocket,
    time::Instant,
};

use crate::House;

/// What came back.
#[derive(Debug)]
pub struct Reply {
    /// 0 where the connection was closed without an answer.
    pub status: u16,
    /// The whole answer, its head among it.
    pub text: String,
    /// From the last byte that was sent to the last that came.
    pub took: Duration,
}

/// A request of HTTP/1.1 with these headers alone, but for its length and its end.
#[must_use]
pub fn request(line: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut head = format!("{line} HTTP/1.1\r\n");
    for (name, value) in headers {
        head.extend([name, ": ", value, "\r\n"]);
    }
    head.extend([&*format!("content-length: {}\r\n", body.len()), "connection: close\r\n\r\n"]);
    [head.as_bytes(), body].concat()
}

impl House {
    /// The gateway's `host:port`.
    #[must_use]
    pub fn authority(&self) -> &str {
        self.gateway().strip_prefix("http://").unwrap()
    }

    /// Sends bytes from an address of its own, and reads until the gateway closes.
    pub async fn raw(&self, from: Ipv4Addr, bytes: &[u8]) -> Reply {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::from((from, 0))).unwrap();
        let mut stream = socket.connect(self.authority().parse().unwrap()).await.unwrap();
        // Who refuses a request early may close before it has all of it, and is listened to all the same.
        let _ = stream.write_all(bytes).await;
        let sent = Instant::now();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        let text = String::from_utf8_lossy(&answer).into_owned();
        let status = text.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        Reply { status, text, took: sent.elapsed() }
    }
}
