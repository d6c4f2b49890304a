//! Bad input: refused before any work, every fault named.

use reqwest::Method;
use serde_json::{Value, json};
use tests::{House, PASSWORD, below, people::registration};

const JSON: (&str, &str) = ("content-type", "application/json");

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_of_a_request_is_named_as_fastapi_names_it() {
    let house = House::start().await;
    house.tenant("acme", json!({})).await;
    let client = house.client(2);
    let empty = client.post("acme", "register", &json!({})).await;
    let missing: Vec<_> = empty.faults();
    let expected = ["email", "first_name", "last_name", "password"];
    assert_eq!(missing, expected.map(|name| (format!("body.{name}"), "missing".to_owned())));
    let wrong = json!({
        "email": "nobody", "password": "short", "first_name": 1, "last_name": " ",
        "captcha_token": false, "redirect_uri": "https://evil.example", "custom_data": [],
    });
    let faults = client.post("acme", "register", &wrong).await.faults();
    let kinds: Vec<_> = faults.iter().map(|(place, kind)| (place.as_str(), kind.as_str())).collect();
    assert_eq!(
        kinds,
        [
            ("body.captcha_token", "string_type"),
            ("body.custom_data", "dict_type"),
            ("body.email", "value_error"),
            ("body.first_name", "string_type"),
            ("body.last_name", "string_too_short"),
            ("body.password", "string_too_short"),
            ("body.redirect_uri", "value_error"),
        ]
    );
    let login = json!({ "email": "a@b.example", "password": "x", "remember_me": "yes" });
    assert_eq!(
        client.post("acme", "login", &login).await.faults(),
        [("body.remember_me".to_owned(), "bool_type".to_owned())]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_and_suspended_tenants_are_told_at_every_path() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let tenant = house.tenant("acme", json!({})).await;
    let client = house.client(2);
    let paths: Vec<_> = house
        .stack()
        .routes()
        .iter()
        .filter(|(route, _)| route.path.starts_with("/api/v1/auth/tenants/{tenant_slug}"))
        .map(|(route, _)| (route.method, route.path))
        .collect();
    assert!(paths.len() >= 14);
    for (method, path) in &paths {
        for slug in ["nobody", "NOBODY", "..%2facme", "acme%23x"] {
            let path = path.replace("{tenant_slug}", slug);
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let answer = client.send(method, &path, &[JSON], b"{}".to_vec()).await;
            assert_eq!(answer.problem(), (404, "tenant_not_found"), "{path}");
        }
    }
    admin::tenant::suspend(&house.by, &tenant.slug).await.unwrap();
    house.advance(latchkey::jiff::SignedDuration::from_secs(61));
    for (method, path) in &paths {
        let path = path.replace("{tenant_slug}", "acme");
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let answer = client.send(method, &path, &[JSON], b"{}".to_vec()).await;
        assert_eq!(answer.problem(), (403, "tenant_suspended"), "{path}");
    }
    admin::tenant::resume(&house.by, &tenant.slug).await.unwrap();
    house.advance(latchkey::jiff::SignedDuration::from_secs(61));
    assert_eq!(client.post("acme", "login", &json!({})).await.status, 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bearer_token_that_is_present_must_be_valid() {
    let Some(house) = House::with_its_own_clock().await else { return };
    house.tenant("acme", json!({})).await;
    let gated = house.tenant("gated", json!({ "require_client_token": true })).await;
    let client = house.client(2);
    let body = registration("ada@example.com", PASSWORD);
    for header in ["Bearer x", "Bearer ", "Basic eDp5", "Bearer a.b.c"] {
        let answer = client.post_with("acme", "register", &body, &[("authorization", header)]).await;
        assert_eq!(answer.problem(), (401, "bearer_invalid"), "{header}");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    }
    let without = client.post("gated", "register", &body).await;
    assert_eq!(without.problem(), (401, "client_token_required"));
    let token = admin::tenant::client_token(&house.by, &gated, "backend", 10).await.unwrap();
    let bearer = format!("Bearer {token}");
    let with = client.post_with("gated", "register", &body, &[("authorization", &bearer)]).await;
    assert_eq!(with.data()["status"], "pending_verification");
    let elsewhere = client.post_with("acme", "register", &body, &[("authorization", &bearer)]).await;
    assert_eq!(elsewhere.problem(), (401, "bearer_invalid"));
    house.advance(latchkey::jiff::SignedDuration::from_mins(10));
    let late = client.post_with("gated", "register", &body, &[("authorization", &bearer)]).await;
    assert_eq!(late.problem(), (401, "bearer_invalid"));
}

/// What every answer must carry, whatever it says.
fn is_hardened(answer: &tests::Answer) {
    for (name, value) in [
        ("cache-control", "no-store"),
        ("referrer-policy", "no-referrer"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
        ("vary", "Origin"),
        ("strict-transport-security", "max-age=63072000; includeSubDomains"),
    ] {
        assert_eq!(answer.header(name), Some(value), "{name} of {}", answer.status);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn successes_and_refusals_alike_are_hardened() {
    let house = House::start().await;
    house.tenant("acme", json!({ "origins": ["https://app.example"] })).await;
    let client = house.client(2);
    let path = below("acme", "login");
    let origin = ("origin", "https://app.example");
    let login = json!({ "email": "a@b.example", "password": "nothing of the kind" });
    let answers = [
        client.post("acme", "register", &registration("ada@example.com", PASSWORD)).await,
        client.get("acme", ".well-known/jwks.json").await,
        client.get("acme", "verify-email?token=x").await,
        client.post("acme", "login", &login).await,
        client.post("nobody", "login", &login).await,
        client.send(Method::POST, &path, &[JSON, origin], vec![b' '; 64 * 1024 + 1]).await,
        client.send(Method::POST, &path, &[("content-type", "text/plain"), origin], b"x".to_vec()).await,
        client.post("acme", "login", &json!({})).await,
    ];
    let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [200, 200, 400, 401, 404, 413, 415, 422]);
    answers.iter().for_each(is_hardened);
    for refused in &answers[5..7] {
        assert_eq!(refused.header("access-control-allow-origin"), Some("https://app.example"));
    }
}

/// ASVS V4.1.1. Text names its encoding; JSON has but one (RFC 8259 §8.1).
#[tokio::test(flavor = "multi_thread")]
async fn what_an_answer_holds_is_what_its_type_says() {
    let house = House::start().await;
    let tenant = house.tenant("acme", json!({})).await;
    let client = house.client(2);
    let page = format!("/t/{}/sign-in", tenant.slug);
    let html = client.send(Method::GET, &page, &[], Vec::new()).await;
    assert!(html.text.starts_with("<!doctype html>"), "{:.40}", html.text);
    let asset = |name: &str| {
        let from = html.text.find("/assets/").unwrap();
        format!("{}/{name}", &html.text[from..from + "/assets/0123456789abcdef".len()])
    };
    for (path, kind) in [
        (page.clone(), "text/html; charset=utf-8"),
        (asset("page.css"), "text/css; charset=utf-8"),
        (asset("api.js"), "text/javascript; charset=utf-8"),
        (asset("icon.svg"), "image/svg+xml"),
        ("/api/v1/openapi.json".to_owned(), "application/json"),
        (below("acme", ".well-known/jwks.json"), "application/json"),
        (below("acme", "verify-email?token=x"), "application/problem+json"),
        (below("acme", "verify-email"), "application/json"),
        ("/api/v1/me".to_owned(), "application/problem+json"),
    ] {
        let answer = client.send(Method::GET, &path, &[], Vec::new()).await;
        assert_eq!(answer.header("content-type"), Some(kind), "{path}");
        assert_eq!(answer.body.is_object(), kind.ends_with("json"), "{path}");
    }
}

/// ASVS V16.5.1: what broke is for the log.
#[tokio::test(flavor = "multi_thread")]
async fn a_fault_says_nothing_of_its_cause() {
    let (house, faults) = House::on_a_bad_day().await;
    let (ada, client) = house.ada_at_acme(json!({})).await;
    faults.break_off(true);
    let refused = ada.login(&client).await;
    assert_eq!(refused.problem(), (503, "unavailable"));
    let said: Vec<_> = refused.body.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(said, ["code", "detail", "request_id", "status", "title", "type"]);
    assert_eq!(refused.body["detail"], "The service is busy. Try again in a moment.");
}

/// Fail closed: without DynamoDB nobody gets in, and everybody is told when to come back.
#[tokio::test(flavor = "multi_thread")]
async fn without_the_store_every_stranger_is_told_to_come_back() {
    let (house, faults) = House::on_a_bad_day().await;
    let (ada, client) = house.ada_at_acme(json!({})).await;
    ada.sign_in(&house, &client).await;
    faults.break_off(true);
    let email = json!({ "email": ada.email });
    for (path, body) in [
        ("login", json!({ "email": ada.email, "password": PASSWORD })),
        ("login", json!({ "email": "unknown@example.com", "password": PASSWORD })),
        ("register", registration("bob@example.com", PASSWORD)),
        ("forgot-password", email),
    ] {
        let answer = client.post("acme", path, &body).await;
        assert_eq!(answer.problem(), (503, "unavailable"), "{path}");
        assert!(answer.header("retry-after").is_some(), "{path}");
        is_hardened(&answer);
    }
    faults.break_off(false);
    assert_eq!(ada.login(&client).await.data()["status"], "authenticated");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_carries_the_headers_and_cors_names_only_allowed_origins() {
    let house = House::start().await;
    house.tenant("acme", json!({ "origins": ["https://app.example"] })).await;
    let client = house.client(2);
    for (origin, allowed) in [("https://app.example", true), ("https://evil.example", false), ("null", false)]
    {
        let answer = client.post_with("acme", "login", &json!({}), &[("origin", origin)]).await;
        is_hardened(&answer);
        let shown = answer.header("access-control-allow-origin");
        assert_eq!(shown, allowed.then_some(origin));
        let headers = [("origin", origin), ("access-control-request-method", "POST")];
        let preflight = client.send(Method::OPTIONS, &below("acme", "login"), &headers, Vec::new()).await;
        assert_eq!(preflight.status, 204);
        assert_eq!(preflight.header("access-control-allow-origin"), allowed.then_some(origin));
        assert_eq!(preflight.header("access-control-allow-methods"), Some("POST"));
    }
}

fn in_cookies(origin: &str) -> Value {
    json!({ "origins": [origin], "tokens": { "delivery": "cookie" } })
}

/// Below `/me` the tenant is in the token, which a preflight has not; a session that is issued anew there may go into a
/// cookie, so the browser has to be let on with its credentials.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_the_own_account_hands_a_page_its_cookie() {
    let house = House::start().await;
    let origin = "https://app.example";
    let (ada, client) = house.ada_at_acme(in_cookies(origin)).await;
    let headers = [("origin", origin), ("access-control-request-method", "POST")];
    let path = "/api/v1/me/password";
    let preflight = client.send(Method::OPTIONS, path, &headers, Vec::new()).await;
    assert_eq!(preflight.header("access-control-allow-origin"), Some(origin));
    assert_eq!(preflight.header("access-control-allow-credentials"), Some("true"));
    let bearer = format!("Bearer {}", ada.token(&client).await);
    let body = json!({ "current_password": PASSWORD, "new_password": "an entirely new pass phrase 7" });
    let headers =
        [("origin", origin), ("authorization", bearer.as_str()), ("content-type", "application/json")];
    let changed = client.send(Method::POST, path, &headers, body.to_string().into_bytes()).await;
    assert_eq!(changed.status, 200);
    assert_eq!(changed.header("access-control-allow-origin"), Some(origin));
    assert_eq!(changed.header("access-control-allow-credentials"), Some("true"));
    assert!(changed.header("set-cookie").is_some_and(|cookie| cookie.starts_with("__Host-lk_s_")));
}

/// Its visitor would go on as somebody else. What is no browser sends no origin.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_is_not_the_tenants_signs_nobody_in() {
    let house = House::start().await;
    let (ada, client) = house.ada_at_acme(in_cookies("https://app.example")).await;
    let body = json!({ "email": ada.email, "password": PASSWORD });
    for (origin, status) in [("https://blog.app.example", 403), ("null", 403), ("https://app.example", 200)] {
        let answer = client.post_with("acme", "login", &body, &[("origin", origin)]).await;
        assert_eq!(answer.status, status, "{origin}");
        assert_eq!(answer.header("set-cookie").is_some(), status == 200);
    }
    assert_eq!(client.post("acme", "login", &body).await.status, 200);
    let given = json!({ "refresh_token": "of whoever made the page" });
    for (path, body) in [
        ("mfa/verify", &json!({})),
        ("passkey/finish", &json!({})),
        ("verify-email", &json!({})),
        ("session/refresh", &given),
    ] {
        let answer = client.post_with("acme", path, body, &[("origin", "https://blog.app.example")]).await;
        assert_eq!(answer.problem(), (403, "origin_not_allowed"), "{path}");
    }
}

/// With a token of its author's such a page may do what its author may, but leaves no cookie with its visitor.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_is_not_the_tenants_leaves_no_cookie() {
    let house = House::start().await;
    let (ada, client) = house.ada_at_acme(in_cookies("https://app.example")).await;
    let mut password = PASSWORD.to_owned();
    for (origin, has_cookie) in
        [("https://blog.app.example", false), ("null", false), ("https://app.example", true)]
    {
        let login = ada.login_with(&client, &password).await;
        let authorization = format!("Bearer {}", login.data()["tokens"]["access_token"].as_str().unwrap());
        let next = format!("{password} and more");
        let body = json!({ "current_password": password, "new_password": next });
        let headers = [
            ("origin", origin),
            ("authorization", authorization.as_str()),
            ("content-type", "application/json"),
        ];
        let body = body.to_string().into_bytes();
        let answer = client.send(Method::POST, "/api/v1/me/password", &headers, body).await;
        assert_eq!(answer.status, 200, "{origin}: {}", answer.text);
        assert_eq!(answer.header("set-cookie").is_some(), has_cookie, "{origin}");
        password = next;
    }
}
