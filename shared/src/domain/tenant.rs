//! A tenant, loaded.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::{Settings, TenantKeys, TenantSlug, ids::TenantId};

/// Whether a tenant is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TenantStatus {
    Active,
    Suspended,
}

/// A tenant as the store gave it. What is done for a tenant takes one of these; no text makes one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tenant {
    pub id: TenantId,
    pub slug: TenantSlug,
    pub display_name: String,
    pub standing: TenantStatus,
    pub settings: Settings,
    /// The public keys that its tokens verify with.
    #[serde(rename = "jwks")]
    pub keys: TenantKeys,
    /// The secret that its captcha's provider knows it by, sealed to this item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed_captcha: Option<ByteBuf>,
    /// Whatever was issued before is dead.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub not_before: Timestamp,
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub created_at: Timestamp,
    /// Counts the changes; a change names the one it builds on.
    pub revision: u64,
}

impl Tenant {
    /// Whether something issued at `issued_at` still stands.
    #[must_use]
    pub fn honours(&self, issued_at: Timestamp) -> bool {
        issued_at.as_second() >= self.not_before.as_second()
    }

    /// The audience of its access tokens.
    #[must_use]
    pub fn audience(&self) -> &str {
        self.settings.tokens.audience.as_deref().unwrap_or(self.slug.as_str())
    }
}
