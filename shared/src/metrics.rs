//! Metrics in CloudWatch's embedded metric format: one line of JSON on standard output, which CloudWatch takes
//! apart by itself. No call, no agent; but a line costs what a log line costs, so one is printed only where
//! something was counted, and holds all of it.

use std::{
    collections::BTreeMap,
    io::Write,
    sync::{Arc, Mutex, PoisonError},
};

use serde::Serialize;
use serde_json::json;

use crate::domain::Clock;

/// What is counted. Alarms are set on these names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Metric {
    /// Logins that were refused, whatever was wrong.
    FailedLogins,
    /// Second factors that were wrong.
    FailedFactors,
    /// Second factors that take no try any more: a hundred in a row were wrong.
    DisabledFactors,
    /// Answers of 429.
    TooManyAttempts,
    /// Answers of 5xx.
    Faults,
    /// Transactions that met another; each is tried again.
    TransactionConflicts,
    /// New passwords that a tenant has looked up in breaches, and nobody answered.
    UncheckedPasswords,
    /// How old a mail was that is tried late.
    OutboxAge,
    /// Mails that could not be sent while they were of use.
    ExpiredMails,
    /// Mails that SES does not take.
    RejectedMails,
    /// Addresses that bounced or complained.
    UndeliverableAddresses,
}

impl Metric {
    fn unit(self) -> &'static str {
        match self {
            Self::OutboxAge => "Seconds",
            _ => "Count",
        }
    }
}

/// Takes one line, without its end.
pub type Sink = Arc<dyn Fn(&str) + Send + Sync>;

/// Standard output, which Lambda hands to CloudWatch.
#[must_use]
pub fn standard_output() -> Sink {
    // A closed output is no reason to fail a request.
    Arc::new(|line| drop(writeln!(std::io::stdout().lock(), "{line}")))
}

/// The counts since the last line. Cheap to clone: all clones count together, and a Lambda answers one request
/// at a time.
#[derive(Clone)]
pub struct Meters(Arc<Inner>);

struct Inner {
    /// The one dimension; without it nothing is printed.
    stage: Option<String>,
    clock: Arc<dyn Clock>,
    sink: Sink,
    counted: Mutex<BTreeMap<Metric, u64>>,
}

impl Meters {
    #[must_use]
    pub fn new(stage: Option<String>, clock: Arc<dyn Clock>, sink: Sink) -> Self {
        Self(Arc::new(Inner { stage, clock, sink, counted: Mutex::default() }))
    }

    pub fn count(&self, metric: Metric) {
        self.measure(metric, 1);
    }

    /// Adds `amount`; 0 is nothing.
    pub fn measure(&self, metric: Metric, amount: u64) {
        if amount > 0 {
            *self.lock().entry(metric).or_default() += amount;
        }
    }

    /// Prints what was counted and begins anew: what every function does at the end of an invocation.
    pub fn print(&self) {
        let counted = std::mem::take(&mut *self.lock());
        if let Some(stage) = &self.0.stage
            && !counted.is_empty()
        {
            (self.0.sink)(&line(stage, self.0.clock.now(), &counted));
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<Metric, u64>> {
        self.0.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn line(stage: &str, at: jiff::Timestamp, counted: &BTreeMap<Metric, u64>) -> String {
    let metrics: Vec<_> =
        counted.keys().map(|metric| json!({ "Name": metric, "Unit": metric.unit() })).collect();
    let mut line = json!(counted);
    line["Stage"] = stage.into();
    line["_aws"] = json!({
        "Timestamp": at.as_millisecond(),
        "CloudWatchMetrics": [{ "Namespace": "Latchkey", "Dimensions": [["Stage"]], "Metrics": metrics }],
    });
    line.to_string()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::domain::clock::ManualClock;

    fn meters(stage: Option<&str>) -> (Meters, Arc<Mutex<Vec<String>>>) {
        let printed = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&printed);
        let clock = Arc::new(ManualClock::at(Timestamp::from_millisecond(1_780_315_200_123).unwrap()));
        let sink: Sink = Arc::new(move |line| sink.lock().unwrap().push(line.to_owned()));
        (Meters::new(stage.map(str::to_owned), clock, sink), printed)
    }

    #[test]
    fn all_that_was_counted_is_one_line_and_then_forgotten() {
        let (meters, printed) = meters(Some("production"));
        meters.count(Metric::FailedLogins);
        meters.clone().count(Metric::FailedLogins);
        meters.measure(Metric::OutboxAge, 75);
        meters.print();
        meters.print();
        meters.count(Metric::Faults);
        meters.print();
        let printed = printed.lock().unwrap().clone();
        assert_eq!(
            printed,
            [
                concat!(
                    r#"{"FailedLogins":2,"OutboxAge":75,"Stage":"production","#,
                    r#""_aws":{"CloudWatchMetrics":[{"Dimensions":[["Stage"]],"#,
                    r#""Metrics":[{"Name":"FailedLogins","Unit":"Count"},{"Name":"OutboxAge","Unit":"Seconds"}],"#,
                    r#""Namespace":"Latchkey"}],"Timestamp":1780315200123}}"#,
                ),
                concat!(
                    r#"{"Faults":1,"Stage":"production","_aws":{"CloudWatchMetrics":[{"Dimensions":[["Stage"]],"#,
                    r#""Metrics":[{"Name":"Faults","Unit":"Count"}],"Namespace":"Latchkey"}],"#,
                    r#""Timestamp":1780315200123}}"#,
                ),
            ]
        );
    }

    #[test]
    fn nothing_is_printed_where_nothing_was_counted_or_no_stage_is_named() {
        let (named, printed) = meters(Some("production"));
        named.measure(Metric::OutboxAge, 0);
        named.print();
        assert!(printed.lock().unwrap().is_empty());
        let (nameless, printed) = meters(None);
        nameless.count(Metric::Faults);
        nameless.print();
        assert!(printed.lock().unwrap().is_empty());
    }
}
