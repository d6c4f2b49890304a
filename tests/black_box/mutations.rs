//! Row 14: an assertion or registration that is bent in any way is refused.

use serde_json::{Value, json};
use tests::{
    Answer, House,
    authenticator::{Authenticator, Ceremony, flags},
    factors::token_of,
    scale,
};

use crate::webauthn::{begin, finish, keyed};

const FINISH: &str = "/api/v1/me/mfa/webauthn/register/finish";

#[tokio::test(flavor = "multi_thread")]
async fn no_bent_assertion_or_registration_is_accepted() {
    let house = House::start().await;
    let (ada, client, mut key) = keyed(&house, "acme").await;
    // A first sign-in, so that there is a counter to fall below.
    key.counter = 100;
    let (challenge, options) = begin(&client, "acme").await;
    finish(&client, "acme", &challenge, &key.get(&options)).await.data();
    let (mut accepted, mut tried, mut beside) = (Vec::new(), 0_u32, 0);
    for round in 0..scale(5, 66) {
        let fixed = FIXED.into_iter().filter(|_| round < 2);
        for (index, bend) in (0_u32..).zip(BENDS.into_iter().chain(fixed)) {
            // In turn alone and as a second factor, where nobody has to be named (WebAuthn Level 3 §7.2 step 6).
            let is_second = (round + index) % 2 == 1;
            if is_second && bend == "no_user" {
                continue;
            }
            tried += 1;
            let [_, _, high, low] = tried.to_be_bytes();
            let client = house.client_at(std::net::Ipv4Addr::new(127, 9, high, low.max(1)));
            let handle = if is_second { Some(ada.handle(&client).await) } else { None };
            let (challenge, options) = match &handle {
                Some(handle) => ada.challenge(&client, handle).await,
                None => begin(&client, "acme").await,
            };
            key.counter += 1;
            let mut ceremony = key.ceremony("webauthn.get", &options);
            bend_ceremony(bend, &mut ceremony, round);
            let mut answer = key.assert(&ceremony);
            bend_answer(bend, &mut answer, round);
            let result = match &handle {
                Some(handle) => ada.show_key(&client, handle, &challenge, &answer).await,
                None => finish(&client, "acme", &challenge, &answer).await,
            };
            if is_second {
                beside += 1;
                house.forgive(&ada, "webauthn").await;
            }
            if is_accepted(&result) {
                accepted.push(format!("{bend} {round}, second factor: {is_second}"));
            }
        }
    }
    let client = house.client(3);
    let (challenge, options) = begin(&client, "acme").await;
    let token = token_of(finish(&client, "acme", &challenge, &key.get(&options)).await.data());
    for bend in ["type", "challenge", "origin", "subdomain", "rp_id", "cross_origin", "unverified", "absent"]
    {
        tried += 1;
        let (challenge, options) = ada.begin_key(&client, &token).await;
        let (made, _) = Authenticator::create(&options);
        let mut ceremony = made.ceremony("webauthn.create", &options);
        bend_ceremony(bend, &mut ceremony, 0);
        let body = json!({ "challenge_id": challenge, "credential": made.attest(&ceremony) });
        let result = client.post_as(FINISH, &token, &body).await;
        if is_accepted(&result) {
            accepted.push(format!("registration: {bend}"));
        }
    }
    println!(
        "row 14: {} of {tried} bent assertions and registrations accepted, {beside} of them as a second factor",
        accepted.len()
    );
    assert!(accepted.is_empty(), "{accepted:?}");
    let (challenge, options) = begin(&client, "acme").await;
    assert_eq!(finish(&client, "acme", &challenge, &key.get(&options)).await.status, 200, "unbent");
    let handle = ada.handle(&client).await;
    let (challenge, options) = ada.challenge(&client, &handle).await;
    let unbent = ada.show_key(&client, &handle, &challenge, &key.get(&options)).await;
    assert_eq!(unbent.data()["status"], "authenticated", "{}", unbent.text);
}

/// Anything but a success or a refusal of what was shown, a throttle's or a handle's above all, would prove nothing.
fn is_accepted(result: &Answer) -> bool {
    let (status, code) = result.problem();
    assert!(matches!(status, 200 | 401 | 422) && code != "mfa_token_invalid", "{status} {}", result.text);
    status == 200 && result.body["data"]["status"] != "failed"
}

