//! A tenant, loaded.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A record from before there were own words and branding.
    #[test]
    fn an_older_record_reads_and_a_name_of_its_own_comes_first() {
        let record = json!({
            "id": TenantId::from_bytes([1; 16]),
            "slug": "acme",
            "display_name": "Acme",
            "standing": "active",
            "settings": { "mail": { "locale": "de" } },
            "jwks": TenantKeys::default(),
            "not_before": 0,
            "created_at": 0,
            "revision": 1,
        });
        let mut tenant: Tenant = serde_json::from_value(record).unwrap();
        assert!(tenant.templates.is_empty());
        assert_eq!(tenant.name(), "Acme");
        tenant.settings.branding.name = Some("Acme & Daughters".to_owned());
        assert_eq!(tenant.name(), "Acme & Daughters");
    }
}
