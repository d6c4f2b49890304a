//! A tenant, loaded.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Settings, TemplateName, TenantKeys, TenantSlug, ids::TenantId};

/// Whether a tenant is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TenantStatus {
    Active,
    Suspended,
    /// Gone. What stays keeps its slug from being used again.
    Deleted,
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
    /// The mails that it has words of its own for; only those are looked up.
    #[serde(default)]
    pub templates: BTreeSet<TemplateName>,
    /// Whatever was issued before is dead.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub not_before: Timestamp,
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub created_at: Timestamp,
    /// Counts the changes; a change names the one it builds on.
    pub revision: u64,
}

impl Tenant {
    /// The name that people read: in mails, authenticator apps and passkeys.
    #[must_use]
    pub fn name(&self) -> &str {
        self.settings.branding.name.as_deref().unwrap_or(&self.display_name)
    }

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
