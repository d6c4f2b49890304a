//! What keeps machines from registering and guessing.

use serde::{Deserialize, Serialize};

use crate::domain::Fault;

/// The captcha that a tenant asks for: at every registration; at a login and a forgotten password once
/// they look like credential stuffing. The secret that a provider knows the tenant by is no setting: it
/// stands sealed in the tenant's item.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Captcha {
    pub provider: Option<CaptchaProvider>,
    /// Public: pages show the provider's widget with it.
    pub site_key: Option<String>,
}

/// Who says whether a captcha is solved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CaptchaProvider {
    /// Latchkey itself, by proof of work.
    Altcha,
    Turnstile,
    Hcaptcha,
    Recaptcha,
}

impl CaptchaProvider {
    /// As it stands in settings and answers.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Altcha => "altcha",
            Self::Turnstile => "turnstile",
            Self::Hcaptcha => "hcaptcha",
            Self::Recaptcha => "recaptcha",
        }
    }

    /// Whether it is an outside service, which knows a tenant by a site key and a secret.
    #[must_use]
    pub fn is_outside(self) -> bool {
        self != Self::Altcha
    }
}

impl Captcha {
    /// Whether tokens are checked with a secret.
    #[must_use]
    pub fn needs_secret(&self) -> bool {
        self.provider.is_some_and(CaptchaProvider::is_outside)
    }

    pub(super) fn check_site_key(&self) -> Result<(), Fault> {
        let is_key =
            |key: &String| (1..=255).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
        match &self.site_key {
            None if self.needs_secret() => {
                Err(Fault::value("must be given, unless captcha.provider is altcha or null"))
            }
            Some(key) if !is_key(key) => Err(Fault::value("must be 1 to 255 printable ASCII characters")),
            _ => Ok(()),
        }
    }
}
