//! A user: what a login needs, what guards every change, and what describes the person.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{CustomData, EmailKey, Locale, PersonName, ids::UserId, settings::Method};

/// Whether a user may sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UserStatus {
    Active,
    /// The address was never proven.
    Unverified,
    Suspended,
    /// Suspended, and the address was never proven.
    SuspendedUnverified,
}

impl UserStatus {
    #[must_use]
    pub fn is_suspended(self) -> bool {
        matches!(self, Self::Suspended | Self::SuspendedUnverified)
    }

    #[must_use]
    pub fn is_verified(self) -> bool {
        matches!(self, Self::Active | Self::Suspended)
    }

    #[must_use]
    pub fn suspended(self) -> Self {
        if self.is_verified() { Self::Suspended } else { Self::SuspendedUnverified }
    }

    #[must_use]
    pub fn resumed(self) -> Self {
        if self.is_verified() { Self::Active } else { Self::Unverified }
    }

    #[must_use]
    pub fn verified(self) -> Self {
        if self.is_suspended() { Self::Suspended } else { Self::Active }
    }
}

/// Counts what makes everything issued before it dead: sessions, devices, handles, reset tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epoch(u64);

impl Epoch {
    pub const FIRST: Self = Self(1);

    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl std::fmt::Display for Epoch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// All that a login needs of a user.
#[derive(Debug, Clone)]
pub struct Login {
    pub user_id: UserId,
    pub email_key: EmailKey,
    /// Where mail goes.
    pub address: String,
    /// The sealed hash; none for an account without a password.
    pub sealed_hash: Option<Vec<u8>>,
    pub standing: UserStatus,
    pub epoch: Epoch,
    /// The second factors that are enrolled.
    pub methods: Vec<Method>,
    /// Nobody has shown yet that the address is theirs: the tenant asked for no proof.
    pub unproven: bool,
    /// As in [`UserState::revision`].
    pub revision: u64,
}

impl Login {
    /// The state that this item was written with.
    #[must_use]
    pub fn state(&self) -> UserState {
        UserState {
            user_id: self.user_id,
            email_key: self.email_key.clone(),
            standing: self.standing,
            epoch: self.epoch,
            revision: self.revision,
        }
    }
}

/// What guards a user's state: read strongly by every refresh and every call of the user's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserState {
    pub user_id: UserId,
    pub email_key: EmailKey,
    pub standing: UserStatus,
    pub epoch: Epoch,
    /// Counts the changes of the account: of two at once, one is made.
    pub revision: u64,
}

impl UserState {
    /// The state after a change that leaves alive what was issued before.
    #[must_use]
    pub fn changed(&self) -> Self {
        Self { revision: self.revision + 1, ..self.clone() }
    }

    /// The state after a change that kills what was issued before.
    #[must_use]
    pub fn moved(&self) -> Self {
        Self { epoch: self.epoch.next(), ..self.changed() }
    }
}

/// What describes the person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// As it was typed.
    pub email: String,
    pub first_name: PersonName,
    pub last_name: PersonName,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub custom_data: Option<CustomData>,
    pub locale: Locale,
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub created_at: Timestamp,
}
