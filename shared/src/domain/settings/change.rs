//! Reading and changing settings, with every fault named.

use serde_json::{Map, Value};

use super::{MailDomains, Method, MfaPolicy, Settings, Tokens, table::SETTINGS};
use crate::domain::{Email, Fault, PersonName};

/// What is wrong, by dotted key.
pub type SettingFaults = Vec<(String, Fault)>;

impl Settings {
    /// Settings as an administrator gives them, in groups as they are stored; what is not given
    /// has its default.
    ///
    /// # Errors
    /// Every fault at once, unknown keys included.
    pub fn parse(value: Value) -> Result<Self, SettingFaults> {
        let Value::Object(given) = value else {
            return Err(vec![(String::new(), Fault::new("dict_type", "Input should be a valid dictionary"))]);
        };
        let mut faults = SettingFaults::new();
        let mut settings = Self::default();
        for (key, value) in leaves(given) {
            match settings.with(&key, value) {
                Ok(changed) => settings = changed,
                Err(fault) => faults.push((key, fault)),
            }
        }
        settings.check(&mut faults);
        if faults.is_empty() { Ok(settings) } else { Err(faults) }
    }

    /// These settings with one changed: `mfa.policy` to `"required"`.
    ///
    /// # Errors
    /// The key is unknown, the value not one that it takes, or the whole would not hold.
    pub fn set(&self, key: &str, value: Value) -> Result<Self, SettingFaults> {
        let settings = self.with(key, value).map_err(|fault| vec![(key.to_owned(), fault)])?;
        let mut faults = SettingFaults::new();
        settings.check(&mut faults);
        if faults.is_empty() { Ok(settings) } else { Err(faults) }
    }

    /// These settings with one changed, of the right type but otherwise unchecked.
    fn with(&self, key: &str, value: Value) -> Result<Self, Fault> {
        if !SETTINGS.iter().any(|(known, ..)| *known == key) {
            return Err(unknown(key));
        }
        let not_json = |error: serde_json::Error| Fault::value(error.to_string());
        let mut all = serde_json::to_value(self).map_err(not_json)?;
        let place = key.split('.').try_fold(&mut all, |place, part| place.get_mut(part));
        *place.ok_or_else(|| unknown(key))? = value;
        serde_json::from_value(all).map_err(not_json)
    }

    /// The rules that types alone do not hold.
    fn check(&self, faults: &mut SettingFaults) {
        let mut refuse = |key: &str, fault: Fault| faults.push((key.to_owned(), fault));
        let sessions = &self.sessions;
        for (key, value, least, most) in [
            ("password.min_length", self.password.min_length.map_or(8, u32::from), 8, 64),
            ("sessions.idle_minutes", sessions.idle_minutes, 1, 24 * 60),
            ("sessions.absolute_minutes", sessions.absolute_minutes, 1, 30 * 24 * 60),
            ("sessions.remember_me_days", sessions.remember_me_days, 1, 30),
            ("tokens.access_minutes", self.tokens.access_minutes, 1, Tokens::MOST_ACCESS_MINUTES),
            ("trusted_device_days", self.trusted_device_days, 1, 90),
            ("invitation_days", self.invitation_days, 1, 30),
        ] {
            if !(least..=most).contains(&value) {
                refuse(key, Fault::value(format!("must be from {least} to {most}")));
            }
        }
        let methods = &self.mfa.methods;
        if !all_differ(methods) {
            refuse("mfa.methods", Fault::value("must not name a method twice"));
        }
        if self.mfa.policy != MfaPolicy::Off && methods.iter().all(|method| *method == Method::BackupCode) {
            refuse(
                "mfa.methods",
                Fault::value("must name totp, webauthn or email, unless mfa.policy is off"),
            );
        }
        if methods.contains(&Method::Email) && !self.require_email_verification {
            refuse(
                "mfa.methods",
                Fault::value("must not name email, unless require_email_verification is true"),
            );
        }
        if !all_differ(&self.redirect_uris) {
            refuse("redirect_uris", Fault::value("must not name a URI twice"));
        }
        if !all_differ(&self.origins) {
            refuse("origins", Fault::value("must not name an origin twice"));
        }
        if let Err(fault) = self.captcha.check_site_key() {
            refuse("captcha.site_key", fault);
        }
        let MailDomains { allowed, refused } = &self.mail_domains;
        for (key, domains) in [("mail_domains.allowed", allowed), ("mail_domains.refused", refused)] {
            if !all_differ(domains) {
                refuse(key, Fault::value("must not name a domain twice"));
            }
        }
        if self.default_redirect_uri.as_ref().is_some_and(|uri| !self.redirect_uris.contains(uri)) {
            refuse("default_redirect_uri", Fault::value("must be one of redirect_uris"));
        }
        for (key, address) in [("mail.sender", &self.mail.sender), ("mail.reply_to", &self.mail.reply_to)] {
            if let Some(fault) = address.as_ref().and_then(|address| Email::parse(address).err()) {
                refuse(key, fault);
            }
        }
        if self.tokens.audience.as_ref().is_some_and(|audience| !is_audience(audience)) {
            refuse("tokens.audience", Fault::value("must be 1 to 255 printable ASCII characters"));
        }
        if self.relying_party.id.as_ref().is_some_and(|id| !is_domain(id)) {
            refuse("relying_party.id", Fault::value("must be a domain name in lower-case ASCII (xn-- form)"));
        }
        if let Some(id) = &self.relying_party.id
            && is_domain(id)
            && !self.origins.iter().any(|origin| origin.lies_under(id))
        {
            refuse(
                "relying_party.id",
                Fault::value("must be the host of one of origins, or a domain above it"),
            );
        }
        for (key, name) in
            [("relying_party.name", &self.relying_party.name), ("branding.name", &self.branding.name)]
        {
            if let Some(fault) = name.as_ref().and_then(|name| PersonName::parse(name).err()) {
                refuse(key, fault);
            }
        }
        if let Some(fault) = self.branding.fault() {
            refuse("branding.primary_colour", fault);
        }
    }
}

