//! What one call costs.

use serde::Serialize;

use crate::{Inputs, units::Endpoint};

/// A call's cost in dollars, by what it is paid for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Call {
    pub gateway: f64,
    pub lambda: f64,
    pub writes: f64,
    pub reads: f64,
    pub mail: f64,
    pub logs: f64,
    pub transfer: f64,
}

impl Call {
    /// At the prices of the first tiers.
    pub fn of(inputs: &Inputs, endpoint: &Endpoint) -> Self {
        let (prices, calls) = (&inputs.prices, &inputs.profile.calls);
        let million = 1e6;
        let http = if endpoint.is_http() { 1.0 } else { 0.0 };
        let first = prices.gateway.requests.first().map_or(0.0, |tier| tier.price);
        let milliseconds = billed(inputs, endpoint);
        Self {
            gateway: http * first / million,
            lambda: prices.lambda.requests / million
                + gb_seconds(inputs, endpoint, milliseconds) * prices.lambda.gb_second,
            writes: (endpoint.spent.writes + endpoint.spent.audit) * prices.dynamodb.write_units / million,
            reads: endpoint.spent.reads * prices.dynamodb.read_units / million,
            mail: f64::from(endpoint.mails) * prices.ses.mails / 1e3,
            logs: calls.log * prices.cloudwatch.logs / 1e9,
            transfer: http * calls.answer * prices.transfer.out / 1e9,
        }
    }

    pub fn times(self, calls: f64) -> Self {
        Self {
            gateway: self.gateway * calls,
            lambda: self.lambda * calls,
            writes: self.writes * calls,
            reads: self.reads * calls,
            mail: self.mail * calls,
            logs: self.logs * calls,
            transfer: self.transfer * calls,
        }
    }

    pub fn total(&self) -> f64 {
        self.gateway + self.lambda + self.writes + self.reads + self.mail + self.logs + self.transfer
    }
}

/// The basis of the goal for a login: units, gateway and request, without the time billed.
pub fn on_the_goals_basis(inputs: &Inputs, endpoint: &Endpoint) -> f64 {
    let call = Call::of(inputs, endpoint);
    call.gateway + inputs.prices.lambda.requests / 1e6 + call.writes + call.reads
}

/// Milliseconds that Lambda bills for a warm call.
pub fn billed(inputs: &Inputs, endpoint: &Endpoint) -> f64 {
    let (durations, spent) = (&inputs.units.durations, &endpoint.spent);
    let share = (memory(inputs, endpoint) / durations.whole_processor).min(1.0);
    let hash = f64::from(endpoint.hashes) * durations.hash / share;
    let work = durations.work + f64::from(endpoint.signs) * durations.signature;
    let work = work / durations.per_millisecond / share;
    let writes = spent.writes + spent.audit > 0.0;
    let trip = if writes { durations.write_trip } else { durations.read_trip };
    let transactions = f64::from(spent.transactions);
    let trips = (f64::from(spent.trips) - transactions) * trip + transactions * durations.transaction;
    (hash + work + trips + f64::from(endpoint.mails) * durations.mail).ceil()
}

/// A warm call's, and its share of the cold starts.
fn gb_seconds(inputs: &Inputs, endpoint: &Endpoint, milliseconds: f64) -> f64 {
    let cold = inputs.profile.calls.cold * inputs.units.durations.start;
    memory(inputs, endpoint) / 1024.0 * (milliseconds + cold) / 1e3
}

/// In MB; a function that the file does not have has none, which a test forbids.
pub fn memory(inputs: &Inputs, endpoint: &Endpoint) -> f64 {
    inputs.units.functions.get(&endpoint.function).map_or(0.0, |function| function.memory)
}

/// Requests to KMS that a call makes on the average.
pub fn kms_requests(inputs: &Inputs, endpoint: &Endpoint) -> f64 {
    let keys = inputs.units.functions.get(&endpoint.function).map_or(0.0, |function| function.keys);
    inputs.profile.calls.cold * keys
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Spent;

    /// A login: 2 trips, 1 read, 7 writes and an audit event, one hash, one signature, at 1769 MB.
    fn login() -> Endpoint {
        Endpoint {
            function: "login".to_owned(),
            spent: Spent { trips: 2, reads: 1.0, writes: 7.0, audit: 1.0, transactions: 0 },
            hashes: 1,
            signs: 1,
            mails: 0,
            design: "-".to_owned(),
        }
    }

    fn near(left: f64, right: f64) {
        assert!((left - right).abs() < 1e-9, "{left} and not {right}");
    }

    #[test]
    fn a_login_by_hand() {
        let inputs = Inputs::with(&[]).unwrap();
        // 20 + 2 * 7.5 + (1.5 + 7) / 3 = 37.83
        near(billed(&inputs, &login()), 38.0);
        let call = Call::of(&inputs, &login());
        near(call.gateway * 1e6, 1.0);
        // (38 + 1 % of 150) ms * 1769 / 1024 GB = 0.068239 GB-s, at 13.3334 a million
        near(call.lambda * 1e6, 0.2 + 39.5 * 1.769 / 1.024 / 1e3 * 13.3334);
        near(call.writes * 1e6, 5.0);
        near(call.reads * 1e6, 0.125);
        near(call.logs * 1e6, 0.3);
        near(call.transfer * 1e6, 0.18);
        near(call.mail, 0.0);
        near(on_the_goals_basis(&inputs, &login()) * 1e6, 6.325);
    }

    #[test]
    fn a_mail_by_hand() {
        let inputs = Inputs::with(&[]).unwrap();
        let mut mail = login();
        mail.function = "mail-worker".to_owned();
        (mail.hashes, mail.signs, mail.mails) = (0, 0, 1);
        mail.spent.transactions = 1;
        // 7.5 + 25 + 80 + 1.5 / 3 * 1769 / 256 = 115.96
        near(billed(&inputs, &mail), 116.0);
        let call = Call::of(&inputs, &mail);
        near(call.gateway, 0.0);
        near(call.transfer, 0.0);
        near(call.mail, 0.0001);
    }

    #[test]
    fn less_than_a_processor_takes_longer() {
        let inputs =
            Inputs::with(&[("units.functions.login.memory".to_owned(), "884.5".to_owned())]).unwrap();
        // 2 * 20 + 2 * 7.5 + 2 * (1.5 + 7) / 3 = 60.67
        near(billed(&inputs, &login()), 61.0);
    }
}
