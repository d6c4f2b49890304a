//! New passwords that are known from breaches: by the functions' own filter, and by asking.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tests::{
    House, PASSWORD,
    breaches::{Breaches, sha1},
    people::registration,
};

/// On no list that the functions hold.
const BREACHED: &str = "a breached pass phrase 77";
const NEW: &str = "an entirely new pass phrase 7";

async fn house(breaches: &Breaches) -> House {
    let url = ("LATCHKEY_HIBP_URL".to_owned(), breaches.url.clone());
    let cheap = ("LATCHKEY_ARGON2".to_owned(), "64,1,1".to_owned());
    House::start_with(BTreeMap::from([url, cheap])).await
}

fn asking() -> Value {
    json!({ "password": { "hibp": true } })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listed_password_is_refused_wherever_one_is_chosen() {
    let house = House::start().await;
    let (ada, client) =
        house.ada_at_acme(json!({ "mfa": { "policy": "required", "methods": ["totp"] } })).await;
    for listed in ["sunshine1", "Q1W2E3R4T5Y6U7I8O9P0"] {
        let faults = client.post("acme", "register", &registration("b@example.com", listed)).await.faults();
        assert_eq!(faults[0].0, "body.password", "{listed}");
    }
    let token = ada.reset_token(&house, &client).await;
    let refused = ada.reset(&client, &token, "Sunshine1").await;
    assert_eq!(refused.faults()[0].0, "body.new_password");
    assert!(refused.text.contains("common or was part of a breach"), "{}", refused.text);
    assert_eq!(ada.reset(&client, &token, NEW).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_breached_password_is_refused_wherever_one_is_chosen_and_only_its_prefix_is_told() {
    let breaches = Breaches::start(&[BREACHED]).await;
    let house = house(&breaches).await;
    house.tenant("plain", json!({})).await;
    let (ada, client) = house.ada_at_acme(asking()).await;
    let told = |password: &str| (sha1(password)[..5].to_owned(), true);
    assert_eq!(breaches.asked(), [told(PASSWORD)], "verification and login ask nothing");

    let refused = client.post("acme", "register", &registration("bob@example.com", BREACHED)).await;
    assert_eq!(refused.faults()[0].0, "body.password");
    let token = ada.reset_token(&house, &client).await;
    assert_eq!(ada.reset(&client, &token, BREACHED).await.faults()[0].0, "body.new_password");
    let own = ada.token(&client).await;
    let change = |new: &str| json!({ "current_password": PASSWORD, "new_password": new });
    for _ in 0..10 {
        let refused = client.post_as("/api/v1/me/password", &own, &change(BREACHED)).await;
        assert_eq!(refused.faults()[0].0, "body.new_password", "it is not counted as a guess");
    }
    assert_eq!(breaches.asked(), vec![told(BREACHED); 12]);
    client.post_as("/api/v1/me/password", &own, &change(NEW)).await.data();
    assert_eq!(breaches.asked(), [told(NEW)]);
    ada.login_with(&client, NEW).await.data();
    assert!(house.mails_to("bob@example.com").await.is_empty());

    client.post("plain", "register", &registration("bob@example.com", BREACHED)).await.data();
    assert_eq!(breaches.asked(), [], "another tenant does not ask");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_answers_the_password_is_taken_and_counted() {
    let breaches = Breaches::start(&[BREACHED]).await;
    let house = house(&breaches).await;
    house.tenant("acme", asking()).await;
    let client = house.client(2);
    for (number, status) in [Some(500), Some(429), None].into_iter().enumerate() {
        breaches.answers(status);
        let email = format!("p{number}@example.com");
        client.post("acme", "register", &registration(&email, BREACHED)).await.data();
        assert_eq!(house.metrics.total("UncheckedPasswords"), u64::try_from(number).unwrap() + 1);
    }
}
