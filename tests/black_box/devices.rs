//! Sessions and devices: seen, named, ended, forgotten.

use latchkey::{
    administration::audit,
    domain::{TenantSlug, event::Kind},
};
use reqwest::Method;
use serde_json::{Value, json};
use tests::{Client, House, PASSWORD, Person, factors::token_of};

const SESSIONS: &str = "/api/v1/me/sessions";
const DEVICES: &str = "/api/v1/me/devices";

async fn sessions(client: &Client, token: &str) -> Vec<Value> {
    client.get_as(SESSIONS, token).await.data()["sessions"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_listed_ended_one_by_one_and_all_but_the_own() {
    let house = House::start().await;
    let tenant = house.tenant("acme", json!({})).await;
    let ada = house.person(&tenant, "ada@example.com").await;
    let bob = house.person(&tenant, "bob@example.com").await;
    let client = house.client(2);
    let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0";
    let body = json!({ "email": ada.email, "password": tests::PASSWORD });
    let other = house.client(9).post_with("acme", "login", &body, &[("user-agent", firefox)]).await;
    let (own, other) = (ada.token(&client).await, token_of(other.data()));
    let listed = sessions(&client, &own).await;
    // One of the registration, and two of logins.
    assert_eq!(listed.len(), 3);
    let current: Vec<_> = listed.iter().filter(|session| session["current"] == true).collect();
    assert_eq!((current.len(), &current[0]["network"]), (1, &json!("127.0.0.2")));
    let far = listed.iter().find(|session| session["network"] == "127.0.0.9").unwrap();
    assert_eq!(far["device"], json!({ "browser": "Firefox", "system": "Linux" }));
    let one = format!("{SESSIONS}/{}", far["session_id"].as_str().unwrap());
    assert_eq!(client.get_as(&one, &own).await.data()["session_id"], far["session_id"]);
    // Bob sees and ends none of Ada's.
    let bobs = bob.token(&client).await;
    assert_eq!(client.get_as(&one, &bobs).await.problem(), (404, "not_found"));
    assert_eq!(client.delete_as(&one, &bobs).await.problem(), (404, "not_found"));
    assert_eq!(client.get_as("/api/v1/me", &other).await.status, 200);
    assert_eq!(client.delete_as(&one, &own).await.data()["ended"], 1);
    assert_eq!(client.get_as("/api/v1/me", &other).await.problem(), (401, "bearer_invalid"));
    assert_eq!(client.delete_as(&one, &own).await.problem(), (404, "not_found"));
    assert_eq!(client.delete_as(SESSIONS, &own).await.data()["ended"], 1);
    assert_eq!(sessions(&client, &own).await.len(), 1);
    let own_path = format!("{SESSIONS}/{}", current[0]["session_id"].as_str().unwrap());
    assert_eq!(client.delete_as(&own_path, &own).await.data()["ended"], 1);
    assert_eq!(client.get_as(SESSIONS, &own).await.problem(), (401, "bearer_invalid"));
    assert_eq!(client.get_as(&format!("{SESSIONS}/nonsense"), &bobs).await.problem(), (404, "not_found"));
}

async fn trusted(house: &House, person: &Person, client: &Client) -> (String, String) {
    let handle = person.handle(client).await;
    let code = person.code(house, client, &handle).await;
    let body = json!({ "mfa_token": handle, "method": "email", "code": code, "trust_device": true });
    let verified = client.post("acme", "mfa/verify", &body).await.data().clone();
    (token_of(&verified), verified["trusted_device_token"].as_str().unwrap().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn devices_are_listed_named_forgotten_and_die_with_the_epoch() {
    let house = House::start().await;
    let (ada, client) = house.ada_at_acme(crate::mfa::settings()).await;
    let (token, device) = trusted(&house, &ada, &client).await;
    let listed = client.get_as(DEVICES, &token).await.data()["devices"].clone();
    assert_eq!((listed.as_array().unwrap().len(), &listed[0]["kind"]), (1, &json!("trusted")));
    let path = format!("{DEVICES}/{}", listed[0]["device_id"].as_str().unwrap());
    let name = json!({ "name": "The kitchen tablet" });
    let named = client.as_user(Method::PATCH, &path, &token, Some(&name)).await;
    assert_eq!(named.data()["name"], "The kitchen tablet");
    assert_eq!(client.get_as(&path, &token).await.data()["name"], "The kitchen tablet");
    let bad = client.as_user(Method::PATCH, &path, &token, Some(&json!({ "name": "a\nb" }))).await;
    assert_eq!(bad.faults()[0].0, "body.name");
    let login = |device: String| {
        let (client, email) = (client.clone(), ada.email.clone());
        let body = json!({ "email": email, "password": tests::PASSWORD, "trusted_device_token": device });
        async move { client.post("acme", "login", &body).await }
    };
    let signed_in = login(device).await;
    assert_eq!(signed_in.data()["status"], "authenticated");
    // A trusted device is no factor: its session changes none.
    let aal1 = token_of(signed_in.data());
    let refused = client.post_as("/api/v1/me/mfa/totp/enroll", &aal1, &json!({})).await;
    assert_eq!(refused.problem(), (403, "reauthentication_required"));
    let next = signed_in.data()["trusted_device_token"].as_str().unwrap().to_owned();
    assert_eq!(client.delete_as(&path, &token).await.data()["forgotten"], 1);
    assert_eq!(login(next).await.data()["status"], "mfa_required");
    assert_eq!(client.delete_as(&path, &token).await.problem(), (404, "not_found"));
    // All at once; and by a change of the password.
    let (token, device) = trusted(&house, &ada, &client).await;
    assert_eq!(client.delete_as(DEVICES, &token).await.data()["forgotten"], 1);
    assert_eq!(login(device).await.data()["status"], "mfa_required");
    let (token, device) = trusted(&house, &ada, &client).await;
    let change = json!({ "current_password": tests::PASSWORD, "new_password": tests::PASSWORD });
    let changed = client.post_as("/api/v1/me/password", &token, &change).await;
    assert_eq!(login(device).await.data()["status"], "mfa_required", "the epoch moved");
    let listed = client.get_as(DEVICES, &token_of(changed.data())).await.data()["devices"].clone();
    assert!(listed.as_array().unwrap().is_empty());
}

/// A trusted device's token is exchanged at each login: that it is shown again is on record.
#[tokio::test(flavor = "multi_thread")]
async fn a_trusted_devices_token_that_was_exchanged_is_on_record() {
    let house = House::start().await;
    let (ada, client) = house.ada_at_acme(crate::mfa::settings()).await;
    let (_, device) = trusted(&house, &ada, &client).await;
    let tenant =
        house.parts.store.tenant(&TenantSlug::parse(&house.slug("acme")).unwrap()).await.unwrap().unwrap();
    let lost = async || {
        let wanted = audit::Wanted { kind: Some(Kind::DeviceRotationLost), ..audit::Wanted::default() };
        audit::page(&house.parts, &tenant, &wanted, (None, 100)).await.unwrap().events.len()
    };
    let body = json!({ "email": ada.email, "password": PASSWORD, "trusted_device_token": device });
    let used = client.post("acme", "login", &body).await;
    assert_eq!((used.data()["status"].as_str(), lost().await), (Some("authenticated"), 0));
    let again = client.post("acme", "login", &body).await;
    assert_eq!((again.data()["status"].as_str(), lost().await), (Some("mfa_required"), 1));
    // Nothing is known of who has not the password either.
    let mut wrong = body.clone();
    wrong["password"] = "not the password at all".into();
    assert_eq!(client.post("acme", "login", &wrong).await.status, 401);
    assert_eq!(lost().await, 1);
    let mut next = body;
    next["trusted_device_token"] = used.data()["trusted_device_token"].clone();
    let tries: Vec<_> = (0..3).map(|_| client.post("acme", "login", &next)).collect();
    let tries = futures::future::join_all(tries).await;
    let trusted = tries.iter().filter(|tried| tried.data()["status"] == "authenticated").count();
    assert_eq!((trusted, lost().await), (1, 1 + 2));
}
