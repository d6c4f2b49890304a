//! The MFA handle: a password was right, a second factor is due.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Tenant,
    ids::UserId,
    session::Origin,
    settings::Method,
    user::{Epoch, UserState, UserStatus},
};

/// What an `mfa_token` stands for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Handle {
    pub user_id: UserId,
    pub epoch: Epoch,
    /// The account's revision when the password was right: what was due then is due now.
    #[serde(default)]
    pub revision: u64,
    /// Where mail goes.
    pub address: String,
    /// Nobody has proven it: what goes there is a stranger's mail.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub unproven: bool,
    pub methods: Vec<Method>,
    pub remember_me: bool,
    /// The login came from a device that its owner knows.
    #[serde(default)]
    pub on_known_device: bool,
    pub origin: Origin,
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub created_at: Timestamp,
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub expires_at: Timestamp,
    pub tries: u32,
    /// The HMAC of the code that was mailed last, and until when it is good.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub code_mac: Option<serde_bytes::ByteBuf>,
    #[serde(with = "jiff::fmt::serde::timestamp::second::optional", default)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code_until: Option<Timestamp>,
}

impl Handle {
    pub const LIFETIME_MINUTES: i64 = 10;
    /// Tries over all methods.
    pub const TRIES: u32 = 5;
    pub const CODE_MINUTES: i64 = 5;
    pub const CODE_DIGITS: usize = 6;
    pub const CODE_COOLDOWN_SECONDS: i64 = 30;
    /// WebAuthn challenges that may be begun.
    pub const BEGINS: u32 = 5;

    /// Whether its password still counts: nothing has ended it since, and its user may sign in.
    #[must_use]
    pub fn stands(&self, user: &UserState, tenant: &Tenant) -> bool {
        (self.epoch, self.revision) == (user.epoch, user.revision)
            && user.standing == UserStatus::Active
            && tenant.honours(self.created_at)
    }
}
