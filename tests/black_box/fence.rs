//! The fence after a restore: what was issued before is dead, and sign-ins go on.

use admin::fence::restore_fence;
use latchkey::jiff::SignedDuration;
use serde_json::json;
use tests::House;

#[tokio::test(flavor = "multi_thread")]
async fn what_was_issued_before_the_fence_is_dead() {
    let house = House::start_here().await;
    let settings = tests::factors::settings("required", &["email", "webauthn"]);
    let tenant = house.tenant("acme", settings.clone()).await;
    let other = house.tenant("other", settings).await;
    let client = house.client(2);
    let (ada, eve) =
        (house.person(&tenant, "ada@example.com").await, house.person(&other, "eve@example.com").await);
    let others = eve.sign_in(&house, &client).await;
    let handle = ada.handle(&client).await;
    let code = ada.code(&house, &client, &handle).await;
    let body = json!({ "mfa_token": handle, "method": "email", "code": code, "trust_device": true });
    let old = client.post("acme", "mfa/verify", &body).await.data().clone();
    house.advance(SignedDuration::from_secs(31));
    let handle = ada.handle(&client).await;
    let code = ada.code(&house, &client, &handle).await;
    let reset = ada.reset_token(&house, &client).await;
    let bob = tests::people::registration("bob@example.com", tests::PASSWORD);
    client.post("acme", "register", &bob).await.data();
    let verification = house.mailed_token("bob@example.com", "lk_vfy_").await;
    let backend = admin::tenant::client_token(&house.by, &tenant, "backend", 60).await.unwrap();

    let fenced = restore_fence(&house.by, Some(&tenant.slug)).await.unwrap();
    assert_eq!(fenced.len(), 1);
    // Every function has read the tenant again.
    house.advance(SignedDuration::from_secs(61));

    let access = old["tokens"]["access_token"].as_str().unwrap();
    assert_eq!(client.get_as("/api/v1/me", access).await.status, 401);
    let body = json!({ "refresh_token": old["tokens"]["refresh_token"] });
    let refreshed = client.post("acme", "session/refresh", &body).await;
    assert_eq!(refreshed.problem(), (401, "session_invalid"));
    assert_eq!(ada.verify(&client, &handle, &code).await.problem(), (401, "mfa_token_invalid"));
    let spent = ada.reset(&client, &reset, "an entirely new pass phrase 7").await;
    assert_eq!(spent.problem(), (400, "token_invalid"));
    let body = json!({ "token": verification, "password": tests::PASSWORD });
    let verified = client.post("acme", "verify-email", &body).await;
    assert_eq!(verified.problem(), (400, "token_invalid"));
    let by_client = [("authorization", &*format!("Bearer {backend}"))];
    let login = json!({ "email": ada.email, "password": tests::PASSWORD });
    let called = client.post_with("acme", "login", &login, &by_client).await;
    assert_eq!(called.problem(), (401, "bearer_invalid"));
    let body = json!({
        "email": ada.email, "password": tests::PASSWORD,
        "trusted_device_token": old["trusted_device_token"],
    });
    assert_eq!(client.post("acme", "login", &body).await.data()["status"], "mfa_required");

    let fresh = ada.sign_in(&house, &client).await;
    let access = fresh["access_token"].as_str().unwrap();
    assert_eq!(client.get_as("/api/v1/me", access).await.status, 200);
    let body = json!({ "refresh_token": fresh["refresh_token"] });
    client.post("acme", "session/refresh", &body).await.data();
    let access = others["access_token"].as_str().unwrap();
    assert_eq!(client.get_as("/api/v1/me", access).await.status, 200, "another tenant's");

    assert_eq!(restore_fence(&house.by, None).await.unwrap().len(), 2);
    house.advance(SignedDuration::from_secs(61));
    assert_eq!(client.get_as("/api/v1/me", access).await.status, 401, "another tenant's");
}

/// A challenge that was answered comes back with the table, and with it the answer.
#[tokio::test(flavor = "multi_thread")]
async fn a_passkeys_challenge_does_not_outlive_the_fence() {
    let house = House::start_here().await;
    let (ada, client) =
        house.ada_at_acme(tests::factors::settings("optional", &["webauthn", "backup_code"])).await;
    let token = ada.token(&client).await;
    let (mut key, _) = ada.enroll_key(&client, &token).await;
    for (fenced, status) in [(false, 200), (true, 401)] {
        let begun = client.post("acme", "passkey/begin", &json!({})).await.data().clone();
        let credential = key.get(&begun["public_key"]);
        if fenced {
            restore_fence(&house.by, None).await.unwrap();
        }
        house.advance(SignedDuration::from_secs(61));
        let body = json!({ "challenge_id": begun["challenge_id"], "credential": credential });
        assert_eq!(client.post("acme", "passkey/finish", &body).await.status, status, "{fenced}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fence_and_other_changes_are_both_made() {
    let house = House::start_here().await;
    let tenant = house.tenant("acme", json!({})).await;
    let change = async |value: bool| {
        let setting = ("self_registration".to_owned(), json!(value));
        while admin::tenant::set(&house.by, &tenant.slug, std::slice::from_ref(&setting)).await.is_err() {}
    };
    for value in [false, true, false] {
        let (fenced, ()) = futures::join!(restore_fence(&house.by, None), change(value));
        let fenced = fenced.unwrap().remove(0);
        let now = admin::tenant::show(&house.parts, &tenant.slug).await.unwrap();
        assert_eq!(now.settings.self_registration, value);
        assert_eq!(now.not_before.as_second(), fenced.not_before.as_second());
    }
}
