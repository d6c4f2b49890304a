//! The audit record: what was decided, of whom, and from where. Never a secret.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    ids::{EventId, TenantId, UserId},
    session::Origin,
};

macro_rules! kinds {
    ($($name:ident $about:literal,)*) => {
        /// What was decided.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Kind { $(#[doc = $about] $name,)* }

        impl Kind {
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// A sentence for a person.
            #[must_use]
            pub const fn about(self) -> &'static str {
                match self { $(Self::$name => $about,)* }
            }
        }
    };
}

kinds! {
    RegistrationRequested "Somebody asked for an account.",
    UserActivated "An address was proven, and its account made.",
    LoginSucceeded "A password was right, and no second factor due: a session was opened.",
    LoginFailed "A login was refused, whatever was wrong.",
    MfaDue "A password was right, and a second factor is asked for.",
    MfaCodeRequested "A code was asked for by mail.",
    MfaSucceeded "A second factor was right: a session was opened.",
    MfaFailed "A second factor was wrong.",
    FactorDisabled "A second factor takes no try any more: a hundred in a row were wrong.",
    ResetRequested "A reset of the password was asked for.",
    VerificationRequested "The link that proves an address was asked for again.",
    PasswordReset "A password was chosen by a mailed link.",
    RefreshReused "A refresh token was shown again after its successor was used: the session was ended.",
    SessionEnded "A session was ended by its owner.",
    DeviceRotationLost "A trusted device's token was shown again after it was exchanged: two have it, or an answer was lost.",
    DeviceForgotten "A trusted or known device was forgotten by its owner.",
    FactorEnrolled "A second factor was enrolled.",
    FactorRemoved "A second factor was removed by its owner.",
    FactorRenamed "A second factor got another name.",
    FactorsReset "An administrator took every second factor away.",
    BackupCodesReplaced "New backup codes took the place of the old ones.",
    BackupCodeUsed "A backup code was used.",
    SignatureCounterFell "A passkey showed a counter that did not rise: it may be a copy.",
    PasswordChanged "A password was changed by its owner.",
    EmailChanged "An address was changed by its owner.",
    EmailRestored "A change of address was undone from the old one.",
    ProfileChanged "Names or custom data were changed by their owner.",
    AccountExported "An account was exported by its owner.",
    AccountDeleted "An account was deleted.",
    UserCreated "An administrator made an account.",
    UsersImported "An administrator imported users: this one event stands for all of them.",
    UsersExported "An administrator exported the users.",
    PasswordHashesExported "An administrator exported the users with their password hashes.",
    UserInvited "An administrator invited somebody, or did so again.",
    InvitationWithdrawn "An administrator took an invitation back: the account is gone.",
    UserSuspended "An administrator suspended a user.",
    UserResumed "An administrator let a user in again.",
    SessionsRevoked "An administrator ended a user's sessions.",
    ClientTokenMade "An administrator made a token for a client; the detail names it.",
    TenantCreated "An administrator made the tenant.",
    TenantChanged "An administrator changed settings; the detail names them.",
    MailTemplateSet "An administrator gave the tenant words of its own for a mail; the detail names it.",
    MailTemplateCleared "An administrator took back the tenant's own words for a mail; the detail names it.",
    TenantSuspended "An administrator suspended the tenant.",
    TenantResumed "An administrator had the tenant served again.",
    TenantDeleted "An administrator deleted the tenant.",
    TenantFenced "An administrator declared dead whatever was issued before.",
    SigningKeyRotated "An administrator made a new signing key, which takes over.",
    SigningKeyReplaced "An administrator made a new signing key, and the others work no more.",
    AdministratorRead "An administrator looked, by the API; the detail says at what.",
}

impl Kind {
    /// The kind of this name, such as `login_failed`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::deserialize(serde::de::value::StrDeserializer::<serde::de::value::Error>::new(name)).ok()
    }
}

/// One audit event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    pub event_id: EventId,
    pub tenant_id: TenantId,
    pub kind: Kind,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub user_id: Option<UserId>,
    /// A label that a client gave its device; never proof.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub fingerprint: Option<String>,
    /// What of it, such as the settings' names; never a secret.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub detail: Option<String>,
    pub origin: Origin,
    pub request_id: String,
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub at: Timestamp,
}

impl Event {
    /// How long an event is kept.
    pub const DAYS: i64 = 400;
}
