//! All that is printed.

use serde::Serialize;

use crate::{
    Inputs,
    bill::Bill,
    call::{Call, billed, memory, on_the_goals_basis},
    profile::Profile,
};

/// Dollars for a million logins, at most.
const LOGIN_GOAL: f64 = 5.50;
/// Dollars for a month of so many users, at most.
const MONTH_GOAL: f64 = 30.0;
const MONTH_USERS: u64 = 100_000;

#[derive(Debug, Clone, Serialize)]
pub struct Report {
    pub(crate) endpoints: Vec<Row>,
    pub(crate) months: Vec<Month>,
    pub(crate) goals: Vec<Goal>,
    pub(crate) profile: Profile,
}

/// An endpoint's calls: dollars a million.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    pub endpoint: String,
    pub trips: u32,
    pub reads: f64,
    /// With the audit event's.
    pub writes: f64,
    pub milliseconds: f64,
    pub memory: f64,
    pub per_million: Call,
    pub total: f64,
    pub calls_per_user: f64,
}

#[derive(Debug, Clone, Serialize)]
pub struct Month {
    #[serde(flatten)]
    pub bill: Bill,
    pub total: f64,
    pub per_user: f64,
}

/// A goal, and what it came to.
#[derive(Debug, Clone, Serialize)]
pub struct Goal {
    pub what: &'static str,
    pub basis: &'static str,
    pub at_most: f64,
    pub dollars: f64,
    pub met: bool,
}

const UNITS_ALONE: &str = "units, gateway and request";
const IN_FULL: &str = "everything";

/// Logins, their rows of the units, and what each wakes.
const LOGINS: [(&str, &str, Option<&str>); 3] = [
    ("a million logins, no MFA, told of", "login, no MFA", Some("mail, sign-in, known place")),
    ("a million logins, no MFA, known device or notices off", "login, no MFA, known device", None),
    ("a million logins, MFA due: the first step", "login, MFA due", None),
];

impl Report {
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "there are not so many people")]
    pub fn of(inputs: &Inputs, sizes: &[u64]) -> Self {
        let calls = inputs.profile.calls_per_user();
        let endpoints = inputs.units.endpoints.iter().map(|(name, endpoint)| {
            let call = Call::of(inputs, endpoint);
            Row {
                endpoint: name.clone(),
                trips: endpoint.spent.trips,
                reads: endpoint.spent.reads,
                writes: endpoint.spent.writes + endpoint.spent.audit,
                milliseconds: billed(inputs, endpoint),
                memory: memory(inputs, endpoint),
                per_million: call.times(1e6),
                total: call.total() * 1e6,
                calls_per_user: calls.iter().find(|(row, _)| row == name).map_or(0.0, |(_, calls)| *calls),
            }
        });
        let months = sizes.iter().map(|users| {
            let bill = Bill::of(inputs, *users);
            let total = bill.total();
            Month { total, per_user: if *users == 0 { 0.0 } else { total / *users as f64 }, bill }
        });
        Self {
            endpoints: endpoints.collect(),
            months: months.collect(),
            goals: goals(inputs),
            profile: inputs.profile.clone(),
        }
    }
}

fn goals(inputs: &Inputs) -> Vec<Goal> {
    let row = |name: &str| inputs.units.endpoints.get(name);
    let in_full = |name: &str| row(name).map_or(0.0, |endpoint| Call::of(inputs, endpoint).total() * 1e6);
    let mut goals = Vec::new();
    for (what, name, wakes) in LOGINS {
        let on_basis = row(name).map_or(0.0, |endpoint| on_the_goals_basis(inputs, endpoint) * 1e6);
        goals.push(goal(what, UNITS_ALONE, LOGIN_GOAL, on_basis));
        let basis = if wakes.is_some() { "everything, with the worker that it wakes" } else { IN_FULL };
        goals.push(goal(what, basis, LOGIN_GOAL, in_full(name) + wakes.map_or(0.0, in_full)));
    }
    let month = Bill::of(inputs, MONTH_USERS).total();
    goals.push(goal("a month of 100,000 users, with mail", IN_FULL, MONTH_GOAL, month));
    goals
}

fn goal(what: &'static str, basis: &'static str, at_most: f64, dollars: f64) -> Goal {
    Goal { what, basis, at_most, dollars, met: dollars <= at_most }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_is_met_up_to_its_figure() {
        assert!(goal("", "", 5.5, 5.5).met);
        assert!(!goal("", "", 5.5, 5.51).met);
    }

    #[test]
    fn the_rows_of_the_logins_are_in_the_units() {
        let units = Inputs::with(&[]).unwrap().units;
        for (_, login, wakes) in LOGINS {
            for name in [Some(login), wakes].into_iter().flatten() {
                assert!(units.endpoints.contains_key(name), "{name}");
            }
        }
    }

    #[test]
    fn every_goal_is_looked_at() {
        let report = Report::of(&Inputs::with(&[]).unwrap(), &[0, 1000]);
        assert_eq!(report.goals.len(), 7);
        assert_eq!(report.months[0].per_user, 0.0);
        assert_eq!(report.months[1].per_user, report.months[1].total / 1000.0);
    }
}
