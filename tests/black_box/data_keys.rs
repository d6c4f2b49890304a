//! Data keys are rotated and retired, and nothing is lost on the way.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use aws_smithy_runtime_api::client::{
    http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector},
    orchestrator::HttpRequest,
};
use futures::future::BoxFuture;
use latchkey::{jiff::SignedDuration, keys::Purpose, runtime::World, store::Seals};
use serde_json::json;
use tests::{Client, House, people::registration};

/// The rings of a deployment: what the house began with, after or without a newer key.
fn rings(house: &House, with_old: bool) -> BTreeMap<String, String> {
    let of = |purpose: Purpose| {
        let old = &house.stack().environment()[purpose.variable()];
        let new = old.replace("local:plain:TE9D", "new:plain:TkVX");
        assert_ne!(&new, old);
        let ring = if with_old { format!("{new},{old}") } else { new };
        (purpose.variable().to_owned(), ring)
    };
    Purpose::ALL.map(of).into()
}

/// Whether anything in the tables is sealed by the key that the house began with.
async fn left_of_the_old_key(house: &House) -> usize {
    let environment = house.stack().environment();
    let client = local::tables::client(environment).unwrap();
    // An envelope begins with its version, the length of the key's id, and the id.
    let envelope = b"\x01\x05local";
    let mut left = 0;
    for table in ["tenants", "users", "challenges", "events"] {
        let scan = client.scan().table_name(format!("latchkey-{table}")).send().await.unwrap();
        for value in scan.items().iter().flat_map(|item| item.values()) {
            let inner = value.as_m().into_iter().flat_map(|map| map.values());
            let sealed = std::iter::once(value).chain(inner).filter_map(|value| value.as_b().ok());
            left += sealed.filter(|sealed| sealed.as_ref().starts_with(envelope)).count();
        }
    }
    left
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_reseal_the_new_keys_alone_open_everything() {
    let mut house = House::start_here().await;
    let settings = tests::factors::settings("optional", &["totp", "webauthn", "email", "backup_code"]);
    let tenant = house.tenant("acme", settings).await;
    let client = house.client(2);
    let ada = house.person(&tenant, "ada@example.com").await;
    let token = ada.token(&client).await;
    let (app, enrolled) = ada.enroll_app(&house, &client, &token).await;
    let own = ada.token_by_app(&house, &client, &app).await;
    let (mut key, _) = ada.enroll_key(&client, &own).await;
    house.advance(SignedDuration::from_secs(30));
    let handle = ada.handle(&client).await;
    let session = ada.show(&client, &handle, "totp", &app.code(&house, 0)).await.data()["tokens"].clone();
    let carol = house.person(&tenant, "carol@example.com").await;
    let reset = carol.reset_token(&house, &client).await;
    let token = carol.token(&client).await;
    let begun = client.post_as("/api/v1/me/mfa/totp/enroll", &token, &json!({})).await;
    let begun = tests::App::of(&begun.data()["secret"]);
    client.post("acme", "register", &registration("bob@example.com", tests::PASSWORD)).await.data();
    let verification = house.mailed_token("bob@example.com", "lk_vfy_").await;
    // A code that waits to be mailed: the worker does not run by itself.
    client.post_as("/api/v1/me/mfa/email/enable", &token, &json!({})).await.data();
    let secret = ("captcha.secret".to_owned(), json!("a provider's"));
    admin::tenant::set(&house.by, &tenant.slug, &[secret]).await.unwrap();
    let old = house.parts.store.count_seals(&house.parts.keys).await.unwrap();
    assert_eq!((old.stale, old.unreadable), (0, 0));
    let sealed = left_of_the_old_key(&house).await;

    house.deploy(&rings(&house, true)).await;
    let client = house.client(2);
    assert_eq!(ada.login(&client).await.data()["status"], "mfa_required", "a new key opens the old seals");
    let counted = house.parts.store.count_seals(&house.parts.keys).await.unwrap();
    assert_eq!(counted, Seals { stale: old.examined, ..old });
    assert_eq!(old.examined, u64::try_from(sealed).unwrap() + 1, "the seals, and the key check");
    let resealed = admin::data_keys::reseal(&house.parts).await.unwrap();
    assert_eq!(resealed, Seals { resealed: old.examined, ..counted });
    let again = admin::data_keys::reseal(&house.parts).await.unwrap();
    assert_eq!(again, Seals { examined: old.examined, ..Seals::default() });
    assert_eq!(left_of_the_old_key(&house).await, 0);

    house.deploy(&rings(&house, false)).await;
    let client = house.client(2);
    house.advance(SignedDuration::from_secs(30));
    let handle = ada.handle(&client).await;
    ada.show(&client, &handle, "totp", &app.code(&house, 0)).await.data();
    let handle = ada.handle(&client).await;
    let (challenge, options) = ada.challenge(&client, &handle).await;
    ada.show_key(&client, &handle, &challenge, &key.get(&options)).await.data();
    let handle = ada.handle(&client).await;
    let code = enrolled["backup_codes"][0].as_str().unwrap();
    ada.show(&client, &handle, "backup_code", code).await.data();
    let body = json!({ "refresh_token": session["refresh_token"] });
    let refreshed = client.post("acme", "session/refresh", &body).await.data()["tokens"].clone();
    client.get_as("/api/v1/me", refreshed["access_token"].as_str().unwrap()).await.data();
    let body = json!({ "code": begun.code(&house, 0) });
    client.post_as("/api/v1/me/mfa/totp/confirm", &token, &body).await.data();
    carol.reset(&client, &reset, "an entirely new pass phrase 7").await.data();
    let body = json!({ "token": verification, "password": tests::PASSWORD });
    let verified = client.post("acme", "verify-email", &body).await;
    assert_eq!(verified.data()["status"], "verified");
    println!("{} seals were made anew; the new keys alone open all of them", resealed.resealed);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_old_keys_alone_are_refused_after_a_reseal() {
    let mut house = House::start_here().await;
    house.tenant("acme", json!({})).await;
    house.deploy(&rings(&house, true)).await;
    admin::data_keys::reseal(&house.parts).await.unwrap();
    let environment = house.stack().environment().clone();
    let get = |name: &str| environment.get(name).cloned();
    let error = admin::start(&get, World::real()).await.err().unwrap().to_string();
    assert_eq!(error, "LATCHKEY_KEY_PASSWORDS is not the key that the tables were written with");
}

/// Has something done before the first write to the users' table.
#[derive(Clone)]
struct Meanwhile {
    inner: SharedHttpConnector,
    doing: Arc<Mutex<Option<BoxFuture<'static, ()>>>>,
}

impl HttpConnector for Meanwhile {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default());
        let writes = target.ends_with("UpdateItem") && body.contains("latchkey-users");
        let doing = if writes { self.doing.lock().unwrap().take() } else { None };
        let inner = self.inner.clone();
        HttpConnectorFuture::new(async move {
            if let Some(doing) = doing {
                doing.await;
            }
            inner.call(request).await
        })
    }
}

