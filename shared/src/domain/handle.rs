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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::{Email, TenantKeys, ids::TenantId};

    #[test]
    fn a_handle_stands_until_its_account_or_its_tenant_moves_on() {
        let user_id = UserId::from_bytes([2; 16]);
        let email = Email::parse("ada@example.com").unwrap();
        let state = UserState {
            user_id,
            email_key: email.key().clone(),
            standing: UserStatus::Active,
            epoch: Epoch::FIRST,
            revision: 3,
        };
        let tenant: Tenant = serde_json::from_value(json!({
            "id": TenantId::from_bytes([1; 16]),
            "slug": "acme",
            "display_name": "Acme",
            "standing": "active",
            "settings": {},
            "jwks": TenantKeys::default(),
            "not_before": 1000,
            "created_at": 0,
            "revision": 1,
        }))
        .unwrap();
        let at = |second| Timestamp::from_second(second).unwrap();
        let handle = Handle {
            user_id,
            epoch: state.epoch,
            revision: state.revision,
            address: "ada@example.com".to_owned(),
            unproven: false,
            methods: vec![Method::Totp],
            remember_me: false,
            on_known_device: false,
            origin: Origin { network: String::new(), agent: String::new() },
            created_at: at(1000),
            expires_at: at(1600),
            tries: 0,
            code_mac: None,
            code_until: None,
        };
        assert!(handle.stands(&state, &tenant));
        assert!(!handle.stands(&state.changed(), &tenant));
        let moved = UserState { epoch: state.epoch.next(), ..state.clone() };
        assert!(!handle.stands(&moved, &tenant));
        let suspended = UserState { standing: UserStatus::Suspended, ..state.clone() };
        assert!(!handle.stands(&suspended, &tenant));
        assert!(!Handle { created_at: at(999), ..handle }.stands(&state, &tenant));
    }
}
