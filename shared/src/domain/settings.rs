//! The settings of a tenant: one structure, every field with a default.
//!
//! An administrator gives them as JSON ([`Settings::parse`]) or one at a time
//! ([`Settings::set`]); both check everything. [`Settings::table`] documents them.

mod branding;
mod captcha;
mod change;
mod mail_domains;
mod table;
mod uri;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

pub use self::{
    branding::{Branding, Colour},
    captcha::{Captcha, CaptchaProvider},
    change::SettingFaults,
    mail_domains::{MailDomain, MailDomains},
    table::SettingDoc,
    uri::{LogoUrl, Origin, PageUrl, RedirectUri},
};
use super::{Fault, Locale, jwk::Algorithm, password::PasswordRules};

/// A tenant's settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Whether strangers may register.
    pub self_registration: bool,
    /// Whether an address is proven before there is an account. Without it a registration tells
    /// whether an address is taken.
    pub require_email_verification: bool,
    pub mfa: Mfa,
    pub password: Password,
    pub sessions: Sessions,
    pub tokens: Tokens,
    /// Where a person may be sent back to.
    pub redirect_uris: Vec<RedirectUri>,
    /// Where a person is sent after a login; one of `redirect_uris`.
    pub default_redirect_uri: Option<RedirectUri>,
    /// The web origins that may call from a browser, and may use cookies.
    pub origins: Vec<Origin>,
    pub pages: Pages,
    pub trusted_device_days: u32,
    /// So long the link of an invitation works.
    pub invitation_days: u32,
    pub mail: Mail,
    pub branding: Branding,
    /// Whether only the tenant's own clients, with a token, may call the open endpoints.
    pub require_client_token: bool,
    pub relying_party: RelyingParty,
    pub mail_domains: MailDomains,
    pub captcha: Captcha,
}

/// Whether users need a second factor.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MfaPolicy {
    /// Nobody is asked for one.
    Off,
    /// Who has enrolled one is asked for it.
    #[default]
    Optional,
    /// Who has none must enrol one to get in.
    Required,
}

/// The kinds of second factors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    Totp,
    Webauthn,
    Email,
    BackupCode,
}

impl Method {
    pub const ALL: [Self; 4] = [Self::Totp, Self::Webauthn, Self::Email, Self::BackupCode];

    /// As it stands in requests, answers and settings.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Totp => "totp",
            Self::Webauthn => "webauthn",
            Self::Email => "email",
            Self::BackupCode => "backup_code",
        }
    }

    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.name() == name)
    }
}

/// Second factors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mfa {
    pub policy: MfaPolicy,
    /// What users may enrol and use. E-mail is off by default: it never gives more than AAL1 (NIST
    /// SP 800-63B-4 §3.1.3.1).
    pub methods: Vec<Method>,
}

/// Passwords.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Password {
    /// In code points; what is in force says [`Settings::password_rules`].
    pub min_length: Option<u16>,
    /// Whether new passwords are looked up in "Have I Been Pwned", besides the functions' own filter.
    pub hibp: bool,
}

/// How long sessions live; what is in force says [`Settings::session_limits`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sessions {
    pub idle_minutes: u32,
    pub absolute_minutes: u32,
    pub remember_me_days: u32,
}

/// How the refresh token reaches the client.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// In the answer's body, for native applications and backends.
    Body,
    /// In a `__Host-` cookie, for a page on one site with the API.
    #[default]
    Cookie,
}

/// Tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tokens {
    pub delivery: Delivery,
    pub algorithm: Algorithm,
    /// The `aud` of access tokens; the tenant's slug if none is given.
    pub audience: Option<String>,
    pub access_minutes: u32,
}

/// The tenant's own pages that mails lead to; the hosted ones if none are given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Pages {
    pub verify: Option<PageUrl>,
    pub reset: Option<PageUrl>,
    pub forgot: Option<PageUrl>,
    pub undo_email: Option<PageUrl>,
    pub invite: Option<PageUrl>,
}

/// Mails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mail {
    pub locale: Locale,
    /// The address that mails come from; the deployment's if none is given.
    pub sender: Option<String>,
    pub reply_to: Option<String>,
    /// Mails a day that strangers can have sent to addresses without an account.
    pub daily_budget: u32,
    /// Whether a sign-in from an unknown device is told to the owner.
    pub new_sign_in: bool,
}

