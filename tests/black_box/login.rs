//! Login: what it answers to whom, and how often it may be tried.

use latchkey::{
    domain::{Email, TenantSlug},
    jiff::SignedDuration,
    store::Failures,
};
use serde_json::json;
use tests::{House, PASSWORD};

#[tokio::test(flavor = "multi_thread")]
async fn a_right_password_opens_a_session_with_tokens_in_the_body() {
    let house = House::start().await;
    let settings = json!({
        "redirect_uris": ["https://app.example/in"], "default_redirect_uri": "https://app.example/in",
    });
    let tenant = house.tenant("acme", settings).await;
    let ada = house.person(&tenant, "ada@example.com").await;
    let login = ada.login(&house.client(2)).await;
    let data = login.data();
    assert_eq!(data["status"], "authenticated");
    assert_eq!(data["mfa_required"], false);
    assert_eq!(data["user_id"], ada.user_id);
    assert_eq!(data["redirect_uri"], "https://app.example/in");
    assert_eq!(data["tokens"]["expires_in"], 900);
    assert!(data["tokens"]["refresh_token"].as_str().unwrap().starts_with("lk_rt_"));
    assert!(login.cookie("__Host-").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_back_off_for_known_and_unknown_alike_and_a_success_forgives() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let tenant = house.tenant("acme", json!({})).await;
    let ada = house.person(&tenant, "ada@example.com").await;
    for email in ["ada@example.com", "unknown@example.com"] {
        for try_ in 0..5 {
            let body = json!({ "email": email, "password": "not the password at all" });
            assert_eq!(house.client(10 + try_).post("acme", "login", &body).await.status, 401);
        }
        let body = json!({ "email": email, "password": PASSWORD });
        let refused = house.client(20).post("acme", "login", &body).await;
        assert_eq!(refused.problem(), (429, "too_many_attempts"));
        assert_eq!(refused.header("retry-after"), Some("30"));
    }
    house.advance(SignedDuration::from_secs(30));
    assert_eq!(ada.login(&house.client(2)).await.data()["status"], "authenticated");
    for try_ in 0..5 {
        assert_eq!(ada.login_with(&house.client(30 + try_), "not the password at all").await.status, 401);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_network_gets_twenty_tries_at_an_account_in_a_quarter_of_an_hour() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let (ada, client) = house.ada_at_acme(json!({})).await;
    for _ in 0..20 {
        assert_eq!(ada.login(&client).await.status, 200);
    }
    assert_eq!(ada.login(&client).await.problem(), (429, "too_many_attempts"));
    assert_eq!(ada.login(&house.client(3)).await.status, 200, "another network is not in its way");
    house.advance(SignedDuration::from_mins(19));
    assert_eq!(ada.login(&client).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hash_of_another_cost_is_renewed_by_a_login() {
    let house = House::start().await;
    let tenant = house.tenant("acme", json!({})).await;
    let ada = house.person(&tenant, "ada@example.com").await;
    let (store, key) = (&house.parts.store, house.parts.passwords_key().unwrap());
    let email = latchkey::domain::Email::parse(&ada.email).unwrap();
    let login = store.login(tenant.id, email.key()).await.unwrap().unwrap();
    let dearer = latchkey::keys::Hasher::new(latchkey::keys::Cost::parse("128,1,1").unwrap(), 1);
    let hash = dearer.hash(PASSWORD.as_bytes(), &*house.parts.entropy).await;
    store.rehash(tenant.id, &login, &hash, key).await.unwrap();
    assert_eq!(ada.login(&house.client(2)).await.data()["status"], "authenticated");
    let login = store.login(tenant.id, email.key()).await.unwrap().unwrap();
    let phc = store.open_hash(tenant.id, &login, key).unwrap();
    assert!(!phc.phc().contains("m=128,t=1,p=1"), "the cost in force has taken its place");
    assert_eq!(ada.login(&house.client(2)).await.data()["status"], "authenticated");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_network_is_told_to_the_owner_once() {
    let house = House::start().await;
    let tenant = house.tenant("acme", json!({})).await;
    let ada = house.person(&tenant, "ada@example.com").await;
    let before = house.mails_to(&ada.email).await.len();
    ada.login(&house.client(1)).await.data();
    assert_eq!(house.mails_to(&ada.email).await.len(), before, "the session of the registration is known");
    ada.login(&house.client(9)).await.data();
    let mails = house.mails_to(&ada.email).await;
    assert_eq!(mails.len(), before + 1);
    assert!(mails.last().unwrap().contains("127·0·0·9"), "{}", mails.last().unwrap());
    ada.login(&house.client(9)).await.data();
    assert_eq!(house.mails_to(&ada.email).await.len(), before + 1);
}

/// A fault of ours must not close the account for its owner.
#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_fails_before_the_password_is_looked_at_does_not_count() {
    if tests::is_elsewhere() {
        return;
    }
    let (house, faults) = House::on_a_bad_day().await;
    let (ada, client) = house.ada_at_acme(json!({})).await;
    let store = &house.parts.store;
    let tenant = store.tenant(&TenantSlug::parse("acme").unwrap()).await.unwrap().unwrap();
    let account = Failures::of_account(tenant.id, Email::parse(&ada.email).unwrap().key());
    ada.login(&client).await.data();
    faults.throttle_gets(100);
    assert_eq!(ada.login(&client).await.problem(), (503, "unavailable"));
    faults.throttle_gets(0);
    assert_eq!(store.failures(&account).await.unwrap(), 0);
    assert_eq!(ada.login(&client).await.data()["status"], "authenticated");
}
