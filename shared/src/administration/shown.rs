//! What administrators are shown, in the API's answers.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::domain::{Tenant, event::Event, user::UserState};

/// A tenant, whole: it has no secrets but its keys' private halves, which stand elsewhere.
#[derive(Serialize, ToSchema)]
pub struct TenantShown {
    pub tenant_id: String,
    pub slug: String,
    pub display_name: String,
    /// `active` or `suspended`.
    #[schema(value_type = String)]
    pub status: Value,
    /// In groups: `{"mfa": {"policy": …}}`.
    #[schema(value_type = Object)]
    pub settings: Value,
    /// RFC 3339. Whatever was issued before is dead.
    pub not_before: String,
    /// RFC 3339.
    pub created_at: String,
    /// Counts the changes.
    pub revision: u64,
}

impl TenantShown {
    #[must_use]
    pub fn of(tenant: &Tenant) -> Self {
        Self {
            tenant_id: tenant.id.to_string(),
            slug: tenant.slug.to_string(),
            display_name: tenant.display_name.clone(),
            status: word(&tenant.standing),
            settings: serde_json::to_value(&tenant.settings).unwrap_or_default(),
            not_before: second(tenant.not_before),
            created_at: second(tenant.created_at),
            revision: tenant.revision,
        }
    }
}

/// A user in a list.
#[derive(Serialize, ToSchema)]
pub struct UserListed {
    pub user_id: String,
    /// As accounts are found by it: in lower case.
    pub email: String,
    /// `active`, `unverified`, `suspended` or `suspended_unverified`.
    #[schema(value_type = String)]
    pub status: Value,
}

impl UserListed {
    #[must_use]
    pub fn of(state: &UserState) -> Self {
        Self {
            user_id: state.user_id.to_string(),
            email: state.email_key.as_str().to_owned(),
            status: word(&state.standing),
        }
    }
}

/// An audit event.
#[derive(Serialize, ToSchema)]
pub struct EventShown {
    pub event_id: String,
    /// What was decided, such as `login_failed`.
    #[schema(value_type = String)]
    pub kind: Value,
    pub user_id: Option<String>,
    /// What of it, such as the settings' names.
    pub detail: Option<String>,
    /// A label that a client gave its device; never proof.
    pub device_fingerprint: Option<String>,
    /// An IPv4 address, an IPv6 /64, or `command-line`.
    pub network: String,
    /// The `User-Agent`; of an administrator's deed the ARN, or the name at the command line.
    pub agent: String,
    pub request_id: String,
    /// RFC 3339.
    pub at: String,
}

impl EventShown {
    #[must_use]
    pub fn of(event: &Event) -> Self {
        Self {
            event_id: event.event_id.to_string(),
            kind: word(&event.kind),
            user_id: event.user_id.map(|user| user.to_string()),
            detail: event.detail.clone(),
            device_fingerprint: event.fingerprint.clone(),
            network: event.origin.network.clone(),
            agent: event.origin.agent.clone(),
            request_id: event.request_id.clone(),
            at: event.at.to_string(),
        }
    }
}

/// As the store keeps it, so that what was just made shows as it will later.
fn second(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The word that a unit variant is written with.
fn word(of: &impl Serialize) -> Value {
    serde_json::to_value(of).unwrap_or_default()
}
