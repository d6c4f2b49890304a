//! The audit record: what was decided, of whom, and from where. Never a secret.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    ids::{EventId, TenantId, UserId},
    session::Origin,
};

/// What was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    RegistrationRequested,
    UserActivated,
    LoginSucceeded,
    LoginFailed,
    MfaDue,
    MfaCodeRequested,
    MfaSucceeded,
    MfaFailed,
    FactorDisabled,
    ResetRequested,
    VerificationRequested,
    PasswordReset,
    RefreshReused,
    SessionEnded,
    DeviceRotationLost,
    DeviceForgotten,
    FactorEnrolled,
    FactorRemoved,
    FactorRenamed,
    FactorsReset,
    BackupCodesReplaced,
    BackupCodeUsed,
    SignatureCounterFell,
    PasswordChanged,
    EmailChanged,
    EmailRestored,
    ProfileChanged,
    AccountExported,
    AccountDeleted,
    UserCreated,
    /// Many at once: this one event stands for all of them.
    UsersImported,
    UsersExported,
    PasswordHashesExported,
    UserInvited,
    InvitationWithdrawn,
    UserSuspended,
    UserResumed,
    SessionsRevoked,
    ClientTokenMade,
    TenantCreated,
    TenantChanged,
    TenantSuspended,
    TenantResumed,
    TenantDeleted,
    /// Whatever was issued before is dead.
    TenantFenced,
    SigningKeyRotated,
    /// The others work no more.
    SigningKeyReplaced,
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
    pub origin: Origin,
    pub request_id: String,
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub at: Timestamp,
}

impl Event {
    /// How long an event is kept.
    pub const DAYS: i64 = 400;
}
