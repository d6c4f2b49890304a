//! What each call spends in DynamoDB, beside what it may.

use std::collections::{BTreeMap, BTreeSet};

use cost::units::{self, Spent, Units};
use latchkey::domain::ids::SessionId;
use serde_json::{Value, json};
use tests::{Answer, House, Meter, PASSWORD, Spending, people::registration};

/// Has the golden file rewritten with what is measured.
const UPDATE: &str = "LATCHKEY_UPDATE_UNITS";

/// This holds the figures where `infra/cost/units.toml` has them; it does not say that they are the
/// design's.
#[tokio::test(flavor = "multi_thread")]
async fn every_endpoint_spends_what_the_table_says() {
    let (house, meter) = House::metered().await;
    let mut spent: Vec<(&str, Spending)> = Vec::new();
    plain(&house, &meter, &mut spent).await;
    wrong_and_quiet(&house, &meter, &mut spent).await;
    with_factor(&house, &meter, &mut spent).await;
    with_strong_factors(&house, &meter, &mut spent).await;
    let measured: BTreeMap<_, _> =
        spent.iter().map(|(name, spending)| ((*name).to_owned(), spent_by(spending))).collect();
    let text = std::fs::read_to_string(units::FILE).unwrap();
    let golden = Units::parse(&text).unwrap().endpoints;
    println!("| endpoint | round trips, read / write units | audit units | transactions | the design's |");
    println!("| --- | --- | --- | --- | --- |");
    let mut off = Vec::new();
    for (endpoint, now) in &measured {
        let row = golden.get(endpoint).unwrap_or_else(|| panic!("{} has no row {endpoint:?}", units::FILE));
        let Spent { trips, reads, writes, audit, transactions } = now;
        println!("| {endpoint} | {trips}, {reads} / {writes} | {audit} | {transactions} | {} |", row.design);
        if *now != row.spent {
            off.push(format!("{endpoint}: {now:?} and not {:?}", row.spent));
        }
    }
    assert_eq!(
        golden.keys().collect::<BTreeSet<_>>(),
        measured.keys().collect(),
        "a row of {} is not measured",
        units::FILE
    );
    if std::env::var_os(UPDATE).is_some() {
        std::fs::write(units::FILE, units::rewrite(&text, &measured).unwrap()).unwrap();
        return;
    }
    assert!(off.is_empty(), "if this is meant, edit {} or set {UPDATE}=1: {off:#?}", units::FILE);
}

fn spent_by(spending: &Spending) -> Spent {
    Spent {
        trips: spending.round_trips.try_into().unwrap(),
        reads: spending.read_units,
        writes: spending.write_units - spending.audit_units,
        audit: spending.audit_units,
        transactions: spending.transactions.try_into().unwrap(),
    }
}

/// What the mail worker spends on what waits for it, which comes to so many mails.
async fn worker(house: &House, meter: &Meter, mails: usize) -> Spending {
    let before = house.stack().inbox().emails().len();
    let _ = meter.read();
    house.settle().await;
    assert_eq!(house.stack().inbox().emails().len() - before, mails);
    meter.read()
}

