//! Races: rows 1, 2 and 12 of what must hold.

use std::collections::BTreeSet;

use futures::future::join_all;
use latchkey::jiff::SignedDuration;
use serde_json::{Value, json};
use tests::{Answer, House, PASSWORD, Person, people::registration, rounds, scale};

fn statuses(answers: &[Answer]) -> usize {
    answers.iter().filter(|answer| answer.status == 200).count()
}

/// How often each answer came, for when a race goes wrong.
pub fn outcomes(answers: &[Answer]) -> std::collections::BTreeMap<String, usize> {
    let mut counts = std::collections::BTreeMap::new();
    for answer in answers {
        let status = answer.body["data"]["status"].as_str().unwrap_or(answer.problem().1);
        *counts.entry(format!("{} {status}", answer.status)).or_default() += 1;
    }
    counts
}

/// Row 1.
#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_parallel_guesses_on_one_handle_are_five() {
    let _crowd = tests::crowd().await;
    let house = House::start().await;
    let (ada, client) = house.ada_at_acme(crate::mfa::settings()).await;
    let handle = ada.handle(&client).await;
    let code = ada.code(&house, &client, &handle).await;
    let right: u32 = code.parse().unwrap();
    let guesses = (0..1000).map(|index| {
        let guess = format!("{:06}", (right + 1 + index) % 1_000_000);
        let (ada, client, handle) = (ada.clone(), client.clone(), handle.clone());
        async move { ada.verify(&client, &handle, &guess).await }
    });
    let answers = join_all(guesses).await;
    let evaluated = statuses(&answers);
    let after = ada.verify(&client, &handle, &code).await;
    println!(
        "row 1: {evaluated} of 1000 parallel guesses evaluated; then the right code: {:?}",
        after.problem()
    );
    // A try that the store had no time for is counted and not evaluated, never the other way round.
    assert!((1..=5).contains(&evaluated), "{evaluated}");
    assert_eq!(after.problem(), (401, "mfa_token_invalid"));
}

/// Row 2: codes.
#[tokio::test(flavor = "multi_thread")]
async fn of_a_hundred_equal_codes_one_opens_a_session() {
    let _crowd = tests::crowd().await;
    let Some(house) = House::with_its_own_clock().await else { return };
    let tenant = house.tenant("acme", crate::mfa::settings()).await;
    let client = house.client(2);
    for round in 0..rounds() {
        let ada = house.person(&tenant, &format!("ada{round}@example.com")).await;
        let before = house.parts.store.sessions(tenant.id, ada.user_id.parse().unwrap()).await.unwrap().len();
        let handle = ada.handle(&client).await;
        let code = ada.code(&house, &client, &handle).await;
        let answers = join_all((0..100).map(|_| ada.verify(&client, &handle, &code))).await;
        let won = answers.iter().filter(|answer| answer.body["data"]["status"] == "authenticated").count();
        let after = house.parts.store.sessions(tenant.id, ada.user_id.parse().unwrap()).await.unwrap().len();
        assert_eq!((won, after - before), (1, 1), "round {round}: {:?}", outcomes(&answers));
        // Registrations of one network are throttled by the hour.
        house.advance(SignedDuration::from_hours(1));
    }
    println!("row 2, codes: exactly 1 of 100 in each of {} rounds, one session each", rounds());
}

/// Row 2: resets and verifications.
#[tokio::test(flavor = "multi_thread")]
async fn of_a_hundred_equal_links_one_is_spent() {
    let _crowd = tests::crowd().await;
    let Some(mut house) = House::with_its_own_clock().await else { return };
    let mut tenant = house.tenant("acme", json!({})).await;
    for round in 0..rounds() {
        // The embedded database looks through its stream for each write: one that is used for long is slow.
        if round % 40 == 39 {
            house = House::start_here().await;
            tenant = house.tenant("acme", json!({})).await;
        }
        let client = house.client(u8::try_from(round % 200 + 2).unwrap());
        let ada = house.person(&tenant, &format!("ada{round}@example.com")).await;
        let token = ada.reset_token(&house, &client).await;
        let resets = (0..100).map(|index| {
            let client = house.client_at(std::net::Ipv4Addr::new(127, 2, 0, index / 50 + 1));
            let (ada, token) = (ada.clone(), token.clone());
            async move { ada.reset(&client, &token, &format!("an entirely new phrase {index}")).await }
        });
        let answers = join_all(resets).await;
        assert_eq!(statuses(&answers), 1, "round {round}: {:?}", outcomes(&answers));

        let email = format!("bob{round}@example.com");
        client.post("acme", "register", &registration(&email, PASSWORD)).await.data();
        let token = house.mailed_token(&email, "lk_vfy_").await;
        let body = json!({ "token": token, "password": PASSWORD });
        let verifications = (0..100).map(|index: u8| {
            let client = house.client_at(std::net::Ipv4Addr::new(127, 3, 0, index / 50 + 1));
            let body = body.clone();
            async move { client.post("acme", "verify-email", &body).await }
        });
        let answers = join_all(verifications).await;
        let opened = answers.iter().filter(|answer| !answer.body["data"]["tokens"].is_null()).count();
        assert_eq!(opened, 1, "round {round}: {:?}", outcomes(&answers));
        house.advance(SignedDuration::from_hours(1));
    }
    println!("row 2, resets and verifications: exactly 1 of 100 in each of {} rounds", rounds());
}