/// What is given, by dotted key; a group that is no group stays whole and is found unknown.
fn leaves(given: Map<String, Value>) -> Vec<(String, Value)> {
    let mut leaves = Vec::new();
    for (key, value) in given {
        let prefix = format!("{key}.");
        match value {
            Value::Object(inner) if SETTINGS.iter().any(|(known, ..)| known.starts_with(&prefix)) => {
                leaves.extend(inner.into_iter().map(|(inner, value)| (format!("{prefix}{inner}"), value)));
            }
            value => leaves.push((key, value)),
        }
    }
    leaves
}

/// The refusal of a key, with the known one that is nearest if one is near.
fn unknown(key: &str) -> Fault {
    let prefix = format!("{key}.");
    let within: Vec<_> =
        SETTINGS.iter().map(|(known, ..)| *known).filter(|known| known.starts_with(&prefix)).collect();
    if !within.is_empty() {
        return Fault::new(
            "extra_forbidden",
            format!("this is a group; its settings are {}", within.join(", ")),
        );
    }
    // A key is short; what is not is no slip of the keyboard.
    let nearest = SETTINGS
        .iter()
        .map(|(known, ..)| *known)
        .filter(|known| key.len() <= 2 * known.len())
        .map(|known| (edits(key, known).min(edits(key, last_part(known))), known))
        .min();
    match nearest {
        Some((edits, known)) if edits <= 3 => {
            Fault::new("extra_forbidden", format!("there is no such setting; did you mean {known}?"))
        }
        _ => Fault::new("extra_forbidden", "there is no such setting"),
    }
}

fn last_part(key: &str) -> &str {
    key.rsplit_once('.').map_or(key, |(_, last)| last)
}

/// The Levenshtein distance, in bytes.
fn edits(one: &str, two: &str) -> usize {
    let mut row: Vec<usize> = (0..=two.len()).collect();
    for (above, left) in one.bytes().zip(1..) {
        let mut diagonal = std::mem::replace(&mut row[0], left);
        for (at, other) in two.bytes().enumerate() {
            let replaced = diagonal + usize::from(above != other);
            diagonal = row[at + 1];
            row[at + 1] = replaced.min(diagonal + 1).min(row[at] + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}

fn all_differ<T: PartialEq>(items: &[T]) -> bool {
    items.iter().enumerate().all(|(at, item)| !items[..at].contains(item))
}

fn is_audience(text: &str) -> bool {
    (1..=255).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// A domain in the form that an origin's host has.
pub(super) fn is_domain(text: &str) -> bool {
    let is_name = matches!(url::Host::parse(text), Ok(url::Host::Domain(domain)) if domain == text);
    is_name && idna::domain_to_ascii_strict(text).is_ok_and(|ascii| ascii == text)
}

#[cfg(test)]
mod tests;
