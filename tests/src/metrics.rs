//! What a house's functions print as metrics.

use std::sync::{Arc, Mutex};

use latchkey::metrics::Sink;
use serde_json::Value;

/// The lines, the oldest first.
#[derive(Clone, Default)]
pub struct Metrics(Arc<Mutex<Vec<Value>>>);

impl Metrics {
    pub(crate) fn sink(&self) -> Sink {
        let lines = Arc::clone(&self.0);
        Arc::new(move |line| {
            crate::leaks::note_metric(line);
            lines.lock().unwrap().push(serde_json::from_str(line).unwrap());
        })
    }

    #[must_use]
    pub fn lines(&self) -> Vec<Value> {
        self.0.lock().unwrap().clone()
    }

    /// The sum of a metric over all lines; of a metric that no line has, 0.
    #[must_use]
    pub fn total(&self, name: &str) -> u64 {
        self.0.lock().unwrap().iter().filter_map(|line| line[name].as_u64()).sum()
    }
}
