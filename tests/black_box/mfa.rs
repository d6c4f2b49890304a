//! The mailed code: sent, right, wrong, late, forged; and the devices that it makes.

use futures::future::join_all;
use latchkey::{
    administration::audit,
    domain::{TenantSlug, event::Kind},
    jiff::SignedDuration,
    store::CodeSent,
    tokens::{self, Bearer},
};
use serde_json::{Value, json};
use tests::{Client, House, Person, factors::token_of, scale};

/// A tenant whose users need a second factor, which may be the mailbox.
pub fn settings() -> Value {
    json!({ "mfa": { "policy": "required", "methods": ["totp", "email"] } })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailed_code_completes_a_login_at_aal1() {
    let house = House::start().await;
    let (ada, client) = house.ada_at_acme(settings()).await;
    let login = ada.login(&client).await;
    let data = login.data();
    assert_eq!(data["status"], "mfa_required");
    assert_eq!(data["mfa_required"], true);
    assert_eq!(data["available_methods"], json!(["email"]));
    assert_eq!(data["default_method"], "email");
    assert!(data.get("session_id").is_none() && data.get("tokens").is_none());
    let handle = data["mfa_token"].as_str().unwrap();
    let sent =
        client.post("acme", "mfa/email/send", &json!({ "mfa_token": handle, "user_id": ada.user_id })).await;
    let expected =
        json!({ "status": "sent", "expires_in": 300, "resend_after": 30, "destination": "a•••@e•••.com" });
    assert_eq!(*sent.data(), expected);
    let code = house.mailed_code(&ada.email).await;
    let spaced = format!("{} {}", &code[..3], &code[3..]);
    let verified = ada.verify(&client, handle, &spaced).await;
    assert_eq!(verified.data()["status"], "authenticated");
    let access = verified.data()["tokens"]["access_token"].as_str().unwrap();
    let me = client.get_as("/api/v1/me", access).await;
    assert_eq!(me.data()["session"]["acr"], "aal1");
    assert_eq!(ada.verify(&client, handle, &code).await.problem(), (401, "mfa_token_invalid"));
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_codes_are_answered_as_the_contract_has_it_and_five_exhaust_the_handle() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let (ada, client) = house.ada_at_acme(settings()).await;
    let handle = ada.handle(&client).await;
    let code = ada.code(&house, &client, &handle).await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    for _ in 0..5 {
        let answer = ada.verify(&client, &handle, wrong).await;
        assert_eq!(*answer.data(), json!({ "status": "failed", "error": "invalid_code" }));
    }
    assert_eq!(ada.verify(&client, &handle, &code).await.problem(), (401, "mfa_token_invalid"));
    // Five in a row: the factor itself must wait, whatever the handle.
    let fresh = ada.handle(&client).await;
    let code = ada.code(&house, &client, &fresh).await;
    let refused = ada.verify(&client, &fresh, &code).await;
    assert_eq!(refused.problem(), (429, "too_many_attempts"));
    house.advance(SignedDuration::from_secs(31));
    assert_eq!(ada.verify(&client, &fresh, &code).await.data()["status"], "authenticated");
}

/// Nor does whoever knows the password hold the owner up with a handle that is exhausted.
#[tokio::test(flavor = "multi_thread")]
async fn a_dead_handle_takes_no_ones_turn() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let (ada, client) = house.ada_at_acme(settings()).await;
    let dead = ada.handle(&client).await;
    for _ in 0..5 {
        ada.verify(&client, &dead, "not a code").await.data();
    }
    let fresh = ada.handle(&client).await;
    let code = ada.code(&house, &client, &fresh).await;
    assert_eq!(ada.verify(&client, &fresh, &code).await.problem(), (429, "too_many_attempts"));
    house.advance(SignedDuration::from_secs(31));
    for _ in 0..3 {
        assert_eq!(ada.verify(&client, &dead, &code).await.problem(), (401, "mfa_token_invalid"));
    }
    assert_eq!(ada.verify(&client, &fresh, &code).await.data()["status"], "authenticated");
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_and_handles_run_out_and_cool_down() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let (ada, client) = house.ada_at_acme(settings()).await;
    let handle = ada.handle(&client).await;
    let path = format!("mfa/email/send?mfa_token={handle}&user_id={}", ada.user_id);
    let first = ada.code(&house, &client, &handle).await;
    let soon = client.post("acme", &path, &json!({})).await;
    assert_eq!(soon.problem(), (429, "too_many_attempts"));
    assert_eq!(soon.header("retry-after"), Some("30"));
    house.advance(SignedDuration::from_secs(30));
    let second = ada.code(&house, &client, &handle).await;
    if first != second {
        assert_eq!(ada.verify(&client, &handle, &first).await.data()["status"], "failed");
    }
    house.advance(SignedDuration::from_mins(5));
    assert_eq!(ada.verify(&client, &handle, &second).await.data()["status"], "failed", "late");
    house.advance(SignedDuration::from_mins(5));
    assert_eq!(ada.verify(&client, &handle, &second).await.problem(), (401, "mfa_token_invalid"));
    assert_eq!(client.post("acme", &path, &json!({})).await.problem(), (401, "mfa_token_invalid"));
}

