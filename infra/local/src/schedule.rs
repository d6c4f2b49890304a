//! EventBridge: the rule that wakes the mail worker each minute.

use std::sync::Arc;

use latchkey::{
    domain::{Clock, Entropy},
    runtime::Function,
};
use serde_json::{Value, json};

use crate::{
    environment::{ACCOUNT, REGION},
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

    /// A scheduled event as EventBridge sends it.
    fn event(&self) -> Value {
        json!({
            "version": "0",
            "id": uuid(self.entropy.bytes()),
            "detail-type": "Scheduled Event",
            "source": "aws.events",
            "account": ACCOUNT,
            "time": self.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            "region": REGION,
            "resources": [format!("arn:aws:events:{REGION}:{ACCOUNT}:rule/latchkey-mail-due")],
            "detail": {},
        })
    }
}

/// A version 4 UUID of random bytes.
fn uuid(mut random: [u8; 16]) -> String {
    random[6] = random[6] & 0x0f | 0x40;
    random[8] = random[8] & 0x3f | 0x80;
    let hex = format!("{:032x}", u128::from_be_bytes(random));
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_has_its_version_and_variant() {
        assert_eq!(uuid([0xff; 16]), "ffffffff-ffff-4fff-bfff-ffffffffffff");
        assert_eq!(uuid([0; 16]), "00000000-0000-4000-8000-000000000000");
    }
}
