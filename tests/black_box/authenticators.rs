//! Authenticators that others wrote.

use serde_json::{Value, json};
use tests::{
    House,
    authenticator::ORIGIN,
    factors::{settings, token_of},
};
use tokio::{io::AsyncWriteExt, process::Command};
use webauthn_authenticator_rs::{WebauthnAuthenticator, softpasskey::SoftPasskey};

const FINISH: &str = "/api/v1/me/mfa/webauthn/register/finish";

/// `webauthn-authenticator-rs`, of the authors of the library that verifies.
#[tokio::test(flavor = "multi_thread")]
async fn a_softpasskey_registers_and_signs_in() {
    let house = House::start().await;
    let (ada, client) = house.ada_at_acme(settings("optional", &["webauthn"])).await;
    let token = ada.token(&client).await;
    let mut passkey = SoftPasskey::new(true);
    let origin = || url::Url::parse(ORIGIN).unwrap();
    let (challenge, options) = ada.begin_key(&client, &token).await;
    let options = serde_json::from_value(json!({ "publicKey": options })).unwrap();
    let made = passkey.do_registration(origin(), options).unwrap();
    let body = json!({ "challenge_id": challenge, "credential": made });
    client.post_as(FINISH, &token, &body).await.data();
    for _ in 0..2 {
        let handle = ada.handle(&client).await;
        let (challenge, options) = ada.challenge(&client, &handle).await;
        let options = serde_json::from_value(json!({ "publicKey": options })).unwrap();
        let answer = passkey.do_authentication(origin(), options).unwrap();
        let shown = ada.show_key(&client, &handle, &challenge, &json!(answer)).await;
        assert_eq!(shown.data()["status"], "authenticated");
    }
}

/// Yubico's `fido2` makes the bytes; `tests/run` puts it there.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a Python with PyPI's fido2 in LATCHKEY_PYTHON: tests/run sets it up"]
async fn a_key_made_of_yubicos_library_registers_and_signs_in_both_ways() {
    let house = House::start().await;
    let (ada, client) = house.ada_at_acme(settings("optional", &["webauthn"])).await;
    let token = ada.token(&client).await;
    let (challenge, options) = ada.begin_key(&client, &token).await;
    let made = fido2(json!({ "create": options, "origin": ORIGIN })).await;
    let body = json!({ "challenge_id": challenge, "credential": made["credential"] });
    client.post_as(FINISH, &token, &body).await.data();
    let handle = ada.handle(&client).await;
    let (challenge, options) = ada.challenge(&client, &handle).await;
    let answer = fido2(json!({ "get": options, "origin": ORIGIN, "key": made["key"], "counter": 1 })).await;
    let shown = ada.show_key(&client, &handle, &challenge, &answer["credential"]).await;
    assert_eq!(shown.data()["status"], "authenticated");
    let begun = client.post("acme", "passkey/begin", &json!({})).await;
    let options = &begun.data()["public_key"];
    let answer = fido2(json!({ "get": options, "origin": ORIGIN, "key": made["key"], "counter": 2 })).await;
    let body = json!({ "challenge_id": begun.data()["challenge_id"], "credential": answer["credential"] });
    let alone = client.post("acme", "passkey/finish", &body).await;
    assert!(!token_of(alone.data()).is_empty());
}

async fn fido2(request: Value) -> Value {
    let python = std::env::var("LATCHKEY_PYTHON").unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/src/fido2_authenticator.py");
    let mut child = Command::new(python)
        .arg(script)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(request.to_string().as_bytes()).await.unwrap();
    let output = child.wait_with_output().await.unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}
