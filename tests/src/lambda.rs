//! Lambda's Runtime API, for one process of a real function: it is handed events one after the other, and ended.

use std::{
    collections::{BTreeMap, VecDeque},
    ffi::OsString,
    net::Ipv4Addr,
    path::PathBuf,
    process::Stdio,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::Value;
use tokio::{net::TcpListener, process::Command, sync::Notify};

/// What a process still gets, and what it has answered.
#[derive(Default)]
struct Work {
    events: Mutex<VecDeque<Value>>,
    answers: Mutex<Vec<Value>>,
    done: Notify,
}

/// The binary of a function, beside that of this test.
#[must_use]
pub fn binary(function: &str) -> PathBuf {
    let here = std::env::current_exe().unwrap();
    let binary = here.ancestors().nth(2).unwrap().join(function);
    assert!(binary.is_file(), "{function} is not built");
    binary
}

/// Runs a command, of which the last word is a function's binary, until it has answered every event.
/// Gives its answers.
pub async fn run(
    command: &[OsString],
    environment: &BTreeMap<String, String>,
    events: Vec<Value>,
) -> Vec<Value> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let work = Arc::new(Work { events: Mutex::new(events.into()), ..Work::default() });
    let router = Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
        .with_state(Arc::clone(&work));
    let serving = tokio::spawn(async move { axum::serve(listener, router).await });
    let mut process = Command::new(&command[0])
        .args(&command[1..])
        .env_clear()
        .envs(environment)
        .envs([
            ("AWS_LAMBDA_RUNTIME_API", address.to_string().as_str()),
            ("AWS_LAMBDA_FUNCTION_NAME", "function"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1769"),
            ("RUST_LOG", "error"),
        ])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    tokio::select! {
        () = work.done.notified() => {}
        status = process.wait() => panic!("the function ended by itself: {status:?}"),
    }
    // A signal, which what watches it may see and write down what it saw.
    let id = process.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().await.unwrap().success());
    process.wait().await.unwrap();
    serving.abort();
    std::mem::take(&mut *work.answers.lock().unwrap())
}

async fn next(State(work): State<Arc<Work>>) -> Response {
    let event = work.events.lock().unwrap().pop_front();
    let Some(event) = event else {
        work.done.notify_one();
        return std::future::pending().await;
    };
    let id = work.events.lock().unwrap().len().to_string();
    let headers = [
        ("lambda-runtime-aws-request-id", id.as_str()),
        ("lambda-runtime-deadline-ms", "4102444800000"),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:eu-central-1:000000000000:function:function"),
        ("content-type", "application/json"),
    ];
    (headers, event.to_string()).into_response()
}

async fn response(State(work): State<Arc<Work>>, body: Bytes) -> StatusCode {
    work.answers.lock().unwrap().push(serde_json::from_slice(&body).unwrap());
    StatusCode::ACCEPTED
}
