//! Second factors as they are stored, and the challenges that are put to them.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::{
    Label,
    ids::{ChallengeId, FactorId, UserId},
    session::Holding,
    throttle::Backoff,
    user::Epoch,
};

/// An authenticator app (RFC 6238). A user has one at most.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Totp {
    pub factor_id: FactorId,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<Label>,
    /// Sealed to this item.
    pub sealed_secret: ByteBuf,
    /// The time step of the last code that was used: no code at or before it works again.
    pub last_step: u64,
    /// Wrong codes in a row, over all handles.
    #[serde(default)]
    pub failures: u32,
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub created_at: Timestamp,
    #[serde(with = "jiff::fmt::serde::timestamp::second::optional", default)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<Timestamp>,
}

impl Totp {
    /// Whether it takes no code any more: too many were wrong.
    #[must_use]
    pub fn is_disabled(&self) -> bool {
        self.failures >= Backoff::MOST
    }
}

/// A TOTP secret that was shown, and is to be confirmed by a code.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PendingTotp {
    pub factor_id: FactorId,
    pub epoch: Epoch,
    /// Sealed to this item.
    pub sealed_secret: ByteBuf,
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub expires_at: Timestamp,
}

impl PendingTotp {
    pub const LIFETIME_MINUTES: i64 = 15;
}

/// A passkey or security key: one public key credential (WebAuthn Level 3 §4).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Credential {
    pub factor_id: FactorId,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<Label>,
    /// Id, public key and properties, sealed to this item: who writes the table makes no key.
    pub sealed_passkey: ByteBuf,
    /// The signature counter of the last assertion (WebAuthn Level 3 §6.1.1).
    pub counter: u32,
    /// How the browser reached the authenticator: `usb`, `internal`, `hybrid`, ….
    pub transports: Vec<String>,
    pub holding: Holding,
    /// Whether the authenticator said that it keeps the credential so that no user name is needed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub discoverable: Option<bool>,
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub created_at: Timestamp,
    #[serde(with = "jiff::fmt::serde::timestamp::second::optional", default)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<Timestamp>,
    /// The challenge that the counter was last noted for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub used_by: Option<String>,
}

impl Credential {
    /// So many a user may have.
    pub const MOST: usize = 10;

    /// The counter that an answer to this challenge must be above. One that was noted for this very challenge is
    /// the same answer's, shown twice: that is no sign of a second key.
    #[must_use]
    pub fn counter_before(&self, challenge: ChallengeId) -> u32 {
        let is_its_own = self.used_by.as_deref() == Some(&*challenge.to_string());
        if is_its_own { self.counter.saturating_sub(1) } else { self.counter }
    }
}

/// One backup code. Its first 10 bits name it, the whole is stored hashed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BackupCode {
    pub selector: String,
    /// The argon2id hash, sealed to this item.
    pub sealed_hash: ByteBuf,
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub created_at: Timestamp,
    /// The hash of the handle that it was used with.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub spent_by: Option<String>,
}

impl BackupCode {
    /// So many are made at once.
    pub const COUNT: usize = 10;
}

/// A WebAuthn challenge that waits for its answer; taken once.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Challenge {
    pub challenge_id: ChallengeId,
    /// What it was begun for, as [`Purpose::text`] has it.
    pub purpose: String,
    /// The library's state, as JSON.
    pub state: String,
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub expires_at: Timestamp,
}

impl Challenge {
    pub const LIFETIME_MINUTES: i64 = 5;

    #[must_use]
    pub fn begun_at(&self) -> Timestamp {
        let lifetime = SignedDuration::from_mins(Self::LIFETIME_MINUTES);
        self.expires_at.saturating_sub(lifetime).unwrap_or(Timestamp::MIN)
    }
}

/// What a challenge is for. An answer counts only for the very purpose that it was begun for.
#[derive(Debug, Clone)]
pub enum Purpose<'a> {
    /// The second factor of the sign-in with this handle's hash.
    SecondFactor { handle: &'a str },
    /// A new credential of this user.
    Registration { user: UserId, epoch: Epoch },
    /// A sign-in with nothing but the passkey.
    Passkey,
}

impl Purpose<'_> {
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::SecondFactor { handle } => format!("second_factor {handle}"),
            Self::Registration { user, epoch } => format!("registration {user} {epoch}"),
            Self::Passkey => "passkey".to_owned(),
        }
    }
}
