//! What each call spends in DynamoDB, beside what it may.

use serde_json::{Value, json};
use tests::{House, Meter, PASSWORD, Spending, people::registration};

/// An endpoint; what it spends: round trips one after the other, read and write units without the
/// audit event; and what the design has for it. This holds the figures where they are; it does not
/// say that they are the design's. They are over it for a write that enters or leaves a sparse index,
/// a strong read of the user's state by `mfa/*`, a factor that is counted on after its handle and not
/// beside it, failures forgiven, the notices of a new sign-in and of a
/// backup code, and an audit event that waits for the winner of a race. `/me` shows the profile beside
/// session and state; `/me/mfa` reads six kinds of things.
const GOLDEN: [(&str, (usize, f64, f64), &str); 18] = [
    ("register", (2, 0.0, 4.0), "2, 0 / 3"),
    ("verify-email", (3, 1.0, 9.0), "2, 1 / <=10"),
    ("login, no MFA", (2, 1.0, 7.0), "2, 1 / 5"),
    ("login, MFA due", (2, 1.0, 5.0), "2, 1 / 4"),
    ("login, trusted device", (3, 2.0, 6.0), "3, 2 / 6"),
    ("mfa/email/send", (2, 1.0, 3.0), "2, 0 / 2"),
    ("mfa/verify email", (4, 1.0, 7.0), "2, 0 / 4"),
    ("mfa/verify totp", (5, 1.0, 7.0), "3, 0 / 5"),
    ("mfa/webauthn/begin", (2, 2.0, 2.0), "2, <=2 / <=3"),
    ("mfa/verify webauthn", (5, 2.0, 9.0), "3, 1 / <=8"),
    ("mfa/verify backup", (5, 2.0, 10.0), "3, 1 / 5"),
    ("passkey/begin", (2, 0.0, 2.0), "-"),
    ("passkey/finish", (3, 3.0, 6.0), "-"),
    ("GET /me", (1, 3.0, 0.0), "1, <=2 / 0"),
    ("GET /me/mfa", (2, 8.0, 0.0), "1, <=2 / 0"),
    ("forgot-password", (2, 0.0, 3.0), "1-2, 0 / 2"),
    ("password/reset", (4, 2.0, 10.0), "3, 1 / <=10"),
    ("session/refresh", (2, 2.0, 1.0), "2, 2 / 1"),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_endpoint_spends_what_the_table_says() {
    let (house, meter) = House::metered().await;
    let mut spent: Vec<(&str, Spending)> = Vec::new();
    plain(&house, &meter, &mut spent).await;
    with_factor(&house, &meter, &mut spent).await;
    with_strong_factors(&house, &meter, &mut spent).await;
    println!("| endpoint | round trips, read / write units | audit units | the design's |");
    println!("| --- | --- | --- | --- |");
    let mut off = Vec::new();
    for (endpoint, golden, design) in GOLDEN {
        let (_, spending) = spent.iter().find(|(name, _)| *name == endpoint).unwrap();
        let measured =
            (spending.round_trips, spending.read_units, spending.write_units - spending.audit_units);
        let (round_trips, reads, writes) = measured;
        println!("| {endpoint} | {round_trips}, {reads} / {writes} | {} | {design} |", spending.audit_units);
        if measured != golden {
            off.push(format!("{endpoint}: {measured:?} and not {golden:?}"));
        }
    }
    assert!(off.is_empty(), "{off:#?}");
}

async fn plain(house: &House, meter: &Meter, spent: &mut Vec<(&'static str, Spending)>) {
    house.tenant("acme", json!({ "mail": { "new_sign_in": true } })).await;
    let client = house.client(2);
    warm(house, "acme").await;
    let _ = meter.read();
    client.post("acme", "register", &registration("ada@example.com", PASSWORD)).await.data();
    spent.push(("register", meter.read()));
    let token = house.mailed_token("ada@example.com", "lk_vfy_").await;
    let _ = meter.read();
    client.get("acme", &format!("verify-email?token={token}")).await.data();
    spent.push(("verify-email", meter.read()));
    let login = json!({ "email": "ada@example.com", "password": PASSWORD });
    client.post("acme", "login", &login).await.data();
    let _ = meter.read();
    let tokens = client.post("acme", "login", &login).await.data()["tokens"].clone();
    spent.push(("login, no MFA", meter.read()));
    let body = json!({ "refresh_token": tokens["refresh_token"] });
    client.post("acme", "session/refresh", &body).await.data();
    let _ = meter.read();
    let again = client.post("acme", "login", &login).await.data()["tokens"]["refresh_token"].clone();
    let _ = meter.read();
    client.post("acme", "session/refresh", &json!({ "refresh_token": again })).await.data();
    spent.push(("session/refresh", meter.read()));
    client.post("acme", "forgot-password", &json!({ "email": "ada@example.com" })).await.data();
    spent.push(("forgot-password", meter.read()));
    let token = house.mailed_token("ada@example.com", "lk_rst_").await;
    let _ = meter.read();
    let body = json!({ "token": token, "new_password": "an entirely new pass phrase 7" });
    client.post("acme", "password/reset", &body).await.data();
    spent.push(("password/reset", meter.read()));
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
    client.post("factor", &path, &json!({})).await.data();
    spent.push(("mfa/email/send", meter.read()));
    let code = house.mailed_code(&ada.email).await;
    let _ = meter.read();
    ada.verify(&client, &handle, &code).await.data();
    spent.push(("mfa/verify email", meter.read()));
    let login =
        |device: &Value| json!({ "email": ada.email, "password": PASSWORD, "trusted_device_token": device });
    let next = client.post("factor", "login", &login(&device)).await.data()["trusted_device_token"].clone();
    let _ = meter.read();
    client.post("factor", "login", &login(&next)).await.data();
    spent.push(("login, trusted device", meter.read()));
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
