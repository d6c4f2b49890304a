//! KMS and SSM behind their real interface: an emulator of AWS, at `LATCHKEY_EMULATOR`.

use std::collections::BTreeMap;

use admin::{
    AdminError, data_keys,
    stage::{Parameters, Stage},
};
use latchkey::{keys::Purpose, runtime::World};
use serde_json::json;
use tests::House;

/// The address of the emulator, and a stage of this test's own. None, and said, where there is none.
fn emulator() -> Option<(String, Stage)> {
    let Ok(url) = std::env::var("LATCHKEY_EMULATOR") else {
        println!("skipped: needs an emulator of KMS and SSM at LATCHKEY_EMULATOR");
        return None;
    };
    let mark = u32::from_be_bytes(World::real().entropy.bytes());
    Some((url, Stage::parse(&format!("t{mark:x}")).unwrap()))
}

fn variables(url: &str) -> BTreeMap<String, String> {
    [
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_ENDPOINT_URL_KMS", url),
        ("AWS_ENDPOINT_URL", url),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

/// What a deployment takes from the parameters.
async fn rings(get: &dyn Fn(&str) -> Option<String>, stage: &Stage) -> BTreeMap<String, String> {
    let mut given = stage.variables(get).await.unwrap();
    Purpose::ALL
        .map(|purpose| (purpose.variable().to_owned(), given.remove(purpose.variable()).unwrap()))
        .into()
}

fn ids(ring: &str) -> Vec<&str> {
    ring.split(',').map(|key| key.split(':').next().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stages_data_keys_are_made_used_rotated_and_retired() {
    let Some((url, stage)) = emulator() else { return };
    let aws = variables(&url);
    let get = |name: &str| aws.get(name).cloned();
    let made = data_keys::create(&get, &stage).await.unwrap();
    assert_eq!(made.written.len(), 4);
    let again = data_keys::create(&get, &stage).await.unwrap();
    assert_eq!((again.kms_key, again.written.len()), (made.kms_key.clone(), 0));

    let address = format!("/latchkey/{}/base-url", stage.name());
    let missing = stage.variables(&get).await.unwrap_err();
    assert!(matches!(&missing, AdminError::NoParameter(name) if *name == address), "{missing}");
    let parameters = Parameters::of(&get).unwrap();
    parameters.create(&address, "https://auth.example").await.unwrap();
    let first = rings(&get, &stage).await;
    assert!(first.values().all(|ring| ring.starts_with("k1:kms:")), "{first:?}");

    let kms = [("AWS_ENDPOINT_URL_KMS".to_owned(), url.clone())];
    let with = |rings: &BTreeMap<String, String>| {
        rings.clone().into_iter().chain(kms.clone()).collect::<BTreeMap<_, _>>()
    };
    let mut house = House::start_with(with(&first)).await;
    let (ada, client) = house.ada_at_acme(json!({})).await;
    let tokens = ada.sign_in(&house, &client).await;

    let changed = data_keys::rotate(&get, &stage, &[Purpose::Passwords]).await.unwrap();
    assert_eq!((changed.len(), changed[0].ids.as_slice()), (1, ["k1", "k2"].map(str::to_owned).as_slice()));
    data_keys::rotate(&get, &stage, &[Purpose::Factors, Purpose::Signing]).await.unwrap();
    // Every function has the new keys before any seals with them.
    let waiting = rings(&get, &stage).await;
    assert!(waiting.values().all(|ring| ids(ring) == ["k1", "k2"]), "{waiting:?}");
    assert_eq!(data_keys::promote(&get, &stage).await.unwrap().len(), 3);
    assert_eq!(data_keys::promote(&get, &stage).await.unwrap(), []);
    let second = rings(&get, &stage).await;
    assert!(second.values().all(|ring| ids(ring) == ["k2", "k1"]), "{second:?}");
    house.deploy(&with(&second)).await;
    let left = data_keys::retire(&house.parts, &get, &stage).await.unwrap_err();
    assert!(matches!(left, AdminError::Left(_)), "{left}");
    assert_eq!(rings(&get, &stage).await, second);
    let seals = data_keys::reseal(&house.parts).await.unwrap();
    assert!(seals.resealed > 0 && seals.unreadable == 0, "{seals:?}");
    let retired = data_keys::retire(&house.parts, &get, &stage).await.unwrap();
    assert!(retired.len() == 3 && retired.iter().all(|ring| ring.ids == ["k2"]), "{retired:?}");
    assert_eq!(data_keys::retire(&house.parts, &get, &stage).await.unwrap(), []);

    house.deploy(&with(&rings(&get, &stage).await)).await;
    let client = house.client(2);
    ada.login(&client).await.data();
    let body = json!({ "refresh_token": tokens["refresh_token"] });
    client.post("acme", "session/refresh", &body).await.data();
    println!("made, rotated, resealed ({seals:?}) and retired, with {}", made.kms_key);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_was_cut_off_is_taken_up_and_a_full_ring_is_refused() {
    let Some((url, stage)) = emulator() else { return };
    let aws = variables(&url);
    let get = |name: &str| aws.get(name).cloned();
    let parameters = Parameters::of(&get).unwrap();
    let there = stage.ring(Purpose::Factors);
    parameters.create(&there, "k1:kms:AAAA,k2:kms:AAAA,k3:kms:AAAA,k4:kms:AAAA").await.unwrap();
    let made = data_keys::create(&get, &stage).await.unwrap();
    assert_eq!(made.written.len(), 3);
    assert!(!made.written.contains(&there));
    let overwriting = parameters.create(&there, "k1:kms:AAAA").await.unwrap_err();
    assert_eq!(overwriting.to_string(), format!("SSM PutParameter {there}: ParameterAlreadyExists"));
    let full = data_keys::rotate(&get, &stage, &Purpose::ALL).await.unwrap_err();
    assert!(full.to_string().contains(&there) && full.exit_code() == 1, "{full}");
    let untouched = parameters.read(&[stage.ring(Purpose::Passwords)]).await.unwrap();
    assert_eq!(untouched[&stage.ring(Purpose::Passwords)].version, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_wrapped_for_another_purpose_stops_a_function_at_start() {
    let Some((url, stage)) = emulator() else { return };
    let aws = variables(&url);
    let get = |name: &str| aws.get(name).cloned();
    data_keys::create(&get, &stage).await.unwrap();
    let parameters = Parameters::of(&get).unwrap();
    parameters.create(&format!("/latchkey/{}/base-url", stage.name()), "https://a.example").await.unwrap();
    let house = House::start_with(variables(&url)).await;
    house.tenant("acme", json!({})).await;
    let rings = rings(&get, &stage).await;
    let mut environment = house.stack().environment().clone();
    let passwords = rings["LATCHKEY_KEY_PASSWORDS"].clone();
    environment.insert("LATCHKEY_KEY_FACTORS".to_owned(), passwords.clone());
    let started = admin::start(&|name| environment.get(name).cloned(), World::real()).await;
    let error = started.err().unwrap().to_string();
    assert!(error.starts_with("LATCHKEY_KEY_FACTORS holds a key that is not unwrapped: KMS: "), "{error}");
    assert!(!error.contains(&passwords), "{error}");
}
