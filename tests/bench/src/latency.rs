//! How long a login takes where DynamoDB takes what it takes on AWS; how much memory it needs.

use std::{ffi::OsString, time::Duration};

use anyhow::Context;
use futures::{StreamExt, stream};
use serde::Serialize;
use tests::{House, at_real_cost, lambda};
use tokio::time::Instant;

use crate::{
    Figure,
    endpoints::processes,
    scenes::{Call, LOGIN, People},
    usage,
};

const READ: Duration = Duration::from_millis(5);
const WRITE: Duration = Duration::from_micros(7500);
/// So many people sign in, each some times.
const PEOPLE: usize = 20;
const ROUNDS: usize = 5;
/// So many at once, each in a process of its own, as on Lambda.
pub const CONCURRENCIES: [usize; 5] = [1, 2, 4, 8, 16];
/// The hash's block, and 20 MiB more.
const MEMORY_GOAL: f64 = 19.0 + 20.0;
const EMPTY_MEMORY: f64 = 3.3 + 19.0;

/// What so many at once see.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Level {
    pub concurrency: usize,
    /// In milliseconds.
    pub median: f64,
    pub p99: f64,
    /// Of the processor, for each sign-in, in milliseconds.
    pub processor: f64,
    /// In MiB, of all processes together.
    pub memory: f64,
}

fn as_on_aws(operation: &str) -> Duration {
    if ["GetItem", "Query", "BatchGetItem"].contains(&operation) { READ } else { WRITE }
}

/// Logins by so many processes at once, for each of these.
///
/// # Errors
/// When one does not run, or refuses.
pub async fn levels(concurrencies: &[usize], is_delayed: bool) -> anyhow::Result<Vec<Level>> {
    let hold_up = if is_delayed { as_on_aws } else { |_: &str| Duration::ZERO };
    let (mut house, _meter) = House::held_up(at_real_cost(), hold_up).await;
    let people = People::of(&LOGIN, &house, PEOPLE).await;
    let mut levels = Vec::new();
    for (network, &concurrency) in (0..).zip(concurrencies) {
        let calls = people.calls_from(network, &LOGIN, &house).await?;
        // What a process takes by itself is not a sign-in's.
        let (idle, ..) = sign_ins(&mut house, concurrency, &[]).await?;
        let (busy, mut took, memory) = sign_ins(&mut house, concurrency, &calls).await?;
        took.sort_unstable();
        let at =
            |part: usize| took.get((took.len() * part / 100).min(took.len() - 1)).map(Duration::as_secs_f64);
        levels.push(Level {
            concurrency,
            median: at(50).context("a login")? * 1e3,
            p99: at(99).context("a login")? * 1e3,
            processor: busy.saturating_sub(idle).as_secs_f64() * 1e3 / count(took.len()),
            memory: memory / 1024.0,
        });
    }
    Ok(levels)
}

#[expect(clippy::cast_precision_loss, reason = "they are few")]
fn count(many: usize) -> f64 {
    many as f64
}

/// The processor's time of all, each call's time, and the memory of all processes in KiB.
async fn sign_ins(
    house: &mut House,
    concurrency: usize,
    calls: &[Call],
) -> anyhow::Result<(Duration, Vec<Duration>, f64)> {
    let before = usage::of_ended()?;
    let command: [OsString; 1] = [lambda::binary(LOGIN.function).into()];
    let fleet = processes(house, LOGIN.function, concurrency, &command).await?;
    let house = &*house;
    let all = stream::iter((0..ROUNDS).flat_map(|_| calls));
    let took = all
        .map(|call| async move {
            let began = Instant::now();
            call.make(house).await;
            began.elapsed()
        })
        .buffer_unordered(concurrency)
        .collect()
        .await;
    let memory = fleet.stop().await.iter().sum();
    Ok((usage::since(before)?, took, memory))
}

/// # Errors
/// As [`levels`].
pub async fn measure(hash: Duration) -> anyhow::Result<(Vec<Level>, Vec<Figure>)> {
    let levels = levels(&CONCURRENCIES, true).await?;
    let first = levels.first().context("a level")?;
    // The longest of what is asked at once, the hash, and the longest of what is written at once.
    let parts = (WRITE + hash + WRITE).as_secs_f64() * 1e3;
    let figures = vec![
        Figure::new("login, the median, reads of 5 ms and writes of 7.5 ms", "ms", first.median).over(parts),
        Figure::new("memory after 100 logins", "MiB", first.memory).over(EMPTY_MEMORY).at_most(MEMORY_GOAL),
    ];
    Ok((levels, figures))
}
