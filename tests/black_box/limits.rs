//! What somebody can use up who is signed in, or registers: counters, sessions, mails, and reads of ours.

use latchkey::{jiff::SignedDuration, store::Failures};
use serde_json::json;
use tests::{
    House, PASSWORD,
    factors::{settings, token_of},
    people::registration,
};

use crate::spending::is_looked_at;

const CHANGE: &str = "/api/v1/me/password";

/// Another token for the same address.
fn like(token: &str) -> String {
    let (head, last) = token.split_at(token.len() - 1);
    format!("{head}{}", if last == "A" { "E" } else { "A" })
}

/// Each end of all sessions ends what was mailed for a reset as well: the mailbox's owner has to be quicker.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_a_session_ends_all_others_ten_times_an_hour_at_most() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let (ada, client) = house.ada_at_acme(json!({})).await;
    let body = json!({ "current_password": PASSWORD, "new_password": PASSWORD });
    let mut token = ada.token(&client).await;
    for _ in 0..10 {
        token = token_of(client.post_as(CHANGE, &token, &body).await.data());
    }
    let refused = client.post_as(CHANGE, &token, &body).await;
    assert_eq!(refused.problem(), (429, "too_many_attempts"));
    let wait: i64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert_eq!(client.get_as("/api/v1/me", &token).await.status, 200, "nothing was ended");
    let reset = ada.reset_token(&house, &client).await;
    ada.reset(&client, &reset, "an entirely new pass phrase 7").await.data();
    house.advance(SignedDuration::from_secs(wait));
    let token = token_of(ada.login_with(&client, "an entirely new pass phrase 7").await.data());
    let body = json!({ "current_password": "an entirely new pass phrase 7", "new_password": PASSWORD });
    client.post_as(CHANGE, &token, &body).await.data();
}

/// A refused change costs hashes as well.
#[tokio::test(flavor = "multi_thread")]
async fn changes_of_a_password_are_counted_whatever_becomes_of_them() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let (ada, client) = house.ada_at_acme(json!({})).await;
    let token = ada.token(&client).await;
    let body = json!({ "new_password": "an entirely new pass phrase 7" });
    for _ in 0..60 {
        assert_eq!(client.post_as(CHANGE, &token, &body).await.problem().0, 403);
    }
    assert_eq!(client.post_as(CHANGE, &token, &body).await.problem(), (429, "too_many_attempts"));
}

/// Else they would pile up with each change that ends sessions, until no reset and no deletion has room for all of them.
#[tokio::test(flavor = "multi_thread")]
async fn failures_of_the_old_password_are_one_counter_until_there_is_another_password() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let tenant = house.tenant("acme", settings("optional", &["totp"])).await;
    let (ada, client) = (house.person(&tenant, "ada@example.com").await, house.client(2));
    let failures = Failures::of_old_password(tenant.id, ada.user_id.parse().unwrap());
    let counted = async || house.parts.store.failures(&failures).await.unwrap();
    let (mut app, _) = ada.enroll_app(&house, &client, &ada.token(&client).await).await;
    for count in 1..=3 {
        let token = ada.token_by_app(&house, &client, &app).await;
        let wrong =
            json!({ "current_password": "nothing of the kind", "new_password": "another pass phrase 7" });
        assert_eq!(client.post_as(CHANGE, &token, &wrong).await.status, 422);
        assert_eq!(counted().await, count);
        // Another app in its place moves the epoch.
        (app, _) = ada.enroll_app(&house, &client, &token).await;
        assert_eq!(client.get_as("/api/v1/me", &token).await.status, 401);
    }
    let reset = ada.reset_token(&house, &client).await;
    ada.reset(&client, &reset, "an entirely new pass phrase 7").await.data();
    assert_eq!(counted().await, 0);
}

