//! Devices that a person told us to remember.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Label,
    ids::{DeviceId, UserId},
    session::Origin,
    user::Epoch,
};

/// What a device spares its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceKind {
    /// The second factor (never the password).
    Trusted,
    /// The mail about a new sign-in, and a stranger's lockout.
    Known,
}

/// A trusted or known device as it is stored.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Device {
    pub device_id: DeviceId,
    pub user_id: UserId,
    pub epoch: Epoch,
    pub kind: DeviceKind,
    /// What its owner calls it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<Label>,
    pub token_hash: String,
    pub origin: Origin,
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub created_at: Timestamp,
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub last_used_at: Timestamp,
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub expires_at: Timestamp,
}

impl Device {
    /// A known device is remembered for so long.
    pub const KNOWN_DAYS: i64 = 365;
}
