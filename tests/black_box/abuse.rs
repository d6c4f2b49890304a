//! What a thief with a session, or somebody who squats on an address, tries with the own account.

use latchkey::jiff::SignedDuration;
use serde_json::{Value, json};
use tests::{
    Client, House, PASSWORD, Person,
    authenticator::Authenticator,
    factors::{settings, token_of},
    people::registration,
    token_in,
};

const NEW: &str = "an entirely new pass phrase 7";
const FINISH: &str = "/api/v1/me/mfa/webauthn/register/finish";

async fn move_to(house: &House, client: &Client, token: &str, email: &str) -> tests::Answer {
    client.post_as("/api/v1/me/email", token, &json!({ "email": email })).await.data();
    let code = house.mailed_code(email).await;
    assert_eq!(code.len(), 12, "a foreign mailbox is not proven by six digits");
    client.post_as("/api/v1/me/email/confirm", token, &json!({ "code": code })).await
}

async fn undo(house: &House, client: &Client, email: &str) -> tests::Answer {
    let mails = house.mails_to(email).await;
    let token = mails.iter().rev().find_map(|mail| token_in(mail, "lk_und_")).unwrap();
    client.post("acme", "email/undo", &json!({ "token": token })).await
}

async fn passkey(client: &Client, key: &mut Authenticator) -> tests::Answer {
    let begun = client.post("acme", "passkey/begin", &json!({})).await;
    let credential = key.get(&begun.data()["public_key"]);
    let body = json!({ "challenge_id": begun.data()["challenge_id"], "credential": credential });
    client.post("acme", "passkey/finish", &body).await
}

/// Somebody who registered an address that is not theirs, where no proof is asked for.
async fn squatter(client: &Client, email: &str) -> (Person, String) {
    client.post("acme", "register", &registration(email, PASSWORD)).await.data();
    let login = client.post("acme", "login", &json!({ "email": email, "password": PASSWORD })).await;
    let user_id = login.data()["user_id"].as_str().unwrap().to_owned();
    (Person { email: email.to_owned(), user_id, slug: "acme".to_owned() }, token_of(login.data()))
}

