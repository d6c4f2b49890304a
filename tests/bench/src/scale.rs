//! How much one tenant can do in a second until one partition of DynamoDB is full: from the keys that calls write to.

use std::{collections::BTreeMap, fmt::Write as _, time::Duration};

use anyhow::Context;
use serde::Serialize;
use tests::House;

use crate::scenes::{People, SCENES, Scene};

/// Writes that a partition takes in a second.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html>
const PARTITION: f64 = 1000.0;
/// People, each from a network of their own.
const PEOPLE: usize = 80;
/// A call writes at most so often to one partition of its person.
const OWN: usize = 4;
const OBSERVED: [&str; 5] = ["register", "login", "mfa/email/send", "forgot-password", "session/refresh"];

/// The partition that a tenant's calls share most.
#[derive(Debug, Clone, Serialize)]
pub struct Heat {
    pub scene: &'static str,
    /// With what is of the tenant or the moment left out.
    pub partition: String,
    /// Writes of a call to it, on average.
    pub share: f64,
    /// Calls a second until it is full; none where no two people write to the same.
    pub most: Option<f64>,
}

/// # Errors
/// When a call is refused.
pub async fn observe() -> anyhow::Result<Vec<Heat>> {
    let mut all = Vec::new();
    for name in OBSERVED {
        let scene = SCENES.iter().find(|scene| scene.name == name).context("a scene")?;
        all.push(heat(scene).await?);
    }
    Ok(all)
}

async fn heat(scene: &Scene) -> anyhow::Result<Heat> {
    let (house, meter) = House::held_up(BTreeMap::new(), |_| Duration::ZERO).await;
    let people = People::of(scene, &house, PEOPLE).await;
    let calls = people.calls(scene, &house).await?;
    let mut by_partition: BTreeMap<String, usize> = BTreeMap::new();
    for call in &calls {
        let _ = meter.read();
        call.make(&house).await;
        for (partition, times) in meter.written() {
            *by_partition.entry(partition).or_default() += times;
        }
    }
    let hottest = by_partition.into_iter().max_by_key(|(_, times)| *times).context("a write")?;
    // A call writes to its person's own some times; to what is shared, that of others too.
    let is_shared = hottest.1 > OWN;
    #[expect(clippy::cast_precision_loss, reason = "they are few")]
    let share = hottest.1 as f64 / PEOPLE as f64;
    Ok(Heat { scene: scene.name, partition: hottest.0, share, most: is_shared.then_some(PARTITION / share) })
}

/// What is printed.
#[must_use]
pub fn table(all: &[Heat]) -> String {
    let mut text = String::from(
        "| call | the partition that most of a tenant's people share | writes a call | calls a second of one tenant, at most |\n\
         | --- | --- | ---: | ---: |\n",
    );
    for Heat { scene, partition, share, most } in all {
        let most = most.map_or("no two people share one".to_owned(), |most| format!("{most:.0}"));
        let _ = writeln!(text, "| {scene} | `{partition}` | {share:.2} | {most} |");
    }
    text
}