/// Row 2: refreshes.
#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_equal_refreshes_have_one_successor() {
    let _crowd = tests::crowd().await;
    let house = House::start().await;
    let (ada, client) = house.ada_at_acme(json!({})).await;
    let mut token = ada.sign_in(&house, &client).await["refresh_token"].clone();
    for round in 0..rounds() {
        let body = json!({ "refresh_token": token });
        let answers = join_all((0..100).map(|_| client.post("acme", "session/refresh", &body))).await;
        let successors: BTreeSet<String> = answers
            .iter()
            .filter_map(|answer| answer.body["data"]["tokens"]["refresh_token"].as_str().map(str::to_owned))
            .collect();
        assert_eq!(successors.len(), 1, "round {round}");
        token = Value::String(successors.into_iter().next().unwrap());
    }
    println!("row 2, refreshes: exactly 1 distinct successor of 100 in each of {} rounds", rounds());
}

/// Row 12: passwords.
#[tokio::test(flavor = "multi_thread")]
async fn an_account_takes_a_hundred_failures_in_a_row_and_then_closes() {
    let _crowd = tests::crowd().await;
    let Some(house) = House::with_its_own_clock().await else { return };
    let tenant = house.tenant("acme", json!({})).await;
    let ada = house.person(&tenant, "ada@example.com").await;
    let (mut evaluated, mut unavailable) = (0, 0);
    // Hours go by between the waves: more than any back-off asks.
    for wave in 0..110_u16 {
        // The first five are free, and the hundredth is the last.
        let is_edge = scale(false, true) && (wave == 0 || wave >= 94);
        let width = if wave == 55 || is_edge { 500 } else { 3 };
        let wrong = (0..width).map(|index: u16| {
            let [high, low] = (index + 1).to_be_bytes();
            let client =
                house.client_at(std::net::Ipv4Addr::new(127, 4 + (wave % 100) as u8, high, low.max(1)));
            let ada = ada.clone();
            async move { ada.login_with(&client, "not the password at all").await }
        });
        let answers = join_all(wrong).await;
        let of = |status| answers.iter().filter(|answer| answer.status == status).count();
        (evaluated, unavailable) = (evaluated + of(401), unavailable + of(503));
        house.advance(SignedDuration::from_mins(61));
    }
    println!("row 12, passwords: {evaluated} failures in a row evaluated, waves of 500 among them");
    // A try that the store had no time for is counted and not evaluated, never the other way round.
    assert!((95..=100).contains(&evaluated), "{evaluated}");
    assert!(evaluated + unavailable >= 100, "{evaluated}, {unavailable}");
    assert_eq!(ada.login(&house.client(2)).await.problem(), (429, "too_many_attempts"));
    let token = ada.reset_token(&house, &house.client(2)).await;
    ada.reset(&house.client(2), &token, "an entirely new pass phrase 7").await.data();
    assert_eq!(ada.login_with(&house.client(2), "an entirely new pass phrase 7").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_account_reopens_after_thirty_five_days() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let tenant = house.tenant("acme", json!({})).await;
    let ada = house.person(&tenant, "ada@example.com").await;
    for _ in 0..100 {
        ada.login_with(&house.client(2), "not the password at all").await;
        house.advance(SignedDuration::from_mins(61));
    }
    house.advance(SignedDuration::from_hours(24 * 34));
    assert_eq!(ada.login(&house.client(2)).await.status, 429);
    house.advance(SignedDuration::from_hours(24));
    assert_eq!(ada.login(&house.client(2)).await.status, 200);
}

/// Row 12: second factors.
#[tokio::test(flavor = "multi_thread")]
async fn guesses_over_fresh_handles_are_a_hundred_and_the_owner_is_told_at_ten() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let tenant = house.tenant("acme", crate::mfa::settings()).await;
    let ada = house.person(&tenant, "ada@example.com").await;
    let (mut evaluated, mut told_at, mut guesses) = (0, None, 0);
    for wave in 0..scale(500_u32, 10_000) / 5 {
        let [_, _, high, low] = wave.to_be_bytes();
        let client = house.client_at(std::net::Ipv4Addr::new(127, 6, high, low.max(1)));
        let handle = ada.handle(&client).await;
        let answers = join_all((0..5).map(|_| ada.verify(&client, &handle, "0000000"))).await;
        guesses += answers.len();
        evaluated += answers.iter().filter(|answer| answer.body["data"]["status"] == "failed").count();
        if told_at.is_none() && warned(&house, &ada).await {
            told_at = Some(evaluated);
        }
        house.advance(SignedDuration::from_mins(61));
    }
    println!("row 12, second factor: {evaluated} of {guesses} guesses evaluated; owner told at {told_at:?}");
    assert_eq!(evaluated, 100);
    assert_eq!(told_at, Some(10));
}

async fn warned(house: &House, person: &Person) -> bool {
    house.mails_to(&person.email).await.iter().any(|mail| mail.contains("failed 10 times in a row"))
}