/// What is done to an assertion, in each round to another bit, place or name.
const BENDS: [&str; 17] = [
    "challenge",
    "origin",
    "port",
    "subdomain",
    "rp_id",
    "user",
    "counter",
    "flip_data",
    "flip_client",
    "flip_signature",
    "flip_id",
    "cut_signature",
    "long_data",
    "cut_client",
    "cut_data",
    "foreign_key",
    "raw_id",
];

/// What can be done in one way only.
const FIXED: [&str; 10] = [
    "type",
    "scheme",
    "cross_origin",
    "unverified",
    "absent",
    "backup",
    "no_user",
    "empty_signature",
    "swap",
    "null_client",
];

/// Bends what is signed.
fn bend_ceremony(bend: &str, ceremony: &mut Ceremony, round: u32) {
    match bend {
        "type" => {
            ceremony.kind = if ceremony.kind == "webauthn.get" { "webauthn.create" } else { "webauthn.get" }
        }
        "challenge" => {
            let mut challenge = tests::authenticator::decode(&json!(ceremony.challenge));
            flip(&mut challenge, round as usize);
            ceremony.challenge = tests::authenticator::encode(&challenge);
        }
        "origin" => ceremony.origin = format!("https://app{round}.example.org"),
        "scheme" => ceremony.origin = String::from("http://app.example.com"),
        "port" => ceremony.origin = format!("https://app.example.com:{}", 8443 + round),
        "subdomain" => ceremony.origin = format!("https://evil{round}.app.example.com"),
        "rp_id" => ceremony.rp_id = format!("app{round}.example.com"),
        "cross_origin" => ceremony.cross_origin = true,
        "unverified" => ceremony.flags &= !flags::USER_VERIFIED,
        "absent" => ceremony.flags &= !flags::USER_PRESENT,
        "backup" => ceremony.flags |= flags::BACKUP_ELIGIBLE | flags::BACKED_UP,
        "user" => {
            let mut user = ceremony.user_handle.take().unwrap();
            flip(&mut user, round as usize);
            ceremony.user_handle = Some(user);
        }
        "no_user" => ceremony.user_handle = None,
        "counter" => ceremony.counter = round,
        _ => {}
    }
}

fn bend_answer(bend: &str, answer: &mut Value, round: u32) {
    let (part, change): (&str, fn(&mut Vec<u8>, usize)) = match bend {
        "flip_data" => ("authenticatorData", flip),
        "flip_client" => ("clientDataJSON", flip),
        "flip_signature" => ("signature", flip),
        "cut_client" => ("clientDataJSON", |bytes, round| bytes.truncate(bytes.len() - 1 - round)),
        "cut_data" => ("authenticatorData", |bytes, round| bytes.truncate(round % 37)),
        "cut_signature" => ("signature", |bytes, round| bytes.truncate(bytes.len() - 1 - round)),
        "empty_signature" => ("signature", |bytes, _| bytes.clear()),
        "long_data" => ("authenticatorData", |bytes, round| bytes.extend(vec![0; round + 1])),
        "null_client" => ("clientDataJSON", |bytes, _| *bytes = b"null".to_vec()),
        "foreign_key" => {
            let (other, _) = Authenticator::create(&json!({
                "challenge": "AAAA", "user": { "id": answer["response"]["userHandle"] },
            }));
            let ceremony = other.ceremony("webauthn.get", &json!({ "challenge": "AAAA" }));
            answer["response"]["signature"] = other.assert(&ceremony)["response"]["signature"].clone();
            return;
        }
        "flip_id" | "raw_id" => {
            let mut id = tests::authenticator::decode(&answer["rawId"]);
            flip(&mut id, round as usize);
            answer["rawId"] = tests::authenticator::encode(&id).into();
            if bend == "flip_id" {
                answer["id"] = answer["rawId"].clone();
            }
            return;
        }
        "swap" => {
            let response = &mut answer["response"];
            let data = response["authenticatorData"].take();
            response["authenticatorData"] = response["clientDataJSON"].take();
            response["clientDataJSON"] = data;
            return;
        }
        _ => return,
    };
    let mut bytes = tests::authenticator::decode(&answer["response"][part]);
    change(&mut bytes, round as usize);
    answer["response"][part] = tests::authenticator::encode(&bytes).into();
}

/// One bit, another in each round.
#[expect(clippy::ptr_arg, reason = "one of the changes, and the others shorten")]
fn flip(bytes: &mut Vec<u8>, round: usize) {
    let bit = round * 61 % (bytes.len() * 8);
    bytes[bit / 8] ^= 1 << (bit % 8);
}
