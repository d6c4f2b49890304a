//! Row 24: ten times more logins than there is room for.

use std::{net::Ipv4Addr, time::Duration};

use futures::future::join_all;
use serde_json::json;
use tests::{Client, House, scale};
use tokio::time::Instant;

/// So many logins run at once, each with a hash of the real cost.
const PLACES: usize = 4;
const TIMES: f64 = 10.0;

/// A login of somebody unknown, which costs what every wrong one does: its status, and how long it took.
async fn login(client: &Client, number: usize) -> (u16, Duration) {
    let body =
        json!({ "email": format!("nobody{number}@example.com"), "password": "not the password at all" });
    let began = Instant::now();
    let answer = client.post("acme", "login", &body).await;
    (answer.status, began.elapsed())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_accepted_is_answered_in_time_and_the_rest_is_refused_at_once() {
    let _crowd = tests::crowd().await;
    if tests::is_elsewhere() {
        return;
    }
    let house = House::with_room_for(PLACES).await;
    house.tenant("acme", json!({})).await;
    // As many networks as no limit of one is met.
    let clients: Vec<_> = (1..=100).map(|last| house.client_at(Ipv4Addr::new(127, 42, 0, last))).collect();
    let warm = scale(10, 50);
    let began = Instant::now();
    let full = (0..PLACES).map(|place| {
        let clients = &clients;
        async move {
            for number in 0..warm {
                let (status, _) = login(&clients[place], place * warm + number).await;
                assert_eq!(status, 401);
            }
        }
    });
    join_all(full).await;
    let capacity = f64::from(u32::try_from(PLACES * warm).unwrap()) / began.elapsed().as_secs_f64();

    let pause = Duration::from_secs_f64(1.0 / (capacity * TIMES));
    let mut sent = Vec::new();
    let mut tick = tokio::time::interval(pause);
    let began = Instant::now();
    for number in 0..scale(300, 3000) {
        tick.tick().await;
        let client = clients[number % clients.len()].clone();
        sent.push(tokio::spawn(async move { login(&client, 10_000 + number).await }));
    }
    let rate = f64::from(u32::try_from(sent.len()).unwrap()) / began.elapsed().as_secs_f64();
    let answers: Vec<_> = join_all(sent).await.into_iter().map(Result::unwrap).collect();
    let of = |wanted: fn(u16) -> bool| -> Vec<Duration> {
        answers.iter().filter(|(status, _)| wanted(*status)).map(|(_, took)| *took).collect()
    };
    let accepted = of(|status| status == 401);
    let refused = of(|status| status == 429 || status == 503);
    let slowest = percentile(accepted.clone(), 99);
    let (late, latest) = (percentile(refused.clone(), 99), percentile(refused.clone(), 100));
    println!(
        "row 24: {rate:.0} logins a second where there is room for {capacity:.0}: {} accepted, p99 {slowest:.0?}; {} refused, p99 \
         {late:.0?}, the last after {latest:.0?}",
        accepted.len(),
        refused.len(),
    );
    assert_eq!(accepted.len() + refused.len(), answers.len());
    assert!(accepted.len() >= PLACES && refused.len() > accepted.len());
    // Beside other tests, times say nothing.
    if scale(false, true) {
        assert!(rate >= capacity * (TIMES - 1.0), "{rate} for {capacity}");
        assert!(slowest < Duration::from_secs(2), "{slowest:?}");
        assert!(latest < Duration::from_millis(100), "{latest:?}");
    }
}

fn percentile(mut times: Vec<Duration>, percent: usize) -> Duration {
    times.sort();
    times.get((times.len() * percent / 100).min(times.len().saturating_sub(1))).copied().unwrap_or_default()
}
