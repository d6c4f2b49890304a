//! The same sign-in by Better Auth, on the same machine, in the same run.

use std::{path::Path, process::Stdio, time::Duration};

use anyhow::{Context, ensure};
use futures::{StreamExt, stream};
use reqwest::Client;
use serde_json::json;
use tests::{PASSWORD, lambda};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Command,
};

use crate::{Figure, latency, usage};

const CONCURRENCIES: [usize; 2] = [2, 16];
const PEOPLE: usize = 20;
const SIGN_INS: usize = 100;
const ARGON2_GOAL: f64 = 0.8;
const MEMORY_GOAL: f64 = 1.0 / 3.0;
const SCRYPT_GOAL: f64 = 1.0 / 5.0;

/// A sign-in's processor time in milliseconds, and the memory of the process in MiB.
struct Peer {
    processor: f64,
    memory: f64,
}

/// # Errors
/// When a peer does not run, or refuses.
pub async fn measure() -> anyhow::Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for ours in latency::levels(&CONCURRENCIES, false).await? {
        let argon2 = peer("argon2id", ours.concurrency).await?;
        let scrypt = peer("scrypt", ours.concurrency).await?;
        let at = format!("{} at once", ours.concurrency);
        figures.extend([
            Figure::new(format!("sign-in, processor time, {at}"), "ms", ours.processor),
            Figure::new(format!("Better Auth's, argon2id, {at}"), "ms", argon2.processor),
            Figure::new(format!("Better Auth's, scrypt, {at}"), "ms", scrypt.processor),
            Figure::new(
                format!("sign-in against Better Auth with argon2id, processor time, {at}"),
                "times",
                ours.processor / argon2.processor,
            )
            .at_most(ARGON2_GOAL),
            Figure::new(
                format!("sign-in against Better Auth as it comes, processor time, {at}"),
                "times",
                ours.processor / scrypt.processor,
            )
            .at_most(SCRYPT_GOAL),
            Figure::new(format!("memory of all processes, {at}"), "MiB", ours.memory),
            Figure::new(format!("Better Auth's memory, argon2id, {at}"), "MiB", argon2.memory),
            Figure::new(
                format!("memory against Better Auth with argon2id, {at}"),
                "times",
                ours.memory / argon2.memory,
            )
            .at_most(MEMORY_GOAL),
        ]);
    }
    Ok(figures)
}

async fn peer(hash: &str, concurrency: usize) -> anyhow::Result<Peer> {
    let (idle, _) = sign_ins(hash, concurrency, 0).await?;
    let (busy, memory) = sign_ins(hash, concurrency, SIGN_INS).await?;
    #[expect(clippy::cast_precision_loss, reason = "they are few")]
    let each = busy.saturating_sub(idle).as_secs_f64() * 1e3 / SIGN_INS as f64;
    Ok(Peer { processor: each, memory })
}

/// The processor's time of a server from its start to its end, with so many sign-ins, and its memory.
async fn sign_ins(hash: &str, concurrency: usize, count: usize) -> anyhow::Result<(Duration, f64)> {
    let before = usage::of_ended()?;
    let mut server = Command::new("node")
        .args(["server.mjs", hash])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("peers"))
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let mut lines = BufReader::new(server.stdout.take().context("its output")?).lines();
    let base = lines.next_line().await?.context("Better Auth did not start")?;
    let client = Client::new();
    let email = |number: usize| format!("person{}@example.com", number % PEOPLE);
    for number in 0..PEOPLE {
        let body = json!({ "name": "Ada", "email": email(number), "password": PASSWORD });
        ask(&client, &format!("{base}/api/auth/sign-up/email"), &body).await?;
    }
    let url = format!("{base}/api/auth/sign-in/email");
    let mut asked = stream::iter(0..count)
        .map(|number| {
            let body = json!({ "email": email(number), "password": PASSWORD });
            let (client, url) = (&client, &url);
            async move { ask(client, url, &body).await }
        })
        .buffer_unordered(concurrency);
    while let Some(answer) = asked.next().await {
        answer?;
    }
    let memory = lambda::peak(server.id().context("it runs")?) / 1024.0;
    server.kill().await?;
    Ok((usage::since(before)?, memory))
}

async fn ask(client: &Client, url: &str, body: &serde_json::Value) -> anyhow::Result<()> {
    let answer = client.post(url).json(body).send().await?;
    ensure!(answer.status().is_success(), "{url}: {}", answer.text().await?);
    Ok(())
}
