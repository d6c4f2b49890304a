//! Every path of a user's own, as `events/` calls it: to nobody but its user.

use reqwest::Method;
use serde_json::{Value, json};
use tests::{House, factors::token_of};

/// The calls of `events/` on the caller's own paths: method, path, body.
pub fn own_calls() -> Vec<(Method, String, Vec<u8>)> {
    let mut calls = Vec::new();
    for file in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../events")).unwrap() {
        let event: Value =
            serde_json::from_str(&std::fs::read_to_string(file.unwrap().path()).unwrap()).unwrap();
        let Some(key) = event["routeKey"].as_str().filter(|key| key.contains(" /api/v1/me")) else {
            continue;
        };
        let method = Method::from_bytes(key.split(' ').next().unwrap().as_bytes()).unwrap();
        let body = event["body"].as_str().unwrap_or_default();
        calls.push((method, event["rawPath"].as_str().unwrap().to_owned(), body.as_bytes().to_vec()));
    }
    calls
}

#[tokio::test(flavor = "multi_thread")]
async fn no_path_of_a_users_own_answers_to_anything_but_a_live_access_token() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let served =
        house.stack().routes().iter().filter(|(route, _)| route.path.starts_with("/api/v1/me")).count();
    let calls = own_calls();
    assert_eq!(calls.len(), served);
    let mut wanted = crate::mfa::settings();
    wanted["mfa"]["policy"] = json!("optional");
    let tenant = house.tenant("acme", wanted).await;
    let client = house.client(2);
    let ada = house.person(&tenant, "ada@example.com").await;
    let login = ada.login(&client).await;
    let ended = token_of(login.data());
    client.delete_as("/api/v1/me/sessions", &ada.token(&client).await).await.data();
    let bob = house.person(&tenant, "bob@example.com").await;
    let suspended = bob.token(&client).await;
    admin::user::suspend(&house.by, &tenant, bob.user_id.parse().unwrap()).await.unwrap();
    let eve = house.person(&tenant, "eve@example.com").await;
    let deleted = eve.token(&client).await;
    client.delete_as("/api/v1/me", &deleted).await.data();
    let expired = ada.token(&client).await;
    house.advance(latchkey::jiff::SignedDuration::from_mins(15));
    let refresh = ada.login(&client).await.data()["tokens"]["refresh_token"].as_str().unwrap().to_owned();
    let service = admin::tenant::client_token(&house.by, &tenant, "backend", 60).await.unwrap();
    let mut tried = 0;
    for (method, path, body) in &calls {
        for (what, token) in [
            ("nothing", None),
            ("nonsense", Some("nonsense")),
            ("an ended session's", Some(&*ended)),
            ("a suspended user's", Some(&*suspended)),
            ("a deleted user's", Some(&*deleted)),
            ("an expired one", Some(&*expired)),
            ("a refresh token", Some(&*refresh)),
            ("a service's", Some(&*service)),
            ("a made-up enrolment token", Some("lk_enr_AAAA")),
        ] {
            let bearer = format!("Bearer {}", token.unwrap_or_default());
            let mut headers = vec![("content-type", "application/json")];
            headers.extend(token.map(|_| ("authorization", bearer.as_str())));
            let answer = client.send(method.clone(), path, &headers, body.clone()).await;
            assert_eq!(answer.status, 401, "{method} {path} with {what}: {}", answer.text);
            tried += 1;
        }
    }
    println!("{tried} calls of {served} own paths without a live access token: all 401");
}
