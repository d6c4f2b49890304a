//! A tenant's signing keys: rotated without a token lost, replaced with none left.

use admin::key::{Rotation, rotate};
use latchkey::{
    domain::{Tenant, TenantSlug, tenant_keys::KeyState},
    jiff::SignedDuration,
};
use serde_json::{Value, json};
use tests::{Client, House};

/// The ids in a tenant's JWKS, and their algorithms.
async fn published(client: &Client) -> Vec<(String, String)> {
    let jwks = client.get("acme", ".well-known/jwks.json").await.body;
    let text = |key: &Value, name: &str| key[name].as_str().unwrap().to_owned();
    let keys = jwks["keys"].as_array().unwrap();
    assert!(keys.iter().all(|key| key.get("signs_from").is_none()), "{jwks}");
    keys.iter().map(|key| (text(key, "kid"), text(key, "alg"))).collect()
}

fn kid(access: &str) -> String {
    jsonwebtoken::decode_header(access).unwrap().kid.unwrap()
}

fn states(house: &House, tenant: &Tenant) -> Vec<KeyState> {
    tenant.keys.states(house.parts.clock.now()).map(|(_, state)| state).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_loses_no_token() {
    let house = House::start_here().await;
    let (ada, client) = house.ada_at_acme(json!({ "mfa": { "policy": "off" } })).await;
    let slug = TenantSlug::parse(&ada.slug).unwrap();
    let me = async |access: &str| client.get_as("/api/v1/me", access).await.status;
    let first = ada.token(&client).await;
    let setting = ("tokens.algorithm".to_owned(), json!("RS256"));
    admin::tenant::set(&house.by, &slug, &[setting]).await.unwrap();

    let rotated = rotate(&house.by, &slug, Rotation::Announced).await.unwrap();
    assert_eq!(states(&house, &rotated), [KeyState::Waiting, KeyState::Signing]);
    let waiting = rotate(&house.by, &slug, Rotation::Announced).await.unwrap_err();
    assert!(waiting.is_refusal());
    house.advance(SignedDuration::from_secs(61));
    let keys = published(&client).await;
    assert_eq!((keys.len(), keys[0].1.as_str(), keys[1].1.as_str()), (2, "RS256", "ES256"));
    assert_eq!(kid(&first), keys[1].0);
    assert_eq!(me(&first).await, 200);
    assert_eq!(kid(&ada.token(&client).await), keys[1].0, "the new key waits");

    house.advance(SignedDuration::from_mins(133));
    let last = ada.token(&client).await;
    assert_eq!(kid(&last), keys[1].0, "a minute before the new key signs");
    house.advance(SignedDuration::from_mins(1));
    let next = ada.token(&client).await;
    assert_eq!(kid(&next), keys[0].0);
    assert_eq!((me(&last).await, me(&next).await), (200, 200));
    let tenant = admin::tenant::show(&house.parts, &slug).await.unwrap();
    assert_eq!(states(&house, &tenant), [KeyState::Signing, KeyState::Verifying]);
    house.advance(SignedDuration::from_secs(13 * 60 + 50));
    assert_eq!(me(&last).await, 200, "to the end of its life");
    house.advance(SignedDuration::from_secs(70));
    assert_eq!(published(&client).await, keys[..1]);
    assert_eq!(states(&house, &tenant), [KeyState::Signing, KeyState::Expired]);

    let again = rotate(&house.by, &slug, Rotation::Announced).await.unwrap();
    assert_eq!(states(&house, &again), [KeyState::Waiting, KeyState::Signing]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replacement_leaves_no_token_alive() {
    let house = House::start_here().await;
    let (ada, client) = house.ada_at_acme(json!({ "mfa": { "policy": "off" } })).await;
    let slug = TenantSlug::parse(&ada.slug).unwrap();
    let old = ada.login(&client).await.data()["tokens"].clone();
    let access = old["access_token"].as_str().unwrap();
    rotate(&house.by, &slug, Rotation::Announced).await.unwrap();
    let replaced = rotate(&house.by, &slug, Rotation::AtOnce).await.unwrap();
    assert_eq!(states(&house, &replaced), [KeyState::Signing]);
    house.advance(SignedDuration::from_secs(61));
    assert_eq!(client.get_as("/api/v1/me", access).await.problem(), (401, "bearer_invalid"));
    assert_eq!(published(&client).await.len(), 1);
    let body = json!({ "refresh_token": old["refresh_token"] });
    let refreshed = client.post("acme", "session/refresh", &body).await.data().clone();
    let access = refreshed["tokens"]["access_token"].as_str().unwrap();
    assert_eq!(client.get_as("/api/v1/me", access).await.status, 200);
    assert_eq!(kid(access), published(&client).await[0].0);

    // Its private half goes with the next rotation, when no function signs with it any more.
    let dropped = kid(old["access_token"].as_str().unwrap());
    let key = house.parts.signing_key().unwrap();
    assert!(house.parts.store.signing_key(&slug, &dropped, key).await.is_ok());
    rotate(&house.by, &slug, Rotation::AtOnce).await.unwrap();
    assert!(house.parts.store.signing_key(&slug, &dropped, key).await.is_err());
}

/// A rotation forgets what no token needs any more after it was made, and then another may have been.
#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_leaves_the_key_of_another_that_overtook_it() {
    let house = House::start_here().await;
    let (ada, client) = house.ada_at_acme(json!({ "mfa": { "policy": "off" } })).await;
    let slug = TenantSlug::parse(&ada.slug).unwrap();
    let before = admin::tenant::show(&house.parts, &slug).await.unwrap();
    let first = rotate(&house.by, &slug, Rotation::AtOnce).await.unwrap();
    let second = rotate(&house.by, &slug, Rotation::AtOnce).await.unwrap();
    house.parts.store.forget_signing_keys(&slug, [&before.keys, &first.keys]).await.unwrap();
    house.advance(SignedDuration::from_secs(61));
    assert_eq!(kid(&ada.token(&client).await), second.keys.kids().next().unwrap());
}
