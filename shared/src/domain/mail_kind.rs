//! The kinds of mails, and the name of a tenant's own words for one.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::Locale;

/// A kind of mail, as templates and the command line name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MailKind {
    VerifyAddress,
    AccountExists,
    ResetPassword,
    Code,
    AddressCode,
    PasswordChanged,
    NewSignIn,
    FactorUnderAttack,
    FactorAdded,
    FactorRemoved,
    FactorReplaced,
    FactorsReset,
    BackupCodeUsed,
    EmailChanged,
    EmailRestored,
    AccountDeleted,
    AccountRemoved,
    Invited,
}

impl MailKind {
    pub const ALL: [Self; 18] = [
        Self::VerifyAddress,
        Self::AccountExists,
        Self::ResetPassword,
        Self::Code,
        Self::AddressCode,
        Self::PasswordChanged,
        Self::NewSignIn,
        Self::FactorUnderAttack,
        Self::FactorAdded,
        Self::FactorRemoved,
        Self::FactorReplaced,
        Self::FactorsReset,
        Self::BackupCodeUsed,
        Self::EmailChanged,
        Self::EmailRestored,
        Self::AccountDeleted,
        Self::AccountRemoved,
        Self::Invited,
    ];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::VerifyAddress => "verify_address",
            Self::AccountExists => "account_exists",
            Self::ResetPassword => "reset_password",
            Self::Code => "code",
            Self::AddressCode => "address_code",
            Self::PasswordChanged => "password_changed",
            Self::NewSignIn => "new_sign_in",
            Self::FactorUnderAttack => "factor_under_attack",
            Self::FactorAdded => "factor_added",
            Self::FactorRemoved => "factor_removed",
            Self::FactorReplaced => "factor_replaced",
            Self::FactorsReset => "factors_reset",
            Self::BackupCodeUsed => "backup_code_used",
            Self::EmailChanged => "email_changed",
            Self::EmailRestored => "email_restored",
            Self::AccountDeleted => "account_deleted",
            Self::AccountRemoved => "account_removed",
            Self::Invited => "invited",
        }
    }

    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// When it is mailed, in a few words.
    #[must_use]
    pub fn about(self) -> &'static str {
        match self {
            Self::VerifyAddress => "somebody registered this address",
            Self::AccountExists => "somebody registered this address, which has an account",
            Self::ResetPassword => "somebody asked to reset the password",
            Self::Code => "the second factor of a sign-in",
            Self::AddressCode => "proves that an address is the user's",
            Self::PasswordChanged => "the password was changed or reset",
            Self::NewSignIn => "a sign-in from a device that was not known",
            Self::FactorUnderAttack => "the second factor was wrong many times",
            Self::FactorAdded => "a second factor was added",
            Self::FactorRemoved => "a second factor was removed",
            Self::FactorReplaced => "a second factor was replaced",
            Self::FactorsReset => "an administrator removed all second factors",
            Self::BackupCodeUsed => "a backup code was used",
            Self::EmailChanged => "to the old address: the account has another one",
            Self::EmailRestored => "to an address that was taken off an account again",
            Self::AccountDeleted => "the account was deleted at its owner's request",
            Self::AccountRemoved => "the account was deleted by an administrator",
            Self::Invited => "an administrator made an account for this address",
        }
    }
}

/// Names a tenant's own words: of which mail, in which language. As text `code.de`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TemplateName {
    pub kind: MailKind,
    pub locale: Locale,
}

impl fmt::Display for TemplateName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.kind.name(), self.locale.tag())
    }
}

/// The text names no mail or no language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the name of a mail's words")]
pub struct NoTemplateName;

impl FromStr for TemplateName {
    type Err = NoTemplateName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (kind, locale) = text.split_once('.').ok_or(NoTemplateName)?;
        let kind = MailKind::named(kind).ok_or(NoTemplateName)?;
        Ok(Self { kind, locale: Locale::tagged(locale).ok_or(NoTemplateName)? })
    }
}

impl Serialize for TemplateName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TemplateName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_comes_back() {
        for kind in MailKind::ALL {
            assert_eq!(MailKind::named(kind.name()), Some(kind));
            for locale in Locale::ALL {
                let name = TemplateName { kind, locale };
                assert_eq!(name.to_string().parse(), Ok(name));
                let stored = serde_json::to_value(name).unwrap();
                assert_eq!(serde_json::from_value::<TemplateName>(stored).unwrap(), name);
            }
        }
        for bad in ["", "code", "code.", "code.xx", ".de", "code.de.de", "Code.de"] {
            assert_eq!(bad.parse::<TemplateName>(), Err(NoTemplateName), "{bad}");
        }
    }
}
