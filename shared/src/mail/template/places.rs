//! The places that a tenant's own words may link to.

use std::collections::BTreeSet;

use url::Url;

use super::Frame;
use crate::domain::{
    MailKind, Settings,
    settings::{Origin, PageUrl},
};

/// A tenant's own origins and addresses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places {
    origins: BTreeSet<String>,
    hosts: BTreeSet<String>,
    addresses: BTreeSet<String>,
}

impl Places {
    /// The origins and the pages of these settings, and the addresses that mails come from and are answered at.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        let pages = &settings.pages;
        let pages = [&pages.verify, &pages.reset, &pages.forgot, &pages.undo_email];
        let urls = settings.origins.iter().map(Origin::as_str);
        let urls = urls.chain(pages.into_iter().flatten().map(PageUrl::as_str));
        let mut places = Self::default();
        for url in urls.filter_map(|url| Url::parse(url).ok()) {
            places.origins.insert(url.origin().ascii_serialization());
            places.hosts.extend(url.domain().map(str::to_owned));
        }
        let addresses = [&settings.mail.sender, &settings.mail.reply_to];
        places.addresses = addresses.into_iter().flatten().cloned().collect();
        places
    }

    /// Those of a kind of mail. A notice links nowhere, so that nobody learns to follow a link in an alarming
    /// mail; it may name an address to write to.
    pub(super) fn of(&self, kind: MailKind) -> Self {
        let notice = Frame::of(kind).is_empty() || Frame::of(kind).contains(&Frame::Facts);
        if notice { Self { addresses: self.addresses.clone(), ..Self::default() } } else { self.clone() }
    }

    /// Whether a word is a link to one of these, in the only form that every program reads alike.
    pub(super) fn holds(&self, word: &str) -> bool {
        if self.hosts.contains(word) || self.addresses.contains(word) {
            return true;
        }
        let Ok(url) = Url::parse(word) else { return false };
        let origin = url.origin().ascii_serialization();
        let canonical = url.as_str() == word || url.as_str().strip_suffix('/') == Some(word);
        // Nothing in it that some program would end the link at, and begin another after.
        let within = word.strip_prefix(&origin).is_some_and(|rest| {
            rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-_.~%=&?#+".contains(&byte))
                && !rest.contains("//")
        });
        canonical && within && self.origins.contains(&origin)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_a_tenants_own_places_are_held() {
        let settings = Settings::parse(json!({
            "origins": ["https://app.acme.test"],
            "pages": { "verify": "https://acme.test/verify?x=1" },
            "mail": { "reply_to": "help@acme.test" },
        }))
        .unwrap();
        let places = Places::new(&settings);
        for own in [
            "https://app.acme.test",
            "https://app.acme.test/",
            "https://app.acme.test/help?a=b#c",
            "https://acme.test/other",
            "app.acme.test",
            "help@acme.test",
        ] {
            assert!(places.holds(own), "{own}");
        }
        for other in [
            "http://app.acme.test/",
            "https://app.acme.test:8443/",
            "https://app.acme.test.evil.example/",
            "https://app.acme.test@evil.example/",
            "https://evil@app.acme.test/",
            "https://APP.acme.test/",
            "https:app.acme.test/",
            "https:\\\\app.acme.test\\",
            "https://app.acme.test/../x",
            "https://www.acme.test/",
            "https://app.acme.test/a,https://evil.example",
            "https://app.acme.test/https://evil.example",
            "https://app.acme.test/?a@evil.example",
            "https://app.acme.test.",
            "app.acme.test/x",
            "x.acme.test",
            "javascript:alert(1)",
            "you@acme.test",
            "",
        ] {
            assert!(!places.holds(other), "{other}");
        }
        let notice = places.of(MailKind::PasswordChanged);
        assert!(!notice.holds("https://app.acme.test") && notice.holds("help@acme.test"));
        assert_eq!(places.of(MailKind::Code), places);
    }
}
