//! Sessions and how they were opened.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Tenant,
    ids::{SessionId, UserId},
    settings::Method,
    user::{Epoch, UserState, UserStatus},
};

/// Where a passkey is kept (RFC 8176 calls what proves it `hwk` or `swk`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holding {
    /// On one device.
    Bound,
    /// Synced between its owner's devices (WebAuthn Level 3 §6.1.3: backup eligible).
    Synced,
}

impl Holding {
    #[must_use]
    pub fn amr(self) -> &'static str {
        match self {
            Self::Bound => "hwk",
            Self::Synced => "swk",
        }
    }
}

/// How a person proved who they are: the `amr` (RFC 8176) and `acr` of the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Authentication {
    /// A password alone, or with a trusted device in place of the second factor.
    Password,
    /// A password and a code or link sent to the mailbox: never above AAL1 (NIST SP 800-63B-4 §3.1.3.1).
    PasswordAndMail,
    /// A password and a time-based code.
    PasswordAndTotp,
    /// A password and a passkey or security key.
    PasswordAndWebauthn(Holding),
    /// A password and a backup code.
    PasswordAndBackupCode,
    /// A passkey alone, which verified its user: two factors in one (NIST SP 800-63B-4 §2.2.2).
    Passkey(Holding),
}

impl Authentication {
    /// The authentication methods references of RFC 8176.
    #[must_use]
    pub fn amr(self) -> Vec<String> {
        let methods: &[&str] = match self {
            Self::Password => &["pwd"],
            Self::PasswordAndMail | Self::PasswordAndTotp | Self::PasswordAndBackupCode => {
                &["pwd", "otp", "mfa"]
            }
            Self::PasswordAndWebauthn(holding) => &["pwd", holding.amr(), "mfa"],
            Self::Passkey(holding) => &[holding.amr(), "user"],
        };
        methods.iter().map(|method| (*method).to_owned()).collect()
    }

    /// The authentication assurance level, NIST SP 800-63B-4 §2.
    #[must_use]
    pub fn acr(self) -> &'static str {
        if self.is_aal2() { "aal2" } else { "aal1" }
    }

    #[must_use]
    pub fn is_aal2(self) -> bool {
        !matches!(self, Self::Password | Self::PasswordAndMail)
    }

    /// The second factor that was used.
    #[must_use]
    pub fn factor(self) -> Option<Method> {
        match self {
            Self::Password => None,
            Self::PasswordAndMail => Some(Method::Email),
            Self::PasswordAndTotp => Some(Method::Totp),
            Self::PasswordAndWebauthn(_) | Self::Passkey(_) => Some(Method::Webauthn),
            Self::PasswordAndBackupCode => Some(Method::BackupCode),
        }
    }
}

/// A session as it is stored.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Session {
    pub session_id: SessionId,
    pub user_id: UserId,
    pub epoch: Epoch,
    pub authentication: Authentication,
    /// The hash of the refresh token that is good.
    pub refresh_hash: String,
    /// The hash of the one before, and when it was exchanged.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub previous_hash: Option<String>,
    #[serde(with = "jiff::fmt::serde::timestamp::second::optional", default)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rotated_at: Option<Timestamp>,
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub created_at: Timestamp,
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub last_used_at: Timestamp,
    /// When it ends whatever happens.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub expires_at: Timestamp,
    /// It ends when it is not refreshed for so long.
    pub idle_seconds: i64,
    pub remembered: bool,
    pub network: String,
    pub agent: String,
}

impl Session {
    /// For so long after a rotation its predecessor gets the same successor again.
    pub const GRACE_SECONDS: i64 = 30;
    /// For so long after it proved itself, its owner may change the account's ways in.
    pub const RECENT_SECONDS: i64 = 600;

    /// Whether it still lets its user in: alive, not ended by the tenant, the user not suspended.
    #[must_use]
    pub fn stands(&self, user: &UserState, tenant: &Tenant, now: Timestamp) -> bool {
        user.standing == UserStatus::Active
            && self.is_alive(user.epoch, now)
            && tenant.honours(self.created_at)
    }

    /// Whether it is alive at `now` for a user whose epoch is `epoch`.
    #[must_use]
    pub fn is_alive(&self, epoch: Epoch, now: Timestamp) -> bool {
        self.epoch == epoch
            && now < self.expires_at
            && now.as_second() - self.last_used_at.as_second() < self.idle_seconds
    }
}

/// Where a sign-in came from: labels for the owner, proof of nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    pub network: String,
    pub agent: String,
}
