//! Rows 21 and 22: DynamoDB loses answers, has conflicts and throttles, while people go their whole way.

use serde_json::json;
use tests::{House, Journey, Record, Weather, scale};

/// How many go at once, where their mails wait for one another.
const PARTY: u16 = 100;

async fn travel(weather: Weather) -> Record {
    let (house, faults) = House::on_a_bad_day().await;
    house.tenant("acme", crate::mfa::settings()).await;
    let mut record = Record::default();
    for party in 0..scale(1, 8) {
        let count = scale(12, PARTY);
        let weather = Weather { seed: weather.seed + u64::from(party), ..weather };
        record += Journey::under(weather, &house, &faults).of(party * PARTY, count).await;
    }
    assert!(house.half_users().await.is_empty());
    assert!(record.harmed > 0 && record.asked >= scale(100, 10_000), "{record:#?}");
    record
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_answers_and_conflicts_refuse_nobody_and_spend_nothing_twice() {
    let _crowd = tests::crowd().await;
    if tests::is_elsewhere() {
        return;
    }
    let weather = Weather { seed: 21, lost: 0.10, conflicting: 0.05, ..Weather::default() };
    let record = travel(weather).await;
    println!("row 21: {record}");
    assert!(record.refused.is_empty() && record.twice.is_empty(), "{record:#?}");
    assert!(record.given_up.is_empty(), "{record:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn throttling_by_dynamodb_is_waited_out() {
    let _crowd = tests::crowd().await;
    if tests::is_elsewhere() {
        return;
    }
    let record = travel(Weather { seed: 22, throttled: 0.30, ..Weather::default() }).await;
    println!("row 22: {record}");
    assert!(record.refused.is_empty() && record.twice.is_empty(), "{record:#?}");
    assert!(record.given_up.values().sum::<usize>() * 1000 <= record.asked, "{record:#?}");
}

/// Nothing was mailed, so that there is nothing to wait for.
#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_could_not_be_mailed_is_asked_for_again_at_once() {
    if tests::is_elsewhere() {
        return;
    }
    let (house, faults) = House::on_a_bad_day().await;
    let (ada, client) = house.ada_at_acme(crate::mfa::settings()).await;
    let handle = ada.handle(&client).await;
    let path = format!("mfa/email/send?mfa_token={handle}&user_id={}", ada.user_id);
    // More than the errand and the event are tried.
    faults.throttle_puts(100);
    assert_eq!(client.post("acme", &path, &json!({})).await.problem(), (503, "unavailable"));
    faults.throttle_puts(0);
    assert_eq!(client.post("acme", &path, &json!({})).await.data()["status"], "sent");
    assert_eq!(client.post("acme", &path, &json!({})).await.problem(), (429, "too_many_attempts"));
    let code = house.mailed_code(&ada.email).await;
    assert_eq!(ada.verify(&client, &handle, &code).await.data()["status"], "authenticated");
}
