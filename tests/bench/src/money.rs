//! What calls spend beside what they may, and what that costs: computed from what the spending test measured.

use std::{fmt::Write as _, fs};

use anyhow::{Context, anyhow};
use cost::{
    Inputs, Report,
    units::{self, Endpoint, Spent, Units},
};
use serde_json::Value;

use crate::Figure;

/// Users of a month.
pub const SIZES: [u64; 5] = [1000, 10_000, 100_000, 1_000_000, 10_000_000];

/// # Errors
/// When a file does not read.
pub fn measure() -> anyhow::Result<Vec<Figure>> {
    let report = report()?;
    let goals = report["goals"].as_array().context("goals")?;
    let mut figures = Vec::new();
    for goal in goals {
        let text = |key: &str| goal[key].as_str().unwrap_or_default();
        let number = |key: &str| goal[key].as_f64().context("a number");
        figures.push(
            Figure::new(format!("cost of {}: {}", text("what"), text("basis")), "$", number("dollars")?)
                .at_most(number("at_most")?),
        );
    }
    let over = rows()?.iter().filter(|(_, row)| !is_within(row)).count();
    figures.push(
        Figure::new("rows over the budget of round trips and units", "rows", f64::from(u32::try_from(over)?))
            .at_most(0.0),
    );
    Ok(figures)
}

/// The bill of each of [`SIZES`], in dollars for each user.
///
/// # Errors
/// When a file does not read.
pub fn by_size() -> anyhow::Result<Vec<(u64, f64)>> {
    let months = report()?["months"].as_array().context("months")?.clone();
    let one = |month: &Value| Some((month["users"].as_u64()?, month["per_user"].as_f64()?));
    Ok(months.iter().filter_map(one).collect())
}

fn report() -> anyhow::Result<Value> {
    let inputs = Inputs::with(&[]).map_err(|fault| anyhow!("{fault}"))?;
    Ok(serde_json::from_str(&Report::of(&inputs, &SIZES).json())?)
}

fn rows() -> anyhow::Result<Vec<(String, Endpoint)>> {
    let units = Units::parse(&fs::read_to_string(units::FILE)?)?;
    Ok(units.endpoints.into_iter().filter(|(_, row)| row.design != "-").collect())
}

/// The most trips, reads and writes of a row such as `1-2, 0 / <=10`; the audit event is beside them.
fn budget(design: &str) -> Option<[f64; 3]> {
    let (trips, units) = design.split_once(',')?;
    let (reads, writes) = units.split_once('/')?;
    let most = |text: &str| text.rsplit(['-', '=', ' ']).find(|part| !part.is_empty())?.parse().ok();
    Some([most(trips)?, most(reads)?, most(writes)?])
}

fn is_within(row: &Endpoint) -> bool {
    let Spent { trips, reads, writes, .. } = row.spent;
    budget(&row.design).is_some_and(|most| {
        [f64::from(trips), reads, writes].iter().zip(most).all(|(spent, most)| *spent <= most)
    })
}

/// What is printed of each.
///
/// # Errors
/// When the file does not read.
pub fn table() -> anyhow::Result<String> {
    let mut text = String::from(
        "| endpoint | round trips, reads / writes, and the audit event's | the design's | |\n| --- | --- | --- | --- |\n",
    );
    for (endpoint, row) in rows()? {
        let Spent { trips, reads, writes, audit, .. } = row.spent;
        let within = if is_within(&row) { "within" } else { "**over**" };
        let _ = writeln!(
            text,
            "| {endpoint} | {trips}, {reads} / {writes}, {audit} | {} | {within} |",
            row.design
        );
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_read_as_it_is_written() {
        assert_eq!(budget("2, 1 / 5"), Some([2.0, 1.0, 5.0]));
        assert_eq!(budget("1-2, 0 / 2"), Some([2.0, 0.0, 2.0]));
        assert_eq!(budget("2, <=2 / <=3"), Some([2.0, 2.0, 3.0]));
        assert_eq!(budget("-"), None);
    }

    #[test]
    fn every_row_has_a_budget_or_none() {
        for (endpoint, row) in rows().unwrap() {
            assert!(budget(&row.design).is_some(), "{endpoint}: {}", row.design);
        }
    }
}
