//! Rows 21 and 22: DynamoDB loses answers, has conflicts and throttles, while people go their whole way; and what
//! can be used once is not used up by a call that failed.

use latchkey::{
    administration::audit,
    domain::{Email, TenantSlug, event::Kind},
    store::Failures,
};
use reqwest::Method;
use serde_json::json;
use tests::{
    House, Journey, PASSWORD, Record, Weather,
    factors::{App, settings, token_of},
    people::registration,
    scale,
};

use crate::{
    moving::{hash_of, moved_in},
    webauthn,
};

/// How many go at once, where their mails wait for one another.
const PARTY: u16 = 100;

async fn travel(weather: Weather) -> Record {
    let mut record = Record::default();
    for party in 0..scale(1, 8) {
        // The embedded database looks through its stream for each write: one that is used for long is slow.
        let (house, faults) = House::on_a_bad_day().await;
        house.tenant("acme", crate::mfa::settings()).await;
        let count = scale(12, PARTY);
        let weather = Weather { seed: weather.seed + u64::from(party), ..weather };
        record += Journey::under(weather, &house, &faults).of(party * PARTY, count).await;
        assert!(house.half_users().await.is_empty());
    }
    assert!(record.harmed > 0 && record.asked >= scale(100, 10_000), "{record:#?}");
    record
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_answers_and_conflicts_refuse_nobody_and_spend_nothing_twice() {
    let _crowd = tests::crowd().await;
    if tests::is_elsewhere() {
        return;
    }
    let weather = Weather { seed: 21, lost: 0.10, conflicting: 0.05, ..Weather::default() };
    let record = travel(weather).await;
    println!("row 21: {record}");
    assert!(record.refused.is_empty() && record.twice.is_empty(), "{record:#?}");
    assert!(record.given_up.is_empty(), "{record:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn throttling_by_dynamodb_is_waited_out() {
    let _crowd = tests::crowd().await;
    if tests::is_elsewhere() {
        return;
    }
    let record = travel(Weather { seed: 22, throttled: 0.30, ..Weather::default() }).await;
    println!("row 22: {record}");
    assert!(record.refused.is_empty() && record.twice.is_empty(), "{record:#?}");
    assert!(record.given_up.values().sum::<usize>() * 1000 <= record.asked, "{record:#?}");
}

/// Nothing was mailed, so that there is nothing to wait for.
#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_could_not_be_mailed_is_asked_for_again_at_once() {
    if tests::is_elsewhere() {
        return;
    }
    let (house, faults) = House::on_a_bad_day().await;
    let (ada, client) = house.ada_at_acme(crate::mfa::settings()).await;
    let handle = ada.handle(&client).await;
    let path = format!("mfa/email/send?mfa_token={handle}&user_id={}", ada.user_id);
    // More than the errand and the event are tried.
    faults.throttle_puts(100);
    assert_eq!(client.post("acme", &path, &json!({})).await.problem(), (503, "unavailable"));
    faults.throttle_puts(0);
    assert_eq!(client.post("acme", &path, &json!({})).await.data()["status"], "sent");
    assert_eq!(client.post("acme", &path, &json!({})).await.problem(), (429, "too_many_attempts"));
    let code = house.mailed_code(&ada.email).await;
    assert_eq!(ada.verify(&client, &handle, &code).await.data()["status"], "authenticated");
}

/// The challenge is taken with the session, or given back.
#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_whose_session_could_not_be_opened_is_shown_again() {
    if tests::is_elsewhere() {
        return;
    }
    let (house, faults) = House::on_a_bad_day().await;
    let (ada, client, mut key) = webauthn::keyed(&house, "acme").await;
    let tenant = house.parts.store.tenant(&TenantSlug::parse("acme").unwrap()).await.unwrap().unwrap();
    let user = ada.user_id.parse().unwrap();
    let sessions = async || house.parts.store.sessions(tenant.id, user).await.unwrap().len();
    for counter in [0, 40] {
        key.counter = counter;
        let before = sessions().await;
        let (challenge, options) = webauthn::begin(&client, "acme").await;
        let answer = key.get(&options);
        let show = async || webauthn::finish(&client, "acme", &challenge, &answer).await;
        faults.throttle_puts(100);
        assert_eq!(show().await.problem(), (503, "unavailable"));
        faults.throttle_puts(0);
        assert_eq!(sessions().await, before);
        assert_eq!(show().await.data()["status"], "authenticated");
        assert_eq!(show().await.problem(), (401, "invalid_credentials"));
        assert_eq!(sessions().await, before + 1);
    }
}

