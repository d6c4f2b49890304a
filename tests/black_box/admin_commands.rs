//! The administrator's use cases, as the command line has them.

use latchkey::{domain::user::UserStatus, runtime::World};
use serde_json::json;
use tests::House;

#[tokio::test(flavor = "multi_thread")]
async fn settings_are_changed_all_or_none_and_take_effect() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let tenant = house.tenant("acme", json!({})).await;
    let set = |key: &str, value| (key.to_owned(), value);
    let unknown = admin::tenant::set(
        &house.by,
        &tenant.slug,
        &[set("self_registration", json!(false)), set("mfa.polizy", json!("off"))],
    )
    .await
    .unwrap_err()
    .to_string();
    assert!(unknown.contains("mfa.polizy"), "{unknown}");
    assert!(admin::tenant::show(&house.parts, &tenant.slug).await.unwrap().settings.self_registration);
    admin::tenant::set(&house.by, &tenant.slug, &[set("self_registration", json!(false))]).await.unwrap();
    house.advance(latchkey::jiff::SignedDuration::from_secs(61));
    let answer = house.client(2).post("acme", "register", &json!({})).await;
    assert_eq!(answer.problem(), (403, "registration_disabled"));
}

#[tokio::test(flavor = "multi_thread")]
async fn slugs_are_taken_once_and_users_are_listed_per_tenant() {
    let house = House::start_here().await;
    let one = house.tenant("one", json!({})).await;
    let two = house.tenant("two", json!({})).await;
    let taken = admin::tenant::create(&house.by, &one.slug, "X", one.settings.clone()).await.unwrap_err();
    assert!(taken.to_string().contains("one"));
    for index in 0..12 {
        house.person(&one, &format!("p{index}@example.com")).await;
    }
    assert_eq!(admin::user::list(&house.parts, &one, (None, 100)).await.unwrap().len(), 12);
    assert_eq!(admin::user::list(&house.parts, &one, (None, 5)).await.unwrap().len(), 5);
    assert!(admin::user::list(&house.parts, &two, (None, 100)).await.unwrap().is_empty());
    assert_eq!(admin::tenant::list(&house.parts).await.unwrap().len(), 2);
    let user = admin::user::find(&house.parts, &one, "P3@example.com").await.unwrap();
    admin::user::suspend(&house.by, &one, user).await.unwrap();
    let shown = admin::user::show(&house.parts, &one, user).await.unwrap();
    assert_eq!((shown.state.standing, shown.sessions), (UserStatus::Suspended, 0));
    assert!(admin::user::find(&house.parts, &two, "P3@example.com").await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_or_a_missing_table_stops_a_function_at_start() {
    let Some(house) = House::with_its_own_clock().await else { return };
    house.tenant("acme", json!({})).await;
    for (name, value, says) in [
        (
            "LATCHKEY_KEY_FACTORS",
            Some("local:plain:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="),
            "LATCHKEY_KEY_FACTORS is not the key that the tables were written with",
        ),
        ("LATCHKEY_TABLE_EVENTS", Some("nowhere"), "table nowhere does not exist"),
        ("LATCHKEY_BASE_URL", None, "LATCHKEY_BASE_URL is not set"),
        ("LATCHKEY_ARGON2", Some("much"), "LATCHKEY_ARGON2 must be"),
    ] {
        let mut environment = house.stack().environment().clone();
        match value {
            Some(value) => drop(environment.insert(name.to_owned(), value.to_owned())),
            None => drop(environment.remove(name)),
        }
        let get = |name: &str| environment.get(name).cloned();
        let started = admin::start(&get, World::real()).await;
        let error = started.err().unwrap().to_string();
        assert!(error.starts_with(says), "{error}");
    }
}
