//! The secret that a captcha's provider knows a tenant by: given with the settings, kept apart from them.

use serde_json::Value;
use zeroize::Zeroizing;

use super::AdministrationError;
use crate::{
    domain::{Fault, Settings, Tenant, settings::SettingFaults},
    runtime::Parts,
    store::Store,
};

/// What it is called among the settings.
pub const SECRET: &str = "captcha.secret";

/// What is to become of a tenant's secret.
pub enum Secret {
    Stays,
    Goes,
    Becomes(Zeroizing<String>),
}

/// The secret among changes of settings, and the others.
///
/// # Errors
/// It is not a text.
pub fn taken_from(changes: &[(String, Value)]) -> Result<(Secret, Vec<(String, Value)>), SettingFaults> {
    let (secrets, others): (Vec<_>, Vec<_>) = changes.iter().cloned().partition(|(key, _)| key == SECRET);
    let secret = match secrets.into_iter().next_back() {
        None => Secret::Stays,
        Some((_, Value::Null)) => Secret::Goes,
        Some((_, Value::String(text))) if (1..=1024).contains(&text.len()) => {
            Secret::Becomes(Zeroizing::new(text))
        }
        Some(_) => {
            let fault = Fault::value(
                "must be a text of at most 1024 bytes, or null; a number stands in quotation marks",
            );
            return Err(vec![(SECRET.to_owned(), fault)]);
        }
    };
    Ok((secret, others))
}

impl Secret {
    /// Puts it into the tenant's record, sealed.
    ///
    /// # Errors
    /// [`AdministrationError::Settings`] where the captcha needs one and none is left; [`AdministrationError::Keys`].
    pub fn put(self, parts: &Parts, tenant: &mut Tenant) -> Result<(), AdministrationError> {
        match self {
            Self::Stays => {}
            Self::Goes => tenant.sealed_captcha = None,
            Self::Becomes(text) => {
                let sealed = Store::seal_captcha_secret(&tenant.slug, &text, parts.passwords_key()?);
                tenant.sealed_captcha = Some(sealed);
            }
        }
        check(&tenant.settings, tenant.sealed_captcha.is_some())
    }
}

/// # Errors
/// [`AdministrationError::Settings`] where a captcha's provider wants a secret and there is none.
pub fn check(settings: &Settings, has_secret: bool) -> Result<(), AdministrationError> {
    if settings.captcha.needs_secret() && !has_secret {
        let fault = Fault::value("must be given with tenant set, unless captcha.provider is altcha or null");
        return Err(AdministrationError::Settings(vec![(SECRET.to_owned(), fault)]));
    }
    Ok(())
}
