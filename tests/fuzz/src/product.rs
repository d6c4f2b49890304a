//! The whole product with its database, in this process: what comes in as an event.

use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash, Hasher},
    net::{IpAddr, Ipv4Addr},
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use lambda_http::http::{HeaderMap, HeaderName, HeaderValue};
use latchkey::{
    administration::user::{NewPerson, create},
    domain::{Tenant, entropy::SystemEntropy},
    http::Code,
    runtime::{Function, World},
};
use local::gateway::{
    event::{Incoming, Stamp, event},
    iam::Signer,
    routes::{Matched, RouteTable},
};
use serde_json::Value;
use tests::{Client, House, PASSWORD, Person, factors::settings};
use tokio::runtime::Runtime;

use crate::first_line;

static PRODUCT: LazyLock<Mutex<Product>> = LazyLock::new(|| Mutex::new(Product::start()));

/// Where people sign in, and where administrators work: what they do to a tenant may end it.
const TENANTS: [&str; 2] = ["acme", "beta"];

struct Product {
    runtime: Runtime,
    house: House,
    tenant: Arc<Tenant>,
    functions: Vec<Arc<dyn Function>>,
    routes: RouteTable,
    ada: Ada,
}

/// Somebody who is signed in, at a network of her own.
struct Ada {
    person: Person,
    client: Client,
    access: String,
    refresh: String,
}

/// A request as text: its line, its headers, an empty line, its body. `ACCESS`, `REFRESH`, `USER` and `HANDLE` are
/// somebody's who has an account; the administrator's routes are called by one who may.
///
/// Whatever it says, the answer is no fault of ours, and says what it is.
pub fn requests(data: &[u8]) {
    let mut product = PRODUCT.lock().unwrap_or_else(PoisonError::into_inner);
    let data = product.filled(data);
    let (head, body) = halves(&data, b"\n\n");
    let (line, head) = first_line(head);
    let Some(request) = Line::of(line) else { return };
    let incoming = Incoming {
        method: &request.method,
        path: &request.path,
        query: &request.query,
        protocol: "HTTP/1.1",
        headers: &headers(head),
        body,
        peer: peer(&data),
    };
    product.ask(&incoming);
}

/// A function's name in the first line, and an event of API Gateway's after it, in whatever state.
pub fn events(data: &[u8]) {
    let (name, event) = first_line(data);
    let event =
        if name.starts_with(b"admin-") { replaced(event, TENANTS[0], TENANTS[1]) } else { event.to_vec() };
    let product = PRODUCT.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(function) = product.function(name).filter(|function| !function.routes().is_empty()) else {
        return;
    };
    // What is no event at all is a failed invocation.
    if let Ok(answer) = product.runtime.block_on(function.invoke(&event)) {
        sound(&answer);
    }
}

/// What a stream hands to the mail worker: every record is worked off.
pub fn streams(data: &[u8]) {
    if let Some(answer) = worked("mail-worker", data) {
        let failed = answer["batchItemFailures"].as_array();
        assert!(failed.is_none_or(Vec::is_empty), "not worked off: {answer}");
    }
}

/// What `EventBridge` tells of a mail: read, or dropped.
pub fn feedback(data: &[u8]) {
    let answer = worked("mail-feedback", data);
    assert_eq!(answer, Some(Value::Object(serde_json::Map::new())));
}

/// What the passkeys of a tenant are for.
pub(crate) fn tenant() -> Arc<Tenant> {
    Arc::clone(&PRODUCT.lock().unwrap_or_else(PoisonError::into_inner).tenant)
}

fn worked(name: &str, event: &[u8]) -> Option<Value> {
    let product = PRODUCT.lock().unwrap_or_else(PoisonError::into_inner);
    let function = product.function(name.as_bytes()).unwrap();
    let answer = product.runtime.block_on(function.invoke(event)).ok()?;
    Some(serde_json::from_slice(&answer).unwrap())
}

