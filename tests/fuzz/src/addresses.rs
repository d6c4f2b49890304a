//! E-mail addresses, addresses on the web, and the settings that hold them.

use std::str::from_utf8;

use lambda_http::http::Uri;
use latchkey::{
    domain::{
        Email, Settings,
        settings::{LogoUrl, Origin, PageUrl, RedirectUri},
    },
    mail::{Link, Places},
};
use serde_json::Value;

use crate::is_ours;

/// E-mail addresses: one key in whatever form the address is given again, and nothing in it that a mail's header
/// would break at.
pub fn emails(data: &[u8]) {
    let Ok(text) = from_utf8(data) else { return };
    let email = match Email::parse(text) {
        Ok(email) => email,
        Err(fault) => return assert!(is_ours(&fault.message), "{}", fault.message),
    };
    let address = email.address();
    for form in [email.key().as_str(), email.as_typed(), &address] {
        let again = Email::parse(form).unwrap_or_else(|fault| panic!("{form}: {}", fault.message));
        assert_eq!(again.key(), email.key(), "{form}");
    }
    assert_eq!(Email::parse(email.as_typed()).unwrap(), email);
    assert!(address.len() <= 254 && address.bytes().all(|byte| byte.is_ascii_graphic()), "{address}");
    assert_eq!(address.matches('@').count(), 1, "{address}");
    assert!(address.eq_ignore_ascii_case(email.key().as_str()), "{address}");
    assert_eq!(
        format!("{}@{}", email.local_part(), email.domain()).to_ascii_lowercase(),
        email.key().as_str()
    );
    let mailbox = email.mailbox();
    let (counted, domain) = mailbox.rsplit_once('@').unwrap();
    assert!(!counted.is_empty() && email.key().as_str().starts_with(counted), "{mailbox}");
    assert_eq!(domain, email.domain());
}

/// Addresses on the web: taken as they were given, and read alike by another reader.
pub fn uris(data: &[u8]) {
    let Ok(text) = from_utf8(data) else { return };
    let redirect = RedirectUri::parse(text);
    if let Err(fault) = &redirect {
        assert!(!fault.message.chars().any(char::is_control), "{}", fault.message);
    }
    let taken = redirect.is_ok();
    assert_eq!(PageUrl::parse(text).is_ok(), taken);
    if let Ok(logo) = LogoUrl::parse(text) {
        assert!(taken && logo.as_str() == text && text.starts_with("https://"));
    }
    if let Ok(origin) = Origin::parse(text) {
        assert!(taken && origin.as_str() == text);
        assert_eq!(text.matches('/').count(), 2, "an origin with a path: {text}");
    }
    let Ok(redirect) = redirect else { return };
    assert_eq!(redirect.as_str(), text);
    let (scheme, rest) = text.split_once("://").unwrap();
    let authority = rest.split(['/', '?']).next().unwrap();
    let other: Uri = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!((other.scheme_str(), other.authority().unwrap().as_str()), (Some(scheme), authority));
    assert!(!authority.contains('@'), "{text}");
    let loopback = ["localhost", "127.", "[::1]"].iter().any(|name| authority.starts_with(name));
    assert!(scheme == "https" || loopback, "{text}");
    assert!(Link::parse(&format!("{text}#token=lk_vfy_AAAA")).is_ok(), "{text}");
}

/// Settings as an administrator gives them: what is taken reads again as the same, and keeps the bounds.
pub fn settings(data: &[u8]) {
    let Ok(given) = serde_json::from_slice::<Value>(data) else { return };
    let settings = match Settings::parse(given) {
        Ok(settings) => settings,
        Err(faults) => {
            return assert!(faults.iter().all(|(_, fault)| !fault.message.is_empty()) && !faults.is_empty());
        }
    };
    let stored = serde_json::to_value(&settings).unwrap();
    assert_eq!(Settings::parse(stored.clone()).unwrap(), settings);
    assert_eq!(serde_json::from_value::<Settings>(stored).unwrap(), settings);
    assert!(settings.password_rules().min_length >= 8);
    assert!((1..=15).contains(&settings.tokens.access_minutes));
    for remember_me in [false, true] {
        let limits = settings.session_limits(remember_me);
        assert!(limits.idle.is_positive() && limits.idle <= limits.absolute, "{limits:?}");
    }
    for uri in &settings.redirect_uris {
        assert_eq!(&settings.allowed_redirect(uri.as_str()).unwrap(), uri);
    }
    for origin in &settings.origins {
        assert_eq!(&Origin::parse(origin.as_str()).unwrap(), origin);
    }
    let _ = Places::new(&settings);
}