impl std::fmt::Debug for Meanwhile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Meanwhile")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reseal_undoes_nothing_that_a_person_changes_meanwhile() {
    let mut house = House::start_here().await;
    let (ada, _) = house.ada_at_acme(json!({})).await;
    let rings = rings(&house, true);
    house.deploy(&rings).await;
    let client = house.client(2);
    let new = "an entirely new pass phrase 7";
    let (changing, by) = (ada.clone(), client.clone());
    let doing: BoxFuture<'static, ()> = Box::pin(async move {
        let token = changing.token(&by).await;
        let body = json!({ "current_password": tests::PASSWORD, "new_password": new });
        by.post_as("/api/v1/me/password", &token, &body).await.data();
    });
    let doing = Arc::new(Mutex::new(Some(doing)));
    let gate = Arc::new(move |inner| SharedHttpConnector::new(Meanwhile { inner, doing: doing.clone() }));
    let mut environment = house.stack().environment().clone();
    environment.extend(rings);
    let world = World::of(house.parts.clock.clone(), house.parts.entropy.clone()).behind(gate);
    let parts = admin::start(&|name| environment.get(name).cloned(), world).await.unwrap();

    let seals = admin::data_keys::reseal(&parts).await.unwrap();
    assert_eq!((seals.overtaken, seals.unreadable), (1, 0), "{seals:?}");
    assert_eq!(ada.login_with(&client, new).await.data()["status"], "authenticated");
    let again = admin::data_keys::reseal(&parts).await.unwrap();
    assert_eq!((again.stale, again.unreadable), (0, 0), "what was written meanwhile is by the new key");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_of_a_retired_key_that_was_exchanged_is_refused() {
    let mut house = House::start_here().await;
    let (ada, client) = house.ada_at_acme(json!({ "mfa": { "policy": "off" } })).await;
    let first = ada.login(&client).await.data()["tokens"].clone();
    house.deploy(&rings(&house, true)).await;
    admin::data_keys::reseal(&house.parts).await.unwrap();
    house.deploy(&rings(&house, false)).await;
    let client = house.client(2);
    let refresh = async |tokens: &serde_json::Value| {
        let body = json!({ "refresh_token": tokens["refresh_token"] });
        client.post("acme", "session/refresh", &body).await
    };
    let second = refresh(&first).await.data()["tokens"].clone();
    house.advance(SignedDuration::from_secs(31));
    assert_eq!(refresh(&first).await.problem(), (401, "session_invalid"));
    // It cannot be told from one that a stranger made up, and ends nothing.
    refresh(&second).await.data();
    assert_eq!(refresh(&second).await.status, 200, "lost answers are given again");
    house.advance(SignedDuration::from_secs(31));
    assert_eq!(refresh(&second).await.problem(), (401, "session_invalid"));
}

