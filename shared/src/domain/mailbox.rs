//! A mailbox that a signed-in user is proving by a mailed code.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::{EmailKey, user::Epoch};

/// Why the mailbox is being proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aim {
    /// The account's own address is to be a second factor.
    Factor,
    /// Another address is to be the account's.
    Address,
}

impl Aim {
    /// The digits of the mailed code. A foreign address can be guessed at from any number of accounts.
    #[must_use]
    pub fn digits(self) -> usize {
        match self {
            Self::Factor => 6,
            Self::Address => 12,
        }
    }

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Factor => "email",
            Self::Address => "address",
        }
    }
}

/// The proof that is under way; a user has one of each aim at most.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MailboxProof {
    pub epoch: Epoch,
    pub email_key: EmailKey,
    /// Where the code went.
    pub address: String,
    /// As it was typed.
    pub email: String,
    pub code_mac: ByteBuf,
    pub tries: u32,
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub sent_at: Timestamp,
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub expires_at: Timestamp,
}

impl MailboxProof {
    pub const TRIES: u32 = 5;
    pub const MINUTES: i64 = 10;
    pub const COOLDOWN_SECONDS: i64 = 30;
}

/// An address that an account had, and can have again: for so long its holder may undo the change.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FormerAddress {
    pub email_key: EmailKey,
    pub address: String,
    /// As it was typed.
    pub email: String,
    /// Nobody had shown that it was theirs.
    #[serde(default)]
    pub unproven: bool,
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub changed_at: Timestamp,
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub expires_at: Timestamp,
}

impl FormerAddress {
    pub const DAYS: i64 = 7;
    /// So many may be waiting; a thief makes no more.
    pub const MOST: usize = 5;
    /// An undo takes away what was enrolled since so long before the change: a thief enrols first.
    pub const FACTORS_SINCE_HOURS: i64 = 24;
}