/// Nor is what is shown beside a password used up by a fault of ours, or counted as wrong.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_factors_key_whose_session_could_not_be_opened_is_shown_again() {
    if tests::is_elsewhere() {
        return;
    }
    let (house, faults) = House::on_a_bad_day().await;
    let (ada, client, mut key) = webauthn::keyed(&house, "acme").await;
    let store = &house.parts.store;
    let tenant = store.tenant(&TenantSlug::parse("acme").unwrap()).await.unwrap().unwrap();
    let user = ada.user_id.parse().unwrap();
    let sessions = async || store.sessions(tenant.id, user).await.unwrap().len();
    for counter in [0, 40] {
        key.counter = counter;
        // The session cannot be stored; or the challenge is taken, and the answer to that never comes, after
        // two that count the try.
        for (throttled, fates) in [(100, String::new()), (0, format!("..{}", "l".repeat(100)))] {
            let before = sessions().await;
            let handle = ada.handle(&client).await;
            let (challenge, options) = ada.challenge(&client, &handle).await;
            let answer = key.get(&options);
            let show = async |handle: &str| ada.show_key(&client, handle, &challenge, &answer).await;
            faults.throttle_puts(throttled);
            faults.changes(&fates);
            assert_eq!(show(&handle).await.problem(), (503, "unavailable"));
            faults.throttle_puts(0);
            faults.changes("");
            assert_eq!(sessions().await, before);
            assert_eq!(show(&handle).await.data()["status"], "authenticated");
            assert_eq!(sessions().await, before + 1);
            let failures = Failures::of_factor(tenant.id, user, "webauthn");
            assert_eq!(store.failures(&failures).await.unwrap(), 0);
            assert_eq!(show(&handle).await.problem(), (401, "mfa_token_invalid"));
        }
    }
    let page = audit::page(&house.parts, &tenant, &audit::Wanted::default(), (None, 1000)).await.unwrap();
    for kind in [Kind::MfaFailed, Kind::SignatureCounterFell] {
        assert!(page.events.iter().all(|event| event.kind != kind), "{kind:?} of {:?}", page.events);
    }
}

/// The account, its session and the event are one transaction.
#[tokio::test(flavor = "multi_thread")]
async fn a_verification_is_made_whole_or_can_be_made_again() {
    if tests::is_elsewhere() {
        return;
    }
    let (house, faults) = House::on_a_bad_day().await;
    house.tenant("acme", json!({})).await;
    let client = house.client(2);
    client.post("acme", "register", &registration("ada@example.com", PASSWORD)).await.data();
    let token = house.mailed_token("ada@example.com", "lk_vfy_").await;
    let body = json!({ "token": token, "password": PASSWORD });
    // More than a conflict is retried.
    faults.conflict(100);
    assert_eq!(client.post("acme", "verify-email", &body).await.problem(), (503, "unavailable"));
    faults.conflict(0);
    faults.throttle_puts(100);
    let verified = client.post("acme", "verify-email", &body).await;
    faults.throttle_puts(0);
    assert!(verified.data()["tokens"]["access_token"].is_string(), "{}", verified.text);
    assert_eq!(client.post("acme", "verify-email", &body).await.data()["status"], "already_verified");
}

