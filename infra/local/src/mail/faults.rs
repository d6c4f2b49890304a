//! SES as it is on a bad day, for tests.

use serde::{Deserialize, Serialize};

/// What happens to a call of `SendEmail`.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// It is answered.
    #[default]
    None,
    /// It is answered after `delay_ms`.
    Slow,
    /// 429 `TooManyRequestsException`.
    Throttle,
    /// 500.
    Fail,
    /// 400 `MessageRejected`.
    Reject,
}

/// What happens to the next calls, as `POST /faults` takes it.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Faults {
    pub mode: Mode,
    /// Milliseconds before any answer.
    #[serde(default)]
    pub delay_ms: u64,
    /// How many calls are hit; all until this is changed, where it is absent.
    #[serde(default)]
    pub count: Option<u32>,
}

impl Faults {
    /// What happens to this call; counts it.
    pub(super) fn hit(&mut self) -> Option<Self> {
        if self.mode == Mode::None || self.count == Some(0) {
            return None;
        }
        self.count = self.count.map(|count| count - 1);
        Some(*self)
    }
}
