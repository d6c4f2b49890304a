//! A registration that waits for its address to be proven, and a reset that waits for its link.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::{CustomData, EmailKey, Locale, PersonName, TenantSlug, ids::UserId, user::Epoch};

/// A pending registration; its own outbox entry. Its token activates only what came with it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Registration {
    pub user_id: UserId,
    pub slug: TenantSlug,
    pub email_key: EmailKey,
    pub address: String,
    /// As it was typed.
    pub email: String,
    /// The password's hash, sealed to this item.
    pub sealed_hash: ByteBuf,
    /// The mailed token, sealed to this item: a second delivery mails the same link.
    pub sealed_token: ByteBuf,
    pub first_name: PersonName,
    pub last_name: PersonName,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub custom_data: Option<CustomData>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub redirect_uri: Option<String>,
    pub locale: Locale,
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub created_at: Timestamp,
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub expires_at: Timestamp,
}

impl Registration {
    pub const LIFETIME_HOURS: i64 = 24;
}

/// A password reset that waits for its link. It dies when the epoch moves, so that using one
/// kills the rest.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Reset {
    pub user_id: UserId,
    pub email_key: EmailKey,
    pub address: String,
    pub epoch: Epoch,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub redirect_uri: Option<String>,
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub created_at: Timestamp,
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub expires_at: Timestamp,
}

impl Reset {
    pub const LIFETIME_MINUTES: i64 = 60;
}
