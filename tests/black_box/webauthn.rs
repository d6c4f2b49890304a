//! Passkeys and security keys: registered, used beside a password and alone, replayed, bent.

use futures::future::join_all;
use latchkey::jiff::SignedDuration;
use serde_json::{Value, json};
use tests::{
    Client, House, Person,
    authenticator::{Authenticator, Ceremony, flags},
    factors::{settings, token_of},
    rounds,
};

const ME: &str = "/api/v1/me";
const MFA: &str = "/api/v1/me/mfa";

pub async fn keyed(house: &House, name: &str) -> (Person, Client, Authenticator) {
    let tenant = house.tenant(name, settings("optional", &["webauthn", "backup_code"])).await;
    let ada = house.person(&tenant, "ada@example.com").await;
    let client = house.client(2);
    let token = ada.token(&client).await;
    let (key, done) = ada.enroll_key(&client, &token).await;
    assert_eq!(done["backup_codes"].as_array().unwrap().len(), 10);
    (ada, client, key)
}

/// A challenge of a sign-in with nothing but a passkey.
pub async fn begin(client: &Client, slug: &str) -> (Value, Value) {
    let begun = client.post(slug, "passkey/begin", &json!({})).await;
    (begun.data()["challenge_id"].clone(), begun.data()["public_key"].clone())
}