/// Where nobody is told of a sign-in, the worker hears of one of sixteen.
#[tokio::test(flavor = "multi_thread")]
async fn the_oldest_sessions_go_where_nobody_is_told_of_new_ones() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let tenant = house.tenant("acme", json!({ "mail": { "new_sign_in": false } })).await;
    let (ada, client) = (house.person(&tenant, "ada@example.com").await, house.client(2));
    let user = ada.user_id.parse().unwrap();
    let mut count = 0;
    loop {
        let login = ada.login(&client).await;
        count += 1;
        if count > 105 && is_looked_at(&login) {
            break;
        }
        if count % 18 == 0 {
            house.advance(SignedDuration::from_mins(19));
        }
    }
    house.settle().await;
    assert_eq!(house.parts.store.sessions(tenant.id, user).await.unwrap().len(), 100, "of {count}");
    assert!(house.mails_to(&ada.email).await.iter().all(|mail| !mail.contains("sign-in")));
}

/// Strangers may register an address hundreds of times from as many networks; none of their passwords is activated by a
/// link alone, and who has the mailbox chooses another.
#[tokio::test(flavor = "multi_thread")]
async fn many_registrations_of_an_address_stand_in_nobodys_way() {
    let house = House::start_here().await;
    house.tenant("acme", json!({})).await;
    for network in 10..20 {
        let stranger = house.client(network);
        for _ in 0..5 {
            stranger
                .post("acme", "register", &registration("ada@example.com", "some stranger's 12345"))
                .await
                .data();
        }
    }
    let client = house.client(2);
    client.post("acme", "register", &registration("ada@example.com", PASSWORD)).await.data();
    client.post("acme", "forgot-password", &json!({ "email": "ada@example.com" })).await.data();
    let token = house.mailed_token("ada@example.com", "lk_vfy_").await;
    let forged = client.get("acme", &format!("verify-email?token={}", like(&token))).await;
    assert_eq!(forged.problem(), (400, "token_invalid"));
    let verified = client.get("acme", &format!("verify-email?token={token}")).await;
    assert_eq!(verified.data()["password_required"], true, "{}", verified.text);
    let reset = verified.data()["reset_token"].as_str().unwrap();
    let body = json!({ "token": reset, "new_password": "an entirely new pass phrase 7" });
    client.post("acme", "password/reset", &body).await.data();
    for (password, status) in [("an entirely new pass phrase 7", 200), ("some stranger's 12345", 401)] {
        let login = json!({ "email": "ada@example.com", "password": password });
        assert_eq!(client.post("acme", "login", &login).await.status, status);
    }
}

/// A read of all that waits for an address is work that a stranger triggers.
#[tokio::test(flavor = "multi_thread")]
async fn links_that_are_tried_are_counted() {
    let house = House::start_here().await;
    house.tenant("acme", json!({})).await;
    let client = house.client(2);
    client.post("acme", "register", &registration("ada@example.com", PASSWORD)).await.data();
    let token = house.mailed_token("ada@example.com", "lk_vfy_").await;
    let forged = like(&token);
    let mut statuses = Vec::new();
    for _ in 0..102 {
        statuses.push(client.get("acme", &format!("verify-email?token={forged}")).await.status);
    }
    assert_eq!(statuses.iter().filter(|status| **status == 400).count(), 100, "{statuses:?}");
    assert_eq!(statuses.last(), Some(&429));
}

/// Nobody has proven the address: whoever took it has no more mailed there than any stranger.
#[tokio::test(flavor = "multi_thread")]
async fn codes_to_an_address_that_nobody_proved_are_a_strangers_mail() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let tenant = house.tenant("acme", json!({ "require_email_verification": false })).await;
    let client = house.client(2);
    client.post("acme", "register", &registration("ada@example.com", PASSWORD)).await.data();
    // Later the tenant asks for proof.
    let change = [
        ("require_email_verification".to_owned(), json!(true)),
        ("mfa.policy".to_owned(), json!("optional")),
        ("mfa.methods".to_owned(), json!(["email"])),
    ];
    admin::tenant::set(&house.by, &tenant.slug, &change).await.unwrap();
    house.advance(SignedDuration::from_secs(61));
    let login = json!({ "email": "ada@example.com", "password": PASSWORD });
    for _ in 0..8 {
        let token = token_of(client.post("acme", "login", &login).await.data());
        client.post_as("/api/v1/me/mfa/email/enable", &token, &json!({})).await.data();
        house.advance(SignedDuration::from_secs(31));
    }
    let mailed = house.mails_to("ada@example.com").await;
    let codes = mailed.iter().filter(|mail| mail.contains("code")).count();
    assert!((1..=3).contains(&codes), "{codes}");
}
