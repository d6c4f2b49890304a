//! A person's name.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use unicode_normalization::UnicodeNormalization;

use super::Fault;

/// A first or last name: 1–100 code points of any script, trimmed, in NFC, on one line.
///
/// Control characters, line separators and bidi controls (UAX #9 §2) are refused: they have no
/// place in a name and can break or reorder the mail or log that shows it (ASVS 5.0 V1.3.11,
/// V16.4.1).
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct PersonName(String);

impl PersonName {
    const MAX_CHARACTERS: usize = 100;

    /// # Errors
    /// `string_too_short`, `string_too_long`, or `value_error` for a character with no place in a name.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let text = text.trim();
        let too_long = || Fault::new("string_too_long", "String should have at most 100 characters");
        // What is so long is not even normalised.
        if text.len() > Self::MAX_CHARACTERS * 64 {
            return Err(too_long());
        }
        let name: String = text.nfc().collect();
        if name.chars().any(is_out_of_place) {
            return Err(Fault::value("a name must not contain control characters"));
        }
        if name.chars().all(is_invisible) {
            return Err(Fault::new("string_too_short", "String should have at least 1 character"));
        }
        if name.chars().count() > Self::MAX_CHARACTERS {
            return Err(too_long());
        }
        Ok(Self(name))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Shows nothing: a name is personal data.
impl fmt::Debug for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonName(…)")
    }
}

impl<'de> Deserialize<'de> for PersonName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(|fault| D::Error::custom(fault.message))
    }
}

fn is_out_of_place(character: char) -> bool {
    let is_line_separator = matches!(character, '\u{2028}' | '\u{2029}');
    let is_bidi_control = matches!(
        character,
        '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}'
    );
    character.is_control() || is_line_separator || is_bidi_control
}

fn is_invisible(character: char) -> bool {
    character.is_whitespace()
        || matches!(character, '\u{00AD}' | '\u{200B}'..='\u{200D}' | '\u{2060}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn takes_names_of_any_script() {
        for name in [
            "Ada",
            "O’Brien-Łukasiewicz",
            "Nguyễn Thị",
            "محمد",
            "李小龍",
            "می\u{200C}خواهم",
            "X Æ A-12",
            "N.",
        ] {
            assert_eq!(PersonName::parse(name).unwrap().as_str(), name.nfc().collect::<String>());
        }
        assert_eq!(PersonName::parse("  Zoe\u{308} \n").unwrap().as_str(), "Zoë");
        assert!(PersonName::parse(&"é".repeat(100)).is_ok());
        assert!(PersonName::parse(&"e\u{301}".repeat(100)).is_ok());
    }

    #[test]
    fn refuses_what_is_no_name() {
        for name in [
            "",
            " ",
            "\u{3000}",
            "\u{200B}",
            "a\0b",
            "a\r\nb",
            "a\tb",
            "a\u{2028}b",
            "\u{202E}ada",
            "a\u{2066}b",
            "\u{85}x\u{7f}",
        ] {
            assert!(PersonName::parse(name).is_err(), "{name:?}");
        }
        assert_eq!(PersonName::parse(&"a".repeat(101)).unwrap_err().kind, "string_too_long");
        assert_eq!(PersonName::parse(&"a".repeat(1 << 20)).unwrap_err().kind, "string_too_long");
        assert_eq!(PersonName::parse("").unwrap_err().kind, "string_too_short");
    }

    #[test]
    fn is_checked_when_read_and_not_shown() {
        assert!(serde_json::from_str::<PersonName>(r#""a\nb""#).is_err());
        assert_eq!(format!("{:?}", PersonName::parse("Ada").unwrap()), "PersonName(…)");
    }

    proptest! {
        #[test]
        fn once_is_as_good_as_twice(text in "\\PC{0,30}|.{0,110}") {
            if let Ok(name) = PersonName::parse(&text) {
                prop_assert_eq!(PersonName::parse(name.as_str()), Ok(name));
            }
        }
    }
}