pub async fn finish(client: &Client, slug: &str, challenge: &Value, credential: &Value) -> tests::Answer {
    let body = json!({ "challenge_id": challenge, "credential": credential });
    client.post(slug, "passkey/finish", &body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_registered_named_listed_and_signs_in_beside_a_password() {
    let house = House::start().await;
    let (ada, client, mut key) = keyed(&house, "acme").await;
    let login = ada.login(&client).await;
    assert_eq!(login.data()["available_methods"], json!(["webauthn", "backup_code"]));
    assert_eq!(login.data()["default_method"], "webauthn");
    let handle = login.data()["mfa_token"].as_str().unwrap();
    let (challenge, options) = ada.challenge(&client, handle).await;
    assert_eq!(options["rpId"], "example.com");
    assert_eq!(options["userVerification"], "required");
    let allowed = &options["allowCredentials"];
    assert_eq!(allowed.as_array().unwrap().len(), 1);
    assert_eq!(tests::authenticator::decode(&allowed[0]["id"]), key.id);
    assert_eq!(allowed[0]["transports"], json!(["internal", "hybrid"]));
    let shown = ada.show_key(&client, handle, &challenge, &key.get(&options)).await;
    assert_eq!(shown.data()["status"], "authenticated");
    let token = token_of(shown.data());
    let session = client.get_as(ME, &token).await.data()["session"].clone();
    assert_eq!((&session["acr"], &session["amr"]), (&json!("aal2"), &json!(["pwd", "hwk", "mfa"])));
    let factor = client.get_as(MFA, &token).await.data()["factors"][0].clone();
    assert_eq!((&factor["method"], &factor["name"]), (&json!("webauthn"), &json!("My key")));
    assert_eq!(factor["transports"], json!(["internal", "hybrid"]));
    assert_eq!((&factor["synced"], &factor["discoverable"]), (&json!(false), &json!(true)));
    assert!(!factor["last_used_at"].is_null());
    let path = format!("{MFA}/{}", factor["factor_id"].as_str().unwrap());
    let named = json!({ "name": "The blue one" });
    client.as_user(reqwest::Method::PATCH, &path, &token, Some(&named)).await.data();
    assert_eq!(client.get_as(MFA, &token).await.data()["factors"][0]["name"], "The blue one");
    let (_, again) = ada.begin_key(&client, &token).await;
    assert_eq!(tests::authenticator::decode(&again["excludeCredentials"][0]["id"]), key.id);
    assert_eq!(again["authenticatorSelection"]["residentKey"], "preferred");
    assert_eq!(again["authenticatorSelection"]["userVerification"], "required");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_signs_in_alone_as_two_factors() {
    let house = House::start().await;
    let (ada, client, mut key) = keyed(&house, "acme").await;
    let (challenge, options) = begin(&client, "acme").await;
    assert_eq!(options["allowCredentials"], json!([]));
    let answer = finish(&client, "acme", &challenge, &key.get(&options)).await;
    assert_eq!(answer.data()["status"], "authenticated");
    assert_eq!(answer.data()["user_id"], ada.user_id);
    let token = token_of(answer.data());
    let session = client.get_as(ME, &token).await.data()["session"].clone();
    assert_eq!((&session["acr"], &session["amr"]), (&json!("aal2"), &json!(["hwk", "user"])));
    // It counts as the fresh factor that a change asks for: another, synced key.
    let (challenge, options) = ada.begin_key(&client, &token).await;
    let (mut synced, _) = Authenticator::create(&options);
    synced.flags |= flags::BACKUP_ELIGIBLE | flags::BACKED_UP;
    let credential = synced.attest(&synced.ceremony("webauthn.create", &options));
    let body = json!({ "challenge_id": challenge, "credential": credential });
    client.post_as(&format!("{MFA}/webauthn/register/finish"), &token, &body).await.data();
    let (challenge, options) = begin(&client, "acme").await;
    let answer = finish(&client, "acme", &challenge, &synced.get(&options)).await;
    let session = client.get_as(ME, &token_of(answer.data())).await.data()["session"].clone();
    assert_eq!(session["amr"], json!(["swk", "user"]));
    assert_eq!(client.get_as(MFA, &token).await.data()["factors"].as_array().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn suspended_and_removed_keys_open_nothing() {
    let house = House::start().await;
    let (ada, client, mut key) = keyed(&house, "acme").await;
    let tenant =
        admin::tenant::show(&house.parts, &latchkey::domain::TenantSlug::parse(&house.slug("acme")).unwrap())
            .await
            .unwrap();
    let user = ada.user_id.parse().unwrap();
    admin::user::suspend(&house.by, &tenant, user).await.unwrap();
    let (challenge, options) = begin(&client, "acme").await;
    let answer = finish(&client, "acme", &challenge, &key.get(&options)).await;
    assert_eq!(answer.problem(), (403, "account_suspended"), "who has the key is told");
    admin::user::resume(&house.by, &tenant, user).await.unwrap();
    let (challenge, options) = begin(&client, "acme").await;
    let token = token_of(finish(&client, "acme", &challenge, &key.get(&options)).await.data());
    let factor = client.get_as(MFA, &token).await.data()["factors"][0]["factor_id"].clone();
    client.delete_as(&format!("{MFA}/{}", factor.as_str().unwrap()), &token).await.data();
    let (challenge, options) = begin(&client, "acme").await;
    let answer = finish(&client, "acme", &challenge, &key.get(&options)).await;
    assert_eq!(answer.problem(), (401, "invalid_credentials"));
    assert_eq!(ada.login(&client).await.data()["status"], "authenticated", "no factor is left");
}

/// Row 14: replayed, old, foreign and parallel challenges.
#[tokio::test(flavor = "multi_thread")]
async fn challenges_are_good_once_for_their_purpose_and_their_time() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let (ada, client, mut key) = keyed(&house, "acme").await;
    let mut tried = 0;
    // How a second factor is refused, and how a passkey alone.
    let (wrong, nobody) = ("failed", "invalid_credentials");
    let mut refused = |answer: tests::Answer, wanted: &str| {
        tried += 1;
        let status = answer.body["data"]["status"].as_str();
        assert_eq!(status.unwrap_or(answer.problem().1), wanted, "{}", answer.text);
    };
    // Replay: the very same answer, on its own handle and on another.
    let handle = ada.handle(&client).await;
    let (challenge, options) = ada.challenge(&client, &handle).await;
    let answer = key.get(&options);
    assert_eq!(ada.show_key(&client, &handle, &challenge, &answer).await.data()["status"], "authenticated");
    refused(ada.show_key(&client, &handle, &challenge, &answer).await, "mfa_token_invalid");
    let other = ada.handle(&client).await;
    refused(ada.show_key(&client, &other, &challenge, &answer).await, wrong);
    // Begun for one handle, shown for another.
    let one = ada.handle(&client).await;
    let (challenge, options) = ada.challenge(&client, &one).await;
    refused(ada.show_key(&client, &other, &challenge, &key.get(&options)).await, wrong);
    // Begun for a second factor, shown as a passkey, and the other way round.
    let (challenge, options) = ada.challenge(&client, &one).await;
    refused(finish(&client, "acme", &challenge, &key.get(&options)).await, nobody);
    let (challenge, options) = begin(&client, "acme").await;
    refused(ada.show_key(&client, &one, &challenge, &key.get(&options)).await, wrong);
    // Two begun side by side: an answer to one challenge, shown for the other.
    let (_, first) = begin(&client, "acme").await;
    let (challenge, _) = begin(&client, "acme").await;
    refused(finish(&client, "acme", &challenge, &key.get(&first)).await, nobody);
    let (_, first) = ada.challenge(&client, &one).await;
    let (challenge, _) = ada.challenge(&client, &one).await;
    refused(ada.show_key(&client, &one, &challenge, &key.get(&first)).await, wrong);
    // Five minutes, and no more.
    let (challenge, options) = begin(&client, "acme").await;
    house.advance(SignedDuration::from_mins(5));
    refused(finish(&client, "acme", &challenge, &key.get(&options)).await, nobody);
    println!("row 14, replayed, old, foreign and parallel challenges: 0 of {tried} accepted");
    let (challenge, options) = begin(&client, "acme").await;
    assert_eq!(finish(&client, "acme", &challenge, &key.get(&options)).await.status, 200);
    // Five begins a handle.
    let handle = ada.handle(&client).await;
    let path = format!("mfa/webauthn/begin?mfa_token={handle}&user_id={}", ada.user_id);
    for _ in 0..5 {
        assert_eq!(client.post("acme", &path, &json!({})).await.status, 200);
    }
    assert_eq!(client.post("acme", &path, &json!({})).await.problem(), (401, "mfa_token_invalid"));
}

/// Row 14: lower counters.
#[tokio::test(flavor = "multi_thread")]
async fn a_counter_that_does_not_rise_is_refused_and_one_that_stays_at_nothing_is_fine() {
    let house = House::start().await;
    let (_, client, mut key) = keyed(&house, "acme").await;
    key.counter = 40;
    let mut tried = 0;
    for (counter, accepted) in [(41, true), (41, false), (40, false), (0, false), (42, true)] {
        let (challenge, options) = begin(&client, "acme").await;
        let ceremony = Ceremony { counter, ..key.ceremony("webauthn.get", &options) };
        let answer = finish(&client, "acme", &challenge, &key.assert(&ceremony)).await;
        assert_eq!(answer.status == 200, accepted, "{counter}: {}", answer.text);
        tried += usize::from(!accepted);
    }
    println!("row 14, counters that do not rise: 0 of {tried} accepted");
    let (_, client, key) = keyed(&house, "other").await;
    for _ in 0..3 {
        let (challenge, options) = begin(&client, "other").await;
        let ceremony = Ceremony { counter: 0, ..key.ceremony("webauthn.get", &options) };
        assert_eq!(finish(&client, "other", &challenge, &key.assert(&ceremony)).await.status, 200);
    }
}

/// Rows 3 and 14: nobody's token, id, challenge, credential or tenant stands in for another's.
#[tokio::test(flavor = "multi_thread")]
async fn only_the_diagonal_of_users_and_tenants_passes() {
    let house = House::start().await;
    let mut people = Vec::new();
    for (name, email) in [("one", "ada@example.com"), ("one", "bob@example.com"), ("two", "ada@example.com")]
    {
        let slug = house.slug(name);
        let tenant = match latchkey::domain::TenantSlug::parse(&slug) {
            Ok(slug) => house.parts.store.tenant(&slug).await.unwrap(),
            Err(_) => None,
        };
        let tenant = match tenant {
            Some(tenant) => std::sync::Arc::new(tenant),
            None => house.tenant(name, settings("optional", &["webauthn"])).await,
        };
        let person = house.person(&tenant, email).await;
        let client = house.client(2);
        let token = person.token(&client).await;
        let (key, _) = person.enroll_key(&client, &token).await;
        people.push((name, person, key));
    }
    let (mut passed, mut off, mut tried, mut foreign) = (0, Vec::new(), 0_u16, 0);
    // Two people of one tenant, and one person in two. Whose handle, user id, challenge and credential,
    // and in whose tenant.
    for pair in [[0, 1], [0, 2]] {
        for index in 0..32_usize {
            let pick = |place: usize| pair[index >> place & 1];
            let [handle_of, id_of, challenge_of, key_of, tenant_of] = [0, 1, 2, 3, 4].map(pick);
            tried += 1;
            // From ever new networks, so that no throttle answers in place of the endpoint.
            let [high, low] = tried.to_be_bytes();
            let client = house.client_at(std::net::Ipv4Addr::new(127, 8, high, low.max(1)));
            let (_, person, _) = &people[handle_of];
            let handle = person.handle(&client).await;
            let (mut challenge, mut options) = person.challenge(&client, &handle).await;
            if challenge_of != handle_of {
                let (_, other, _) = &people[challenge_of];
                let theirs = other.handle(&client).await;
                (challenge, options) = other.challenge(&client, &theirs).await;
            }
            let body = json!({
                "mfa_token": handle, "user_id": people[id_of].1.user_id, "method": "webauthn",
                "challenge_id": challenge, "credential": people[key_of].2.get(&options),
            });
            let answer = client.post(people[tenant_of].0, "mfa/verify", &body).await;
            assert_ne!(answer.status, 429, "a throttle's refusal would prove nothing");
            house.forgive(&people[handle_of].1, "webauthn").await;
            let own = [id_of, challenge_of, key_of].iter().all(|other| *other == handle_of)
                && people[tenant_of].0 == people[handle_of].0;
            foreign += usize::from(!own);
            if answer.body["data"]["status"] == "authenticated" {
                passed += 1;
                if !own {
                    off.push([handle_of, id_of, challenge_of, key_of, tenant_of]);
                }
            }
        }
    }
    println!("row 3, passkeys: {passed} of {tried} combinations passed, {} off the diagonal", off.len());
    println!("row 14, something of another person's or tenant's: {} of {foreign} accepted", off.len());
    assert!(off.is_empty(), "{off:?}");
    // Two people of one tenant pass under either's name for it; one person in each of two.
    assert_eq!(passed, 4 + 2);
}

/// Rows 2 and 14: one assertion, a hundred at once.
#[tokio::test(flavor = "multi_thread")]
async fn of_a_hundred_equal_assertions_one_opens_a_session() {
    let _crowd = tests::crowd().await;
    let Some(house) = House::with_its_own_clock().await else { return };
    let (ada, client, mut key) = keyed(&house, "acme").await;
    let tenant = latchkey::domain::TenantSlug::parse("acme").unwrap();
    let tenant = house.parts.store.tenant(&tenant).await.unwrap().unwrap();
    let user = ada.user_id.parse().unwrap();
    for round in 0..rounds() {
        for alone in [false, true] {
            house.advance(SignedDuration::from_hours(2));
            let before = house.parts.store.sessions(tenant.id, user).await.unwrap().len();
            let answers = if alone {
                let (challenge, options) = begin(&client, "acme").await;
                let answer = key.get(&options);
                join_all((0..100).map(|_| finish(&client, "acme", &challenge, &answer))).await
            } else {
                let handle = ada.handle(&client).await;
                let (challenge, options) = ada.challenge(&client, &handle).await;
                let answer = key.get(&options);
                join_all((0..100).map(|_| ada.show_key(&client, &handle, &challenge, &answer))).await
            };
            let won =
                answers.iter().filter(|answer| answer.body["data"]["status"] == "authenticated").count();
            let after = house.parts.store.sessions(tenant.id, user).await.unwrap().len();
            let outcomes = crate::races::outcomes(&answers);
            assert_eq!((won, after - before), (1, 1), "round {round}, alone {alone}: {outcomes:?}");
        }
    }
    for row in ["row 2, assertions", "row 14, one assertion at once"] {
        println!("{row}: exactly 1 of 100 in each of {} rounds, as a factor and alone", rounds());
    }
}
