//! Lambda's Runtime API, for processes of real functions: each is handed one event after the other, and ended.

use std::{
    collections::{BTreeMap, HashMap},
    ffi::OsString,
    fs,
    net::Ipv4Addr,
    path::PathBuf,
    process::Stdio,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use latchkey::{http::Route, runtime::Function};
use tokio::{
    net::TcpListener,
    process::{Child, Command},
    sync::{Notify, mpsc, oneshot},
    task::JoinHandle,
    time::Instant,
};

/// What an answer may take, under valgrind as well.
const PATIENCE: Duration = Duration::from_mins(2);

/// A queue that several take from.
struct Queue<T> {
    into: mpsc::UnboundedSender<T>,
    out: tokio::sync::Mutex<mpsc::UnboundedReceiver<T>>,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        let (into, out) = mpsc::unbounded_channel();
        Self { into, out: tokio::sync::Mutex::new(out) }
    }
}

impl<T> Queue<T> {
    fn put(&self, one: T) {
        self.into.send(one).unwrap_or_else(|_| panic!("the queue is kept open"));
    }

    async fn take(&self) -> T {
        self.out.lock().await.recv().await.unwrap()
    }
}

type Answered = Result<Bytes, String>;

/// What a process is told and has told.
#[derive(Default)]
struct Api {
    events: Queue<(String, Bytes)>,
    answers: Mutex<HashMap<String, oneshot::Sender<Answered>>>,
    asked: Mutex<Option<Instant>>,
    ready: Notify,
    next_id: AtomicU64,
}

/// A function's own binary, running as Lambda runs it.
pub struct Process {
    child: Child,
    api: Arc<Api>,
    /// From its start to its first question for an event.
    pub ready_after: Duration,
    serving: JoinHandle<()>,
}

/// The binary of a function, beside that of this test.
#[must_use]
pub fn binary(function: &str) -> PathBuf {
    let here = std::env::current_exe().unwrap();
    let beside = |step: usize| here.ancestors().nth(step).unwrap().join(function);
    // A test is one folder deeper than a binary.
    let binary = [1, 2].map(beside).into_iter().find(|path| path.is_file());
    binary.unwrap_or_else(|| panic!("{function} is not built"))
}

/// The most memory that a process has had, in KiB: `VmHWM`.
#[must_use]
pub fn peak(process: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    peak.trim().trim_end_matches(" kB").parse().unwrap()
}

impl Process {
    /// Starts a command, of which the last word is a function's binary, and waits until it asks for an event.
    pub async fn start(command: &[OsString], environment: &BTreeMap<String, String>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let api = Arc::new(Api::default());
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(answered))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(failed))
            .with_state(Arc::clone(&api));
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let began = Instant::now();
        let mut child = Command::new(&command[0])
            .args(&command[1..])
            .env_clear()
            .envs(environment)
            .envs([
                ("AWS_LAMBDA_RUNTIME_API", address.to_string().as_str()),
                // Lambda's are about as long, and signed with each call.
                ("AWS_SESSION_TOKEN", "IQoJb3JpZ2luX2Vj".repeat(64).as_str()),
                ("AWS_LAMBDA_FUNCTION_NAME", "function"),
                ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
                ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1769"),
                ("RUST_LOG", "error"),
            ])
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        tokio::select! {
            () = api.ready.notified() => {}
            status = child.wait() => panic!("{command:?} ended by itself: {status:?}"),
        }
        let asked = api.asked.lock().unwrap().unwrap();
        Self { child, api, ready_after: asked - began, serving }
    }

    /// Hands it an event; gives the answer.
    ///
    /// # Errors
    /// What the function reports.
    pub async fn invoke(&self, event: Bytes) -> Answered {
        let id = self.api.next_id.fetch_add(1, Ordering::Relaxed).to_string();
        let (sender, receiver) = oneshot::channel();
        self.api.answers.lock().unwrap().insert(id.clone(), sender);
        self.api.events.put((id, event));
        tokio::time::timeout(PATIENCE, receiver).await.unwrap().unwrap()
    }

    fn id(&self) -> u32 {
        self.child.id().unwrap()
    }

    /// Ends it by a signal, which what watches it may see and write down what it saw.
    pub async fn stop(mut self) {
        let id = self.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().await.unwrap().success());
        self.child.wait().await.unwrap();
        self.serving.abort();
    }
}

async fn next(State(api): State<Arc<Api>>) -> Response {
    api.asked.lock().unwrap().get_or_insert_with(Instant::now);
    api.ready.notify_one();
    let (id, event) = api.events.take().await;
    let headers = [
        ("lambda-runtime-aws-request-id", id.as_str()),
        ("lambda-runtime-deadline-ms", "4102444800000"),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:eu-central-1:000000000000:function:function"),
        ("content-type", "application/json"),
    ];
    (headers, event).into_response()
}

async fn answered(State(api): State<Arc<Api>>, Path(id): Path<String>, body: Bytes) -> StatusCode {
    api.end(&id, Ok(body))
}

async fn failed(State(api): State<Arc<Api>>, Path(id): Path<String>, body: Bytes) -> StatusCode {
    api.end(&id, Err(String::from_utf8_lossy(&body).into_owned()))
}

impl Api {
    fn end(&self, id: &str, answer: Answered) -> StatusCode {
        let waits = self.answers.lock().unwrap().remove(id).unwrap();
        // Nobody may wait any more.
        let _ = waits.send(answer);
        StatusCode::ACCEPTED
    }
}

/// A function of which some processes run, each with one event at a time.
pub struct Fleet {
    function: Arc<dyn Function>,
    free: Queue<Process>,
    count: usize,
}

impl Fleet {
    pub async fn start(
        function: Arc<dyn Function>,
        count: usize,
        command: &[OsString],
        environment: &BTreeMap<String, String>,
    ) -> Self {
        let free = Queue::default();
        for _ in 0..count {
            free.put(Process::start(command, environment).await);
        }
        Self { function, free, count }
    }

    /// The id of one that is free.
    pub async fn id(&self) -> u32 {
        let process = self.free.take().await;
        let id = process.id();
        self.free.put(process);
        id
    }

    /// Ends all of them, once they have answered; gives the most memory that each has had, in KiB.
    pub async fn stop(&self) -> Vec<f64> {
        let mut peaks = Vec::new();
        for _ in 0..self.count {
            let process = self.free.take().await;
            peaks.push(peak(process.id()));
            process.stop().await;
        }
        peaks
    }
}

#[async_trait]
impl Function for Fleet {
    fn name(&self) -> &'static str {
        self.function.name()
    }

    fn routes(&self) -> &'static [Route] {
        self.function.routes()
    }

    async fn invoke(&self, event: &[u8]) -> Result<Vec<u8>, String> {
        let process = self.free.take().await;
        let answer = process.invoke(Bytes::copy_from_slice(event)).await;
        self.free.put(process);
        answer.map(Into::into)
    }
}
