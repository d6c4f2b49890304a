//! What a person sees of their second factors.

use latchkey::{
    domain::{
        Label, Settings,
        factor::{BackupCode, Credential, Totp},
        session::Holding,
        settings::{Method, MfaPolicy},
        throttle::Backoff,
        user::Login,
    },
    jiff::Timestamp,
};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct FactorsResponse {
    /// The tenant's: `off`, `optional` or `required`.
    #[schema(value_type = String)]
    pub policy: MfaPolicy,
    /// What can be enrolled here.
    pub offered_methods: Vec<&'static str>,
    pub factors: Vec<FactorSummary>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backup_codes: Option<BackupCodesLeft>,
}

#[derive(Serialize, ToSchema)]
pub struct FactorSummary {
    /// None for the mailbox, which has endpoints of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub factor_id: Option<String>,
    /// `totp`, `webauthn` or `email`.
    pub method: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<String>,
    /// How the browser reached the key.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub transports: Vec<String>,
    /// Whether the key is synced between its owner's devices.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub synced: Option<bool>,
    /// Whether the key signs in without a user name, as far as the browser said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discoverable: Option<bool>,
    /// Too many wrong answers in a row: remove it and enrol it anew.
    pub disabled: bool,
}

#[derive(Serialize, ToSchema)]
pub struct BackupCodesLeft {
    pub remaining: usize,
    /// Too many wrong codes in a row: make new ones.
    pub disabled: bool,
}

#[derive(ToSchema)]
pub struct NameRequest {
    pub name: String,
}

#[derive(Serialize, ToSchema)]
pub struct NameResponse {
    /// `named`
    pub status: &'static str,
}

impl FactorsResponse {
    pub fn new(settings: &Settings, login: &Login) -> Self {
        let mut factors = Vec::new();
        if login.methods.contains(&Method::Email) {
            factors.push(FactorSummary::of(Method::Email, None));
        }
        let offered = Method::ALL.into_iter().filter(|method| settings.offers(*method));
        Self {
            policy: settings.mfa.policy,
            offered_methods: offered.map(Method::name).collect(),
            factors,
            backup_codes: None,
        }
    }

    pub fn with_totp(mut self, totp: Option<&Totp>) -> Self {
        self.factors.extend(totp.map(|totp| FactorSummary {
            factor_id: Some(totp.factor_id.to_string()),
            created_at: Some(totp.created_at.to_string()),
            last_used_at: totp.last_used_at.as_ref().map(Timestamp::to_string),
            disabled: totp.is_disabled(),
            ..FactorSummary::of(Method::Totp, totp.name.as_ref())
        }));
        self
    }

    pub fn with_credentials(mut self, credentials: &[Credential], failures: u32) -> Self {
        self.factors.extend(credentials.iter().map(|credential| FactorSummary {
            factor_id: Some(credential.factor_id.to_string()),
            created_at: Some(credential.created_at.to_string()),
            last_used_at: credential.last_used_at.as_ref().map(Timestamp::to_string),
            transports: credential.transports.clone(),
            synced: Some(credential.holding == Holding::Synced),
            discoverable: credential.discoverable,
            disabled: failures >= Backoff::MOST,
            ..FactorSummary::of(Method::Webauthn, credential.name.as_ref())
        }));
        self
    }

    pub fn with_backup_codes(mut self, codes: &[BackupCode], failures: u32) -> Self {
        let remaining = codes.iter().filter(|code| code.spent_by.is_none()).count();
        let disabled = failures >= Backoff::MOST;
        self.backup_codes = (!codes.is_empty()).then_some(BackupCodesLeft { remaining, disabled });
        self
    }
}

impl FactorSummary {
    fn of(method: Method, name: Option<&Label>) -> Self {
        Self {
            factor_id: None,
            method: method.name(),
            name: name.map(|name| name.as_str().to_owned()),
            created_at: None,
            last_used_at: None,
            transports: Vec::new(),
            synced: None,
            discoverable: None,
            disabled: false,
        }
    }
}
