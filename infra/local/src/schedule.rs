//! EventBridge: the rule that wakes the mail worker each minute.

use std::sync::Arc;

use latchkey::{
    domain::{Clock, Entropy},
    runtime::Function,
};
use serde_json::{Value, json};

use crate::{
    environment::{ACCOUNT, REGION},
    eventbridge::{Told, event},
    invoke::invoke,
};

/// The rule of each minute.
pub struct Schedule {
    pub(crate) worker: Arc<dyn Function>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
}

impl Schedule {
    /// Wakes the worker once.
    ///
    /// # Errors
    /// The text of the failed invocation.
    pub async fn minute(&self) -> Result<(), String> {
        invoke(&self.worker, &self.event()).await.map(|_| ())
    }

    /// A scheduled event.
    fn event(&self) -> Value {
        let told = Told {
            source: "aws.events",
            detail_type: "Scheduled Event",
            resource: format!("arn:aws:events:{REGION}:{ACCOUNT}:rule/latchkey-mail-due"),
            detail: json!({}),
        };
        event(&*self.clock, &*self.entropy, &told)
    }
}
