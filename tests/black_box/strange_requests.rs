//! Row 23: what is too large, or no honest JSON, is refused at once, and without a hash.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    net::Ipv4Addr,
    time::Duration,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use tests::{House, raw, scale, signature};
use tokio::time::Instant;

const FROM: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
/// How soon each is refused, as [`fair`] has it.
pub const LIMIT: Duration = Duration::from_millis(50);
/// A hash of this cost takes longer than an answer may: whatever is answered in time has not hashed.
const DEAR: &str = "32768,16,1";
/// What `events/` calls by POST or PATCH and looks at no body: there it is refused only for its size or its type.
const BODILESS: [&str; 15] = [
    "/api/v1/auth/tenants/{tenant_slug}/logout",
    "/api/v1/auth/tenants/{tenant_slug}/passkey/begin",
    "/api/v1/me/mfa/backup-codes/regenerate",
    "/api/v1/me/mfa/email/disable",
    "/api/v1/me/mfa/email/enable",
    "/api/v1/me/mfa/totp/enroll",
    "/api/v1/me/mfa/webauthn/register/begin",
    "/api/v1/admin/tenants/{tenant_slug}/resume",
    "/api/v1/admin/tenants/{tenant_slug}/revoke-all",
    "/api/v1/admin/tenants/{tenant_slug}/suspend",
    "/api/v1/admin/tenants/{tenant_slug}/users/{user_id}/invite",
    "/api/v1/admin/tenants/{tenant_slug}/users/{user_id}/reset-mfa",
    "/api/v1/admin/tenants/{tenant_slug}/users/{user_id}/resume",
    "/api/v1/admin/tenants/{tenant_slug}/users/{user_id}/revoke-sessions",
    "/api/v1/admin/tenants/{tenant_slug}/users/{user_id}/suspend",
];

/// A call of `events/` that may have a body.
pub struct Call {
    /// Such as `POST /api/v1/me/email`.
    pub key: String,
    pub path: String,
    pub event: Value,
}

impl Call {
    pub fn route(&self) -> &str {
        self.key.split_once(' ').unwrap().1
    }

    /// Whether a body is looked at.
    pub fn has_body(&self) -> bool {
        !BODILESS.contains(&self.route())
    }
}

/// All of them, in this version of the payload's format.
pub fn calls(version: &str) -> Vec<Call> {
    let mut calls = Vec::new();
    for file in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../events")).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let event: Value = serde_json::from_str(&text).unwrap();
        let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
        let (key, path) = match version {
            "1.0" => (format!("{} {}", text("httpMethod"), text("resource")), text("path")),
            _ => (text("routeKey"), text("rawPath")),
        };
        if event["version"] == version && key.starts_with('P') {
            calls.push(Call { key, path, event });
        }
    }
    calls.sort_by(|one, other| one.key.cmp(&other.key));
    calls
}

/// A strange request: its name, the headers that it has beside the usual, and its body.
struct Strange {
    name: &'static str,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

impl Strange {
    /// What it is to be refused with.
    fn status(&self) -> u16 {
        match () {
            () if self.body.len() > 64 * 1024 => 413,
            () if !self.headers.is_empty() => 415,
            () => 422,
        }
    }

    /// How soon. Unoptimised, this machine's gateway and what reads an event take longer for some megabytes, without
    /// any doing of ours.
    fn limit(&self) -> Duration {
        if cfg!(debug_assertions) && self.is_of_megabytes() { Duration::MAX } else { LIMIT }
    }