/// ASVS V6.6.2.
#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_of_its_own_sign_in() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let (ada, client) = house.ada_at_acme(settings()).await;
    let (first, second) = (ada.handle(&client).await, ada.handle(&client).await);
    let code = ada.code(&house, &client, &first).await;
    assert_eq!(
        ada.verify(&client, &second, &code).await.data()["status"],
        "failed",
        "nothing was mailed for it"
    );
    house.advance(SignedDuration::from_secs(31));
    let other = ada.code(&house, &client, &second).await;
    if other != code {
        assert_eq!(ada.verify(&client, &second, &code).await.data()["status"], "failed");
    }
    assert_eq!(ada.verify(&client, &first, &code).await.data()["status"], "authenticated");
}

/// The SDK writes again where the first reply was lost.
#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_is_written_twice_is_sent_and_another_has_to_wait() {
    let house = House::start().await;
    let tenant = house.tenant("acme", settings()).await;
    let ada = house.person(&tenant, "ada@example.com").await;
    let handle = Bearer::parse(tokens::Kind::Mfa, &ada.handle(&house.client(2)).await).unwrap();
    let now = house.parts.clock.now();
    let put = async |mac: u8| {
        let put =
            house.parts.store.put_code(tenant.id, &handle, [mac; 32], now + SignedDuration::from_mins(5));
        put.await.unwrap()
    };
    for _ in 0..2 {
        assert!(matches!(put(1).await, CodeSent::Sent(_)));
    }
    assert!(matches!(put(2).await, CodeSent::TooSoon { .. }));
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_handles_and_other_users_are_refused_and_count_against_nobody() {
    let house = House::start().await;
    let tenant = house.tenant("acme", settings()).await;
    let ada = house.person(&tenant, "ada@example.com").await;
    let bob = house.person(&tenant, "bob@example.com").await;
    let client = house.client(2);
    let handle = ada.handle(&client).await;
    let body = json!({ "mfa_token": handle, "user_id": bob.user_id, "method": "email", "code": "123456" });
    assert_eq!(client.post("acme", "mfa/verify", &body).await.problem(), (401, "mfa_token_invalid"));
    for path in ["mfa/email/send", "mfa/webauthn/begin"] {
        let path = format!("{path}?mfa_token={handle}&user_id={}", bob.user_id);
        assert_eq!(client.post("acme", &path, &json!({})).await.problem(), (401, "mfa_token_invalid"));
    }
    // The same user, other secret bits: two hundred forged tries leave the owner's five untouched.
    for index in 0..200 {
        let mut forged = handle.clone();
        forged.replace_range(40..43, &format!("{:03}", index % 1000));
        if forged == handle {
            continue;
        }
        assert_eq!(ada.verify(&client, &forged, "123456").await.problem(), (401, "mfa_token_invalid"));
    }
    let code = ada.code(&house, &client, &handle).await;
    assert_eq!(ada.verify(&client, &handle, &code).await.data()["status"], "authenticated");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_completed_login_names_its_session_and_its_device_and_is_written_down() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let mut wanted = settings();
    wanted["redirect_uris"] = json!(["https://app.example/in"]);
    wanted["default_redirect_uri"] = json!("https://app.example/in");
    let (ada, client) = house.ada_at_acme(wanted).await;
    let handle = ada.handle(&client).await;
    let code = ada.code(&house, &client, &handle).await;
    let fingerprint = "f".repeat(256);
    let body = json!({
        "mfa_token": handle, "method": "email", "code": code,
        "remember_device": true, "device_fingerprint": fingerprint,
    });
    let verified = client.post("acme", "mfa/verify", &body).await;
    let access = token_of(verified.data());
    let me = client.get_as("/api/v1/me", &access).await;
    assert_eq!(verified.data()["session_id"], me.data()["session"]["session_id"]);
    assert_eq!(verified.data()["redirect_uri"], "https://app.example/in");
    let (_, attributes) = verified.cookie("__Host-lk_d_tnt_").unwrap();
    assert!(attributes.contains("Max-Age=31536000"), "{attributes}");
    let slug = TenantSlug::parse("acme").unwrap();
    let tenant = house.parts.store.tenant(&slug).await.unwrap().unwrap();
    let page = audit::page(&house.parts, &tenant, &audit::Wanted::default(), (None, 100)).await.unwrap();
    let succeeded = page.events.iter().find(|event| event.kind == Kind::MfaSucceeded).unwrap();
    assert_eq!(succeeded.fingerprint.as_ref(), Some(&fingerprint));
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_that_do_not_fit_the_method_are_named() {
    let house = House::start().await;
    let (ada, client) = house.ada_at_acme(settings()).await;
    let handle = ada.handle(&client).await;
    let places = |body: Value| {
        let client = client.clone();
        async move {
            let faults = client.post("acme", "mfa/verify", &body).await.faults();
            faults.into_iter().map(|(place, _)| place).collect::<Vec<_>>()
        }
    };
    let with = |fields: Value| {
        let mut body = json!({ "mfa_token": handle });
        body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        body
    };
    assert_eq!(places(with(json!({ "method": "smoke" }))).await, ["body.method"]);
    assert_eq!(places(with(json!({ "method": "email" }))).await, ["body.code"]);
    assert_eq!(places(with(json!({ "method": "webauthn" }))).await, ["body.challenge_id", "body.credential"]);
    let mixed = with(json!({ "method": "totp", "code": "1", "credential": {}, "challenge_id": "x" }));
    assert_eq!(places(mixed).await, ["body.challenge_id", "body.credential"]);
    let key_with_code = with(json!({ "method": "webauthn", "code": "1" }));
    assert_eq!(places(key_with_code).await, ["body.challenge_id", "body.code", "body.credential"]);
    let long = with(json!({ "method": "email", "code": "1", "device_fingerprint": "x".repeat(257) }));
    assert_eq!(places(long).await, ["body.device_fingerprint"]);
    assert_eq!(places(with(json!({ "method": "totp", "code": "123456" }))).await, ["body.method"]);
    let begin = format!("mfa/webauthn/begin?mfa_token={handle}&user_id={}", ada.user_id);
    assert_eq!(client.post("acme", &begin, &json!({})).await.problem(), (409, "no_such_factor"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_without_a_factor_must_enrol_where_the_mailbox_does_not_count() {
    let house = House::start().await;
    let tenant = house.tenant("acme", json!({ "mfa": { "policy": "required", "methods": ["totp"] } })).await;
    let ada = house.person(&tenant, "ada@example.com").await;
    let login = ada.login(&house.client(2)).await;
    assert_eq!(login.data()["status"], "mfa_enrollment_required");
    assert!(login.data()["enrollment_token"].as_str().unwrap().starts_with("lk_enr_"));
    assert!(login.data().get("tokens").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trusted_device_skips_the_factor_once_per_token_and_never_the_password() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let (ada, client) = house.ada_at_acme(settings()).await;
    let handle = ada.handle(&client).await;
    let code = ada.code(&house, &client, &handle).await;
    let body = json!({ "mfa_token": handle, "method": "email", "code": code, "trust_device": true });
    let verified = client.post("acme", "mfa/verify", &body).await;
    let token = verified.data()["trusted_device_token"].as_str().unwrap().to_owned();
    let login = |token: String, password: &'static str| {
        let client = client.clone();
        let body = json!({ "email": ada.email, "password": password, "trusted_device_token": token });
        async move { client.post("acme", "login", &body).await }
    };
    assert_eq!(login(token.clone(), "not the password at all").await.status, 401);
    let first = login(token.clone(), tests::PASSWORD).await;
    assert_eq!(first.data()["status"], "authenticated");
    let next = first.data()["trusted_device_token"].as_str().unwrap().to_owned();
    assert_ne!(next, token);
    assert_eq!(login(token, tests::PASSWORD).await.data()["status"], "mfa_required", "rotated away");
    assert_eq!(login(next.clone(), tests::PASSWORD).await.data()["status"], "authenticated");
    let access = first.data()["tokens"]["access_token"].as_str().unwrap();
    assert_eq!(client.get_as("/api/v1/me", access).await.data()["session"]["acr"], "aal1");
    house.advance(SignedDuration::from_hours(24 * 30));
    assert_eq!(login(next, tests::PASSWORD).await.data()["status"], "mfa_required", "too old");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_on_a_known_device_gets_in_while_strangers_lock_the_account() {
    let house = House::start().await;
    let mut wanted = settings();
    wanted["origins"] = json!(["https://app.example"]);
    let (ada, client) = house.ada_at_acme(wanted).await;
    let handle = ada.handle(&client).await;
    let code = ada.code(&house, &client, &handle).await;
    let body = json!({ "mfa_token": handle, "method": "email", "code": code, "remember_device": true });
    let (cookie, attributes) =
        client.post("acme", "mfa/verify", &body).await.cookie("__Host-lk_d_tnt_").unwrap();
    for wanted in ["HttpOnly", "Secure", "SameSite=Strict", "Path=/", "Max-Age="] {
        assert!(attributes.contains(wanted), "{attributes}");
    }
    for address in 10..16 {
        ada.login_with(&house.client(address), "not the password at all").await;
    }
    assert_eq!(ada.login(&house.client(3)).await.problem(), (429, "too_many_attempts"));
    let body = json!({ "email": ada.email, "password": tests::PASSWORD });
    let from = |origin: &'static str| {
        let (client, body, cookie) = (client.clone(), body.clone(), cookie.clone());
        async move { client.post_with("acme", "login", &body, &[("cookie", &cookie), ("origin", origin)]).await }
    };
    assert_eq!(from("https://app.example").await.data()["status"], "mfa_required");
    assert_eq!(from("https://evil.example").await.problem(), (403, "origin_not_allowed"));
}

/// Row 11.
#[tokio::test(flavor = "multi_thread")]
async fn an_owner_on_a_known_device_gets_in_amid_a_distributed_attack() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let (ada, client) = house.ada_at_acme(tests::factors::settings("optional", &["totp"])).await;
    let (app, _) = ada.enroll_app(&house, &client, &ada.token(&client).await).await;
    house.advance(SignedDuration::from_secs(61));
    let show = async |handle: &Value| {
        let code = app.code(&house, 0);
        let body = json!({ "mfa_token": handle, "method": "totp", "code": code, "remember_device": true });
        client.post("acme", "mfa/verify", &body).await
    };
    let (cookie, _) = show(&ada.handle(&client).await.into()).await.cookie("__Host-lk_d_tnt_").unwrap();
    let headers = [("cookie", cookie.as_str()), ("origin", tests::authenticator::ORIGIN)];
    let gets_in = async || {
        let body = json!({ "email": ada.email, "password": tests::PASSWORD });
        let login = client.post_with("acme", "login", &body, &headers).await;
        login.status == 200
            && show(&login.body["data"]["mfa_token"]).await.body["data"]["status"] == "authenticated"
    };
    let tries = scale(20_u16, 200);
    let (mut got_in, mut locked, mut attacks) = (0, 0, 0);
    for index in 0..tries {
        // Another code, and no faster than one device may go.
        house.advance(SignedDuration::from_secs(61));
        attacks += wave(&house, &ada, index, 0..8).await;
        locked += usize::from(ada.login(&stranger(&house, index, 99)).await.status == 429);
        let (more, entered) = futures::join!(wave(&house, &ada, index, 8..24), gets_in());
        attacks += more;
        got_in += usize::from(entered);
    }
    println!(
        "row 11: owner in {got_in} of {tries} on a known device and in {} from elsewhere, amid {attacks} wrong \
         passwords from as many networks",
        usize::from(tries) - locked
    );
    assert_eq!(locked, usize::from(tries), "there was no attack to speak of");
    assert!(got_in * 100 >= usize::from(tries) * 99);
}

/// A client in a network of its own.
fn stranger(house: &House, round: u16, index: u8) -> Client {
    let [high, low] = round.to_be_bytes();
    house.client_at(std::net::Ipv4Addr::new(127, 64 + high, low, index + 1))
}

/// Wrong passwords from so many networks at once: how many.
async fn wave(house: &House, person: &Person, round: u16, networks: std::ops::Range<u8>) -> usize {
    let wrong = networks.map(|index| {
        let client = stranger(house, round, index);
        async move { person.login_with(&client, "not the password at all").await }
    });
    let answers = join_all(wrong).await;
    // A machine that is busy with all of them may put some off.
    assert!(answers.iter().all(|answer| matches!(answer.status, 401 | 429 | 503)), "{answers:?}");
    answers.len()
}

/// Beside a trusted device's token in the body stands a known one's in a cookie: elsewhere than at a hosted page they are two.
#[tokio::test(flavor = "multi_thread")]
async fn a_device_is_trusted_and_known_at_once() {
    let house = House::start().await;
    let (ada, client) = house.ada_at_acme(settings()).await;
    let handle = ada.handle(&client).await;
    let code = ada.code(&house, &client, &handle).await;
    let asked = json!({ "trust_device": true, "remember_device": true });
    let mut body = json!({ "mfa_token": handle, "method": "email", "code": code });
    body.as_object_mut().unwrap().extend(asked.as_object().unwrap().clone());
    let verified = client.post("acme", "mfa/verify", &body).await;
    let token = verified.data()["tokens"]["access_token"].as_str().unwrap();
    assert!(verified.data()["trusted_device_token"].is_string());
    let listed = client.get_as("/api/v1/me/devices", token).await.data()["devices"].clone();
    let mut kinds: Vec<_> = listed.as_array().unwrap().iter().map(|device| device["kind"].clone()).collect();
    kinds.sort_by_key(ToString::to_string);
    assert_eq!(kinds, ["known", "trusted"]);
}
