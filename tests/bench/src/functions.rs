//! Every function's binary: how large it is, and how soon it asks for its first event.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    io::Write as _,
};

use anyhow::Context;
use cost::units::{self, Units};
use flate2::{Compression, write::DeflateEncoder};
use serde::Serialize;
use tests::{
    House, at_real_cost,
    callgrind::Callgrind,
    lambda::{self, Process},
};

use crate::Figure;

/// What does nothing, and is built as the functions are.
pub const EMPTY: &str = "empty";
/// Each is started so often, the empty one between.
const STARTS: usize = 20;

const SIZE_GOAL: f64 = 8.0;
const ZIPPED_GOAL: f64 = 4.0;
const START_GOAL: f64 = 2.0;
const HASHING_GOAL: f64 = 4.0;
const TIME_GOAL: f64 = 1.5;
/// As the design has the empty handler's.
const EMPTY_SIZE: f64 = 1.6;

/// A function's binary, in MB and millions of instructions.
#[derive(Debug, Clone, Serialize)]
pub struct Binary {
    pub function: String,
    pub hashes: bool,
    pub size: f64,
    pub zipped: f64,
    /// To its first question for an event, over the empty handler's.
    pub start: f64,
    /// The median, of the empty handler's.
    pub times: f64,
}

/// # Errors
/// When a function is not built, or does not start.
pub async fn measure() -> anyhow::Result<(Vec<Binary>, Vec<Figure>)> {
    let house = House::start_with(at_real_cost()).await;
    let environment = house.stack().environment();
    let units = Units::parse(&fs::read_to_string(units::FILE)?)?;
    let hashing: BTreeSet<_> =
        units.endpoints.values().filter(|row| row.hashes > 0).map(|row| row.function.as_str()).collect();
    let empty = start(EMPTY, environment).await;
    let mut binaries = Vec::new();
    for function in units.functions.keys() {
        let (size, zipped) = sizes(function)?;
        let start = start(function, environment).await - empty;
        let times = times(function, environment).await?;
        binaries.push(Binary {
            function: function.clone(),
            hashes: hashing.contains(function.as_str()),
            size,
            zipped,
            start,
            times,
        });
    }
    let most = |value: fn(&Binary) -> f64, hashes: bool| {
        binaries.iter().filter(|binary| binary.hashes == hashes).map(value).fold(0.0, f64::max)
    };
    let largest = |value: fn(&Binary) -> f64| most(value, false).max(most(value, true));
    let figures = vec![
        Figure::new("start, empty handler", "M instructions", empty).over(0.53),
        Figure::new(
            "start over the empty handler, the most of all that do not hash",
            "M instructions",
            most(|one| one.start, false),
        )
        .at_most(START_GOAL),
        Figure::new(
            "start over the empty handler, the most of all that hash",
            "M instructions",
            most(|one| one.start, true),
        )
        .at_most(HASHING_GOAL),
        Figure::new(
            "time to the first event, the most of all that do not hash",
            "times the empty handler's",
            most(|one| one.times, false),
        )
        .over(1.0)
        .at_most(TIME_GOAL),
        Figure::new(
            "time to the first event, the most of all that hash",
            "times the empty handler's",
            most(|one| one.times, true),
        )
        .over(1.0),
        Figure::new("binary, the largest", "MB", largest(|one| one.size)).over(EMPTY_SIZE).at_most(SIZE_GOAL),
        Figure::new("binary, the largest, zipped", "MB", largest(|one| one.zipped)).at_most(ZIPPED_GOAL),
    ];
    Ok((binaries, figures))
}

/// Of a binary, and of what a deployment uploads.
fn sizes(function: &str) -> anyhow::Result<(f64, f64)> {
    let bytes = fs::read(lambda::binary(function))?;
    let mut zip = DeflateEncoder::new(Vec::new(), Compression::default());
    zip.write_all(&bytes)?;
    Ok((megabytes(bytes.len()), megabytes(zip.finish()?.len())))
}

#[expect(clippy::cast_precision_loss, reason = "a binary is not as large")]
fn megabytes(bytes: usize) -> f64 {
    bytes as f64 / 1e6
}

/// Millions of instructions until it asks for an event.
async fn start(function: &str, environment: &BTreeMap<String, String>) -> f64 {
    let callgrind = Callgrind::new();
    Process::start(&callgrind.of(&lambda::binary(function)), environment).await.stop().await;
    callgrind.millions()
}

/// The time until it asks for an event, of the empty handler's: medians of starts by turns.
async fn times(function: &str, environment: &BTreeMap<String, String>) -> anyhow::Result<f64> {
    let mut took = [Vec::new(), Vec::new()];
    for _ in 0..STARTS {
        for (took, function) in took.iter_mut().zip([EMPTY, function]) {
            let process = Process::start(&[lambda::binary(function).into()], environment).await;
            took.push(process.ready_after);
            process.stop().await;
        }
    }
    let medians = took.map(|mut took| {
        took.sort_unstable();
        took.get(STARTS / 2).copied()
    });
    let [empty, own] = medians;
    Ok(own.context("it started")?.as_secs_f64() / empty.context("it started")?.as_secs_f64())
}

/// What is printed of each.
#[must_use]
pub fn table(binaries: &[Binary]) -> String {
    let mut text = String::from(
        "| function | MB | zipped | M instructions to the first event, over the empty handler's | its time, times the empty handler's |\n\
         | --- | ---: | ---: | ---: | ---: |\n",
    );
    for Binary { function, size, zipped, start, times, .. } in binaries {
        let _ = writeln!(text, "| {function} | {size:.1} | {zipped:.1} | {start:.2} | {times:.2} |");
    }
    text
}
