//! What the mail worker is asked to do.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::{
    EmailKey, TenantSlug,
    ids::{SessionId, TenantId, UserId},
    session::Origin,
    settings::Method,
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
        origin: Origin,
    },
    FactorAttacked {
        user_id: UserId,
        address: String,
        method: Method,
    },
}
