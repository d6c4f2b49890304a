//! E-mail addresses.
//!
//! An address is trimmed, brought into NFC and then validated. The local part is ASCII as it was
//! given, before any normalisation (SES takes no other), and is never mapped; the domain goes
//! through UTS 46 to ASCII. So two addresses that only look alike never share a key (Django
//! CVE-2019-19844, Auth.js CVE-2026-73420): either they are one address in the DNS, or one of
//! them is refused.

use std::fmt;

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use super::Fault;

/// What an address is found by: the lower-cased local part, `@`, the domain in ASCII.
///
/// It is made from an [`Email`] or read from a stored item, from nothing else. Dots and `+tags`
/// stay: they are another address wherever the mail provider says so.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EmailKey(String);

impl EmailKey {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key with its `+tag` folded off. For counting the mails to one mailbox only: who holds
    /// `a+b@` need not hold `a@`.
    #[must_use]
    pub fn mailbox(&self) -> String {
        let folded = self.0.rsplit_once('@').and_then(|(local, domain)| {
            let (name, _tag) = local.split_once('+')?;
            (!name.is_empty()).then(|| format!("{name}@{domain}"))
        });
        folded.unwrap_or_else(|| self.0.clone())
    }

    /// As [`masked`] shows it.
    #[must_use]
    pub fn masked(&self) -> String {
        masked(&self.0)
    }
}

/// Shows the key masked: an address is personal data.
impl fmt::Debug for EmailKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EmailKey({})", self.masked())
    }
}

/// A valid e-mail address.
#[derive(Clone, PartialEq, Eq)]
pub struct Email {
    typed: String,
    address: String,
    key: EmailKey,
}

impl Email {
    /// What SMTP can carry: RFC 5321 §4.5.3.1.3, less the angle brackets.
    const MAX_OCTETS: usize = 254;
    /// RFC 5321 §4.5.3.1.1.
    const MAX_LOCAL_OCTETS: usize = 64;
    /// No valid address is so long in any form; what is longer is not even normalised.
    const MAX_INPUT_OCTETS: usize = 2048;

    /// # Errors
    /// The text is not an address that mail can be sent to. The message names the rule. Kind and
    /// opening words are those of `FastAPI`: `value_error`, "value is not a valid email address: …".
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let text = text.trim();
        if text.len() > Self::MAX_INPUT_OCTETS {
            return Err(fault("it must be at most 254 octets long"));
        }
        let (local, domain) = text.rsplit_once('@').ok_or_else(|| fault("it must have an @-sign"))?;
        check_local(local)?;
        let ascii = ascii_domain(domain)?;
        let address = format!("{local}@{ascii}");
        if address.len() > Self::MAX_OCTETS {
            return Err(fault("it must be at most 254 octets long"));
        }
        let key = EmailKey(address.to_ascii_lowercase());
        Ok(Self { typed: text.nfc().collect(), address, key })
    }

    /// As it was typed, trimmed and in NFC; for display.
    #[must_use]
    pub fn as_typed(&self) -> &str {
        &self.typed
    }

    /// Where mail goes: the local part as typed, the domain in ASCII.
    #[must_use]
    pub fn address(&self) -> String {
        self.address.clone()
    }

    #[must_use]
    pub fn key(&self) -> &EmailKey {
        &self.key
    }

    /// The part before the `@`, as typed.
    #[must_use]
    pub fn local_part(&self) -> &str {
        self.address.rsplit_once('@').map_or("", |(local, _)| local)
    }

    /// The part after the `@`, in lower-case ASCII.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.key.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// As [`EmailKey::mailbox`].
    #[must_use]
    pub fn mailbox(&self) -> String {
        self.key.mailbox()
    }

    /// As [`masked`] shows it.
    #[must_use]
    pub fn masked(&self) -> String {
        masked(&self.address)
    }
}

/// Shows the address masked: it is personal data.
impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Email({})", self.masked())
    }
}

/// An address as its owner, and nobody else, recognises it: `d•••@a•••.test`.
#[must_use]
pub fn masked(address: &str) -> String {
    let (local, domain) = address.rsplit_once('@').unwrap_or(("", address));
    let (name, top) = domain.rsplit_once('.').unwrap_or((domain, ""));
    let first = |text: &str| text.chars().next().map(String::from).unwrap_or_default();
    format!("{}•••@{}•••.{top}", first(local), first(name))
}