    fn is_of_megabytes(&self) -> bool {
        self.body.len() > 1_000_000
    }
}

/// JSON that begins like an honest body, so that nothing but what is strange can be at fault.
fn beside(honest: &str, strange: &str) -> Vec<u8> {
    let rest = honest.trim_start().trim_start_matches('{');
    let comma = if rest.trim_start().starts_with('}') { "" } else { "," };
    format!("{{{strange}{comma}{rest}").into_bytes()
}

/// Up to 64 KiB; `honest` is a body that the endpoint would take.
fn small(honest: &str) -> Vec<Strange> {
    let bytes = honest.as_bytes();
    let deep = |open: &str, close: &str| format!("\"x\":{}0{}", open.repeat(5000), close.repeat(5000));
    let utf16: Vec<u8> = honest.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let in_json = |name, strange: &str| (name, beside(honest, strange));
    let json = [
        in_json("5,000 lists deep", &deep("[", "]")),
        in_json("5,000 objects deep", &deep("{\"x\":", "}")),
        in_json("a key twice", "\"x\":1,\"x\":1"),
        in_json("a key twice, once escaped", "\"x\":1,\"\\u0078\":1"),
        in_json("a key twice, further in", "\"x\":[{\"y\":{\"z\":1,\"z\":2}}]"),
        in_json("5,000 keys, one twice", &keys(5000, true)),
        in_json("a lone high surrogate", "\"x\":\"\\ud800\""),
        in_json("a lone low surrogate", "\"x\":\"\\udfff\""),
        in_json("surrogates in the wrong order", "\"x\":\"\\udc00\\ud800\""),
        in_json("a lone surrogate in a key", "\"\\ud800\":1"),
        in_json("1e400", "\"x\":1e400"),
        in_json("-1e400", "\"x\":-1e400"),
        in_json("10,000 digits and an exponent", &format!("\"x\":{}e999", "9".repeat(10_000))),
        in_json("NaN", "\"x\":NaN"),
        in_json("Infinity", "\"x\":Infinity"),
        in_json("a hexadecimal number", "\"x\":0x1"),
        in_json("a leading zero", "\"x\":01"),
        in_json("a comment", "/* x */"),
        in_json("single quotes", "'x':1"),
        in_json("a line break in a text", "\"x\":\"\n\""),
        in_json("NUL in a text", "\"x\":\"\0\""),
        in_json("a bad escape", "\"x\":\"\\x41\""),
        ("a byte order mark", [b"\xef\xbb\xbf", bytes].concat()),
        ("NUL before it", [b"\0", bytes].concat()),
        ("NUL after it", [bytes, b"\0"].concat()),
        ("two documents", [bytes, bytes].concat()),
        ("cut off", bytes[..bytes.len() - 1].to_vec()),
        ("an overlong NUL", replaced(honest, b"\xc0\x80")),
        ("an overlong slash", replaced(honest, b"\xe0\x80\xaf")),
        ("a surrogate in UTF-8", replaced(honest, b"\xed\xa0\x80")),
        ("beyond Unicode", replaced(honest, b"\xf4\x90\x80\x80")),
        ("Latin-1", replaced(honest, b"\xe9")),
        ("half a character", [bytes, b"\xe2\x82"].concat()),
        ("a list", format!("[{honest}]").into_bytes()),
        ("a text", b"\"x\"".to_vec()),
        ("a number", b"1".to_vec()),
        ("null", b"null".to_vec()),
        ("blanks", vec![b' '; 60_000]),
        ("brackets", vec![b'['; 60_000]),
        ("base64 of it", BASE64_STANDARD.encode(bytes).into_bytes()),
        ("UTF-16", utf16.clone()),
    ];
    let mut all: Vec<_> =
        json.into_iter().map(|(name, body)| Strange { name, headers: Vec::new(), body }).collect();
    let typed = |name, kind: &str, body: &[u8]| Strange {
        name,
        headers: vec![("content-type", kind.to_owned())],
        body: body.to_vec(),
    };
    all.push(typed("a form", "application/x-www-form-urlencoded", b"email=a%40b.test&password=x"));
    all.push(typed("a form's parts", "multipart/form-data; boundary=x", b"--x\r\n\r\nx\r\n--x--"));
    all.push(typed("JSON as text", "text/plain", bytes));
    all.push(typed("JSON as nothing", "", bytes));
    all.push(typed("a long type", &format!("x/{}", "y".repeat(8000)), bytes));
    all
}

/// Over 64 KiB: looked at by nobody, and over 6 MiB no function's event either.
fn large() -> Vec<Strange> {
    let of = |name, body| Strange { name, headers: Vec::new(), body };
    vec![
        of("10 MB", format!("{{\"x\":\"{}\"}}", "x".repeat(10_000_000)).into_bytes()),
        of("100,000 lists deep", format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)).into_bytes()),
        of("1,000,000 keys", format!("{{{}}}", keys(1_000_000, false)).into_bytes()),
        of("6 MB", format!("{{\"x\":\"{}\"}}", "x".repeat(6_000_000)).into_bytes()),
        of("500,000 keys", format!("{{{}}}", keys(500_000, false)).into_bytes()),
        of("one byte too many", vec![b' '; 64 * 1024 + 1]),
    ]
}

