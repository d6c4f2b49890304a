//! What is wrong with a value that came from outside.

use std::borrow::Cow;

/// One fault of one value, in words for a person and a stable word for a program.
///
/// `kind` becomes `type` and `message` becomes `msg` in the 422 answer
/// (`HTTPValidationError`), whose words are FastAPI's: `missing`, `string_type`,
/// `string_too_long`, `value_error`, ….
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub kind: &'static str,
    pub message: Cow<'static, str>,
}

impl Fault {
    pub fn new(kind: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, message: message.into() }
    }

    /// A value of the right type that breaks a rule.
    pub fn value(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new("value_error", message)
    }
}