/// The `WebAuthn` relying party (`WebAuthn` Level 3 §5.4.2).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RelyingParty {
    /// A domain that the tenant's origins equal or lie under.
    pub id: Option<String>,
    pub name: Option<String>,
}

/// How long one session lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionLimits {
    /// It ends when it is not refreshed for so long.
    pub idle: SignedDuration,
    /// It ends whatever happens.
    pub absolute: SignedDuration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            self_registration: true,
            require_email_verification: true,
            mfa: Mfa::default(),
            password: Password::default(),
            sessions: Sessions::default(),
            tokens: Tokens::default(),
            redirect_uris: Vec::new(),
            default_redirect_uri: None,
            origins: Vec::new(),
            pages: Pages::default(),
            trusted_device_days: 30,
            invitation_days: 7,
            mail: Mail::default(),
            branding: Branding::default(),
            require_client_token: false,
            relying_party: RelyingParty::default(),
            mail_domains: MailDomains::default(),
            captcha: Captcha::default(),
        }
    }
}

impl Default for Mfa {
    fn default() -> Self {
        Self {
            policy: MfaPolicy::default(),
            methods: vec![Method::Totp, Method::Webauthn, Method::BackupCode],
        }
    }
}

impl Default for Sessions {
    fn default() -> Self {
        Self { idle_minutes: 12 * 60, absolute_minutes: 24 * 60, remember_me_days: 30 }
    }
}

impl Tokens {
    pub const MOST_ACCESS_MINUTES: u32 = 15;
}

impl Default for Tokens {
    fn default() -> Self {
        Self {
            delivery: Delivery::default(),
            algorithm: Algorithm::Rs256,
            audience: None,
            access_minutes: Self::MOST_ACCESS_MINUTES,
        }
    }
}

impl Default for Mail {
    fn default() -> Self {
        Self {
            locale: Locale::default(),
            sender: None,
            reply_to: None,
            daily_budget: 1000,
            new_sign_in: true,
        }
    }
}

impl Settings {
    /// The limits of every session where AAL2 is required (NIST SP 800-63B-4 §2.2.3).
    pub const AAL2_LIMITS: SessionLimits =
        SessionLimits { idle: SignedDuration::from_hours(1), absolute: SignedDuration::from_hours(24) };

    /// What a new password must be: the length that the tenant gives, else 15, or 8 where a second
    /// factor is required (NIST SP 800-63B-4 §3.1.1.2); never under 8.
    #[must_use]
    pub fn password_rules(&self) -> PasswordRules {
        let by_policy = match self.mfa.policy {
            MfaPolicy::Required => PasswordRules::WITH_SECOND_FACTOR,
            MfaPolicy::Off | MfaPolicy::Optional => PasswordRules::ALONE,
        };
        let min_length = self.password.min_length.map_or(by_policy, usize::from);
        PasswordRules { min_length: min_length.max(PasswordRules::WITH_SECOND_FACTOR) }
    }

    /// Whether every session is to be at AAL2: a second factor is required and none of the weak
    /// kind is allowed.
    #[must_use]
    pub fn requires_aal2(&self) -> bool {
        self.mfa.policy == MfaPolicy::Required && !self.mfa.methods.contains(&Method::Email)
    }

    /// Whether users may enrol and use this method.
    #[must_use]
    pub fn offers(&self, method: Method) -> bool {
        self.mfa.policy != MfaPolicy::Off && self.mfa.methods.contains(&method)
    }

    /// How long a session lives that is opened now. With `remember_me` it may idle until its end
    /// (allowed at AAL1: NIST SP 800-63B-4 §2.1.3); where AAL2 is required it lives at most 24 h
    /// and idles at most 1 h, `remember_me` or not.
    #[must_use]
    pub fn session_limits(&self, remember_me: bool) -> SessionLimits {
        let minutes = |minutes: u32| SignedDuration::from_mins(i64::from(minutes));
        let (idle, absolute) = if remember_me {
            let days = SignedDuration::from_hours(24 * i64::from(self.sessions.remember_me_days));
            (days, days)
        } else {
            (minutes(self.sessions.idle_minutes), minutes(self.sessions.absolute_minutes))
        };
        if self.requires_aal2() {
            let cap = Self::AAL2_LIMITS;
            let idle = if remember_me { minutes(self.sessions.idle_minutes) } else { idle };
            SessionLimits { idle: idle.min(cap.idle), absolute: absolute.min(cap.absolute) }
        } else {
            SessionLimits { idle: idle.min(absolute), absolute }
        }
    }

