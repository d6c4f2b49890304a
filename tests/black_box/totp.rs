//! An authenticator app: enrolled, used, replayed, replaced, removed.

use futures::future::join_all;
use latchkey::{domain::throttle::Verdict, jiff::SignedDuration};
use reqwest::Method;
use serde_json::{Value, json};
use tests::{
    App, House, PASSWORD,
    factors::{settings, token_of},
    rounds,
};

const ME: &str = "/api/v1/me";
const MFA: &str = "/api/v1/me/mfa";

#[tokio::test(flavor = "multi_thread")]
async fn an_app_is_enrolled_once_confirmed_and_signs_in_at_aal2() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let (ada, client) = house.ada_at_acme(settings("optional", &["totp", "backup_code"])).await;
    let token = ada.token(&client).await;
    let begun = client.post_as("/api/v1/me/mfa/totp/enroll", &token, &json!({})).await;
    let uri = begun.data()["otpauth_uri"].as_str().unwrap();
    assert!(uri.starts_with("otpauth://totp/Acme%20Works:ada%40example"), "{uri}");
    assert!(begun.data()["qr_svg"].as_str().unwrap().contains("<svg"));
    // Not confirmed: nothing is asked for.
    assert_eq!(ada.login(&client).await.data()["status"], "authenticated");
    let wrong = json!({ "code": "000000" });
    let refused = client.post_as("/api/v1/me/mfa/totp/confirm", &token, &wrong).await;
    assert_eq!(refused.faults()[0].0, "body.code");
    let app = App::of(&begun.data()["secret"]);
    let body = json!({ "code": app.code(&house, 0), "name": "My phone" });
    let confirmed = client.post_as("/api/v1/me/mfa/totp/confirm", &token, &body).await.data().clone();
    assert_eq!(confirmed["status"], "enrolled");
    assert_eq!(confirmed["backup_codes"].as_array().unwrap().len(), 10);
    assert!(confirmed.get("tokens").is_none(), "nothing ended: {confirmed}");
    assert_eq!(
        client.post_as("/api/v1/me/mfa/totp/confirm", &token, &body).await.problem(),
        (403, "reauthentication_required"),
        "the session is of a password alone"
    );
    let mails = house.mails_to(&ada.email).await;
    assert!(mails.last().unwrap().contains("authenticator app was added"), "{mails:#?}");

    let login = ada.login(&client).await;
    assert_eq!(login.data()["available_methods"], json!(["totp", "backup_code"]));
    assert_eq!(login.data()["default_method"], "totp");
    let handle = login.data()["mfa_token"].as_str().unwrap();
    // The code that confirmed is used.
    assert_eq!(ada.show(&client, handle, "totp", &app.code(&house, 0)).await.data()["status"], "failed");
    let shown = ada.show(&client, handle, "totp", &app.code(&house, 1)).await;
    assert_eq!(shown.data()["status"], "authenticated");
    let session = &client.get_as(ME, &token_of(shown.data())).await.data()["session"].clone();
    assert_eq!((&session["acr"], &session["amr"]), (&json!("aal2"), &json!(["pwd", "otp", "mfa"])));
    let listed = client.get_as(MFA, &token_of(shown.data())).await.data().clone();
    assert_eq!(listed["factors"][0]["name"], "My phone");
    assert_eq!(listed["factors"][0]["method"], "totp");
    assert_eq!(listed["backup_codes"], json!({ "remaining": 10, "disabled": false }));
    assert!(!listed["factors"][0]["last_used_at"].is_null());
}

