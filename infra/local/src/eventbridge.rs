//! Events as EventBridge sends them.

use latchkey::domain::{Clock, Entropy};
use serde_json::{Value, json};

use crate::environment::{ACCOUNT, REGION};

/// What an event is about.
pub(crate) struct Told {
    pub source: &'static str,
    pub detail_type: &'static str,
    pub resource: String,
    pub detail: Value,
}

/// An event of this moment.
pub(crate) fn event(clock: &dyn Clock, entropy: &dyn Entropy, told: &Told) -> Value {
    json!({
        "version": "0",
        "id": uuid(entropy.bytes()),
        "detail-type": told.detail_type,
        "source": told.source,
        "account": ACCOUNT,
        "time": clock.now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "region": REGION,
        "resources": [told.resource],
        "detail": told.detail,
    })
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
