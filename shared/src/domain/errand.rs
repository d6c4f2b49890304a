//! What the mail worker is asked to do.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::{
    EmailKey, Tenant, TenantSlug,
    ids::{SessionId, TenantId, UserId},
    session::Origin,
    settings::Method,
    user::Epoch,
};

/// An outbox entry: what to mail to whom.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Errand {
    pub tenant_id: TenantId,
    pub slug: TenantSlug,
    pub what: What,
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub created_at: Timestamp,
    /// The mail is of no use after this.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub mail_by: Timestamp,
}

impl Errand {
    /// Security notices are worth a mail for so long.
    const NOTICE_HOURS: i64 = 24;

    /// An errand whose mail is of use until `mail_by`.
    #[must_use]
    pub fn by(tenant: &Tenant, what: What, created_at: Timestamp, mail_by: Timestamp) -> Self {
        Self { tenant_id: tenant.id, slug: tenant.slug.clone(), what, created_at, mail_by }
    }

    /// A notice to the owner of an account.
    #[must_use]
    pub fn notice(tenant: &Tenant, what: What, created_at: Timestamp) -> Self {
        let span = SignedDuration::from_hours(Self::NOTICE_HOURS);
        let mail_by = created_at.saturating_add(span).unwrap_or(Timestamp::MAX);
        Self::by(tenant, what, created_at, mail_by)
    }
}

/// What became of a factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FactorChange {
    Added,
    Removed,
    /// The old one works no more.
    Replaced,
}

/// The kinds of errands. Those that a stranger can ask for name an address and decide nothing:
/// the worker looks whether there is an account.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum What {
    ResetRequested {
        email_key: EmailKey,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        redirect_uri: Option<String>,
    },
    VerificationRequested {
        email_key: EmailKey,
    },
    Code {
        user_id: UserId,
        address: String,
        /// Nobody had proven it.
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        unproven: bool,
        /// The six digits, sealed to the entry.
        sealed_code: ByteBuf,
    },
    PasswordChanged {
        user_id: UserId,
        address: String,
        origin: Origin,
    },
    SignedIn {
        user_id: UserId,
        address: String,
        session_id: SessionId,
        /// Nobody is to be told: what is too much goes, and that is all.
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        quiet: bool,
        origin: Origin,
    },
    FactorAttacked {
        user_id: UserId,
        address: String,
        method: Method,
    },
    FactorChanged {
        user_id: UserId,
        address: String,
        method: Method,
        change: FactorChange,
        origin: Origin,
    },
    FactorsReset {
        user_id: UserId,
        address: String,
    },
    BackupCodeUsed {
        user_id: UserId,
        address: String,
        /// The request that used it: no two uses are one piece of news.
        attempt: String,
        origin: Origin,
    },
    /// Proves a mailbox to be a signed-in user's.
    AddressCode {
        user_id: UserId,
        address: String,
        /// Whether it is the account's address already, and proven; else the mail is a stranger's.
        own: bool,
        sealed_code: ByteBuf,
    },
    EmailChanged {
        user_id: UserId,
        /// The old address, which may undo it.
        address: String,
        /// Nobody had proven it.
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        unproven: bool,
        new_address: String,
        /// The token that undoes it, sealed to the entry.
        sealed_token: ByteBuf,
        origin: Origin,
    },
    /// The address is not the account's any more: its former one came back.
    EmailRestored {
        user_id: UserId,
        address: String,
    },
    /// The worker takes away what is left of the account, and tells its owner.
    AccountDeleted {
        user_id: UserId,
        address: String,
        /// Nobody had proven it.
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        unproven: bool,
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        by_administrator: bool,
    },
    /// An administrator made the account; whoever has the mailbox chooses its password. The link works as long as
    /// the mail is of use.
    Invited {
        user_id: UserId,
        email_key: EmailKey,
        /// A newer invitation moves it on.
        epoch: Epoch,
    },
    /// An account whose address nobody had proven is gone: the worker takes away what is left, and tells nobody.
    #[serde(alias = "invitation_withdrawn")]
    AccountWithdrawn {
        user_id: UserId,
    },
}
