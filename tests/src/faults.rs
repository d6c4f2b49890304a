//! A bad day for what the functions stand on: proxies before DynamoDB and SES that throttle, delay, lose answers
//! and cut connections, by script or by a seeded schedule; and a function's death at any of its calls.

use std::{
    collections::{BTreeMap, VecDeque},
    convert::Infallible,
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    body::{Body, Bytes, to_bytes},
    http::{HeaderValue, Request, Response, StatusCode, header, request::Parts},
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpListener;

use crate::mortal::{Life, Side};

/// How often each fault comes, from 0 to 1.
#[derive(Debug, Clone, Copy, Default)]
pub struct Weather {
    /// The same seed is the same schedule.
    pub seed: u64,
    /// Any call: refused as too many.
    pub throttled: f64,
    /// A transaction: it met another.
    pub conflicting: f64,
    /// A write: made, and its answer never comes.
    pub lost: f64,
    /// Any call: the connection ends before anything is done.
    pub cut: f64,
    /// Any call: later, by up to so long.
    pub late: Duration,
}

/// The proxies, to be told what goes wrong.
pub struct Faults {
    pub(crate) life: Arc<Life>,
    dynamodb: Arc<Proxy>,
    ses: Arc<Proxy>,
}

impl Faults {
    /// Proxies for a DynamoDB and an SES at these ports, which need not be there yet.
    pub(crate) async fn start(dynamodb: SocketAddr, ses: SocketAddr) -> Self {
        let life = Arc::new(Life::default());
        Self {
            dynamodb: Proxy::start(dynamodb, Arc::clone(&life)).await,
            ses: Proxy::start(ses, Arc::clone(&life)).await,
            life,
        }
    }

    /// The variables that make functions use them.
    #[must_use]
    pub fn variables(&self) -> BTreeMap<String, String> {
        BTreeMap::from([
            ("AWS_ENDPOINT_URL_DYNAMODB".to_owned(), self.dynamodb.url.clone()),
            ("AWS_ENDPOINT_URL_SESV2".to_owned(), self.ses.url.clone()),
        ])
    }

    /// Answers every call as a DynamoDB that is out, or passes them on again.
    pub fn break_off(&self, broken: bool) {
        self.dynamodb.broken.store(broken, Ordering::Relaxed);
    }

    /// Has the next transactions meet another, after those whose answers are lost.
    pub fn conflict(&self, times: usize) {
        self.dynamodb.conflicts.store(times, Ordering::Relaxed);
    }

    /// Has the next transactions made, and their answers lost.
    pub fn lose(&self, times: usize) {
        self.dynamodb.lost.store(times, Ordering::Relaxed);
    }

    /// Has the next so many writes of whole items refused as too many.
    pub fn throttle_puts(&self, times: usize) {
        self.dynamodb.throttled_puts.store(times, Ordering::Relaxed);
    }

    /// Has the next so many reads of one item refused as too many.
    pub fn throttle_gets(&self, times: usize) {
        self.dynamodb.throttled_gets.store(times, Ordering::Relaxed);
    }

    /// Has the next so many reads of several items done for the first of them alone.
    pub fn leave_unprocessed(&self, times: usize) {
        self.dynamodb.unprocessed.store(times, Ordering::Relaxed);
    }

    /// What becomes of the next changes of an item, in order: `.` is answered, `l` is made and its answer lost, `t` is
    /// refused as too many.
    pub fn changes(&self, fates: &str) {
        let fates = fates.chars().map(|fate| match fate {
            'l' => Fate::Lost,
            't' => Fate::Throttled,
            _ => Fate::Answered,
        });
        *self.dynamodb.changes.lock().unwrap() = fates.collect();
    }

    /// From now on DynamoDB has this weather.
    pub fn set(&self, weather: Weather) {
        let dice = fastrand::Rng::with_seed(weather.seed);
        *self.dynamodb.weather.lock().unwrap() = Some((weather, dice));
    }

    /// The weather clears. How many calls of DynamoDB came to harm.
    pub fn clear(&self) -> usize {
        *self.dynamodb.weather.lock().unwrap() = None;
        self.dynamodb.harmed.swap(0, Ordering::Relaxed)
    }

    /// Functions die at their call number `call`, from 0, of DynamoDB or SES: as it leaves, or once it is answered.
    pub fn kill_at(&self, call: usize, side: Side) {
        self.life.is_to_end(call, side);
    }

    /// Functions live again. Whether they had died.
    #[must_use]
    pub fn revive(&self) -> bool {
        self.life.begin()
    }
}

struct Proxy {
    url: String,
    upstream: String,
    client: reqwest::Client,
    life: Arc<Life>,
    broken: AtomicBool,
    conflicts: AtomicUsize,
    lost: AtomicUsize,
    throttled_puts: AtomicUsize,
    throttled_gets: AtomicUsize,
    unprocessed: AtomicUsize,
    changes: Mutex<VecDeque<Fate>>,
    weather: Mutex<Option<(Weather, fastrand::Rng)>>,
    harmed: AtomicUsize,
}

/// What becomes of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Answered,
    Out,
    Throttled,
    Unprocessed,
    Conflicting,
    Lost,
    Cut,
}