/// That a try met another transaction says nothing of the tries before it.
#[tokio::test(flavor = "multi_thread")]
async fn a_reset_whose_answer_is_lost_before_a_conflict_is_no_stale_one() {
    if tests::is_elsewhere() {
        return;
    }
    let (house, faults) = House::on_a_bad_day().await;
    let (ada, client) = house.ada_at_acme(json!({})).await;
    let token = ada.reset_token(&house, &client).await;
    faults.lose(1);
    faults.conflict(2);
    ada.reset(&client, &token, "an entirely new pass phrase 7").await.data();
    assert_eq!(ada.reset(&client, &token, "another new pass phrase 8").await.problem().1, "token_invalid");
    assert_eq!(ada.login_with(&client, "an entirely new pass phrase 7").await.status, 200);
}

/// What DynamoDB leaves of several reads in one call is asked for again.
#[tokio::test(flavor = "multi_thread")]
async fn a_read_that_is_done_in_part_is_gone_on_with() {
    if tests::is_elsewhere() {
        return;
    }
    let (house, faults) = House::on_a_bad_day().await;
    let (ada, client) = house.ada_at_acme(json!({ "mfa": { "policy": "off" } })).await;
    let token = ada.token(&client).await;
    let whole = client.get_as("/api/v1/me", &token).await;
    faults.leave_unprocessed(2);
    let in_parts = client.get_as("/api/v1/me", &token).await;
    assert_eq!(in_parts.data(), whole.data());
    assert_eq!(faults.clear(), 2);
}

/// However often the answer is lost, a try of the password counts once.
#[tokio::test(flavor = "multi_thread")]
async fn a_try_whose_answer_is_lost_counts_once() {
    if tests::is_elsewhere() {
        return;
    }
    let (house, faults) = House::on_a_bad_day().await;
    let (ada, client) = house.ada_at_acme(json!({})).await;
    faults.set(Weather { lost: 1.0, ..Weather::default() });
    assert_eq!(ada.login_with(&client, "not the password at all").await.problem(), (503, "unavailable"));
    faults.clear();
    let store = &house.parts.store;
    let tenant = store.tenant(&TenantSlug::parse("acme").unwrap()).await.unwrap().unwrap();
    let email = Email::parse(&ada.email).unwrap();
    assert_eq!(store.failures(&Failures::of_account(tenant.id, email.key())).await.unwrap(), 1);
}

/// A factor, its backup codes and the event are one transaction, and the tokens are signed before it.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_was_made_is_answered() {
    if tests::is_elsewhere() {
        return;
    }
    let (house, faults) = House::on_a_bad_day().await;
    let (ada, client) = house.ada_at_acme(settings("required", &["totp", "backup_code"])).await;
    let login = ada.login(&client).await;
    let token = login.data()["enrollment_token"].as_str().unwrap();
    let begun = client.post_as("/api/v1/me/mfa/totp/enroll", token, &json!({})).await;
    let app = App::of(&begun.data()["secret"]);
    let body = json!({ "code": app.code(&house, 0) });
    faults.throttle_puts(100);
    let confirmed = client.post_as("/api/v1/me/mfa/totp/confirm", token, &body).await;
    assert_eq!(confirmed.data()["backup_codes"].as_array().unwrap().len(), 10);
    let body = json!({ "current_password": PASSWORD, "new_password": "an entirely new pass phrase 7" });
    let changed = client.post_as("/api/v1/me/password", &token_of(confirmed.data()), &body).await;
    faults.throttle_puts(0);
    assert_eq!(client.get_as("/api/v1/me", &token_of(changed.data())).await.status, 200);
    let tenant = house.parts.store.tenant(&TenantSlug::parse("acme").unwrap()).await.unwrap().unwrap();
    let page = audit::page(&house.parts, &tenant, &audit::Wanted::default(), (None, 1000)).await.unwrap();
    for kind in [Kind::FactorEnrolled, Kind::MfaSucceeded, Kind::PasswordChanged] {
        assert!(page.events.iter().any(|event| event.kind == kind), "{kind:?} of {:?}", page.events);
    }
}