/// Row 13. Each writing has a person and a code of its own, and so few showings that none is refused
/// for its pace: every one is looked at.
#[tokio::test(flavor = "multi_thread")]
async fn a_code_works_once_over_all_handles_and_windows_however_it_is_written() {
    type Writing = fn(&str) -> String;
    let Some(house) = House::with_its_own_clock().await else { return };
    let tenant = house.tenant("acme", settings("optional", &["totp"])).await;
    let writings: [(&str, Writing); 6] = [
        ("plain", str::to_owned),
        ("padded", |code| format!(" {code} ")),
        ("grouped", |code| format!("{} {}", &code[..3], &code[3..])),
        ("full width", |code| in_digits_from('\u{ff10}', code)),
        ("Arabic digits", |code| in_digits_from('\u{660}', code)),
        ("zero width space", |code| format!("{code}\u{200b}")),
    ];
    let (mut successes, mut tried) = (0, 0);
    for (slot, (name, written)) in (10..).zip(writings) {
        let client = house.client(slot);
        let person = house.person(&tenant, &format!("ada{slot}@example.com")).await;
        let token = person.token(&client).await;
        let (app, _) = person.enroll_app(&house, &client, &token).await;
        house.advance(SignedDuration::from_secs(30));
        let code = app.code(&house, 0);
        let mut won = 0;
        for _ in 0..3 {
            for shown in [written(&code), code.clone()] {
                let handle = person.handle(&client).await;
                let answer = person.show(&client, &handle, "totp", &shown).await;
                tried += 1;
                won += usize::from(answer.data()["status"] == "authenticated");
            }
            house.advance(SignedDuration::from_secs(30));
        }
        assert_eq!(won, 1, "{name}");
        successes += won;
    }
    println!(
        "row 13: {successes} successes of {tried} showings of {} codes, over handles, writings and windows",
        writings.len()
    );
}

