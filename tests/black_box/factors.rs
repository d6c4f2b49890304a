//! Backup codes and the mailbox as factors; factors that are lost.

use std::collections::BTreeSet;

use futures::future::join_all;
use latchkey::{domain::TenantSlug, jiff::SignedDuration};
use serde_json::{Value, json};
use tests::{
    Client, House, PASSWORD, Person,
    factors::{settings, token_of},
    people::registration,
    rounds,
};

const MFA: &str = "/api/v1/me/mfa";
const REGENERATE: &str = "/api/v1/me/mfa/backup-codes/regenerate";

fn codes(enrolled: &Value) -> Vec<String> {
    let codes = enrolled["backup_codes"].as_array().unwrap();
    codes.iter().map(|code| code.as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_code_signs_in_once_is_told_of_and_counted() {
    let house = House::start().await;
    let tenant = house.tenant("acme", settings("optional", &["totp", "backup_code"])).await;
    let client = house.client(2);
    let ada = house.person(&tenant, "ada@example.com").await;
    let token = ada.token(&client).await;
    let (_, enrolled) = ada.enroll_app(&house, &client, &token).await;
    let codes = codes(&enrolled);
    assert!(codes.iter().all(|code| code.len() == 19 && code.matches('-').count() == 3), "{codes:?}");
    let handle = ada.handle(&client).await;
    let typed = codes[0].to_lowercase().replace('-', " ");
    let shown = ada.show(&client, &handle, "backup_code", &typed).await;
    assert_eq!(shown.data()["status"], "authenticated");
    let token = token_of(shown.data());
    let session = client.get_as("/api/v1/me", &token).await.data()["session"].clone();
    assert_eq!((&session["acr"], &session["amr"]), (&json!("aal2"), &json!(["pwd", "otp", "mfa"])));
    assert_eq!(client.get_as(MFA, &token).await.data()["backup_codes"]["remaining"], 9);
    let mails = house.mails_to(&ada.email).await;
    let told = mails.iter().filter(|mail| mail.contains("backup code")).any(|mail| mail.contains('9'));
    assert!(told, "{mails:#?}");
    let handle = ada.handle(&client).await;
    for wrong in [codes[0].as_str(), "AAAA-AAAA-AAAA-AAAA", "nonsense", ""] {
        assert_eq!(ada.show(&client, &handle, "backup_code", wrong).await.data()["status"], "failed");
    }
    let shown = ada.show(&client, &handle, "backup_code", &codes[1]).await;
    assert_eq!(shown.data()["status"], "authenticated");
}

/// ASVS V6.5.2: eighty bits want a slow hash with a salt.
#[tokio::test(flavor = "multi_thread")]
async fn a_backup_code_is_kept_as_a_salted_argon2id_hash_under_seal() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let tenant = house.tenant("acme", settings("optional", &["totp", "backup_code"])).await;
    let client = house.client(2);
    let ada = house.person(&tenant, "ada@example.com").await;
    ada.enroll_app(&house, &client, &ada.token(&client).await).await;
    let (store, key, user) =
        (&house.parts.store, house.parts.factors_key().unwrap(), ada.user_id.parse().unwrap());
    let kept = store.backup_codes(tenant.id, user).await.unwrap();
    let mut salts = BTreeSet::new();
    for code in &kept {
        let hash = store.open_backup_code(tenant.id, user, code, key).unwrap();
        let (algorithm, rest) = hash.phc().trim_start_matches('$').split_once('$').unwrap();
        assert_eq!(algorithm, "argon2id");
        assert!(salts.insert(rest.split('$').nth(2).unwrap().to_owned()));
        assert!(!code.sealed_hash.windows(8).any(|part| part == b"argon2id"), "it is sealed");
    }
    assert_eq!(salts.len(), 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn new_backup_codes_take_the_place_of_all_others_and_are_nobody_elses() {
    let house = House::start().await;
    let tenant = house.tenant("acme", settings("optional", &["totp", "backup_code"])).await;
    let client = house.client(2);
    let ada = house.person(&tenant, "ada@example.com").await;
    let bob = house.person(&tenant, "bob@example.com").await;
    let token = ada.token(&client).await;
    let (_, enrolled) = ada.enroll_app(&house, &client, &token).await;
    let old = codes(&enrolled);
    assert_eq!(
        client.post_as(REGENERATE, &token, &json!({})).await.problem(),
        (403, "reauthentication_required")
    );
    let handle = ada.handle(&client).await;
    let token = token_of(ada.show(&client, &handle, "backup_code", &old[0]).await.data());
    let made = client.post_as(REGENERATE, &token, &json!({})).await;
    let new = codes(made.data());
    assert_eq!(new.len(), 10);
    assert!(new.iter().all(|code| !old.contains(code)));
    assert_eq!(client.get_as(MFA, &token).await.data()["backup_codes"]["remaining"], 10);
    let bobs = bob.token(&client).await;
    bob.enroll_app(&house, &client, &bobs).await;
    let handle = bob.handle(&client).await;
    assert_eq!(bob.show(&client, &handle, "backup_code", &new[0]).await.data()["status"], "failed");
    let handle = ada.handle(&client).await;
    for code in &old[1..4] {
        assert_eq!(ada.show(&client, &handle, "backup_code", code).await.data()["status"], "failed");
    }
    let shown = ada.show(&client, &handle, "backup_code", &new[0]).await;
    assert_eq!(shown.data()["status"], "authenticated");
    // Two at once leave ten, not twenty.
    let token = token_of(shown.data());
    let none = json!({});
    let both = join_all((0..2).map(|_| client.post_as(REGENERATE, &token, &none))).await;
    assert!(both.iter().all(|answer| matches!(answer.status, 200 | 409)), "{both:?}");
    assert_eq!(client.get_as(MFA, &token).await.data()["backup_codes"]["remaining"], 10);
}

/// Row 2: one backup code, a hundred at once over several handles.
#[tokio::test(flavor = "multi_thread")]
async fn of_a_hundred_equal_backup_codes_one_opens_a_session() {
    let _crowd = tests::crowd().await;
    let Some(house) = House::with_its_own_clock().await else { return };
    let tenant = house.tenant("acme", settings("optional", &["totp", "backup_code"])).await;
    let client = house.client(2);
    let ada = house.person(&tenant, "ada@example.com").await;
    let token = ada.token(&client).await;
    let (app, enrolled) = ada.enroll_app(&house, &client, &token).await;
    let mut left = codes(&enrolled);
    for round in 0..rounds() {
        house.advance(SignedDuration::from_hours(2));
        if left.len() < 2 {
            let token = ada.token_by_app(&house, &client, &app).await;
            left = codes(client.post_as(REGENERATE, &token, &json!({})).await.data());
        }
        let code = left.pop().unwrap();
        let handles = join_all((0..4).map(|_| ada.handle(&client))).await;
        let shown = (0..100).map(|index| ada.show(&client, &handles[index % 4], "backup_code", &code));
        let answers = join_all(shown).await;
        let won = answers.iter().filter(|answer| answer.body["data"]["status"] == "authenticated").count();
        assert_eq!(won, 1, "round {round}: {:?}", crate::races::outcomes(&answers));
    }
    println!("row 2, backup codes: exactly 1 of 100 over 4 handles in each of {} rounds", rounds());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_mailbox_is_a_factor_by_consent_and_never_beside_a_stronger_one() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let tenant = house.tenant("acme", settings("optional", &["totp", "email"])).await;
    let client = house.client(2);
    let ada = house.person(&tenant, "ada@example.com").await;
    let token = ada.token(&client).await;
    let path = |step: &str| format!("{MFA}/email/{step}");
    let sent = client.post_as(&path("enable"), &token, &json!({})).await;
    let expected =
        json!({ "status": "sent", "expires_in": 600, "resend_after": 30, "destination": "a•••@e•••.com" });
    assert_eq!(*sent.data(), expected);
    let soon = client.post_as(&path("enable"), &token, &json!({})).await;
    assert_eq!((soon.problem(), soon.header("retry-after")), ((429, "too_many_attempts"), Some("30")));
    let code = house.mailed_code(&ada.email).await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let refused = client.post_as(&path("confirm"), &token, &json!({ "code": wrong })).await;
    assert_eq!(refused.faults()[0].0, "body.code");
    assert_eq!(ada.login(&client).await.data()["status"], "authenticated", "not yet");
    client.post_as(&path("confirm"), &token, &json!({ "code": code })).await.data();
    let again = client.post_as(&path("confirm"), &token, &json!({ "code": code })).await;
    assert_eq!(again.problem(), (403, "reauthentication_required"));
    let login = ada.login(&client).await;
    assert_eq!(login.data()["available_methods"], json!(["email"]));
    // An app takes over: the mailbox is not asked for any more, and a handle from before is dead.
    let older = login.data()["mfa_token"].as_str().unwrap().to_owned();
    let by_mail = token_of(&json!({ "tokens": ada.sign_in(&house, &client).await }));
    let (app, _) = ada.enroll_app(&house, &client, &by_mail).await;
    let path_of = format!("mfa/email/send?mfa_token={older}&user_id={}", ada.user_id);
    assert_eq!(client.post("acme", &path_of, &json!({})).await.problem(), (401, "mfa_token_invalid"));
    let login = ada.login(&client).await;
    assert_eq!(login.data()["available_methods"], json!(["totp"]));
    let handle = login.data()["mfa_token"].as_str().unwrap();
    let path_of = format!("mfa/email/send?mfa_token={handle}&user_id={}", ada.user_id);
    assert_eq!(client.post("acme", &path_of, &json!({})).await.problem(), (409, "no_such_factor"));
    assert_eq!(client.post_as(&path("disable"), &by_mail, &json!({})).await.status, 403, "mail is weaker");
    let fresh = ada.token_by_app(&house, &client, &app).await;
    let disabled = client.post_as(&path("disable"), &fresh, &json!({})).await;
    let anew = token_of(disabled.data());
    assert_eq!(client.get_as("/api/v1/me", &by_mail).await.status, 401, "a factor was removed");
    let factors = client.get_as(MFA, &anew).await.data()["factors"].clone();
    assert_eq!(factors.as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_guesses_at_once_at_a_mailed_code_five_are_looked_at() {
    let _crowd = tests::crowd().await;
    let house = House::start().await;
    let tenant = house.tenant("acme", settings("optional", &["email"])).await;
    let client = house.client(2);
    let ada = house.person(&tenant, "ada@example.com").await;
    let token = ada.token(&client).await;
    client.post_as(&format!("{MFA}/email/enable"), &token, &json!({})).await.data();
    let code = house.mailed_code(&ada.email).await;
    let right: u32 = code.parse().unwrap();
    let guesses = (1..=50).map(|index| {
        let guess = json!({ "code": format!("{:06}", (right + index) % 1_000_000) });
        let (client, token) = (client.clone(), token.clone());
        async move { client.post_as(&format!("{MFA}/email/confirm"), &token, &guess).await }
    });
    let answers = join_all(guesses).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 422).count(), 5);
    let after = client.post_as(&format!("{MFA}/email/confirm"), &token, &json!({ "code": code })).await;
    assert_eq!(after.problem(), (409, "nothing_begun"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_resets_factors_and_the_next_login_enrols_again() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let tenant = house.tenant("acme", settings("required", &["totp", "webauthn", "backup_code"])).await;
    let client = house.client(2);
    let ada = house.person(&tenant, "ada@example.com").await;
    let login = ada.login(&client).await;
    let token = login.data()["enrollment_token"].as_str().unwrap().to_owned();
    let (app, enrolled) = ada.enroll_app(&house, &client, &token).await;
    let session = token_of(&enrolled);
    let (mut key, _) = ada.enroll_key(&client, &session).await;
    let handle = ada.handle(&client).await;
    admin::user::reset_mfa(&house.by, &tenant, ada.user_id.parse().unwrap()).await.unwrap();
    assert_eq!(client.get_as("/api/v1/me", &session).await.status, 401);
    house.advance(SignedDuration::from_secs(30));
    let dead = ada.show(&client, &handle, "totp", &app.code(&house, 0)).await;
    assert_eq!(dead.problem(), (401, "mfa_token_invalid"));
    let begun = client.post("acme", "passkey/begin", &json!({})).await;
    let credential = key.get(&begun.data()["public_key"]);
    let body = json!({ "challenge_id": begun.data()["challenge_id"], "credential": credential });
    assert_eq!(client.post("acme", "passkey/finish", &body).await.problem(), (401, "invalid_credentials"));
    let mails = house.mails_to(&ada.email).await;
    assert!(mails.iter().any(|mail| mail.contains("administrator")), "{mails:#?}");
    let login = ada.login(&client).await;
    assert_eq!(login.data()["status"], "mfa_enrollment_required");
    let token = login.data()["enrollment_token"].as_str().unwrap().to_owned();
    let (_, enrolled) = ada.enroll_app(&house, &client, &token).await;
    assert_eq!(codes(&enrolled).len(), 10, "new ones");
    let listed = client.get_as(MFA, &token_of(&enrolled)).await.data().clone();
    assert_eq!(listed["factors"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_by_mail_removes_no_factor_and_mail_does_not_stand_in_for_one() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let tenant = house.tenant("acme", settings("optional", &["totp", "email", "backup_code"])).await;
    let client = house.client(2);
    let ada = house.person(&tenant, "ada@example.com").await;
    let token = ada.token(&client).await;
    let (app, enrolled) = ada.enroll_app(&house, &client, &token).await;
    let reset = ada.reset_token(&house, &client).await;
    ada.reset(&client, &reset, "an entirely new pass phrase 7").await.data();
    let login = ada.login_with(&client, "an entirely new pass phrase 7").await;
    assert_eq!(login.data()["available_methods"], json!(["totp", "backup_code"]));
    let handle = login.data()["mfa_token"].as_str().unwrap();
    let send = format!("mfa/email/send?mfa_token={handle}&user_id={}", ada.user_id);
    assert_eq!(client.post("acme", &send, &json!({})).await.problem(), (409, "no_such_factor"));
    house.advance(SignedDuration::from_secs(30));
    assert_eq!(
        ada.show(&client, handle, "totp", &app.code(&house, 0)).await.data()["status"],
        "authenticated"
    );
    // The app is lost: a backup code is the factor.
    let login = ada.login_with(&client, "an entirely new pass phrase 7").await;
    let handle = login.data()["mfa_token"].as_str().unwrap();
    let shown = ada.show(&client, handle, "backup_code", &codes(&enrolled)[3]).await;
    assert_eq!(shown.data()["status"], "authenticated");
}

/// Somebody with another's address, where a tenant asks for no proof of it; and what their login gave.
async fn squatter(house: &House, client: &Client, mut wanted: Value) -> (Person, Value) {
    wanted["require_email_verification"] = json!(false);
    house.tenant("acme", wanted).await;
    let email = "victim@example.com";
    client.post("acme", "register", &registration(email, PASSWORD)).await.data();
    let login = client.post("acme", "login", &json!({ "email": email, "password": PASSWORD })).await;
    let user_id = login.data()["user_id"].as_str().unwrap().to_owned();
    (Person { email: email.to_owned(), user_id, slug: "acme".to_owned() }, login.data().clone())
}

/// Where a tenant asks for no proof of addresses, somebody may have taken another's: the first proof
/// takes away the factors that were made before it.
#[tokio::test(flavor = "multi_thread")]
async fn the_first_proof_of_an_address_takes_away_the_factors_from_before() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let client = house.client(2);
    let (squatter, login) = squatter(&house, &client, settings("optional", &["totp", "backup_code"])).await;
    let token = token_of(&login);
    squatter.enroll_app(&house, &client, &token).await;
    let reset = squatter.reset_token(&house, &client).await;
    squatter.reset(&client, &reset, "the owner chooses this one").await.data();
    assert_eq!(client.get_as("/api/v1/me", &token).await.status, 401);
    let login = squatter.login_with(&client, "the owner chooses this one").await;
    assert_eq!(login.data()["status"], "authenticated");
    let token = token_of(login.data());
    let listed = client.get_as(MFA, &token).await.data().clone();
    assert!(listed["factors"].as_array().unwrap().is_empty() && listed.get("backup_codes").is_none());
    // The second proof takes nothing away.
    squatter.enroll_app(&house, &client, &token).await;
    house.advance(SignedDuration::from_hours(2));
    let reset = squatter.reset_token(&house, &client).await;
    squatter.reset(&client, &reset, "the owner chooses once more").await.data();
    let login = squatter.login_with(&client, "the owner chooses once more").await;
    assert_eq!(login.data()["status"], "mfa_required");
}

/// Nor does a code that they guessed keep the owner out.
#[tokio::test(flavor = "multi_thread")]
async fn a_squatters_wrong_code_does_not_keep_the_owner_from_the_first_proof() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let client = house.client(2);
    let (squatter, _) = squatter(&house, &client, settings("optional", &["totp"])).await;
    // Since then the tenant asks for a proof.
    let slug = TenantSlug::parse("acme").unwrap();
    for (setting, value) in [
        ("require_email_verification", json!(true)),
        ("mfa.methods", json!(["email"])),
        ("mfa.policy", json!("required")),
    ] {
        admin::tenant::set(&house.by, &slug, &[(setting.to_owned(), value)]).await.unwrap();
    }
    house.advance(SignedDuration::from_mins(5));
    let handle = squatter.handle(&client).await;
    assert_eq!(squatter.verify(&client, &handle, "000000").await.data()["status"], "failed");
    let reset = squatter.reset_token(&house, &client).await;
    squatter.reset(&client, &reset, "the owner chooses this one").await.data();
    let login = squatter.login_with(&client, "the owner chooses this one").await;
    assert_eq!(login.data()["status"], "mfa_required");
}
