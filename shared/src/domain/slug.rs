//! A tenant's name in URLs.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

use super::Fault;

/// A tenant's slug: 2–63 of `a-z`, `0-9` and single inner hyphens, so that it is a DNS label
/// (RFC 1123 §2.1) and a path segment as it stands. It never changes and is never used again.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct TenantSlug(String);

impl TenantSlug {
    /// In characters.
    pub const LENGTH: std::ops::RangeInclusive<usize> = 2..=63;

    /// # Errors
    /// The text is not a slug. Nothing is trimmed or lower-cased.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let fits = |part: &str| {
            !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        };
        if Self::LENGTH.contains(&text.len()) && text.split('-').all(fits) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Fault::value("a tenant's slug is 2 to 63 of a-z, 0-9 and single hyphens between them"))
        }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TenantSlug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for TenantSlug {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(|fault| D::Error::custom(fault.message))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn takes_labels_and_nothing_else() {
        for good in ["ac", "acme", "a-b", "42", "a-1-b", &"a".repeat(63)] {
            assert_eq!(TenantSlug::parse(good).unwrap().to_string(), good);
        }
        for bad in
            ["", "a", "A1", "acme ", " acme", "-acme", "acme-", "a--b", "a_b", "a.b", "a/b", "ünit", "a\n"]
        {
            assert!(TenantSlug::parse(bad).is_err(), "{bad:?}");
        }
        assert!(TenantSlug::parse(&"a".repeat(64)).is_err());
    }

    #[test]
    fn is_checked_when_read() {
        assert_eq!(serde_json::from_str::<TenantSlug>(r#""acme""#).unwrap().as_str(), "acme");
        assert!(serde_json::from_str::<TenantSlug>(r#""../acme""#).is_err());
    }

    proptest! {
        #[test]
        fn agrees_with_its_pattern(text in "[a-c0A-B._/-]{0,6}|[a-z0-9-]{1,66}") {
            let bytes = text.as_bytes();
            let fits = (2..=63).contains(&bytes.len())
                && bytes.iter().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
                && bytes[0] != b'-'
                && bytes[bytes.len() - 1] != b'-'
                && !text.contains("--");
            prop_assert_eq!(TenantSlug::parse(&text).is_ok(), fits);
        }
    }
}
