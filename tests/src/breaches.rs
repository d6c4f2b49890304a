//! A server of breached passwords by range: the outside service.

use std::sync::{Arc, Mutex};

use aws_lc_rs::digest;
use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    routing::get,
};
use latchkey::domain::hex;

pub struct Breaches {
    pub url: String,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    passwords: Mutex<Vec<String>>,
    /// Whether it answers at all, and with what status.
    status: Mutex<Option<u16>>,
    /// The prefixes that it was asked for, and whether it was to pad.
    asked: Mutex<Vec<(String, bool)>>,
}

impl Breaches {
    /// One that knows these passwords.
    pub async fn start(passwords: &[&str]) -> Self {
        let shared = Arc::new(Shared::default());
        *shared.passwords.lock().unwrap() = passwords.iter().map(|password| (*password).to_owned()).collect();
        *shared.status.lock().unwrap() = Some(200);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let routes = Router::new().route("/range/{prefix}", get(range)).with_state(Arc::clone(&shared));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { url, shared }
    }

    /// From now on it answers with this status; without one, not at all.
    pub fn answers(&self, status: Option<u16>) {
        *self.shared.status.lock().unwrap() = status;
    }

    /// What it was asked for since it was asked this last.
    #[must_use]
    pub fn asked(&self) -> Vec<(String, bool)> {
        std::mem::take(&mut *self.shared.asked.lock().unwrap())
    }
}

/// The SHA-1 of a password as the ranges have it.
#[must_use]
pub fn sha1(password: &str) -> String {
    let hash = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes());
    hex(hash.as_ref()).to_ascii_uppercase()
}

async fn range(
    State(shared): State<Arc<Shared>>,
    Path(prefix): Path<String>,
    headers: HeaderMap,
) -> (StatusCode, String) {
    let padded = headers.get("add-padding").is_some_and(|value| value == "true");
    shared.asked.lock().unwrap().push((prefix.clone(), padded));
    let status = *shared.status.lock().unwrap();
    let Some(status) = status else { return std::future::pending().await };
    let mut lines = vec![format!("{}:0", "0".repeat(35))];
    for password in shared.passwords.lock().unwrap().iter() {
        if let Some(rest) = sha1(password).strip_prefix(&prefix) {
            lines.push(format!("{rest}:42"));
        }
    }
    (StatusCode::from_u16(status).unwrap(), lines.join("\r\n"))
}
