//! With an edge in front, nothing passes beside it.

use std::collections::BTreeMap;

use serde_json::json;
use tests::House;

const SECRETS: &str = "the-new-secret-of-32-characters-0,the-old-secret-of-32-characters-0";

fn house() -> impl Future<Output = House> {
    House::start_with(BTreeMap::from([("LATCHKEY_TRUSTED_EDGE_SECRET".to_owned(), SECRETS.to_owned())]))
}

fn wrong() -> serde_json::Value {
    json!({ "email": "ada@example.com", "password": "never the right one" })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_show_the_secret_is_refused_before_anything_is_done() {
    let house = house().await;
    house.tenant("acme", json!({})).await;
    let client = house.client(2);
    for shown in [
        vec![],
        vec![("x-latchkey-edge", "")],
        vec![("x-latchkey-edge", ",")],
        vec![("x-latchkey-edge", "the-new-secret-of-32-characters-1")],
        vec![("x-latchkey-edge", SECRETS)],
        vec![("cloudfront-viewer-address", "203.0.113.9:443")],
    ] {
        let answer = client.post_with("acme", "login", &wrong(), &shown).await;
        assert_eq!(answer.problem(), (403, "edge_required"), "{shown:?}");
    }
    for secret in SECRETS.split(',') {
        let answer = client.post_with("acme", "login", &wrong(), &[("x-latchkey-edge", secret)]).await;
        assert_eq!(answer.problem(), (401, "invalid_credentials"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_viewers_address_is_counted_and_not_cloudfronts() {
    let house = house().await;
    house.tenant("acme", json!({})).await;
    let client = house.client(2);
    let secret = SECRETS.split(',').next().unwrap();
    let from = |viewer: &'static str| [("x-latchkey-edge", secret), ("cloudfront-viewer-address", viewer)];
    let body = wrong();
    let mut refused = false;
    for _ in 0..30 {
        let answer = client.post_with("acme", "login", &body, &from("203.0.113.9:4711")).await;
        refused |= answer.status == 429;
    }
    assert!(refused);
    let other = json!({ "email": "bob@example.com", "password": "never the right one" });
    let elsewhere = client.post_with("acme", "login", &other, &from("2001:db8::1:4711")).await;
    assert_eq!(elsewhere.problem(), (401, "invalid_credentials"));
}