/// The code in the digits of another script.
fn in_digits_from(zero: char, code: &str) -> String {
    code.chars().map(|digit| char::from_u32(zero as u32 + digit.to_digit(10).unwrap()).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_step_that_was_never_used_does_not_come_back() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let (ada, client) = house.ada_at_acme(settings("optional", &["totp"])).await;
    let token = ada.token(&client).await;
    let (app, _) = ada.enroll_app(&house, &client, &token).await;
    house.advance(SignedDuration::from_hours(2));
    let handle = ada.handle(&client).await;
    assert_eq!(
        ada.show(&client, &handle, "totp", &app.code(&house, 1)).await.data()["status"],
        "authenticated"
    );
    let handle = ada.handle(&client).await;
    assert_eq!(ada.show(&client, &handle, "totp", &app.code(&house, 0)).await.data()["status"], "failed");
    assert_eq!(ada.show(&client, &handle, "totp", &app.code(&house, -1)).await.data()["status"], "failed");
}

/// Row 2: one code, a hundred handles and requests at once.
#[tokio::test(flavor = "multi_thread")]
async fn of_a_hundred_equal_codes_over_as_many_handles_one_opens_a_session() {
    let _crowd = tests::crowd().await;
    let Some(house) = House::with_its_own_clock().await else { return };
    let tenant = house.tenant("acme", settings("optional", &["totp"])).await;
    let ada = house.person(&tenant, "ada@example.com").await;
    let client = house.client(2);
    let token = ada.token(&client).await;
    let (app, _) = ada.enroll_app(&house, &client, &token).await;
    for round in 0..rounds() {
        house.advance(SignedDuration::from_hours(2));
        let mut handles = Vec::new();
        for address in 0..4 {
            handles.push(ada.handle(&house.client(10 + address)).await);
        }
        let code = app.code(&house, 0);
        let user = ada.user_id.parse().unwrap();
        let before = house.parts.store.sessions(tenant.id, user).await.unwrap().len();
        let shown = (0..100).map(|index| ada.show(&client, &handles[index % 4], "totp", &code));
        let answers = join_all(shown).await;
        let won = answers.iter().filter(|answer| answer.body["data"]["status"] == "authenticated").count();
        let after = house.parts.store.sessions(tenant.id, user).await.unwrap().len();
        let outcomes = crate::races::outcomes(&answers);
        assert_eq!((won, after - before), (1, 1), "round {round}: {outcomes:?}");
    }
    println!("row 2, TOTP: exactly 1 of 100 over 4 handles in each of {} rounds", rounds());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_factor_is_enrolled_by_the_enrolment_token_and_completes_the_login() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let mut wanted = settings("required", &["totp", "backup_code"]);
    wanted["redirect_uris"] = json!(["https://app.example.com/in"]);
    wanted["default_redirect_uri"] = json!("https://app.example.com/in");
    let (ada, client) = house.ada_at_acme(wanted).await;
    let token = |login: &tests::Answer| login.data()["enrollment_token"].as_str().unwrap().to_owned();
    let first = token(&ada.login(&client).await);
    let other = token(&ada.login(&client).await);
    let (app, done) = ada.enroll_app(&house, &client, &first).await;
    assert_eq!(done["status"], "authenticated");
    assert_eq!(done["redirect_uri"], "https://app.example.com/in");
    assert_eq!(done["backup_codes"].as_array().unwrap().len(), 10);
    let session = client.get_as(ME, &token_of(&done)).await.data()["session"].clone();
    assert_eq!(session["acr"], "aal2");
    // Both tokens are dead: the first is spent, the second was for who has no factor.
    for dead in [&first, &other] {
        for path in ["totp/enroll", "totp/confirm", "webauthn/register/begin"] {
            let answer = client.post_as(&format!("{MFA}/{path}"), dead, &json!({ "code": "000000" })).await;
            assert!(matches!(answer.problem(), (401, "mfa_token_invalid")), "{path}: {}", answer.text);
        }
    }
    let handle = ada.handle(&client).await;
    let shown = ada.show(&client, &handle, "totp", &app.code(&house, 1)).await;
    assert_eq!(shown.data()["status"], "authenticated");
}

/// The first factor may as well be a passkey.
#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_that_is_enrolled_by_the_enrolment_token_completes_the_login() {
    let house = House::start().await;
    let (ada, client) = house.ada_at_acme(settings("required", &["webauthn", "backup_code"])).await;
    let token = ada.login(&client).await.data()["enrollment_token"].as_str().unwrap().to_owned();
    let (_, done) = ada.enroll_key(&client, &token).await;
    assert_eq!(done["status"], "authenticated");
    let session = client.get_as(ME, &token_of(&done)).await.data()["session"].clone();
    assert_eq!(session["acr"], "aal2");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_enrolment_token_is_good_at_the_enrolment_endpoints_alone_and_for_ten_minutes() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let (ada, client) = house.ada_at_acme(settings("required", &["totp", "webauthn"])).await;
    let login = ada.login(&client).await;
    let token = login.data()["enrollment_token"].as_str().unwrap();
    for (method, path) in [
        (Method::GET, "/api/v1/me"),
        (Method::GET, "/api/v1/me/mfa"),
        (Method::GET, "/api/v1/me/sessions"),
        (Method::GET, "/api/v1/me/export"),
        (Method::POST, "/api/v1/me/mfa/backup-codes/regenerate"),
        (Method::POST, "/api/v1/me/mfa/email/enable"),
        (Method::POST, "/api/v1/me/mfa/email/disable"),
        (Method::DELETE, "/api/v1/me"),
    ] {
        let answer = client.as_user(method, path, token, Some(&json!({}))).await;
        assert_eq!(answer.problem(), (401, "bearer_invalid"), "{path}");
    }
    assert_eq!(client.post_as(&format!("{MFA}/totp/enroll"), token, &json!({})).await.status, 200);
    house.advance(SignedDuration::from_mins(10));
    let late = client.post_as(&format!("{MFA}/totp/enroll"), token, &json!({})).await;
    assert_eq!(late.problem(), (401, "mfa_token_invalid"));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_users_app_opens_nothing_and_a_change_wants_a_fresh_factor() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let tenant = house.tenant("acme", settings("optional", &["totp", "backup_code"])).await;
    let client = house.client(2);
    let ada = house.person(&tenant, "ada@example.com").await;
    let bob = house.person(&tenant, "bob@example.com").await;
    let password_alone = ada.token(&client).await;
    let (app, enrolled) = ada.enroll_app(&house, &client, &password_alone).await;
    let bobs = bob.token(&client).await;
    let (bobs_app, _) = bob.enroll_app(&house, &client, &bobs).await;
    let factor = format!("{MFA}/{}", enrolled["factor_id"].as_str().unwrap());

    let handle = ada.handle(&client).await;
    assert_eq!(
        ada.show(&client, &handle, "totp", &bobs_app.code(&house, 1)).await.data()["status"],
        "failed"
    );
    // A password alone changes nothing any more, nor does a session whose factor is eleven minutes old.
    assert_eq!(
        client.delete_as(&factor, &password_alone).await.problem(),
        (403, "reauthentication_required")
    );
    let token = ada.token_by_app(&house, &client, &app).await;
    house.advance(SignedDuration::from_mins(11));
    assert_eq!(client.delete_as(&factor, &token).await.problem(), (403, "reauthentication_required"));
    let regenerate = format!("{MFA}/backup-codes/regenerate");
    let refused = client.post_as(&regenerate, &token, &json!({})).await;
    assert_eq!(refused.problem(), (403, "reauthentication_required"));
    // Bob's token removes nothing of Ada's.
    let bobs = bob.token_by_app(&house, &client, &bobs_app).await;
    assert_eq!(client.delete_as(&factor, &bobs).await.problem(), (404, "not_found"));

    let fresh = ada.token_by_app(&house, &client, &app).await;
    let removed = client.delete_as(&factor, &fresh).await;
    assert_eq!(client.get_as(ME, &fresh).await.problem(), (401, "bearer_invalid"), "issued anew");
    assert_eq!(client.get_as(ME, &token).await.problem(), (401, "bearer_invalid"), "ended");
    let anew = token_of(removed.data());
    let me = client.get_as(ME, &anew).await;
    assert_eq!(me.data()["session"]["acr"], "aal2");
    let listed = client.get_as(MFA, &anew).await.data().clone();
    assert_eq!((listed["factors"].as_array().unwrap().len(), listed.get("backup_codes")), (0, None));
    assert_eq!(ada.login(&client).await.data()["status"], "authenticated");
    let mails = house.mails_to(&ada.email).await;
    assert!(mails.iter().any(|mail| mail.contains("authenticator app was removed")), "{mails:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_app_takes_the_place_of_the_first_and_the_last_cannot_go_where_one_is_required() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let (ada, client) = house.ada_at_acme(settings("required", &["totp", "backup_code"])).await;
    let login = ada.login(&client).await;
    let token = login.data()["enrollment_token"].as_str().unwrap().to_owned();
    let (app, done) = ada.enroll_app(&house, &client, &token).await;
    let session = token_of(&done);
    let factor = format!("{MFA}/{}", done["factor_id"].as_str().unwrap());
    assert_eq!(client.delete_as(&factor, &session).await.problem(), (409, "factor_required"));
    let elsewhere = ada.token_by_app(&house, &client, &app).await;
    let (new, replaced) = ada.enroll_app(&house, &client, &session).await;
    assert_eq!(replaced["status"], "enrolled");
    assert!(replaced.get("backup_codes").is_none(), "the old ones stay");
    assert_eq!(client.get_as(ME, &elsewhere).await.problem(), (401, "bearer_invalid"));
    assert_eq!(client.get_as(ME, &token_of(&replaced)).await.status, 200);
    house.advance(SignedDuration::from_mins(2));
    let handle = ada.handle(&client).await;
    assert_eq!(ada.show(&client, &handle, "totp", &app.code(&house, 0)).await.data()["status"], "failed");
    assert_eq!(
        ada.show(&client, &handle, "totp", &new.code(&house, 0)).await.data()["status"],
        "authenticated"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_tenant_does_not_offer_or_nobody_began_is_refused() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let (ada, client) = house.ada_at_acme(settings("optional", &["webauthn"])).await;
    let token = ada.token(&client).await;
    for path in ["totp/enroll", "totp/confirm", "email/enable", "backup-codes/regenerate"] {
        let answer = client.post_as(&format!("{MFA}/{path}"), &token, &json!({ "code": "123456" })).await;
        assert_eq!(answer.problem(), (409, "factor_not_offered"), "{path}");
    }
    let other = house.tenant("other", settings("optional", &["totp", "email", "backup_code"])).await;
    let eve = house.person(&other, "eve@example.com").await;
    let token = eve.token(&client).await;
    for (path, code) in [
        ("totp/confirm", "nothing_begun"),
        ("email/confirm", "nothing_begun"),
        ("email/disable", "no_such_factor"),
        ("backup-codes/regenerate", "no_such_factor"),
    ] {
        let answer = client.post_as(&format!("{MFA}/{path}"), &token, &json!({ "code": "123456" })).await;
        assert_eq!(answer.problem(), (409, code), "{path}");
    }
    // A secret that was shown is good for a quarter of an hour.
    let begun = client.post_as(&format!("{MFA}/totp/enroll"), &token, &json!({})).await;
    let app = App::of(&begun.data()["secret"]);
    house.advance(SignedDuration::from_mins(9));
    let late = eve.token(&client).await;
    house.advance(SignedDuration::from_mins(6));
    let body = json!({ "code": app.code(&house, 0) });
    let answer = client.post_as(&format!("{MFA}/totp/confirm"), &late, &body).await;
    assert_eq!(answer.problem(), (409, "nothing_begun"));
}

/// Row 12, for an app: the hundredth wrong code in a row disables it; a new one is counted anew.
#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_wrong_codes_disable_an_app_until_it_is_enrolled_anew() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let (ada, client) = house.ada_at_acme(settings("optional", &["totp", "backup_code"])).await;
    let token = ada.token(&client).await;
    let (app, enrolled) = ada.enroll_app(&house, &client, &token).await;
    let codes = enrolled["backup_codes"].clone();
    let (mut evaluated, mut told_at) = (0, None);
    for wave in 0..100_u16 {
        let [high, low] = (wave + 1).to_be_bytes();
        let client = house.client_at(std::net::Ipv4Addr::new(127, 7, high, low.max(1)));
        let handle = ada.handle(&client).await;
        let answers = join_all((0..5).map(|_| ada.show(&client, &handle, "totp", "0000000"))).await;
        evaluated += answers.iter().filter(|answer| answer.body["data"]["status"] == "failed").count();
        if told_at.is_none() {
            let mails = house.mails_to(&ada.email).await;
            let told = mails.iter().any(|mail| mail.contains("failed 10 times in a row"));
            told_at = told.then_some(evaluated);
        }
        house.advance(SignedDuration::from_mins(61));
    }
    println!("row 12, TOTP: {evaluated} of 500 guesses evaluated; owner told at {told_at:?}");
    assert_eq!((evaluated, told_at), (100, Some(10)));
    let total = |name| house.metrics.total(name);
    assert_eq!((total("FailedFactors"), total("DisabledFactors")), (100, 1));
    let handle = ada.handle(&client).await;
    assert_eq!(ada.show(&client, &handle, "totp", &app.code(&house, 0)).await.status, 429);
    // Another factor still lets its owner in, who sees why and enrols it anew.
    let shown = ada.show(&client, &handle, "backup_code", codes[0].as_str().unwrap()).await;
    let token = token_of(shown.data());
    let listed = client.get_as(MFA, &token).await.data().clone();
    assert_eq!(listed["factors"][0]["disabled"], true);
    let (new, _): (App, Value) = ada.enroll_app(&house, &client, &token).await;
    house.advance(SignedDuration::from_secs(30));
    let handle = ada.handle(&client).await;
    assert_eq!(
        ada.show(&client, &handle, "totp", &new.code(&house, 0)).await.data()["status"],
        "authenticated"
    );
    assert_eq!(ada.login_with(&client, PASSWORD).await.data()["status"], "mfa_required");
}

/// The app may have been removed since the handle was given out.
#[tokio::test(flavor = "multi_thread")]
async fn where_there_is_no_app_there_is_nothing_to_guess_and_nothing_to_wait_for() {
    let house = House::start().await;
    let tenant = house.tenant("acme", json!({})).await;
    let ada = house.person(&tenant, "ada@example.com").await;
    let user = ada.user_id.parse().unwrap();
    for _ in 0..10 {
        let (verdict, failures, app) = house.parts.store.count_totp_failure(tenant.id, user).await.unwrap();
        assert_eq!((verdict, failures), (Verdict::Allowed, 0));
        assert!(app.is_none());
    }
}
