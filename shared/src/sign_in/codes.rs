//! Digits that are mailed.

use serde_bytes::ByteBuf;
use zeroize::Zeroizing;

use crate::{http::Problem, runtime::Parts, store::Due};

/// Random digits. Not printed.
pub struct MailedDigits(Zeroizing<String>);

impl MailedDigits {
    #[must_use]
    pub fn fresh(parts: &Parts, digits: usize) -> Self {
        let mut code = Zeroizing::new(String::with_capacity(digits));
        for _ in 0..digits {
            code.extend(char::from_digit(parts.entropy.below(10), 10));
        }
        Self(code)
    }

    /// What a person typed: digits are copied with the spaces that a mail shows.
    #[must_use]
    pub fn typed(text: &str) -> Self {
        Self(Zeroizing::new(text.chars().filter(|character| !character.is_whitespace()).collect()))
    }

    /// What is stored of them: an HMAC that is bound to `to`, so that the digits count there alone.
    ///
    /// # Errors
    /// 500 where the function lacks the factors' key.
    pub fn mac(&self, parts: &Parts, to: &str) -> Result<[u8; 32], Problem> {
        Ok(parts.factors_key()?.mac("code", &[to.as_bytes(), self.0.as_bytes()]))
    }

    /// Whether these are the digits behind a MAC that is bound to `to`; in constant time.
    ///
    /// # Errors
    /// 500 where the function lacks the factors' key.
    pub fn matches(&self, parts: &Parts, to: &str, mac: &[u8]) -> Result<bool, Problem> {
        Ok(parts.factors_key()?.mac_matches("code", &[to.as_bytes(), self.0.as_bytes()], mac))
    }

    /// The digits for the mail, sealed to its errand.
    ///
    /// # Errors
    /// 500 where the function lacks the factors' key.
    pub fn sealed(&self, parts: &Parts, due: &Due) -> Result<ByteBuf, Problem> {
        Ok(ByteBuf::from(parts.factors_key()?.seal(&due.place(), self.0.as_bytes())))
    }
}
