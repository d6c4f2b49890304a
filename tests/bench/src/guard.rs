//! Whether an endpoint does more than it did: instructions within 5 % of those written down.
//!
//! Of the binaries beside this one, so of those that the tests have built anyway: unoptimised, they do some times as much,
//! and more of it is still more.

use std::{collections::BTreeMap, fs};

use anyhow::Context;
use toml_edit::{DocumentMut, value};

use crate::{endpoints::instructions, scenes::SCENES};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/instructions.toml");
const TOLERANCE: f64 = 0.05;

/// Counts all, and says what is off; with `is_update` writes down what it counted.
///
/// # Errors
/// When a function does not run.
pub async fn run(is_update: bool) -> anyhow::Result<bool> {
    let text = fs::read_to_string(FILE).context(FILE)?;
    let golden: BTreeMap<String, f64> = toml_edit::de::from_str::<Golden>(&text)?.millions;
    let mut document: DocumentMut = text.parse()?;
    let mut holds = true;
    for scene in &SCENES {
        let now = instructions(scene).await?;
        let before = golden.get(scene.name).copied();
        let off = before.map_or(f64::INFINITY, |before| now / before - 1.0);
        let is_off = off.abs() > TOLERANCE;
        println!(
            "{:<22} {now:7.2} M instructions, {} before: {:+.1} %{}",
            scene.name,
            before.map_or("none".to_owned(), |before| format!("{before:.2}")),
            off * 100.0,
            if is_off { ", which is off" } else { "" }
        );
        holds &= !is_off;
        document["millions"][scene.name] = value((now * 100.0).round() / 100.0);
    }
    if is_update {
        fs::write(FILE, document.to_string())?;
        return Ok(true);
    }
    if !holds {
        println!("if this is meant: tests/bench/guard --update");
    }
    Ok(holds)
}

#[derive(serde::Deserialize)]
struct Golden {
    millions: BTreeMap<String, f64>,
}
