//! What a month costs.

use serde::Serialize;

use crate::{
    Inputs,
    call::{Call, kms_requests},
    prices::tiered,
};

/// The row of the mail worker that the rule of each minute wakes.
const EACH_MINUTE: &str = "mail, nothing due";

/// A month at so many users, in dollars by service.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Bill {
    pub users: u64,
    pub gateway: f64,
    pub lambda: f64,
    pub writes: f64,
    pub reads: f64,
    pub storage: f64,
    pub mail: f64,
    pub logs: f64,
    pub watching: f64,
    pub keys: f64,
    pub events: f64,
    pub transfer: f64,
}

impl Bill {
    #[expect(clippy::cast_precision_loss, reason = "there are not so many people")]
    pub fn of(inputs: &Inputs, users: u64) -> Self {
        let (prices, profile) = (&inputs.prices, &inputs.profile);
        let people = users as f64;
        let mut bill = Self { users, ..Self::default() };
        let (mut requests, mut audit_events, mut unwrapped) = (0.0, 0.0, 0.0);
        let by_users = profile.calls_per_user().into_iter().map(|(name, calls)| (name, calls * people));
        for (name, calls) in by_users.chain([(EACH_MINUTE, profile.house.minutes)]) {
            let Some(endpoint) = inputs.units.endpoints.get(name) else { continue };
            let call = Call::of(inputs, endpoint);
            bill.lambda += calls * call.lambda;
            bill.writes += calls * call.writes;
            bill.reads += calls * call.reads;
            bill.mail += calls * call.mail;
            bill.logs += calls * call.logs;
            bill.transfer += calls * call.transfer;
            requests += if endpoint.is_http() { calls } else { 0.0 };
            audit_events += calls * endpoint.spent.audit;
            unwrapped += calls * kms_requests(inputs, endpoint);
        }
        bill.gateway = tiered(&prices.gateway.requests, requests / 1e6);
        let stored = &profile.stored;
        let bytes =
            people * stored.users * stored.user + audit_events * stored.audit_months * stored.audit_event;
        bill.storage = bytes / 1e9 * (prices.dynamodb.storage + prices.dynamodb.point_in_time_recovery);
        bill.watching = profile.house.metrics * prices.cloudwatch.metric
            + profile.house.alarms * prices.cloudwatch.alarm
            + profile.house.dashboards * prices.cloudwatch.dashboard;
        bill.keys = profile.house.keys * prices.kms.key + unwrapped / 1e4 * prices.kms.requests;
        let published = audit_events * profile.house.published / 1e6;
        bill.events = published * (prices.eventbridge.events + prices.eventbridge.pipes);
        bill
    }

    /// What the table shows, in its order.
    pub fn lines(&self) -> [(&'static str, f64); 11] {
        [
            ("API Gateway", self.gateway),
            ("Lambda", self.lambda),
            ("DynamoDB, writes", self.writes),
            ("DynamoDB, reads", self.reads),
            ("DynamoDB, storage and recovery", self.storage),
            ("SES", self.mail),
            ("CloudWatch, logs", self.logs),
            ("CloudWatch, metrics, alarms, dashboard", self.watching),
            ("KMS", self.keys),
            ("EventBridge", self.events),
            ("Data transfer out", self.transfer),
        ]
    }

    pub fn total(&self) -> f64 {
        self.lines().iter().map(|(_, dollars)| dollars).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inputs(settings: &[(&str, &str)]) -> Inputs {
        let quiet = [
            ("profile.user.sign_ins", "0"),
            ("profile.user.refreshes", "0"),
            ("profile.user.registrations", "0"),
            ("profile.user.resets", "0"),
            ("profile.user.me", "0"),
            ("profile.house.minutes", "0"),
            ("profile.house.published", "0"),
            ("profile.stored.user", "0"),
        ];
        let settings: Vec<_> = quiet
            .iter()
            .chain(settings)
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect();
        Inputs::with(&settings).unwrap()
    }

    fn near(left: f64, right: f64) {
        assert!((left - right).abs() < 1e-6, "{left} and not {right}");
    }

    #[test]
    fn every_row_of_the_profile_is_in_the_units() {
        let inputs = Inputs::with(&[]).unwrap();
        for name in inputs.profile.calls_per_user().iter().map(|(name, _)| *name).chain([EACH_MINUTE]) {
            assert!(inputs.units.endpoints.contains_key(name), "{name}");
        }
    }

    #[test]
    fn nobody_costs_what_stands_there_anyway() {
        let bill = Bill::of(&inputs(&[]), 0);
        // One key, ten metrics, 39 that alarms look at, a dashboard.
        near(bill.total(), 1.0 + 3.0 + 3.9 + 3.0);
    }

    #[test]
    fn a_month_of_refreshes_by_hand() {
        let inputs = inputs(&[
            ("profile.user.refreshes", "10"),
            ("units.endpoints.session/refresh.reads", "2"),
            ("units.endpoints.session/refresh.writes", "1"),
            ("units.endpoints.session/refresh.trips", "2"),
        ]);
        let bill = Bill::of(&inputs, 40_000_000);
        // 400 million: 300 at 1.00 and 100 at 0.90.
        near(bill.gateway, 390.0);
        near(bill.writes, 250.0);
        near(bill.reads, 100.0);
        // 2 * 7.5 + (1.5 + 7) / 3 * 1769 / 256 = 34.58 -> 35, and 1.5 of cold starts, at 0.25 GB.
        near(bill.lambda, 80.0 + 400e6 * 0.0365 * 0.25 * 0.000_013_333_4);
        near(bill.logs, 120.0);
        near(bill.transfer, 72.0);
        // One percent starts cold and unwraps one key.
        near(bill.keys, 1.0 + 12.0);
        near(bill.mail + bill.storage + bill.events, 0.0);
    }

    #[test]
    fn audit_events_are_stored_and_published() {
        let inputs = inputs(&[
            ("profile.user.resets", "1"),
            ("profile.house.published", "1"),
            ("units.endpoints.forgot-password.audit", "1"),
            ("units.endpoints.password/reset.audit", "1"),
        ]);
        let bill = Bill::of(&inputs, 1_000_000);
        near(bill.events, 2.0 * 1.4);
        near(bill.storage, 2e6 * 13.15 * 420.0 / 1e9 * 0.45);
        // The link, and the news that it was used.
        near(bill.mail, 200.0);
    }
}