fn unproven() -> Value {
    let mut wanted = settings("optional", &["totp", "webauthn", "backup_code"]);
    wanted["require_email_verification"] = json!(false);
    wanted
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undo_takes_away_the_factors_that_a_thief_enrolled_and_leaves_the_older_ones() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let tenant = house.tenant("acme", settings("optional", &["totp", "webauthn", "backup_code"])).await;
    let client = house.client(2);
    let ada = house.person(&tenant, "ada@example.com").await;
    let token = ada.token(&client).await;
    let (mut key, _) = ada.enroll_key(&client, &token).await;
    let token = token_of(passkey(&client, &mut key).await.data());
    ada.enroll_app(&house, &client, &token).await;
    move_to(&house, &client, &token, "thief@example.org").await.data();
    let undone = undo(&house, &client, &ada.email).await;
    ada.reset(&client, undone.data()["reset_token"].as_str().unwrap(), NEW).await.data();
    assert_eq!(passkey(&client, &mut key).await.problem(), (401, "invalid_credentials"));
    assert_eq!(ada.login_with(&client, NEW).await.data()["status"], "authenticated");

    // What Bob enrolled two days before stays.
    let bob = house.person(&tenant, "bob@example.com").await;
    let token = bob.token(&client).await;
    let (app, _) = bob.enroll_app(&house, &client, &token).await;
    house.advance(SignedDuration::from_hours(48));
    let token = bob.token_by_app(&house, &client, &app).await;
    bob.enroll_key(&client, &token).await;
    move_to(&house, &client, &token, "thief@example.net").await.data();
    let undone = undo(&house, &client, &bob.email).await;
    bob.reset(&client, undone.data()["reset_token"].as_str().unwrap(), NEW).await.data();
    let login = bob.login_with(&client, NEW).await;
    assert_eq!(login.data()["available_methods"], json!(["totp", "backup_code"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_squatter_who_moves_on_leaves_no_factor_in_the_address() {
    let Some(house) = House::with_its_own_clock().await else { return };
    house.tenant("acme", unproven()).await;
    let client = house.client(2);
    let (squatter, token) = squatter(&client, "victim@example.com").await;
    let (mut key, _) = squatter.enroll_key(&client, &token).await;
    house.advance(SignedDuration::from_hours(72));
    let token = token_of(passkey(&client, &mut key).await.data());
    move_to(&house, &client, &token, "squatter@example.org").await.data();
    let undone = undo(&house, &client, "victim@example.com").await;
    squatter.reset(&client, undone.data()["reset_token"].as_str().unwrap(), NEW).await.data();
    assert_eq!(passkey(&client, &mut key).await.problem(), (401, "invalid_credentials"));
    assert_eq!(squatter.login_with(&client, NEW).await.data()["status"], "authenticated");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thief_cannot_bury_the_undo_under_further_changes() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let tenant = house.tenant("acme", json!({})).await;
    let client = house.client(2);
    let ada = house.person(&tenant, "ada@example.com").await;
    let mut token = ada.token(&client).await;
    for index in 0..5 {
        let moved = move_to(&house, &client, &token, &format!("thief{index}@example.org")).await;
        token = token_of(moved.data());
        house.advance(SignedDuration::from_secs(31));
    }
    let refused = move_to(&house, &client, &token, "thief5@example.org").await;
    assert_eq!(refused.problem(), (429, "too_many_attempts"));
    assert_eq!(undo(&house, &client, &ada.email).await.data()["email"], "ada@example.com");
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_keys_are_all_however_many_were_begun_and_can_still_be_reset() {
    let house = House::start().await;
    let tenant = house.tenant("acme", settings("optional", &["webauthn", "backup_code"])).await;
    let client = house.client(2);
    let ada = house.person(&tenant, "ada@example.com").await;
    let token = ada.token(&client).await;
    let (mut key, _) = ada.enroll_key(&client, &token).await;
    let token = token_of(passkey(&client, &mut key).await.data());
    let mut begun = Vec::new();
    for _ in 0..12 {
        begun.push(ada.begin_key(&client, &token).await);
    }
    let mut enrolled = 1;
    for (challenge, options) in &begun {
        let (_, credential) = Authenticator::create(options);
        let body = json!({ "challenge_id": challenge, "credential": credential });
        let answer = client.post_as(FINISH, &token, &body).await;
        if answer.status == 200 {
            enrolled += 1;
        } else {
            assert_eq!(answer.problem(), (409, "too_many_factors"));
        }
    }
    assert_eq!(enrolled, 10);
    admin::user::reset_mfa(&house.by, &tenant, ada.user_id.parse().unwrap()).await.unwrap();
    assert_eq!(ada.login(&client).await.data()["status"], "authenticated");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_changes_sixty_things_in_a_quarter_of_an_hour_and_no_more() {
    let house = House::start().await;
    let tenant = house.tenant("acme", settings("optional", &["totp"])).await;
    let client = house.client(2);
    let ada = house.person(&tenant, "ada@example.com").await;
    let token = ada.token(&client).await;
    for _ in 0..60 {
        assert_eq!(client.post_as("/api/v1/me/mfa/totp/enroll", &token, &json!({})).await.status, 200);
    }
    let refused = client.post_as("/api/v1/me/mfa/totp/enroll", &token, &json!({})).await;
    assert_eq!(refused.problem(), (429, "too_many_attempts"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_of_an_unproven_address_mails_it_as_a_stranger_does() {
    let house = House::start().await;
    house.tenant("acme", unproven()).await;
    let client = house.client(2);
    let (squatter, token) = squatter(&client, "victim@example.com").await;
    let (mut key, _) = squatter.enroll_key(&client, &token).await;
    let token = token_of(passkey(&client, &mut key).await.data());
    for _ in 0..10 {
        client.post_as("/api/v1/me/mfa/backup-codes/regenerate", &token, &json!({})).await.data();
    }
    let mails = house.mails_to("victim@example.com").await;
    assert!(mails.len() <= 3, "{} mails: {mails:#?}", mails.len());
}

/// Nor does it matter that the account is gone, or somewhere else, before the mail about it is sent.
#[tokio::test(flavor = "multi_thread")]
async fn accounts_that_come_and_go_mail_an_unproven_address_as_a_stranger_does() {
    let Some(house) = House::with_its_own_clock().await else { return };
    house.tenant("acme", unproven()).await;
    for number in 0..8_u8 {
        let client = house.client(10 + number);
        let (_, token) = squatter(&client, &format!("victim+{number}@example.com")).await;
        client.delete_as("/api/v1/me", &token).await.data();
        let (_, token) = squatter(&client, &format!("victim+moved{number}@example.com")).await;
        move_to(&house, &client, &token, &format!("thief{number}@example.org")).await.data();
    }
    let mails = house.mails().await;
    let to_victim: Vec<_> =
        mails.iter().filter(|mail| mail.destination.to.iter().any(|to| to.starts_with("victim"))).collect();
    println!("row 10, squatters: {} mails of 8 accounts deleted and 8 moved", to_victim.len());
    assert!((1..=3).contains(&to_victim.len()), "{to_victim:#?}");
}

/// What a stranger may ask for in the name of an account of their own does not take the owner's reset its turn.
#[tokio::test(flavor = "multi_thread")]
async fn resets_of_squatters_leave_the_owner_theirs() {
    let Some(house) = House::with_its_own_clock().await else { return };
    house.tenant("acme", unproven()).await;
    let client = house.client(2);
    let (ada, _) = squatter(&client, "ada@example.com").await;
    // By this the address is hers.
    let reset = ada.reset_token(&house, &client).await;
    ada.reset(&client, &reset, NEW).await.data();
    squatter(&client, "ada+1@example.com").await;
    house.advance(SignedDuration::from_hours(12));
    for _ in 0..5 {
        client.post("acme", "forgot-password", &json!({ "email": "ada+1@example.com" })).await.data();
        house.settle().await;
    }
    let before = house.mails_to(&ada.email).await.len();
    client.post("acme", "forgot-password", &json!({ "email": ada.email })).await.data();
    assert_eq!(house.mails_to(&ada.email).await.len(), before + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_account_does_not_come_back_by_its_old_link() {
    let house = House::start().await;
    house.tenant("acme", json!({})).await;
    let client = house.client(2);
    client.post("acme", "register", &registration("ada@example.com", PASSWORD)).await.data();
    let link = house.mailed_token("ada@example.com", "lk_vfy_").await;
    let body = json!({ "token": link, "password": PASSWORD });
    let token = token_of(client.post("acme", "verify-email", &body).await.data());
    client.delete_as("/api/v1/me", &token).await.data();
    house.settle().await;
    let again = client.get("acme", &format!("verify-email?token={link}")).await;
    assert_eq!(again.problem(), (400, "token_invalid"));
    let login = json!({ "email": "ada@example.com", "password": PASSWORD });
    assert_eq!(client.post("acme", "login", &login).await.problem(), (401, "invalid_credentials"));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_gets_in_does_not_hide_it_by_asking_to_be_remembered() {
    let house = House::start().await;
    let tenant = house.tenant("acme", crate::mfa::settings()).await;
    let ada = house.person(&tenant, "ada@example.com").await;
    let far = house.client(99);
    let handle = ada.handle(&far).await;
    let code = ada.code(&house, &far, &handle).await;
    let body = json!({ "mfa_token": handle, "method": "email", "code": code, "remember_device": true });
    far.post("acme", "mfa/verify", &body).await.data();
    let mails = house.mails_to(&ada.email).await;
    assert!(mails.last().unwrap().contains("127·0·0·99"), "{mails:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_who_lock_the_account_keep_its_owner_from_no_change() {
    let house = House::start().await;
    let (ada, client) = house.ada_at_acme(json!({})).await;
    let token = ada.token(&client).await;
    for address in 10..17 {
        ada.login_with(&house.client(address), "not the password at all").await;
    }
    assert_eq!(ada.login(&client).await.status, 429);
    let body = json!({ "current_password": PASSWORD, "new_password": NEW });
    client.post_as("/api/v1/me/password", &token, &body).await.data();
    assert_eq!(ada.login_with(&client, NEW).await.status, 200);
}

/// Where no proof is asked for, the address that a thief moved an account away from can be registered by the thief.
#[tokio::test(flavor = "multi_thread")]
async fn a_thief_cannot_bar_the_undo_by_registering_the_former_address() {
    let Some(house) = House::with_its_own_clock().await else { return };
    house.tenant("acme", unproven()).await;
    let client = house.client(2);
    let (ada, _) = squatter(&client, "ada@example.com").await;
    // Which proves that the address is hers.
    let link = ada.reset_token(&house, &client).await;
    ada.reset(&client, &link, PASSWORD).await.data();
    let token = ada.token(&client).await;
    move_to(&house, &client, &token, "thief@example.org").await.data();
    let (thief, thiefs) = squatter(&client, "ada@example.com").await;
    assert_ne!(thief.user_id, ada.user_id);
    let undone = undo(&house, &client, "ada@example.com").await;
    assert_eq!(undone.data()["status"], "email_restored");
    assert_eq!(client.get_as("/api/v1/me", &thiefs).await.status, 401, "the thief's account is gone");
    let reset = undone.data()["reset_token"].as_str().unwrap().to_owned();
    ada.reset(&client, &reset, NEW).await.data();
    assert_eq!(ada.login_with(&client, NEW).await.data()["user_id"], ada.user_id);
    assert_eq!(thief.login(&client).await.problem(), (401, "invalid_credentials"));
}

/// Of two accounts that nobody has proven neither yields: the later one may be the owner's, who is asked to undo what a
/// stranger did with the address before.
#[tokio::test(flavor = "multi_thread")]
async fn an_undo_takes_no_account_from_who_registered_after_a_stranger() {
    let Some(house) = House::with_its_own_clock().await else { return };
    house.tenant("acme", unproven()).await;
    let client = house.client(2);
    let (_, strangers) = squatter(&client, "ada@example.com").await;
    move_to(&house, &client, &strangers, "stranger@example.org").await.data();
    let (ada, own) = squatter(&client, "ada@example.com").await;
    assert_eq!(undo(&house, &client, "ada@example.com").await.problem(), (409, "email_taken"));
    assert_eq!(client.get_as("/api/v1/me", &own).await.data()["user_id"], ada.user_id);
}
