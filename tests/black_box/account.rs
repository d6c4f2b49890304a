//! The own account: profile, password, address, export, deletion.

use latchkey::jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};
use tests::{
    Client, House, PASSWORD, Person,
    factors::{settings, token_of},
    people::registration,
    token_in,
};

const ME: &str = "/api/v1/me";
const NEW: &str = "an entirely new pass phrase 7";

async fn patch(client: &Client, token: &str, body: Value) -> tests::Answer {
    client.as_user(Method::PATCH, ME, token, Some(&body)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_is_changed_field_by_field() {
    let house = House::start().await;
    let (ada, client) = house.ada_at_acme(json!({})).await;
    let token = ada.token(&client).await;
    let changed = patch(&client, &token, json!({ "first_name": "Augusta", "custom_data": { "a": 1 } })).await;
    assert_eq!(changed.data()["first_name"], "Augusta");
    assert_eq!(changed.data()["last_name"], "Lovelace");
    assert_eq!(changed.data()["custom_data"], json!({ "a": 1 }));
    let changed = patch(&client, &token, json!({ "last_name": "King", "custom_data": null })).await;
    assert_eq!(
        (&changed.data()["last_name"], &changed.data()["custom_data"]),
        (&json!("King"), &Value::Null)
    );
    assert_eq!(patch(&client, &token, json!({})).await.data()["first_name"], "Augusta");
    let faults =
        patch(&client, &token, json!({ "first_name": null, "last_name": "", "custom_data": [] })).await;
    let places: Vec<_> = faults.faults().into_iter().map(|(place, _)| place).collect();
    assert_eq!(places, ["body.custom_data", "body.first_name", "body.last_name"]);
    assert_eq!(patch(&client, "nonsense", json!({})).await.problem(), (401, "bearer_invalid"));
    // Nothing else can be set.
    patch(&client, &token, json!({ "email": "eve@example.com", "status": "active", "epoch": 9 }))
        .await
        .data();
    assert_eq!(client.get_as(ME, &token).await.data()["email"], "ada@example.com");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_changed_by_the_old_one_and_ends_every_other_session() {
    let house = House::start().await;
    let (ada, client) = house.ada_at_acme(json!({})).await;
    let (own, other) = (ada.token(&client).await, ada.token(&client).await);
    let change = |token: String, body: Value| {
        let client = client.clone();
        async move { client.post_as("/api/v1/me/password", &token, &body).await }
    };
    let faults =
        change(own.clone(), json!({ "new_password": "ada@example.com", "current_password": PASSWORD })).await;
    assert_eq!(faults.faults()[0].0, "body.new_password");
    let wrong =
        change(own.clone(), json!({ "new_password": NEW, "current_password": "nothing of the kind" })).await;
    assert_eq!(wrong.faults()[0].0, "body.current_password");
    // A password alone is no second factor, however fresh.
    let without = change(own.clone(), json!({ "new_password": NEW })).await;
    assert_eq!(without.problem(), (403, "reauthentication_required"));
    let changed = change(own.clone(), json!({ "new_password": NEW, "current_password": PASSWORD })).await;
    for dead in [&own, &other] {
        assert_eq!(client.get_as(ME, dead).await.problem(), (401, "bearer_invalid"));
    }
    let anew = token_of(changed.data());
    assert_eq!(client.get_as(ME, &anew).await.status, 200);
    let refreshed = json!({ "refresh_token": changed.data()["tokens"]["refresh_token"] });
    assert_eq!(client.post("acme", "session/refresh", &refreshed).await.status, 200);
    assert_eq!(ada.login(&client).await.problem(), (401, "invalid_credentials"));
    assert_eq!(ada.login_with(&client, NEW).await.status, 200);
    let mails = house.mails_to(&ada.email).await;
    assert!(mails.iter().any(|mail| mail.contains("password of your account")), "{mails:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_at_the_old_password_are_counted_as_logins_are() {
    let house = House::start().await;
    let (ada, client) = house.ada_at_acme(json!({})).await;
    let token = ada.token(&client).await;
    let body = json!({ "new_password": NEW, "current_password": "nothing of the kind" });
    for _ in 0..5 {
        assert_eq!(client.post_as("/api/v1/me/password", &token, &body).await.status, 422);
    }
    let refused = client.post_as("/api/v1/me/password", &token, &body).await;
    assert_eq!(refused.problem(), (429, "too_many_attempts"));
    assert!(refused.header("retry-after").is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fresh_strong_factor_changes_a_forgotten_password() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let (ada, client) = house.ada_at_acme(settings("optional", &["totp", "webauthn"])).await;
    let token = ada.token(&client).await;
    let (mut key, _) = ada.enroll_key(&client, &token).await;
    let begun = client.post("acme", "passkey/begin", &json!({})).await;
    let credential = key.get(&begun.data()["public_key"]);
    let body = json!({ "challenge_id": begun.data()["challenge_id"], "credential": credential });
    let token = token_of(client.post("acme", "passkey/finish", &body).await.data());
    house.advance(SignedDuration::from_mins(11));
    let late = client.post_as("/api/v1/me/password", &token, &json!({ "new_password": NEW })).await;
    assert_eq!(late.problem(), (403, "reauthentication_required"));
    let begun = client.post("acme", "passkey/begin", &json!({})).await;
    let credential = key.get(&begun.data()["public_key"]);
    let body = json!({ "challenge_id": begun.data()["challenge_id"], "credential": credential });
    let token = token_of(client.post("acme", "passkey/finish", &body).await.data());
    client.post_as("/api/v1/me/password", &token, &json!({ "new_password": NEW })).await.data();
    assert_eq!(ada.login_with(&client, NEW).await.data()["status"], "mfa_required");
}

/// Asks for another address and confirms it by the mailed code: the answer.
async fn move_to(house: &House, client: &Client, token: &str, email: &str) -> tests::Answer {
    client.post_as("/api/v1/me/email", token, &json!({ "email": email })).await.data();
    let code = house.mailed_code(email).await;
    client.post_as("/api/v1/me/email/confirm", token, &json!({ "code": code })).await
}

async fn undo_token(house: &House, email: &str) -> String {
    let mails = house.mails_to(email).await;
    mails.iter().rev().find_map(|mail| token_in(mail, "lk_und_")).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_changed_by_who_holds_both_and_the_old_one_is_free_again() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let tenant = house.tenant("acme", json!({})).await;
    let ada = house.person(&tenant, "ada@example.com").await;
    house.person(&tenant, "taken@example.com").await;
    let client = house.client(2);
    let (own, other) = (ada.token(&client).await, ada.token(&client).await);
    let same = client.post_as("/api/v1/me/email", &own, &json!({ "email": "ADA@example.com" })).await;
    assert_eq!(same.faults()[0].0, "body.email");
    // Taken or not, the answer is the same; who holds the mailbox is told at the end.
    let taken = client.post_as("/api/v1/me/email", &own, &json!({ "email": "taken@example.com" })).await;
    assert_eq!(taken.data()["status"], "sent");
    let code = house.mailed_code("taken@example.com").await;
    let confirmed = client.post_as("/api/v1/me/email/confirm", &own, &json!({ "code": code })).await;
    assert_eq!(confirmed.problem(), (409, "email_taken"));
    house.advance(SignedDuration::from_secs(31));
    let moved = move_to(&house, &client, &own, "Augusta@example.org").await;
    let anew = token_of(moved.data());
    assert_eq!(client.get_as(ME, &anew).await.data()["email"], "Augusta@example.org");
    for dead in [&own, &other] {
        assert_eq!(client.get_as(ME, dead).await.status, 401);
    }
    assert_eq!(ada.login(&client).await.problem(), (401, "invalid_credentials"));
    let augusta = Person { email: "augusta@example.org".to_owned(), ..ada.clone() };
    assert_eq!(augusta.login(&client).await.data()["user_id"], ada.user_id);
    // The old address is anybody's who holds it.
    let second = house.person(&tenant, "ada@example.com").await;
    assert_ne!(second.user_id, ada.user_id);
    // And then it does not come back to the first account.
    let undo = undo_token(&house, "ada@example.com").await;
    let answer = client.post("acme", "email/undo", &json!({ "token": undo })).await;
    assert_eq!(answer.problem(), (409, "email_taken"));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_holds_the_old_mailbox_undoes_a_thiefs_changes_for_seven_days() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let (ada, client) = house.ada_at_acme(json!({})).await;
    let token = ada.token(&client).await;
    // The thief moves it twice, so that the second undo is theirs.
    let token = token_of(move_to(&house, &client, &token, "thief@example.org").await.data());
    house.advance(SignedDuration::from_secs(31));
    let token = token_of(move_to(&house, &client, &token, "thief@example.net").await.data());
    let (owners, thiefs) =
        (undo_token(&house, "ada@example.com").await, undo_token(&house, "thief@example.org").await);
    let other = house.tenant("other", json!({})).await;
    let undo = |slug: String, token: String| {
        let client = client.clone();
        async move { client.post(&slug, "email/undo", &json!({ "token": token })).await }
    };
    let elsewhere = undo(other.slug.to_string(), owners.clone()).await;
    assert_eq!(elsewhere.problem(), (400, "token_invalid"));
    house.advance(SignedDuration::from_hours(24 * 6));
    let undone = undo("acme".to_owned(), owners.clone()).await;
    assert_eq!(undone.data()["status"], "email_restored");
    assert_eq!(undone.data()["email"], "ada@example.com");
    assert_eq!(client.get_as(ME, &token).await.status, 401, "the thief is signed out");
    for dead in [owners, thiefs] {
        assert_eq!(undo("acme".to_owned(), dead).await.problem(), (400, "token_invalid"));
    }
    assert_eq!(ada.login(&client).await.status, 401, "the password is gone: the thief knew it");
    let reset = undone.data()["reset_token"].as_str().unwrap();
    ada.reset(&client, reset, NEW).await.data();
    assert_eq!(ada.login_with(&client, NEW).await.data()["user_id"], ada.user_id);
    let thief = Person { email: "thief@example.net".to_owned(), ..ada.clone() };
    assert_eq!(thief.login_with(&client, NEW).await.status, 401);
    let told = house.mails_to("thief@example.net").await;
    assert!(told.last().unwrap().contains("undone"), "{told:#?}");
    // A week later it is too late.
    let token = token_of(ada.login_with(&client, NEW).await.data());
    move_to(&house, &client, &token, "ada@example.net").await.data();
    let late = undo_token(&house, "ada@example.com").await;
    house.advance(SignedDuration::from_hours(24 * 7));
    assert_eq!(undo("acme".to_owned(), late).await.problem(), (400, "token_invalid"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_not_changed_by_a_stale_session_or_a_guessed_code() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let (ada, client) = house.ada_at_acme(json!({})).await;
    let token = ada.token(&client).await;
    client.post_as("/api/v1/me/email", &token, &json!({ "email": "new@example.org" })).await.data();
    let code = house.mailed_code("new@example.org").await;
    let wrong = "000000000000";
    for _ in 0..5 {
        let guess = client.post_as("/api/v1/me/email/confirm", &token, &json!({ "code": wrong })).await;
        assert_eq!(guess.status, 422);
    }
    let right = client.post_as("/api/v1/me/email/confirm", &token, &json!({ "code": code })).await;
    assert_eq!(right.problem(), (409, "nothing_begun"));
    house.advance(SignedDuration::from_mins(11));
    let stale = client.post_as("/api/v1/me/email", &token, &json!({ "email": "new@example.org" })).await;
    assert_eq!(stale.problem(), (403, "reauthentication_required"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_holds_everything_and_no_secret() {
    let house = House::start().await;
    let (ada, client) = house.ada_at_acme(settings("optional", &["totp", "webauthn", "backup_code"])).await;
    let token = ada.token(&client).await;
    let (_, enrolled) = ada.enroll_app(&house, &client, &token).await;
    let handle = ada.handle(&client).await;
    let code = enrolled["backup_codes"][0].as_str().unwrap();
    let body = json!({ "mfa_token": handle, "method": "backup_code", "code": code, "trust_device": true });
    let signed_in = client.post("acme", "mfa/verify", &body).await.data().clone();
    let token = token_of(&signed_in);
    ada.enroll_key(&client, &token).await;
    let export = client.get_as("/api/v1/me/export", &token).await;
    let data = export.data();
    assert_eq!(data["email"], "ada@example.com");
    assert_eq!(data["enrolled_methods"], json!(["totp", "webauthn", "backup_code"]));
    assert_eq!(data["authenticator_app"]["name"], "My phone");
    assert_eq!(data["keys"][0]["name"], "My key");
    assert_eq!(data["backup_codes"], json!({ "made": 10, "remaining": 9 }));
    assert_eq!(data["devices"].as_array().unwrap().len(), 1);
    assert!(data["sessions"].as_array().unwrap().len() >= 2);
    for secret in ["sealed", "hash", "lk_", "last_step", "argon2"] {
        assert!(!export.text.contains(secret), "{secret}: {}", export.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_account_leaves_its_address_free_and_nothing_behind() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let tenant = house.tenant("acme", settings("optional", &["totp", "webauthn", "backup_code"])).await;
    let ada = house.person(&tenant, "ada@example.com").await;
    let bob = house.person(&tenant, "bob@example.com").await;
    let client = house.client(2);
    let stale = ada.token(&client).await;
    house.advance(SignedDuration::from_mins(11));
    assert_eq!(client.delete_as(ME, &stale).await.problem(), (403, "reauthentication_required"));
    let token = ada.token(&client).await;
    let (app, _) = ada.enroll_app(&house, &client, &token).await;
    assert_eq!(client.delete_as(ME, &token).await.problem(), (403, "reauthentication_required"));
    let token = ada.token_by_app(&house, &client, &app).await;
    ada.enroll_key(&client, &token).await;
    assert_eq!(client.delete_as(ME, &token).await.data()["status"], "deleted");
    assert_eq!(client.get_as(ME, &token).await.problem(), (401, "bearer_invalid"));
    assert_eq!(ada.login(&client).await.problem(), (401, "invalid_credentials"));
    let mails = house.mails_to(&ada.email).await;
    assert!(mails.last().unwrap().contains("was deleted"), "{mails:#?}");
    let (store, user) = (&house.parts.store, ada.user_id.parse().unwrap());
    assert!(store.sessions(tenant.id, user).await.unwrap().is_empty(), "the worker has swept");
    assert!(store.profile(tenant.id, user).await.unwrap().is_none());
    assert!(store.credentials(tenant.id, user).await.unwrap().is_empty());
    assert!(store.totp(tenant.id, user).await.unwrap().is_none());
    // The address is free at once, and the next account has nothing of the last.
    client.post("acme", "register", &registration(&ada.email, NEW)).await.data();
    let token = house.mailed_token(&ada.email, "lk_vfy_").await;
    let body = json!({ "token": token, "password": NEW });
    let verified = client.post("acme", "verify-email", &body).await;
    assert_ne!(verified.data()["user_id"], ada.user_id);
    assert_eq!(verified.data()["status"], "verified");
    assert_eq!(bob.login(&client).await.status, 200);
}
