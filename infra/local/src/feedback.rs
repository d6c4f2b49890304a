//! SES → EventBridge → Lambda: what happened to a mail after it was taken wakes the mail feedback.

use std::sync::Arc;

use latchkey::{
    domain::{Clock, Entropy},
    runtime::Function,
};

use crate::{
    environment::{ACCOUNT, REGION},
    eventbridge::{Told, event},
    invoke::invoke,
    mail::Inbox,
    stream::Pumped,
};

/// Lambda invokes a function so often for one event before it gives up.
const TRIES: u32 = 3;

/// The rule for SES's configuration set.
pub struct Feedback {
    pub(crate) function: Arc<dyn Function>,
    pub(crate) inbox: Arc<Inbox>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
}

impl Feedback {
    /// Delivers the next report, if there is one.
    pub async fn pump(&self) -> Pumped {
        let Some(report) = self.inbox.next_report() else { return Pumped::Idle };
        let told = Told {
            source: "aws.ses",
            detail_type: report.detail_type,
            resource: format!("arn:aws:ses:{REGION}:{ACCOUNT}:configuration-set/latchkey"),
            detail: report.detail,
        };
        let event = event(&*self.clock, &*self.entropy, &told);
        for _ in 0..TRIES {
            match invoke(&self.function, &event).await {
                Ok(_) => return Pumped::Moved,
                Err(error) => tracing::warn!(error, "the mail feedback failed"),
            }
        }
        tracing::error!(detail_type = told.detail_type, "a report of SES is lost");
        Pumped::Moved
    }
}