/// A registration with a stranger's password is not verified by the link alone, where the owner of the
/// address has registered as well; not even when the ring was rotated in between.
#[tokio::test(flavor = "multi_thread")]
async fn registrations_of_an_address_contest_each_other_across_a_rotation() {
    let mut house = House::start_here().await;
    house.tenant("acme", json!({})).await;
    let register = async |house: &House, password: &str| {
        let body = registration("bob@example.com", password);
        house.client(2).post("acme", "register", &body).await.data();
    };
    register(&house, "a password of a stranger 99").await;
    let strangers = house.mailed_token("bob@example.com", "lk_vfy_").await;
    house.deploy(&rings(&house, true)).await;
    register(&house, tests::PASSWORD).await;
    let verified = house.client(2).get("acme", &format!("verify-email?token={strangers}")).await;
    let token = verified.data()["reset_token"].as_str();
    assert!(token.is_some_and(|token| token.starts_with("lk_rst_")), "{}", verified.text);
}

/// While a ring is rotated an instance that has the new order meets what one of the old order exchanged.
#[tokio::test(flavor = "multi_thread")]
async fn an_exchange_is_answered_alike_before_and_after_a_new_key_comes_first() {
    let mut house = House::start_here().await;
    let (ada, client) = house.ada_at_acme(json!({ "mfa": { "policy": "off" } })).await;
    let first = ada.login(&client).await.data()["tokens"]["refresh_token"].clone();
    let refresh = async |client: &Client, token: &serde_json::Value| {
        let body = json!({ "refresh_token": token });
        client.post("acme", "session/refresh", &body).await.data()["tokens"]["refresh_token"].clone()
    };
    let second = refresh(&client, &first).await;
    house.deploy(&rings(&house, true)).await;
    let client = house.client(2);
    assert_eq!(refresh(&client, &first).await, second, "its answer was lost, say");
    house.advance(SignedDuration::from_secs(31));
    refresh(&client, &second).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_address_is_undone_after_the_key_of_its_token_was_retired() {
    let mut house = House::start_here().await;
    let (ada, client) = house.ada_at_acme(json!({})).await;
    let token = ada.token(&client).await;
    let body = json!({ "email": "thief@example.org" });
    client.post_as("/api/v1/me/email", &token, &body).await.data();
    let code = house.mailed_code("thief@example.org").await;
    client.post_as("/api/v1/me/email/confirm", &token, &json!({ "code": code })).await.data();
    let undo = house.mailed_token(&ada.email, "lk_und_").await;
    house.deploy(&rings(&house, true)).await;
    admin::data_keys::reseal(&house.parts).await.unwrap();
    house.deploy(&rings(&house, false)).await;
    let undone = house.client(2).post("acme", "email/undo", &json!({ "token": undo })).await;
    assert_eq!(undone.data()["email"], ada.email);
}