fn keys(count: usize, is_last_twice: bool) -> String {
    let mut keys = String::new();
    for key in 0..count {
        let _ = write!(keys, "\"{key:x}\":0,");
    }
    keys + if is_last_twice { "\"0\":0" } else { "\"x\":0" }
}

/// An honest body with these bytes in a text.
fn replaced(honest: &str, bytes: &[u8]) -> Vec<u8> {
    let whole = beside(honest, "\"x\":\"?\"");
    let at = whole.iter().position(|byte| *byte == b'?').unwrap();
    [&whole[..at], bytes, &whole[at + 1..]].concat()
}

/// What is in a request beside its body: what lets it in.
fn headers(house: &House, token: &str, call: &Call, strange: &Strange) -> Vec<(String, String)> {
    let own = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let mut headers = vec![own("host", house.authority())];
    if call.path.starts_with("/api/v1/me") {
        headers.push(own("authorization", &format!("Bearer {token}")));
    } else if call.path.starts_with("/api/v1/admin") {
        let owner = ("local-owner", local::gateway::iam::SECRET);
        let url = format!("{}{}", house.gateway(), call.path);
        let method = call.key.split(' ').next().unwrap();
        headers.extend(signature(owner, house.parts.clock.now(), (method, &url), &strange.body));
    }
    let is_typed = strange.headers.iter().any(|(name, _)| *name == "content-type");
    headers.extend((!is_typed).then(|| own("content-type", "application/json")));
    headers.extend(strange.headers.iter().map(|(name, value)| own(name, value)));
    headers
}

/// How long something takes, of so many times: where it has the machine to itself the median; beside other tests,
/// where anything can be late, the shortest.
pub fn fair(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[scale(0, times.len() / 2)]
}

/// How often something is timed for that: beside other tests, until it is good enough.
pub fn tries() -> usize {
    scale(10, 3)
}

