//! What is measured, beside what it should be.

use std::fmt::Write;

use serde::Serialize;

/// A measured quantity: the lower, the better.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figure {
    /// What is measured, and of what.
    pub measure: String,
    pub unit: &'static str,
    /// What nobody can be below.
    pub floor: Option<f64>,
    /// At most so much is asked.
    pub goal: Option<f64>,
    pub value: f64,
}

impl Figure {
    pub fn new(measure: impl Into<String>, unit: &'static str, value: f64) -> Self {
        Self { measure: measure.into(), unit, floor: None, goal: None, value }
    }

    pub fn over(self, floor: f64) -> Self {
        Self { floor: Some(floor), ..self }
    }

    pub fn at_most(self, goal: f64) -> Self {
        Self { goal: Some(goal), ..self }
    }

    /// Whether it is as asked; `None` where nothing is.
    #[must_use]
    pub fn is_met(&self) -> Option<bool> {
        self.goal.map(|goal| self.value <= goal)
    }
}

/// What several runs measured, as a table; a line is met where every run's is.
#[must_use]
pub fn table(runs: &[Vec<Figure>]) -> String {
    let mut text = String::from("| measure | unit | floor | goal | measured | spread | |\n");
    text.push_str("| --- | --- | ---: | ---: | ---: | ---: | --- |\n");
    for figure in runs.first().into_iter().flatten() {
        let all: Vec<_> = runs.iter().flatten().filter(|other| other.measure == figure.measure).collect();
        let values: Vec<_> = all.iter().map(|figure| number(figure.value)).collect();
        let met =
            match all.iter().map(|figure| figure.is_met()).reduce(|one, two| Some(one? && two?)).flatten() {
                Some(true) => "met",
                Some(false) => "**not met**",
                None => "",
            };
        let optional = |value: Option<f64>| value.map_or_else(String::new, number);
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {:.1} % | {met} |",
            figure.measure,
            figure.unit,
            optional(figure.floor),
            optional(figure.goal),
            values.join(" "),
            spread(&all.iter().map(|figure| figure.value).collect::<Vec<_>>()) * 100.0,
        );
    }
    text
}

/// By how much of the least the most is above it.
fn spread(values: &[f64]) -> f64 {
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if least > 0.0 { most / least - 1.0 } else { 0.0 }
}

/// Three digits that say something.
fn number(value: f64) -> String {
    let decimals = if value.abs() >= 100.0 || value.fract() == 0.0 {
        0
    } else if value.abs() >= 10.0 {
        1
    } else {
        2
    };
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(value: f64) -> Figure {
        Figure::new("start", "ms", value).over(1.0).at_most(2.0)
    }

    #[test]
    fn a_line_is_met_where_every_run_is() {
        let met = table(&[vec![figure(1.5)], vec![figure(2.0)]]);
        assert!(met.ends_with("| start | ms | 1 | 2 | 1.50 2 | 33.3 % | met |\n"), "{met}");
        let not = table(&[vec![figure(1.5)], vec![figure(2.01)]]);
        assert!(not.ends_with("| **not met** |\n"), "{not}");
        let free = table(&[vec![Figure::new("size", "MB", 4.0)]]);
        assert!(free.ends_with("| size | MB |  |  | 4 | 0.0 % |  |\n"), "{free}");
    }

    #[test]
    fn numbers_have_three_digits() {
        assert_eq!([0.123, 1.0, 12.34, 123.4].map(number), ["0.12", "1", "12.3", "123"]);
    }
}
