//! Captchas: somebody who solves one, and a provider that says so.

use std::sync::{Arc, Mutex};

use aws_lc_rs::digest;
use axum::{
    Router,
    extract::{Path, State},
    http::StatusCode,
    routing::post,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

use crate::Client;

/// A solved challenge of a tenant's, as ALTCHA's widget sends it.
pub async fn solved(client: &Client, slug: &str) -> String {
    token(&solution(&client.get(slug, "captcha").await.body))
}

/// What solves a challenge.
#[must_use]
pub fn solution(challenge: &Value) -> Value {
    let salt = challenge["salt"].as_str().unwrap();
    let wanted = challenge["challenge"].as_str().unwrap();
    let most = challenge["maxnumber"].as_u64().unwrap();
    // Bytes are compared, for the tests are not optimised.
    let bytes: Vec<u8> =
        (0..32).map(|at| u8::from_str_radix(&wanted[2 * at..2 * at + 2], 16).unwrap()).collect();
    let solves = |number: &u64| {
        digest::digest(&digest::SHA256, format!("{salt}{number}").as_bytes()).as_ref() == bytes
    };
    let number = (0..=most).find(solves).unwrap();
    json!({
        "algorithm": challenge["algorithm"], "challenge": wanted, "number": number, "salt": salt,
        "signature": challenge["signature"], "took": 42,
    })
}

#[must_use]
pub fn token(solution: &Value) -> String {
    BASE64_STANDARD.encode(solution.to_string())
}

/// A server that speaks `siteverify`: the outside service. What it answers, the test says.
pub struct Provider {
    pub url: String,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    answer: Mutex<Value>,
    /// The forms that it was sent, with the provider's name.
    asked: Mutex<Vec<(String, String)>>,
}

impl Provider {
    pub async fn start() -> Self {
        let shared = Arc::new(Shared::default());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let routes =
            Router::new().route("/{provider}/siteverify", post(verify)).with_state(Arc::clone(&shared));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { url, shared }
    }

    /// From now on it answers so; null is a 500, a string is sent as it is, false is no answer at all.
    pub fn answers(&self, answer: Value) {
        *self.shared.answer.lock().unwrap() = answer;
    }

    /// What it was sent since it was asked this last.
    #[must_use]
    pub fn asked(&self) -> Vec<(String, String)> {
        std::mem::take(&mut *self.shared.asked.lock().unwrap())
    }
}

async fn verify(
    State(shared): State<Arc<Shared>>,
    Path(provider): Path<String>,
    form: String,
) -> (StatusCode, String) {
    shared.asked.lock().unwrap().push((provider, form));
    let answer = shared.answer.lock().unwrap().clone();
    match answer {
        Value::Null => (StatusCode::INTERNAL_SERVER_ERROR, String::new()),
        Value::Bool(_) => std::future::pending().await,
        Value::String(text) => (StatusCode::OK, text),
        verdict => (StatusCode::OK, verdict.to_string()),
    }
}