async fn plain(house: &House, meter: &Meter, spent: &mut Vec<(&'static str, Spending)>) {
    house.tenant("acme", json!({ "mail": { "new_sign_in": true } })).await;
    let client = house.client(2);
    warm(house, "acme").await;
    // Twice, so that the functions have taken up their keys.
    for email in ["first@example.com", "second@example.com"] {
        client.post("acme", "register", &registration(email, PASSWORD)).await.data();
        let token = house.mailed_token(email, "lk_vfy_").await;
        let _ = meter.read();
        let body = json!({ "token": token, "password": PASSWORD });
        client.post("acme", "verify-email", &body).await.data();
        spent.retain(|(name, _)| *name != "verify-email, with the password");
        spent.push(("verify-email, with the password", meter.read()));
    }
    house.settle().await;
    let _ = meter.read();
    client.post("acme", "register", &registration("ada@example.com", PASSWORD)).await.data();
    spent.push(("register", meter.read()));
    spent.push(("mail, verification", worker(house, meter, 1).await));
    let token = house.mailed_token("ada@example.com", "lk_vfy_").await;
    let _ = meter.read();
    client.get("acme", &format!("verify-email?token={token}")).await.data();
    spent.push(("verify-email", meter.read()));
    house.settle().await;
    let login = json!({ "email": "ada@example.com", "password": PASSWORD });
    client.post("acme", "login", &login).await.data();
    spent.push(("mail, sign-in, new place", worker(house, meter, 1).await));
    let tokens = client.post("acme", "login", &login).await.data()["tokens"].clone();
    spent.push(("login, no MFA", meter.read()));
    spent.push(("mail, sign-in, known place", worker(house, meter, 0).await));
    let body = json!({ "refresh_token": tokens["refresh_token"] });
    client.post("acme", "session/refresh", &body).await.data();
    let _ = meter.read();
    let again = client.post("acme", "login", &login).await.data()["tokens"]["refresh_token"].clone();
    house.settle().await;
    let _ = meter.read();
    client.post("acme", "session/refresh", &json!({ "refresh_token": again })).await.data();
    spent.push(("session/refresh", meter.read()));
    client.post("acme", "forgot-password", &json!({ "email": "ada@example.com" })).await.data();
    spent.push(("forgot-password", meter.read()));
    spent.push(("mail, reset", worker(house, meter, 1).await));
    let token = house.mailed_token("ada@example.com", "lk_rst_").await;
    let _ = meter.read();
    let body = json!({ "token": token, "new_password": "an entirely new pass phrase 7" });
    client.post("acme", "password/reset", &body).await.data();
    spent.push(("password/reset", meter.read()));
    spent.push(("mail, password changed", worker(house, meter, 1).await));
    house.stack().minute().await.unwrap();
    spent.push(("mail, nothing due", meter.read()));
}

/// A wrong password; and a login whose owner is told nothing, as on a known device.
async fn wrong_and_quiet(house: &House, meter: &Meter, spent: &mut Vec<(&'static str, Spending)>) {
    let tenant = house.tenant("quiet", json!({ "mail": { "new_sign_in": false } })).await;
    warm(house, "quiet").await;
    let ada = house.person(&tenant, "ada@example.com").await;
    let client = house.client(2);
    ada.token(&client).await;
    house.settle().await;
    let login = |password: &str| json!({ "email": ada.email, "password": password });
    let _ = meter.read();
    client.post("quiet", "login", &login("not the password at all")).await;
    spent.push(("login, wrong password", meter.read()));
    client.post("quiet", "login", &login(PASSWORD)).await.data();
    loop {
        let _ = meter.read();
        let answer = client.post("quiet", "login", &login(PASSWORD)).await;
        let spending = meter.read();
        if !is_looked_at(&answer) {
            spent.push(("login, no MFA, known device", spending));
            return;
        }
    }
}

/// Of sixteen sign-ins that nobody is told of the worker hears of one, which costs an errand.
pub fn is_looked_at(answer: &Answer) -> bool {
    let session: SessionId = answer.data()["session_id"].as_str().unwrap().parse().unwrap();
    u128::from_be_bytes(session.to_bytes()).is_multiple_of(16)
}

async fn with_factor(house: &House, meter: &Meter, spent: &mut Vec<(&'static str, Spending)>) {
    let tenant = house.tenant("factor", crate::mfa::settings()).await;
    warm(house, "factor").await;
    let ada = house.person(&tenant, "ada@example.com").await;
    let client = house.client(2);
    let handle = ada.handle(&client).await;
    let code = ada.code(house, &client, &handle).await;
    let body = json!({ "mfa_token": handle, "method": "email", "code": code, "trust_device": true });
    let device = client.post("factor", "mfa/verify", &body).await.data()["trusted_device_token"].clone();
    let _ = meter.read();
    let handle = ada.handle(&client).await;
    spent.push(("login, MFA due", meter.read()));
    let path = format!("mfa/email/send?mfa_token={handle}&user_id={}", ada.user_id);
    house.settle().await;
    let _ = meter.read();
    client.post("factor", &path, &json!({})).await.data();
    spent.push(("mfa/email/send", meter.read()));
    spent.push(("mail, code", worker(house, meter, 1).await));
    let code = house.mailed_code(&ada.email).await;
    let _ = meter.read();
    ada.verify(&client, &handle, &code).await.data();
    spent.push(("mfa/verify email", meter.read()));
    let login =
        |device: &Value| json!({ "email": ada.email, "password": PASSWORD, "trusted_device_token": device });
    let mut answer = client.post("factor", "login", &login(&device)).await;
    loop {
        let next = answer.data()["trusted_device_token"].clone();
        let _ = meter.read();
        answer = client.post("factor", "login", &login(&next)).await;
        let spending = meter.read();
        if !is_looked_at(&answer) {
            spent.push(("login, trusted device", spending));
            return;
        }
    }
}

async fn with_strong_factors(house: &House, meter: &Meter, spent: &mut Vec<(&'static str, Spending)>) {
    let settings = tests::factors::settings("optional", &["totp", "webauthn", "backup_code"]);
    let tenant = house.tenant("strong", settings).await;
    warm(house, "strong").await;
    let ada = house.person(&tenant, "ada@example.com").await;
    let client = house.client(2);
    let token = ada.token(&client).await;
    let (app, enrolled) = ada.enroll_app(house, &client, &token).await;
    let token = ada.token_by_app(house, &client, &app).await;
    let (mut key, _) = ada.enroll_key(&client, &token).await;
    let handle = ada.handle(&client).await;
    house.advance(latchkey::jiff::SignedDuration::from_secs(30));
    warm(house, "strong").await;
    let _ = meter.read();
    ada.show(&client, &handle, "totp", &app.code(house, 0)).await.data();
    spent.push(("mfa/verify totp", meter.read()));
    let handle = ada.handle(&client).await;
    let _ = meter.read();
    let (challenge, options) = ada.challenge(&client, &handle).await;
    spent.push(("mfa/webauthn/begin", meter.read()));
    ada.show_key(&client, &handle, &challenge, &key.get(&options)).await.data();
    spent.push(("mfa/verify webauthn", meter.read()));
    let handle = ada.handle(&client).await;
    let code = enrolled["backup_codes"][0].as_str().unwrap();
    let _ = meter.read();
    ada.show(&client, &handle, "backup_code", code).await.data();
    spent.push(("mfa/verify backup", meter.read()));
    // Twice, so that the function has taken up the signing key.
    for _ in 0..2 {
        let _ = meter.read();
        let begun = client.post("strong", "passkey/begin", &json!({})).await;
        let of_begin = meter.read();
        let credential = key.get(&begun.data()["public_key"]);
        let body = json!({ "challenge_id": begun.data()["challenge_id"], "credential": credential });
        client.post("strong", "passkey/finish", &body).await.data();
        spent.retain(|(name, _)| !name.starts_with("passkey"));
        spent.extend([("passkey/begin", of_begin), ("passkey/finish", meter.read())]);
    }
    for (name, path) in [("GET /me", "/api/v1/me"), ("GET /me/mfa", "/api/v1/me/mfa")] {
        client.get_as(path, &token).await.data();
        let _ = meter.read();
        client.get_as(path, &token).await.data();
        spent.push((name, meter.read()));
    }
}

/// Has every function know the tenant, as it does after its first request.
async fn warm(house: &House, slug: &str) {
    let client = house.client(9);
    for path in [
        "register",
        "login",
        "verify-email",
        "forgot-password",
        "password/reset",
        "mfa/email/send",
        "mfa/webauthn/begin",
        "mfa/verify",
        "passkey/begin",
        "passkey/finish",
        "session/refresh",
    ] {
        client.post(slug, path, &json!({})).await;
    }
}
