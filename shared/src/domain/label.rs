//! What a person calls a device or a factor of theirs.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

use super::{Fault, PersonName};

/// A label: 1–60 code points, under the rules of a [`PersonName`], since mails and lists show it.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Label(String);

impl Label {
    const MAX_CHARACTERS: usize = 60;

    /// # Errors
    /// As [`PersonName::parse`]; `string_too_long` above 60 characters.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let text = PersonName::parse(text)?.as_str().to_owned();
        if text.chars().count() > Self::MAX_CHARACTERS {
            return Err(Fault::new("string_too_long", "String should have at most 60 characters"));
        }
        Ok(Self(text))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Shows nothing: a label is personal data.
impl fmt::Debug for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Label(…)")
    }
}

impl<'de> Deserialize<'de> for Label {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(|fault| D::Error::custom(fault.message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_short_on_one_line_and_not_shown() {
        assert_eq!(Label::parse(" My key ").unwrap().as_str(), "My key");
        assert_eq!(Label::parse(&"k".repeat(61)).unwrap_err().kind, "string_too_long");
        assert_eq!(Label::parse("a\nb").unwrap_err().kind, "value_error");
        assert_eq!(format!("{:?}", Label::parse("My key").unwrap()), "Label(…)");
    }
}