/// What is answered, and in what time.
async fn send(house: &House, token: &str, call: &Call, strange: &Strange) -> raw::Reply {
    let line = call.key.replace(call.route(), &call.path);
    let mut times = Vec::new();
    loop {
        let headers = headers(house, token, call, strange);
        let headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let reply = house.raw(FROM, &raw::request(&line, &headers, &strange.body)).await;
        times.push(reply.took);
        let is_enough = scale(reply.took < strange.limit(), false) || times.len() == tries();
        // Another answer is no better for being sooner.
        if is_enough || reply.status != strange.status() {
            return raw::Reply { took: fair(times), ..reply };
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_strange_body_is_refused_in_no_time_and_without_a_hash() {
    let _crowd = tests::crowd().await;
    let dear = BTreeMap::from([("LATCHKEY_ARGON2".to_owned(), DEAR.to_owned())]);
    let house = House::start_with(dear).await;
    let settings = tests::factors::settings("optional", &["totp", "webauthn", "email", "backup_code"]);
    let tenant = house.tenant("acme", settings).await;
    let ada = house.person(&tenant, "ada@example.com").await;
    let token = ada.token(&house.client(3)).await;
    let calls = calls("2.0");
    // What a hash takes at the least, where there is one.
    let login = calls.iter().find(|call| call.key.ends_with("/login")).unwrap();
    let wrong = json!({ "email": ada.email, "password": "not the password at all" }).to_string();
    let honest = Strange { name: "honest", headers: Vec::new(), body: wrong.into_bytes() };
    let hashed = send(&house, &token, login, &honest).await;
    assert_eq!(hashed.status, 401, "{}", hashed.text);
    let (mut sent, mut wrong) = (0, Vec::new());
    let (mut slowest, mut slowest_of_large) = (Duration::ZERO, Duration::ZERO);
    let large = large();
    for (index, call) in calls.iter().enumerate() {
        let small = small(call.event["body"].as_str().unwrap_or("{}"));
        // Each kind at some of the endpoints, or each at all.
        let at_all = scale(false, true);
        let small = small.iter().enumerate().filter(|(kind, _)| at_all || kind % 3 == index % 3);
        let large = large.iter().enumerate().filter(|(kind, _)| at_all || kind * 8 == index);
        for (_, strange) in small.chain(large) {
            if !call.has_body() && strange.status() == 422 {
                continue;
            }
            let reply = send(&house, &token, call, strange).await;
            let what = format!("{}: {}: {}", call.key, strange.name, reply.status);
            sent += 1;
            if reply.status != strange.status() || reply.took >= strange.limit() {
                wrong.push(format!("{what} in {:?}: {:.300}", reply.took, reply.text));
            }
            let slowest = if strange.is_of_megabytes() { &mut slowest_of_large } else { &mut slowest };
            *slowest = reply.took.max(*slowest);
        }
    }
    println!(
        "row 23: {sent} strange requests at {} endpoints: {} not 413, 415 or 422 in time, slowest {} ms, of those over a \
         megabyte {} ms; a hash takes {} ms",
        calls.len(),
        wrong.len(),
        slowest.as_millis(),
        slowest_of_large.as_millis(),
        hashed.took.as_millis()
    );
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(hashed.took > LIMIT * 2, "{:?}", hashed.took);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_strange_body_spends_nothing() {
    let (house, meter) = House::metered().await;
    house.tenant("acme", json!({})).await;
    let (mut sent, mut endpoints) = (0, BTreeSet::new());
    for call in calls("2.0") {
        if !call.path.starts_with("/api/v1/auth/tenants/acme/") || !call.has_body() {
            continue;
        }
        // After its first request a function knows the tenant.
        let first = Strange { name: "none", headers: Vec::new(), body: b"{}".to_vec() };
        send(&house, "", &call, &first).await;
        let _ = meter.read();
        for strange in small(call.event["body"].as_str().unwrap_or("{}")) {
            let reply = send(&house, "", &call, &strange).await;
            assert_eq!(reply.status, strange.status(), "{}: {}: {}", call.key, strange.name, reply.text);
            assert_eq!(meter.read(), tests::Spending::default(), "{}: {}", call.key, strange.name);
            sent += 1;
        }
        endpoints.insert(call.key);
    }
    println!(
        "row 23: {sent} strange requests at {} open endpoints spent nothing in DynamoDB",
        endpoints.len()
    );
    assert!(!endpoints.is_empty());
}

/// Which of the two would count is nobody's guess.
#[tokio::test(flavor = "multi_thread")]
async fn a_query_key_that_stands_twice_is_refused() {
    let _crowd = tests::crowd().await;
    let house = House::start().await;
    house.tenant("acme", json!({})).await;
    let client = house.client(2);
    let (mut sent, mut wrong) = (0, Vec::new());
    for (method, path, keys) in [
        ("GET", "verify-email", &["token"][..]),
        ("POST", "mfa/email/send", &["mfa_token", "user_id"]),
        ("POST", "mfa/webauthn/begin", &["mfa_token", "user_id"]),
    ] {
        let honest: Vec<_> = keys.iter().map(|key| format!("{key}=x")).collect();
        for key in keys {
            for second in ["x", "y", "", "%00"] {
                let path = format!("{path}?{}&{key}={second}", honest.join("&"));
                let began = Instant::now();
                let answer = match method {
                    "GET" => client.get("acme", &path).await,
                    _ => client.post("acme", &path, &json!({})).await,
                };
                let took = began.elapsed();
                sent += 1;
                if answer.status != 422 || (took >= LIMIT && scale(false, true)) {
                    wrong.push(format!("{path}: {} in {took:?}", answer.status));
                }
            }
        }
    }
    println!("row 23: {sent} queries with a key twice: {} not 422 in time", wrong.len());
    assert!(wrong.is_empty(), "{wrong:#?}");
}
