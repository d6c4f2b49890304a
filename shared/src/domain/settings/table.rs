//! The settings, documented.

use super::Settings;

/// One setting, for a person to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingDoc {
    /// As [`Settings::set`] takes it: `mfa.policy`.
    pub key: &'static str,
    /// What it may be.
    pub kind: &'static str,
    /// As JSON.
    pub default: String,
    pub about: &'static str,
}

/// Key, kind, and what it is about, in the order of the structure.
pub(super) const SETTINGS: &[(&str, &str, &str)] = &[
    ("self_registration", "true | false", "Whether strangers may register."),
    (
        "require_email_verification",
        "true | false",
        "Whether an address is proven before there is an account. If not, registering a taken address answers 409 \
         and so tells that it is taken.",
    ),
    (
        "mfa.policy",
        "off | optional | required",
        "Whether users are asked for a second factor, or must have one.",
    ),
    (
        "mfa.methods",
        "list of totp, webauthn, email, backup_code",
        "The second factors that users may enrol. With email, sessions never count as more than AAL1; it needs \
         require_email_verification.",
    ),
    (
        "password.min_length",
        "8–64, or null",
        "The least length of a new password, in characters. Null: 8 where mfa.policy is required, else 15.",
    ),
    (
        "password.hibp",
        "true | false",
        "Whether new passwords are looked up in Have I Been Pwned, too: five digits of a hash are sent there. Where it \
         does not answer within two seconds, the password is taken.",
    ),
    (
        "sessions.idle_minutes",
        "1–1440",
        "A session that is not refreshed for so long ends; 60 at most at AAL2.",
    ),
    (
        "sessions.absolute_minutes",
        "1–43200",
        "A session ends after so long in any case; 1440 at most at AAL2.",
    ),
    (
        "sessions.remember_me_days",
        "1–30",
        "So long lives a session opened with remember_me, idle or not; of no effect at AAL2.",
    ),
    (
        "tokens.delivery",
        "body | cookie",
        "Whether the refresh token comes in the body or in a cookie, for which page and API must be of one site.",
    ),
    (
        "tokens.algorithm",
        "RS256 | ES256",
        "What access tokens are signed with; API Gateway authorizers take RS256.",
    ),
    ("tokens.audience", "text, or null", "The audience of access tokens. Null: the tenant's slug."),
    ("tokens.access_minutes", "1–15", "The life of an access token."),
    ("redirect_uris", "list of URLs", "Where a person may be sent back to; compared character by character."),
    ("default_redirect_uri", "URL, or null", "Where a person is sent after a login; one of redirect_uris."),
    ("origins", "list of origins", "The web origins that may call from a browser: scheme://host[:port]."),
    ("pages.verify", "URL, or null", "The page that the verification mail leads to. Null: the hosted one."),
    ("pages.reset", "URL, or null", "The page that the reset mail leads to. Null: the hosted one."),
    ("pages.forgot", "URL, or null", "The page where a reset is asked for. Null: the hosted one."),
    (
        "pages.undo_email",
        "URL, or null",
        "The page that the mail about a changed address leads to. Null: the hosted one.",
    ),
    (
        "pages.invite",
        "URL, or null",
        "The page that the mail of an invitation leads to, where a password is chosen. Null: the hosted one.",
    ),
    ("invitation_days", "1–30", "So long the link of an invitation works."),
    ("trusted_device_days", "1–90", "So long a trusted device spares its owner the second factor."),
    ("mail.locale", "en | de | fr | es | it", "The language of the mails."),
    ("mail.sender", "e-mail address, or null", "Where mails come from. Null: the deployment's address."),
    ("mail.reply_to", "e-mail address, or null", "Where answers to mails go."),
    (
        "mail.daily_budget",
        "number",
        "So many mails a day may strangers have sent to addresses without an account.",
    ),
    ("mail.new_sign_in", "true | false", "Whether a sign-in from an unknown device is mailed to the owner."),
    (
        "branding.name",
        "text, or null",
        "The name that people read: in mails, authenticator apps and passkeys. Null: the name that the tenant was made \
         with.",
    ),
    ("branding.logo_url", "https URL, or null", "The logo of hosted pages. Mails have no pictures."),
    (
        "branding.primary_colour",
        "#rrggbb",
        "The colour of buttons, in mails and on hosted pages. Their text is black or white, whichever reads better; a \
         button must stand out from branding.background_colour by 3:1.",
    ),
    (
        "branding.background_colour",
        "#rrggbb",
        "The background of hosted pages; mails have the mail program's.",
    ),
    (
        "require_client_token",
        "true | false",
        "Whether the open endpoints refuse calls without a token of one of the tenant's clients.",
    ),
    (
        "relying_party.id",
        "domain, or null",
        "The WebAuthn relying party: passkeys work on those of the origins that equal it or lie under it, and one \
         must. It never changes, or every passkey is lost. Null: the host of the deployment.",
    ),
    ("relying_party.name", "text, or null", "Its name, as authenticators show it. Null: the tenant's name."),
    (
        "mail_domains.allowed",
        "list of domains",
        "People may choose an address only at one of these; *.example.com is every domain below example.com. Empty: any.",
    ),
    (
        "mail_domains.refused",
        "list of domains",
        "Nobody may choose an address at one of these, allowed or not. Who has one still gets in.",
    ),
    (
        "captcha.provider",
        "altcha | turnstile | hcaptcha | recaptcha, or null",
        "The captcha that every registration needs, and a login and a forgotten password after suspicious failures. \
         altcha is proof of work and needs nothing else; for the others, captcha.secret is set with tenant set, \
         too, and never shown.",
    ),
    ("captcha.site_key", "text, or null", "What the provider's widget is shown with; public."),
];

impl Settings {
    /// Every setting with its kind, default and meaning.
    #[must_use]
    pub fn table() -> Vec<SettingDoc> {
        let defaults = serde_json::to_value(Self::default()).unwrap_or_default();
        let default = |key: &str| key.split('.').fold(&defaults, |value, part| &value[part]).to_string();
        SETTINGS
            .iter()
            .map(|&(key, kind, about)| SettingDoc { key, kind, default: default(key), about })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_is_documented_once() {
        let mut keys = Vec::new();
        let all = serde_json::to_value(Settings::default()).unwrap();
        for (group, value) in all.as_object().unwrap() {
            match value.as_object() {
                Some(inner) => keys.extend(inner.keys().map(|key| format!("{group}.{key}"))),
                None => keys.push(group.clone()),
            }
        }
        let mut documented: Vec<_> = SETTINGS.iter().map(|(key, ..)| (*key).to_owned()).collect();
        keys.sort_unstable();
        documented.sort_unstable();
        assert_eq!(documented, keys);
    }

    #[test]
    fn defaults_are_shown_as_json() {
        let table = Settings::table();
        let default = |key: &str| table.iter().find(|doc| doc.key == key).unwrap().default.clone();
        assert_eq!(default("mfa.methods"), r#"["totp","webauthn","backup_code"]"#);
        assert_eq!(default("password.min_length"), "null");
        assert_eq!(default("sessions.idle_minutes"), "720");
    }
}