impl Product {
    fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (house, tenant, functions, ada) = runtime.block_on(async {
            // Nothing that a tenant can be set to asks anybody outside.
            let nobody = ["LATCHKEY_HIBP_URL", "LATCHKEY_CAPTCHA_URL"];
            let nobody = nobody.map(|name| (name.to_owned(), "http://127.0.0.1:1".to_owned()));
            let house = House::start_with(BTreeMap::from(nobody)).await;
            let [tenant, _] = futures::future::join_all(TENANTS.map(|name| {
                house.tenant(name, settings("optional", &["totp", "webauthn", "email", "backup_code"]))
            }))
            .await
            .try_into()
            .unwrap();
            let world = World::of(Arc::clone(&house.parts.clock), Arc::new(SystemEntropy::default()));
            let world = world.printing_to(Arc::new(|_: &str| {}));
            let functions = local::functions::mount(house.stack().environment(), world).await.unwrap();
            let ada = Ada::at(&house, &tenant, 0).await;
            (house, tenant, functions, ada)
        });
        let routes = RouteTable::of(&functions).unwrap();
        Self { runtime, house, tenant, functions, routes, ada }
    }

    fn function(&self, name: &[u8]) -> Option<&Arc<dyn Function>> {
        self.functions.iter().find(|function| function.name().as_bytes() == name)
    }

    fn ask(&mut self, incoming: &Incoming<'_>) {
        let Some(Matched { route_key, path_parameters, function }) =
            self.routes.find(incoming.method, incoming.path)
        else {
            return;
        };
        let signer = route_key.contains("/api/v1/admin/").then(|| Signer {
            access_key: "local-owner",
            arn: "arn:aws:iam::000000000000:user/local-owner".to_owned(),
        });
        let stamp = Stamp { request_id: "an-id".to_owned(), at: self.house.parts.clock.now() };
        let event = event(incoming, (&route_key, &path_parameters), signer.as_ref(), &stamp);
        let event = serde_json::to_string(&event).unwrap();
        let answer = self.runtime.block_on(function.invoke(event.as_bytes()));
        let status = sound(&answer.unwrap_or_else(|error| panic!("{route_key}: {error}: {event}")));
        let is_hers = incoming
            .headers
            .get("authorization")
            .is_some_and(|value| value.as_bytes().ends_with(self.ada.access.as_bytes()));
        // She may have been signed out, deleted or throttled.
        if is_hers && (incoming.method != "GET" && status < 300 || status == 401 || status == 429) {
            let seed = peer_number(event.as_bytes());
            self.ada = self.runtime.block_on(Ada::at(&self.house, &self.tenant, seed));
        }
    }

    /// With what only a running product can say.
    fn filled(&self, data: &[u8]) -> Vec<u8> {
        let mut data = data.to_vec();
        for (name, value) in
            [("ACCESS", &self.ada.access), ("REFRESH", &self.ada.refresh), ("USER", &self.ada.person.user_id)]
        {
            data = replaced(&data, name, value);
        }
        if data.windows(6).any(|part| part == b"HANDLE") {
            let login = self.runtime.block_on(self.ada.person.login(&self.ada.client));
            data = replaced(&data, "HANDLE", login.body["data"]["mfa_token"].as_str().unwrap_or_default());
        }
        data
    }
}

impl Ada {
    async fn at(house: &House, tenant: &Tenant, seed: u32) -> Self {
        let [_, b, c, d] = seed.to_be_bytes();
        let client = house.client_at(Ipv4Addr::new(127, b, c, d.max(2)));
        let email = format!("ada-{}@example.com", u64::from_be_bytes(house.parts.entropy.bytes()));
        let named = |name: &str| name.to_owned();
        let person = NewPerson {
            email: email.clone(),
            password: Some(named(PASSWORD)),
            first_name: named("Ada"),
            last_name: named("Lovelace"),
            verified: true,
        };
        let user_id = create(&house.by, tenant, person).await.unwrap().to_string();
        let person = Person { email, user_id, slug: tenant.slug.to_string() };
        let tokens = person.login(&client).await.data()["tokens"].clone();
        let [access, refresh] =
            ["access_token", "refresh_token"].map(|name| tokens[name].as_str().unwrap().to_owned());
        Self { person, client, access, refresh }
    }
}

