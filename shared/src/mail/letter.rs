//! What is to be said.

use std::fmt;

use jiff::Timestamp;
use url::Url;
use zeroize::Zeroizing;

use crate::domain::{MailKind, errand::FactorChange, settings::Method};

/// A mail, before it has words. Its `Debug` shows neither links nor codes.
#[derive(Debug, Clone)]
pub enum Letter {
    /// Somebody registered this address. The page behind the link asks for the password chosen then.
    VerifyAddress { link: Link, expires_in_hours: u32 },
    /// Somebody registered this address, which has an account already.
    AccountExists { reset_link: Link },
    /// Somebody asked to reset the password.
    ResetPassword { link: Link, expires_in_minutes: u32 },
    /// The second factor of a sign-in whose password was right.
    Code { code: MailedCode, expires_in_minutes: u32 },
    /// The password was changed or reset.
    PasswordChanged { at: Timestamp, network: String },
    /// A sign-in from a device that was not known. `agent` is the raw `User-Agent`.
    NewSignIn { at: Timestamp, network: String, agent: String },
    /// The second factor was wrong `failures` times in a row, each time after the right password.
    FactorUnderAttack { method: Method, failures: u32 },
    /// A second factor was added, removed or replaced.
    FactorChanged { method: Method, change: FactorChange, at: Timestamp, network: String },
    /// An administrator of the tenant removed all second factors.
    FactorsReset { at: Timestamp },
    /// A sign-in spent a backup code; `left` can still be used.
    BackupCodeUsed { left: u32, at: Timestamp, network: String },
    /// Confirms this address for an account: codes are to be mailed to it, or it is to become the
    /// account's address.
    AddressCode { code: MailedCode, expires_in_minutes: u32 },
    /// To the *old* address: the account has another one now. `masked_new` is as
    /// [`masked`](crate::domain::email::masked) shows it; `undo_link` works for `days`.
    EmailChanged { masked_new: String, undo_link: Link, days: u32, at: Timestamp, network: String },
    /// To an address that was the account's for a while: the one before it was brought back.
    EmailRestored { at: Timestamp },
    /// The account was deleted at the owner's request.
    AccountDeleted { at: Timestamp },
    /// The account was deleted by an administrator of the tenant.
    AccountRemoved { at: Timestamp },
    /// An administrator made an account for this address. The page behind the link asks for a password.
    Invited { link: Link, expires_in_days: u32 },
}

impl Letter {
    #[must_use]
    pub fn kind(&self) -> MailKind {
        match self {
            Self::VerifyAddress { .. } => MailKind::VerifyAddress,
            Self::AccountExists { .. } => MailKind::AccountExists,
            Self::ResetPassword { .. } => MailKind::ResetPassword,
            Self::Code { .. } => MailKind::Code,
            Self::AddressCode { .. } => MailKind::AddressCode,
            Self::PasswordChanged { .. } => MailKind::PasswordChanged,
            Self::NewSignIn { .. } => MailKind::NewSignIn,
            Self::FactorUnderAttack { .. } => MailKind::FactorUnderAttack,
            Self::FactorChanged { change: FactorChange::Added, .. } => MailKind::FactorAdded,
            Self::FactorChanged { change: FactorChange::Removed, .. } => MailKind::FactorRemoved,
            Self::FactorChanged { change: FactorChange::Replaced, .. } => MailKind::FactorReplaced,
            Self::FactorsReset { .. } => MailKind::FactorsReset,
            Self::BackupCodeUsed { .. } => MailKind::BackupCodeUsed,
            Self::EmailChanged { .. } => MailKind::EmailChanged,
            Self::EmailRestored { .. } => MailKind::EmailRestored,
            Self::AccountDeleted { .. } => MailKind::AccountDeleted,
            Self::AccountRemoved { .. } => MailKind::AccountRemoved,
            Self::Invited { .. } => MailKind::Invited,
        }
    }
}

/// The text is not an absolute `https:` or `http:` URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a web link")]
pub struct NotALink;

/// A web link that carries a token, as a mail shows it: percent-encoded, on one line.
#[derive(Clone)]
pub struct Link(Zeroizing<String>);

impl Link {
    /// Takes an absolute `https:` or `http:` URL (the latter for the local stack) and normalises it,
    /// so that no space, quote or line break is left in it.
    ///
    /// # Errors
    /// [`NotALink`] for anything else.
    pub fn parse(text: &str) -> Result<Self, NotALink> {
        let url = Url::parse(text).map_err(|_| NotALink)?;
        match url.scheme() {
            "https" | "http" => Ok(Self(Zeroizing::new(url.into()))),
            _ => Err(NotALink),
        }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Link(…)")
    }
}

/// A code that is mailed.
#[derive(Clone)]
pub struct MailedCode(Zeroizing<String>);

impl MailedCode {
    #[must_use]
    pub fn new(digits: impl Into<String>) -> Self {
        Self(Zeroizing::new(digits.into()))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for MailedCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MailedCode(…)")
    }
}