/// Its token is rotated before the session is opened, and good again where that fails.
#[tokio::test(flavor = "multi_thread")]
async fn a_trusted_device_stays_so_where_the_session_could_not_be_opened() {
    if tests::is_elsewhere() {
        return;
    }
    let (house, faults) = House::on_a_bad_day().await;
    let (ada, client) = house.ada_at_acme(crate::mfa::settings()).await;
    let handle = ada.handle(&client).await;
    let code = ada.code(&house, &client, &handle).await;
    let body = json!({ "mfa_token": handle, "method": "email", "code": code, "trust_device": true });
    let device = client.post("acme", "mfa/verify", &body).await.data()["trusted_device_token"].clone();
    let body = json!({ "email": ada.email, "password": PASSWORD, "trusted_device_token": device });
    faults.throttle_puts(100);
    assert_eq!(client.post("acme", "login", &body).await.problem(), (503, "unavailable"));
    faults.throttle_puts(0);
    assert_eq!(client.post("acme", "login", &body).await.data()["status"], "authenticated");
}

/// The worker's writes are made, their answers lost, and made again by the SDK: each meets what it wrote itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_notice_whose_writes_answers_are_lost_is_mailed_all_the_same() {
    if tests::is_elsewhere() {
        return;
    }
    let (house, faults) = House::on_a_bad_day().await;
    let (ada, _) = house.ada_at_acme(json!({})).await;
    // It claims the entry, and sees that the notice is the first of its kind.
    for (network, fates) in [(7, "l."), (8, ".l."), (9, "l.l.")] {
        let before = house.mails_to(&ada.email).await.len();
        ada.login(&house.client(network)).await.data();
        faults.changes(fates);
        assert_eq!(house.mails_to(&ada.email).await.len(), before + 1, "{fates}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_and_whose_answer_was_lost_is_not_refused() {
    if tests::is_elsewhere() {
        return;
    }
    let (house, faults) = House::on_a_bad_day().await;
    let (ada, client) = house.ada_at_acme(settings("optional", &["email", "totp"])).await;
    let token = ada.token(&client).await;
    faults.changes(&"l.".repeat(8));
    let begun = client.post_as("/api/v1/me/mfa/email/enable", &token, &json!({})).await;
    assert_eq!(begun.data()["status"], "sent");
    faults.changes("");
    assert_eq!(house.mailed_code(&ada.email).await.len(), 6);
    faults.changes("l.");
    let change = json!({ "settings": { "mfa.policy": "off" } });
    let path = "/api/v1/admin/tenants/acme";
    let changed = house.administer("local-owner", Method::PATCH, path, Some(&change)).await;
    assert_eq!(changed.data()["settings"]["mfa"]["policy"], "off", "{}", changed.text);
}

/// That a password could not be hashed anew is no reason to throw a sign-in away.
#[tokio::test(flavor = "multi_thread")]
async fn a_login_whose_rehash_fails_is_complete_and_hashes_anew_next_time() {
    if tests::is_elsewhere() {
        return;
    }
    let (house, faults) = House::on_a_bad_day().await;
    let tenant = house.tenant("acme", json!({})).await;
    let (email, brought) = moved_in(&house, &tenant).await;
    let log_in = async || {
        let body = json!({ "email": email, "password": PASSWORD });
        house.client(2).post("acme", "login", &body).await
    };
    // Three count the try.
    faults.changes(&format!("...{}", "t".repeat(100)));
    assert_eq!(log_in().await.data()["status"], "authenticated");
    faults.changes("");
    assert_eq!(hash_of(&house, &tenant, &email).await.unwrap(), brought);
    assert_eq!(log_in().await.data()["status"], "authenticated");
    assert_ne!(hash_of(&house, &tenant, &email).await.unwrap(), brought);
}