    /// The allowed URI that equals `given`, character by character (RFC 9700 §2.1, §4.1.3).
    ///
    /// # Errors
    /// There is none.
    pub fn allowed_redirect(&self, given: &str) -> Result<RedirectUri, Fault> {
        self.redirect_uris
            .iter()
            .find(|allowed| allowed.as_str() == given)
            .cloned()
            .ok_or_else(|| Fault::value("this is not one of the redirect URIs that are allowed"))
    }

    /// Where somebody wanted to go back to, if the tenant has not withdrawn it since.
    #[must_use]
    pub fn way_back(&self, wanted: Option<&str>) -> Option<String> {
        self.allowed_redirect(wanted?).ok().map(|uri| uri.as_str().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn required(methods: &[Method]) -> Settings {
        let mfa = Mfa { policy: MfaPolicy::Required, methods: methods.to_vec() };
        Settings { mfa, ..Settings::default() }
    }

    fn hours(idle: i64, absolute: i64) -> SessionLimits {
        SessionLimits {
            idle: SignedDuration::from_hours(idle),
            absolute: SignedDuration::from_hours(absolute),
        }
    }

    #[test]
    fn the_password_minimum_follows_the_policy() {
        let least = |settings: &Settings| settings.password_rules().min_length;
        let given = |settings: Settings, min_length| {
            least(&Settings { password: Password { min_length: Some(min_length), hibp: false }, ..settings })
        };
        assert_eq!(least(&Settings::default()), 15);
        assert_eq!(least(&required(&[Method::Totp])), 8);
        assert_eq!(given(Settings::default(), 10), 10);
        assert_eq!(given(required(&[Method::Totp]), 20), 20);
        assert_eq!(given(required(&[Method::Totp]), 3), 8);
    }

    #[test]
    fn sessions_end_as_set_and_sooner_at_aal2() {
        let settings = Settings::default();
        assert_eq!(settings.session_limits(false), hours(12, 24));
        assert_eq!(settings.session_limits(true), hours(30 * 24, 30 * 24));

        let aal2 = required(&[Method::Totp, Method::Webauthn, Method::BackupCode]);
        assert!(aal2.requires_aal2());
        for remember_me in [false, true] {
            assert_eq!(aal2.session_limits(remember_me), Settings::AAL2_LIMITS);
            let sessions = Sessions { idle_minutes: 10, absolute_minutes: 120, remember_me_days: 1 };
            let stricter = Settings { sessions, ..aal2.clone() }.session_limits(remember_me);
            assert_eq!(stricter.idle, SignedDuration::from_mins(10));
            assert_eq!(stricter.absolute, SignedDuration::from_hours(if remember_me { 24 } else { 2 }));
        }

        let weak = required(&[Method::Totp, Method::Email]);
        assert!(!weak.requires_aal2());
        assert_eq!(weak.session_limits(true), hours(30 * 24, 30 * 24));
        let idle = Sessions { idle_minutes: 2000, absolute_minutes: 60, remember_me_days: 30 };
        assert_eq!(Settings { sessions: idle, ..settings }.session_limits(false), hours(1, 1));
    }

    #[test]
    fn methods_are_offered_as_set() {
        let mut settings = Settings::default();
        assert!(settings.offers(Method::Totp) && !settings.offers(Method::Email));
        settings.mfa.policy = MfaPolicy::Off;
        assert!(Method::ALL.iter().all(|method| !settings.offers(*method)));
        for method in Method::ALL {
            assert_eq!(Method::named(method.name()), Some(method));
            assert_eq!(serde_json::to_value(method).unwrap(), method.name());
        }
        assert_eq!(Method::named("sms"), None);
    }
}