impl Proxy {
    async fn start(upstream: SocketAddr, life: Arc<Life>) -> Arc<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let proxy = Arc::new(Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            upstream: format!("http://{upstream}"),
            client: reqwest::Client::new(),
            life,
            broken: AtomicBool::new(false),
            conflicts: AtomicUsize::new(0),
            lost: AtomicUsize::new(0),
            throttled_puts: AtomicUsize::new(0),
            throttled_gets: AtomicUsize::new(0),
            unprocessed: AtomicUsize::new(0),
            changes: Mutex::default(),
            weather: Mutex::new(None),
            harmed: AtomicUsize::new(0),
        });
        tokio::spawn(Arc::clone(&proxy).serve(listener));
        proxy
    }

    /// By hyper itself: an error of its service ends the connection without an answer.
    async fn serve(self: Arc<Self>, listener: TcpListener) -> Infallible {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            stream.set_nodelay(true).unwrap();
            let proxy = Arc::clone(&self);
            let service = service_fn(move |request| {
                let proxy = Arc::clone(&proxy);
                async move { proxy.answer(request).await }
            });
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    }

    async fn answer(&self, request: Request<Incoming>) -> io::Result<Response<Body>> {
        match self.life.call() {
            None => {}
            Some(Side::Before) => return cut(),
            Some(Side::After) => {
                let _ = self.pass_on(request).await;
                self.life.end();
                return cut();
            }
        }
        let (fate, wait) = self.fate(&operation(&request));
        if fate != Fate::Answered {
            self.harmed.fetch_add(1, Ordering::Relaxed);
        }
        tokio::time::sleep(wait).await;
        match fate {
            Fate::Answered => self.pass_on(request).await,
            Fate::Out => Ok(refusal(StatusCode::INTERNAL_SERVER_ERROR, OUT)),
            Fate::Throttled => Ok(refusal(StatusCode::BAD_REQUEST, THROTTLED)),
            Fate::Unprocessed => self.pass_on_the_first(request).await,
            Fate::Conflicting => Ok(refusal(StatusCode::BAD_REQUEST, CONFLICT)),
            Fate::Lost => {
                let _ = self.pass_on(request).await;
                cut()
            }
            Fate::Cut => cut(),
        }
    }

    /// What is scripted goes before the weather.
    fn fate(&self, operation: &str) -> (Fate, Duration) {
        let fewer = |left: usize| left.checked_sub(1);
        let due =
            |count: &AtomicUsize| count.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fewer).is_ok();
        let is_transaction = operation == "TransactWriteItems";
        if self.broken.load(Ordering::Relaxed) {
            return (Fate::Out, Duration::ZERO);
        }
        if is_transaction && due(&self.lost) {
            return (Fate::Lost, Duration::ZERO);
        }
        if is_transaction && due(&self.conflicts) {
            return (Fate::Conflicting, Duration::ZERO);
        }
        if operation == "PutItem" && due(&self.throttled_puts) {
            return (Fate::Throttled, Duration::ZERO);
        }
        if operation == "GetItem" && due(&self.throttled_gets) {
            return (Fate::Throttled, Duration::ZERO);
        }
        if operation == "BatchGetItem" && due(&self.unprocessed) {
            return (Fate::Unprocessed, Duration::ZERO);
        }
        if operation == "UpdateItem"
            && let Some(fate) = self.changes.lock().unwrap().pop_front()
        {
            return (fate, Duration::ZERO);
        }
        let mut weather = self.weather.lock().unwrap();
        let Some((weather, dice)) = weather.as_mut() else { return (Fate::Answered, Duration::ZERO) };
        let is_write =
            is_transaction || ["PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"].contains(&operation);
        // Each is drawn at every call, so that one fault's odds do not move another's.
        let drawn = [
            (Fate::Throttled, weather.throttled, true),
            (Fate::Conflicting, weather.conflicting, is_transaction),
            (Fate::Lost, weather.lost, is_write),
            (Fate::Cut, weather.cut, true),
        ]
        .map(|(fate, odds, applies)| (fate, dice.f64() < odds && applies));
        let wait = weather.late.mul_f64(dice.f64());
        let fate = drawn.into_iter().find(|(_, hit)| *hit).map_or(Fate::Answered, |(fate, _)| fate);
        (fate, wait)
    }

    /// Of the keys that are asked for in one call.
    async fn pass_on_the_first(&self, request: Request<Incoming>) -> io::Result<Response<Body>> {
        let (head, body) = request.into_parts();
        let body = to_bytes(Body::new(body), usize::MAX).await.map_err(io::Error::other)?;
        let mut asked: Value = serde_json::from_slice(&body)?;
        let mut left = asked["RequestItems"].clone();
        for (table, wanted) in asked["RequestItems"].as_object_mut().into_iter().flatten() {
            wanted["Keys"].as_array_mut().unwrap().truncate(1);
            left[table]["Keys"].as_array_mut().unwrap().remove(0);
        }
        let (head, body) = self.send(head, asked.to_string().into()).await?.into_parts();
        let body = to_bytes(body, usize::MAX).await.map_err(io::Error::other)?;
        let mut answer: Value = serde_json::from_slice(&body)?;
        answer["UnprocessedKeys"] = left;
        Ok(Response::from_parts(head, answer.to_string().into()))
    }

    async fn pass_on(&self, request: Request<Incoming>) -> io::Result<Response<Body>> {
        let (head, body) = request.into_parts();
        let body = to_bytes(Body::new(body), usize::MAX).await.map_err(io::Error::other)?;
        self.send(head, body).await
    }

    async fn send(&self, head: Parts, body: Bytes) -> io::Result<Response<Body>> {
        let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
        let mut headers = head.headers;
        headers.remove(header::HOST);
        headers.remove(header::CONTENT_LENGTH);
        let url = format!("{}{path}", self.upstream);
        let asked = self.client.request(head.method, url).headers(headers).body(body).send();
        let answer = asked.await.map_err(io::Error::other)?;
        let mut response = Response::builder().status(answer.status());
        if let Some(kind) = answer.headers().get(header::CONTENT_TYPE) {
            response = response.header(header::CONTENT_TYPE, kind);
        }
        let bytes = answer.bytes().await.map_err(io::Error::other)?;
        response.body(bytes.into()).map_err(io::Error::other)
    }
}

/// `DynamoDB_20120810.PutItem` is `PutItem`; SES has none.
fn operation(request: &Request<Incoming>) -> String {
    let target = request.headers().get("x-amz-target").and_then(|value| value.to_str().ok());
    target.and_then(|target| target.rsplit('.').next()).unwrap_or_default().to_owned()
}

fn cut() -> io::Result<Response<Body>> {
    Err(io::ErrorKind::ConnectionAborted.into())
}

fn refusal(status: StatusCode, body: &'static str) -> Response<Body> {
    let mut response = Response::new(Bytes::from_static(body.as_bytes()).into());
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/x-amz-json-1.0");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

/// As DynamoDB answers when it is out, when there is too much, and when a transaction meets another.
const OUT: &str = r#"{"__type":"InternalServerError"}"#;
const THROTTLED: &str =
    r#"{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException","message":"Rate exceeded"}"#;
const CONFLICT: &str =
    r#"{"__type":"TransactionCanceledException","CancellationReasons":[{"Code":"TransactionConflict"}]}"#;