fn fault(rule: &str) -> Fault {
    Fault::value(format!("value is not a valid email address: {rule}"))
}

/// The dot-atom of RFC 5322 §3.2.3; quoted strings and comments are not taken.
fn check_local(local: &str) -> Result<(), Fault> {
    let is_atext = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte);
    if local.is_empty() {
        return Err(fault("there must be something before the @-sign"));
    }
    if local.len() > Email::MAX_LOCAL_OCTETS {
        return Err(fault("the part before the @-sign must be at most 64 octets long"));
    }
    if !local.is_ascii() {
        return Err(fault("the part before the @-sign must be ASCII"));
    }
    if local.split('.').any(str::is_empty) {
        return Err(fault(
            "the part before the @-sign must not begin or end with a dot or have two in a row",
        ));
    }
    if !local.bytes().all(|byte| byte == b'.' || is_atext(byte)) {
        return Err(fault("the part before the @-sign contains a character that is not allowed there"));
    }
    Ok(())
}

/// The domain in ASCII by UTS 46 (non-transitional, STD3, hyphens checked, DNS lengths verified).
/// The top-level domain is alphabetic or an A-label (RFC 1123 §2.1), so an IP address is none.
fn ascii_domain(domain: &str) -> Result<String, Fault> {
    let normal: String = domain.nfc().collect();
    let ascii = Uts46::new()
        .to_ascii(normal.as_bytes(), AsciiDenyList::STD3, Hyphens::Check, DnsLength::Verify)
        .map_err(|_| fault("the part after the @-sign is not a valid domain name"))?;
    let (_, top) = ascii.rsplit_once('.').ok_or_else(|| fault("the domain name must have a dot"))?;
    if top.starts_with("xn--") || top.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        Ok(ascii.into_owned())
    } else {
        Err(fault("the domain name must end in a top-level domain"))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    fn key(text: &str) -> Option<String> {
        Email::parse(text).ok().map(|email| email.key().as_str().to_owned())
    }

    #[test]
    fn keeps_what_was_typed_and_finds_by_the_key() {
        let email = Email::parse("  Ada.Love+Tag@Bu\u{308}cher.Test\n").unwrap();
        assert_eq!(email.as_typed(), "Ada.Love+Tag@Bücher.Test");
        assert_eq!(email.address(), "Ada.Love+Tag@xn--bcher-kva.test");
        assert_eq!(email.key().as_str(), "ada.love+tag@xn--bcher-kva.test");
        assert_eq!(email.local_part(), "Ada.Love+Tag");
        assert_eq!(email.mailbox(), "ada.love@xn--bcher-kva.test");
        assert_eq!(email.masked(), "A•••@x•••.test");
        assert_eq!(format!("{email:?} {:?}", email.key()), "Email(A•••@x•••.test) EmailKey(a•••@x•••.test)");
        assert_eq!(masked("d@a.test"), "d•••@a•••.test");
        assert_eq!(serde_json::to_string(email.key()).unwrap(), r#""ada.love+tag@xn--bcher-kva.test""#);
    }

    #[test]
    fn folds_tags_for_counting_only() {
        let mailbox = |text: &str| Email::parse(text).unwrap().mailbox();
        assert_eq!(mailbox("a+b+c@x.test"), "a@x.test");
        assert_eq!(mailbox("+b@x.test"), "+b@x.test");
        assert_eq!(mailbox("a.b@x.test"), "a.b@x.test");
        assert_ne!(key("a+b@x.test"), key("a@x.test"));
        assert_ne!(key("a.b@x.test"), key("ab@x.test"));
    }

    #[test]
    fn takes_what_mail_can_be_sent_to() {
        let longest_local = "l".repeat(64);
        for good in [
            "a@b.cd".to_owned(),
            "!#$%&'*+-/=?^_`{|}~@x.test".to_owned(),
            "a@a-b.example".to_owned(),
            "a@xn--bcher-kva.test".to_owned(),
            "a@b.xn--p1ai".to_owned(),
            "a@пример.рф".to_owned(),
            "a@1.2.test".to_owned(),
            format!("{longest_local}@x.test"),
            format!("{}@{}.{}.test", "l".repeat(60), "d".repeat(63), "d".repeat(63)),
        ] {
            assert!(Email::parse(&good).is_ok(), "{good}");
        }
    }

    #[test]
    fn refuses_the_rest_with_the_rule() {
        let long = |count: usize| "d".repeat(count);
        for (bad, rule) in [
            (String::new(), "an @-sign"),
            ("a".to_owned(), "an @-sign"),
            ("@x.test".to_owned(), "something before"),
            ("a@".to_owned(), "not a valid domain"),
            ("a@@x.test".to_owned(), "not allowed there"),
            ("a@b@x.test".to_owned(), "not allowed there"),
            ("\"a b\"@x.test".to_owned(), "not allowed there"),
            ("a b@x.test".to_owned(), "not allowed there"),
            ("a\0@x.test".to_owned(), "not allowed there"),
            ("a\r\nBcc:b@x.test".to_owned(), "not allowed there"),
            ("<a@x.test>".to_owned(), "not allowed there"),
            ("a,b@x.test".to_owned(), "not allowed there"),
            (".a@x.test".to_owned(), "dot"),
            ("a.@x.test".to_owned(), "dot"),
            ("a..b@x.test".to_owned(), "dot"),
            ("ä@x.test".to_owned(), "must be ASCII"),
            ("\u{212A}@x.test".to_owned(), "must be ASCII"),
            ("\u{FF41}@x.test".to_owned(), "must be ASCII"),
            ("a\u{200B}@x.test".to_owned(), "must be ASCII"),
            (format!("{}@x.test", long(65)), "64 octets"),
            (format!("{}@{}.{}.{}.test", long(64), long(63), long(63), long(61)), "254 octets"),
            (format!("a@{}.test", "x".repeat(5000)), "254 octets"),
            (format!("a@{}.test", long(64)), "not a valid domain"),
            ("a@localhost".to_owned(), "have a dot"),
            ("a@x.test.".to_owned(), "not a valid domain"),
            ("a@.x.test".to_owned(), "not a valid domain"),
            ("a@x..test".to_owned(), "not a valid domain"),
            ("a@x_y.test".to_owned(), "not a valid domain"),
            ("a@-x.test".to_owned(), "not a valid domain"),
            ("a@x-.test".to_owned(), "not a valid domain"),
            ("a@xy--z.test".to_owned(), "not a valid domain"),
            ("a@xn--.test".to_owned(), "not a valid domain"),
            ("a@xn--x-.test".to_owned(), "not a valid domain"),
            ("a@xn--bcher-kv.test".to_owned(), "not a valid domain"),
            ("a@x y.test".to_owned(), "not a valid domain"),
            ("a@x.test\r\nBcc: b@x.test".to_owned(), "not allowed there"),
            ("a@x.test/b".to_owned(), "not a valid domain"),
            ("a@x%2etest".to_owned(), "not a valid domain"),
            ("a@[127.0.0.1]".to_owned(), "not a valid domain"),
            ("a@[IPv6:::1]".to_owned(), "not a valid domain"),
            ("a@127.0.0.1".to_owned(), "top-level domain"),
            ("a@x.0x1".to_owned(), "top-level domain"),
            ("a@x.test\u{202E}".to_owned(), "not a valid domain"),
        ] {
            let fault = Email::parse(&bad).unwrap_err();
            assert_eq!(fault.kind, "value_error");
            assert!(fault.message.starts_with("value is not a valid email address: "), "{}", fault.message);
            assert!(fault.message.contains(rule), "{bad:?}: {}", fault.message);
        }
    }

    /// Letters that look like, or map to, ASCII ones: homoglyphs of other scripts, compatibility
    /// forms, and those whose case mapping is ASCII (ı, İ, ſ, K).
    const LOOKALIKES: &[(char, &str)] = &[
        ('a', "аɑα\u{FF41}\u{1D41A}ⓐªàáạ"),
        ('c', "сϲ\u{FF43}ⅽçć"),
        ('e', "еҽ\u{FF45}ℯéẹё"),
        ('i', "іıİⅰ\u{FF49}íị¡"),
        ('k', "\u{212A}κк\u{FF4B}ķ"),
        ('l', "ӏⅼ\u{FF4C}ƚł1I|"),
        ('m', "м\u{FF4D}ⅿṃ"),
        ('o', "оοօ\u{FF4F}ºóọ0"),
        ('p', "рρ\u{FF50}ṗ"),
        ('s', "ѕſ\u{FF53}śṣ5$"),
        ('t', "т\u{FF54}ṭţ"),
        ('x', "хχⅹ\u{FF58}×"),
        ('y', "уγ\u{FF59}ýỵ"),
        ('.', "。．｡․\u{FE52}"),
        ('-', "\u{2010}\u{2011}‐–−\u{AD}"),
        ('@', "＠﹫"),
    ];
    const INVISIBLE: &str = "\u{200B}\u{200C}\u{200D}\u{2060}\u{FEFF}\u{AD}\u{34F}\u{301}\u{20DD}\u{FE0F}\u{E0061}\u{202E}\u{180E}";

    /// Every address that differs from `address` in one character, or hides one more.
    fn confusables(address: &str) -> Vec<String> {
        let mut found = Vec::new();
        for (at, letter) in address.char_indices() {
            let rest = &address[at + letter.len_utf8()..];
            let alike = LOOKALIKES.iter().find(|(ascii, _)| *ascii == letter).map_or("", |(_, alike)| alike);
            found.extend(alike.chars().map(|other| format!("{}{other}{rest}", &address[..at])));
            found.extend(INVISIBLE.chars().map(|hidden| format!("{}{letter}{hidden}{rest}", &address[..at])));
        }
        found
    }

    /// Row 16 of the security page.
    #[test]
    fn confusables_never_share_a_key() {
        let victims = ["mike.cox@example.com", "isaac@paypal.test", "y-k@sky-post.co"];
        let mut tried = 0;
        for victim in victims {
            let (local, domain) = victim.rsplit_once('@').unwrap();
            for confusable in confusables(victim) {
                tried += 1;
                if key(&confusable).is_some_and(|key| key == victim) {
                    // Only where the domain is the very same name in the DNS.
                    let (its_local, its_domain) = confusable.rsplit_once('@').unwrap();
                    assert_eq!(its_local, local, "{confusable}");
                    assert_eq!(idna::domain_to_ascii_strict(its_domain).unwrap(), domain, "{confusable}");
                }
            }
        }
        assert!(tried >= 500, "{tried}");
    }

    #[test]
    fn a_domain_in_another_form_is_the_same_domain() {
        for same in ["a@EXAMPLE.com", "a@\u{FF25}xample.com", "a@example。com", "a@exam\u{AD}ple.com"] {
            assert_eq!(key(same).unwrap(), "a@example.com");
            assert_eq!(Email::parse(same).unwrap().address(), "a@example.com");
        }
        assert_eq!(key("a@straße.test").unwrap(), "a@xn--strae-oqa.test");
    }

    proptest! {
        #[test]
        fn the_key_is_idempotent(text in "[ ]?[a-zA-Z.+]{1,8}@[a-zA-Zäß。.-]{1,9}[.](test|рф)[ ]?") {
            if let Ok(email) = Email::parse(&text) {
                for form in [email.key().as_str(), email.as_typed(), &email.address()] {
                    prop_assert_eq!(key(form).unwrap(), email.key().as_str());
                }
                prop_assert!(email.address().is_ascii());
                prop_assert!(email.address().eq_ignore_ascii_case(email.key().as_str()));
                prop_assert_eq!(Email::parse(email.as_typed()).unwrap(), email);
            }
        }

        #[test]
        fn nothing_breaks_it(text in ".{0,60}|.{0,20}@.{0,20}|[a-z]{1,3}@.{1,12}[.]test") {
            if let Ok(email) = Email::parse(&text) {
                prop_assert!(email.key().as_str().len() <= 254);
                prop_assert!(!email.address().contains(|c: char| c.is_control() || c.is_whitespace()));
                prop_assert_eq!(email.key().as_str().matches('@').count(), 1);
            }
        }

        /// Two addresses with one key differ in the case of the local part and the form of the domain.
        #[test]
        fn one_key_is_one_address(texts in prop::collection::vec("[aAаɑıiIİkK\u{212A}sſ]{1,2}@[aAаıiIkK\u{212A}]{1,2}[.]test", 2..40)) {
            let mut seen: HashMap<String, (String, String)> = HashMap::new();
            for text in texts {
                let Some(key) = key(&text) else { continue };
                let (local, domain) = text.rsplit_once('@').unwrap();
                let is = (local.to_ascii_lowercase(), idna::domain_to_ascii_strict(domain).unwrap());
                prop_assert_eq!(seen.entry(key).or_insert_with(|| is.clone()), &is);
            }
        }
    }
}
