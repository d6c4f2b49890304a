//! The mail domains that a tenant lets its users have addresses at.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

use super::change::is_domain;
use crate::domain::{Email, Fault};

/// Which addresses people may register and change to. Asked when an address is chosen, never at a
/// login: nobody is locked out by a setting.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MailDomains {
    /// Any if none is given.
    pub allowed: Vec<MailDomain>,
    /// Refused even where they are allowed.
    pub refused: Vec<MailDomain>,
}

impl MailDomains {
    /// # Errors
    /// `value_error`: the tenant's policy refuses the address. It is public, so it is told.
    pub fn admit(&self, email: &Email) -> Result<(), Fault> {
        let domain = email.domain();
        let among = |domains: &[MailDomain]| domains.iter().any(|listed| listed.covers(domain));
        if among(&self.refused) {
            return Err(Fault::value("addresses at this domain are not accepted here"));
        }
        if !self.allowed.is_empty() && !among(&self.allowed) {
            return Err(Fault::value("only addresses at certain domains are accepted here"));
        }
        Ok(())
    }
}

/// A mail domain in lower-case ASCII, or all domains below one: `*.example.com`, which is not
/// `example.com` itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct MailDomain(String);

impl MailDomain {
    /// # Errors
    /// The text is neither.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let domain = text.strip_prefix("*.").unwrap_or(text);
        if is_domain(domain) && !domain.ends_with('.') {
            Ok(Self(text.to_owned()))
        } else {
            Err(Fault::value(
                "must be a domain name in lower-case ASCII (xn-- form), with *. for those below it",
            ))
        }
    }

    /// Whether `domain`, in lower-case ASCII, is meant.
    fn covers(&self, domain: &str) -> bool {
        match self.0.strip_prefix('*') {
            Some(below) => domain.ends_with(below),
            None => domain == self.0,
        }
    }
}

impl fmt::Display for MailDomain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for MailDomain {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(|fault| D::Error::custom(fault.message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn domains(allowed: &[&str], refused: &[&str]) -> MailDomains {
        let list = |texts: &[&str]| texts.iter().map(|text| MailDomain::parse(text).unwrap()).collect();
        MailDomains { allowed: list(allowed), refused: list(refused) }
    }

    fn admits(domains: &MailDomains, address: &str) -> bool {
        domains.admit(&Email::parse(address).unwrap()).is_ok()
    }

    #[test]
    fn a_domain_is_itself_and_a_star_is_what_is_below() {
        let acme = domains(&["acme.test", "*.xn--bcher-kva.test"], &[]);
        for (address, admitted) in [
            ("ada@acme.test", true),
            ("ada@ACME.test", true),
            ("ada@mail.acme.test", false),
            ("ada@evilacme.test", false),
            ("ada@acme.test.evil.test", false),
            ("acme.test@evil.test", false),
            ("ada@Bücher.test", false),
            ("ada@laden.Bücher.test", true),
            ("ada@a.b.xn--bcher-kva.test", true),
            ("ada@evilxn--bcher-kva.test", false),
        ] {
            assert_eq!(admits(&acme, address), admitted, "{address}");
        }
    }

    #[test]
    fn a_refusal_goes_before_a_permission() {
        assert!(admits(&domains(&[], &[]), "ada@acme.test"));
        let settings = domains(&["acme.test", "*.acme.test"], &["guests.acme.test"]);
        assert!(admits(&settings, "ada@staff.acme.test"));
        assert!(!admits(&settings, "ada@guests.acme.test"));
        assert!(!admits(&domains(&[], &["*.test"]), "ada@acme.test"));
    }

    #[test]
    fn what_is_no_domain_in_its_one_form_is_refused() {
        for text in [
            "",
            "*",
            "*.",
            "Acme.test",
            "acme.test.",
            "bücher.test",
            "*.*.test",
            "a@acme.test",
            "*acme.test",
            "127.0.0.1",
        ] {
            assert!(MailDomain::parse(text).is_err(), "{text}");
        }
    }
}