struct Line {
    method: String,
    path: String,
    query: String,
}

impl Line {
    fn of(line: &[u8]) -> Option<Self> {
        let line = std::str::from_utf8(line).ok()?;
        let (method, target) = line.split_once(' ')?;
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        // Administrators work at their tenant, and people at theirs.
        let [people, administrators] = TENANTS.map(|name| format!("/tenants/{name}"));
        let path = if path.starts_with("/api/v1/admin") {
            path.replace(&people, &administrators)
        } else {
            path.replace(&administrators, &people)
        };
        Some(Self { method: method.to_owned(), path, query: query.to_owned() })
    }
}

fn headers(lines: &[u8]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in lines.split(|byte| *byte == b'\n') {
        let (name, value) = halves(line, b": ");
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value)) {
            let _ = headers.try_append(name, value);
        }
    }
    headers
}

/// An answer that is no fault, is written as its type says, and has what every answer has. Gives its status.
fn sound(answer: &[u8]) -> u64 {
    let answer: Value = serde_json::from_slice(answer).unwrap();
    let status = answer["statusCode"].as_u64().unwrap();
    assert!((200..500).contains(&status), "{answer}");
    let header = |name: &str| {
        let of = |headers: &str| answer[headers].as_object()?.get(name).cloned();
        of("headers").or_else(|| of("multiValueHeaders")?.get(0).cloned()).unwrap_or_default()
    };
    for name in ["cache-control", "referrer-policy", "strict-transport-security"] {
        assert!(header(name).is_string(), "{name}: {answer}");
    }
    let kind = header("content-type");
    let kind = kind.as_str().unwrap_or_default();
    let json = kind == "application/json" || kind == "application/problem+json";
    // A page says it in HTML.
    assert!(json || status < 400 || kind.starts_with("text/html"), "{answer}");
    if json {
        let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
        match status {
            422 => assert!(!body["detail"].as_array().unwrap().is_empty(), "{answer}"),
            400.. => {
                let code = Code::ALL.iter().find(|code| body["code"] == code.word()).unwrap();
                assert_eq!((u64::from(code.status()), body["status"].as_u64()), (status, Some(status)));
            }
            _ => assert!(body.is_object(), "{answer}"),
        }
    }
    status
}

/// Each input comes from a network of its own, the same each time, so that none is throttled for another.
fn peer(data: &[u8]) -> IpAddr {
    let [_, b, c, d] = peer_number(data).to_be_bytes();
    IpAddr::V4(Ipv4Addr::new(10, b, c, d))
}

fn peer_number(data: &[u8]) -> u32 {
    let mut hasher = DefaultHasher::new();
    data.hash(&mut hasher);
    u32::try_from(hasher.finish() >> 32).unwrap()
}

fn halves<'a>(data: &'a [u8], between: &[u8]) -> (&'a [u8], &'a [u8]) {
    match data.windows(between.len()).position(|part| part == between) {
        Some(at) => (&data[..at], &data[at + between.len()..]),
        None => (data, &[]),
    }
}

fn replaced(data: &[u8], name: &str, value: &str) -> Vec<u8> {
    let mut filled = Vec::with_capacity(data.len());
    let mut rest = data;
    while let Some(at) = rest.windows(name.len()).position(|part| part == name.as_bytes()) {
        filled.extend_from_slice(&rest[..at]);
        filled.extend_from_slice(value.as_bytes());
        rest = &rest[at + name.len()..];
    }
    filled.extend_from_slice(rest);
    filled
}
