//! Forgotten passwords and resets.

use latchkey::jiff::SignedDuration;
use serde_json::json;
use tests::{House, PASSWORD};

const NEW: &str = "an entirely new pass phrase 7";

#[tokio::test(flavor = "multi_thread")]
async fn a_mailed_link_chooses_a_new_password_once() {
    let house = House::start().await;
    let (ada, client) = house.ada_at_acme(json!({})).await;
    let token = ada.reset_token(&house, &client).await;
    let reset = ada.reset(&client, &token, NEW).await;
    assert_eq!(*reset.data(), json!({ "status": "password_reset" }));
    assert!(reset.cookie("__Host-").is_none());
    assert_eq!(ada.reset(&client, &token, NEW).await.problem(), (400, "token_invalid"));
    assert_eq!(ada.login(&client).await.problem(), (401, "invalid_credentials"));
    assert_eq!(ada.login_with(&client, NEW).await.data()["status"], "authenticated");
    let mails = house.mails_to(&ada.email).await;
    assert!(mails.iter().any(|mail| mail.contains("changed")), "{mails:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn both_routes_mail_only_who_has_an_account() {
    let house = House::start().await;
    let tenant = house.tenant("acme", json!({})).await;
    house.person(&tenant, "ada@example.com").await;
    let gone = house.person(&tenant, "gone@example.com").await;
    admin::user::suspend(&house.by, &tenant, gone.user_id.parse().unwrap()).await.unwrap();
    let before =
        [house.mails_to("ada@example.com").await.len(), house.mails_to("gone@example.com").await.len()];
    let client = house.client(2);
    for path in ["forgot-password", "password/forgot"] {
        for who in ["ada", "gone", "unknown"] {
            let body = json!({ "email": format!("{who}@example.com") });
            client.post("acme", path, &body).await.data();
        }
    }
    assert_eq!(house.mails_to("ada@example.com").await.len(), before[0] + 2);
    assert_eq!(house.mails_to("gone@example.com").await.len(), before[1]);
    assert!(house.mails_to("unknown@example.com").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_obeys_the_password_rules_and_leaves_the_token_alive_until_it_does() {
    let house = House::start().await;
    let tenant = house.tenant("acme", json!({})).await;
    let ada = house.person(&tenant, "long-enough@example.com").await;
    let client = house.client(2);
    let token = ada.reset_token(&house, &client).await;
    for bad in ["short", "long-enough@example.com", &"x".repeat(1025)] {
        let faults = ada.reset(&client, &token, bad).await.faults();
        assert_eq!(faults[0].0, "body.new_password", "{bad}");
    }
    assert_eq!(ada.reset(&client, &token, NEW).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn late_foreign_and_older_links_change_nothing() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let tenant = house.tenant("acme", json!({})).await;
    let other = house.tenant("other", json!({})).await;
    let ada = house.person(&tenant, "ada@example.com").await;
    house.person(&other, "ada@example.com").await;
    let client = house.client(2);
    let older = ada.reset_token(&house, &client).await;
    let newer = ada.reset_token(&house, &client).await;
    assert_ne!(older, newer);
    let elsewhere = json!({ "token": newer, "new_password": NEW });
    let foreign = client.post("other", "password/reset", &elsewhere).await;
    assert_eq!(foreign.problem(), (400, "token_invalid"));
    assert_eq!(ada.reset(&client, &newer, NEW).await.status, 200);
    assert_eq!(
        ada.reset(&client, &older, PASSWORD).await.problem(),
        (400, "token_invalid"),
        "the epoch moved"
    );
    let late = ada.reset_token(&house, &client).await;
    house.advance(SignedDuration::from_mins(60));
    assert_eq!(ada.reset(&client, &late, PASSWORD).await.problem(), (400, "token_invalid"));
    assert_eq!(ada.login_with(&client, NEW).await.data()["status"], "authenticated");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_opens_the_account_and_still_asks_for_the_factor() {
    let house = House::start().await;
    let tenant = house.tenant("acme", crate::mfa::settings()).await;
    let ada = house.person(&tenant, "ada@example.com").await;
    for address in 10..16 {
        ada.login_with(&house.client(address), "not the password at all").await;
    }
    let client = house.client(2);
    assert_eq!(ada.login(&client).await.status, 429);
    let token = ada.reset_token(&house, &client).await;
    ada.reset(&client, &token, NEW).await.data();
    assert_eq!(ada.login_with(&client, NEW).await.data()["status"], "mfa_required");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_proves_the_address_of_an_account_that_an_administrator_made() {
    let house = House::start().await;
    let tenant = house.tenant("acme", json!({})).await;
    let person = admin::user::NewPerson {
        email: "new@example.com".to_owned(),
        password: None,
        first_name: "N".to_owned(),
        last_name: "N".to_owned(),
        verified: false,
    };
    let user_id = admin::user::create(&house.by, &tenant, person).await.unwrap().to_string();
    let client = house.client(2);
    client.post("acme", "verify-email/resend", &json!({ "email": "new@example.com" })).await.data();
    let token = house.mailed_token("new@example.com", "lk_rst_").await;
    let body = json!({ "token": token, "new_password": NEW });
    client.post("acme", "password/reset", &body).await.data();
    let login = client.post("acme", "login", &json!({ "email": "new@example.com", "password": NEW })).await;
    assert_eq!(login.data()["user_id"], user_id);
}
