//! Passwords: the policy for new ones, and those that are given at a login.
//!
//! The rules and where they come from:
//!
//! - Length alone, no composition rules (NIST SP 800-63B-4 §3.1.1.2; ASVS 5.0 V6.2.1, V6.2.5): at
//!   least 15 code points where a password alone can log in, 8 where a second factor is required.
//! - At most 1,024 bytes (V6.2.9 asks for at least 64 characters), taken whole: never trimmed, cut
//!   or case-mapped (V6.2.8). NFC is the one change, a deviation that is written down: NIST wants
//!   one normal form, so that a password typed on another keyboard is the same.
//! - Not common and not breached (V6.2.4, V6.2.12: [`common_passwords`](super::common_passwords)), not
//!   equal to what anyone knows of the account (V6.2.11). Compared whole, as NIST says, regardless of case.

use std::fmt;

use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use super::{
    Email, Fault,
    common_passwords::{caseless, is_common},
};

/// What a tenant asks of a new password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordRules {
    /// In code points.
    pub min_length: usize,
}

impl PasswordRules {
    /// Where a second factor is required (NIST SP 800-63B-4 §3.1.1.2, ASVS 5.0 V6.2.1).
    pub const WITH_SECOND_FACTOR: usize = 8;
    /// Where a password alone can log in (NIST SP 800-63B-4 §3.1.1.2).
    pub const ALONE: usize = 15;
    /// In UTF-8, as given and in NFC.
    pub const MAX_BYTES: usize = 1024;
}

/// What anyone knows of an account: no password may equal any of it.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    pub email: Option<&'a Email>,
    pub tenant_name: &'a str,
    pub tenant_slug: &'a str,
}

/// A password that passed the tenant's policy and may be hashed.
pub struct NewPassword(Zeroizing<String>);

impl NewPassword {
    /// # Errors
    /// `string_too_long`, `string_too_short`, or `value_error` with the reason of the refusal
    /// (NIST SP 800-63B-4 §3.1.1.2 wants it told).
    pub fn parse(text: &str, rules: &PasswordRules, about: &About<'_>) -> Result<Self, Fault> {
        let password = normal(text)?;
        let least = rules.min_length.max(PasswordRules::WITH_SECOND_FACTOR);
        if password.chars().count() < least {
            return Err(Fault::new(
                "string_too_short",
                format!("String should have at least {least} characters"),
            ));
        }
        let caseless = caseless(&password);
        about.refuse(&caseless)?;
        if is_common(&caseless) {
            return Err(Fault::value("this password is common or was part of a breach"));
        }
        Ok(Self(password))
    }

    /// Holds it against what was not known when it was parsed.
    ///
    /// # Errors
    /// `value_error` with the reason of the refusal.
    pub fn check_against(&self, about: &About<'_>) -> Result<(), Fault> {
        about.refuse(&caseless(&self.0))
    }

    /// The bytes to hash.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for NewPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NewPassword(…)")
    }
}

/// A password as given at a login: to be compared, under no policy.
pub struct GivenPassword(Zeroizing<String>);

impl GivenPassword {
    /// # Errors
    /// `string_too_long`: longer than any password can be.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        normal(text).map(Self)
    }

    /// The bytes to compare.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for GivenPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GivenPassword(…)")
    }
}

impl About<'_> {
    fn refuse(&self, caseless_password: &str) -> Result<(), Fault> {
        let equals = |known: &str| *caseless(known) == *caseless_password;
        if let Some(email) = self.email {
            if equals(email.as_typed()) || equals(&email.address()) {
                return Err(Fault::value("the password must not be the e-mail address"));
            }
            if equals(email.local_part()) {
                return Err(Fault::value("the password must not be the name in the e-mail address"));
            }
        }
        if equals(self.tenant_name) || equals(self.tenant_slug) {
            return Err(Fault::value("the password must not be the name of the service"));
        }
        Ok(())
    }
}

/// The password in NFC, in the one allocation that is wiped in the end.
fn normal(text: &str) -> Result<Zeroizing<String>, Fault> {
    let too_long = || Fault::new("string_too_long", "String should have at most 1024 bytes in UTF-8");
    if text.len() > PasswordRules::MAX_BYTES {
        return Err(too_long());
    }
    // UTF-8 grows by NFC to three times its size at most (UAX #15 §9), so this never moves.
    let mut password = Zeroizing::new(String::with_capacity(3 * text.len()));
    if text.is_ascii() {
        password.push_str(text);
    } else {
        password.extend(text.nfc());
    }
    if password.len() > PasswordRules::MAX_BYTES { Err(too_long()) } else { Ok(password) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOBODY: About<'_> = About { email: None, tenant_name: "Acme", tenant_slug: "acme" };
    const ALONE: PasswordRules = PasswordRules { min_length: PasswordRules::ALONE };
    const WITH_FACTOR: PasswordRules = PasswordRules { min_length: PasswordRules::WITH_SECOND_FACTOR };

    fn refusal(text: &str, rules: PasswordRules) -> Fault {
        NewPassword::parse(text, &rules, &NOBODY).unwrap_err()
    }

    #[test]
    fn counts_code_points_in_nfc() {
        assert!(NewPassword::parse("four words long", &ALONE, &NOBODY).is_ok());
        let short = refusal("four words lon", ALONE);
        assert_eq!(
            (short.kind, &*short.message),
            ("string_too_short", "String should have at least 15 characters")
        );
        assert_eq!(refusal(&"e\u{301}".repeat(14), ALONE).kind, "string_too_short");
        assert!(NewPassword::parse(&"e\u{301}".repeat(15), &ALONE, &NOBODY).is_ok());
        assert!(NewPassword::parse("🦀🦀🦀🦀🦀🦀🦀🦀", &WITH_FACTOR, &NOBODY).is_ok());
        assert_eq!(refusal("x7#qP!z", PasswordRules { min_length: 1 }).kind, "string_too_short");
    }

    #[test]
    fn takes_1024_bytes_whole() {
        let longest = "x".repeat(1023) + " ";
        assert_eq!(NewPassword::parse(&longest, &ALONE, &NOBODY).unwrap().expose(), longest.as_bytes());
        assert_eq!(GivenPassword::parse(&longest).unwrap().expose(), longest.as_bytes());
        assert_eq!(refusal(&"x".repeat(1025), ALONE).kind, "string_too_long");
        assert_eq!(GivenPassword::parse(&"x".repeat(1025)).unwrap_err().kind, "string_too_long");
        // Three bytes that become six.
        assert_eq!(GivenPassword::parse(&"\u{FB2C}".repeat(340)).unwrap_err().kind, "string_too_long");
        // NFC makes it short enough, but nobody is made to normalise without bound.
        assert_eq!(GivenPassword::parse(&"e\u{301}".repeat(400)).unwrap_err().kind, "string_too_long");
    }

    #[test]
    fn trims_and_cuts_nothing() {
        let password = NewPassword::parse(" \tfour words long\n\0", &ALONE, &NOBODY).unwrap();
        assert_eq!(password.expose(), b" \tfour words long\n\0");
        assert_eq!(GivenPassword::parse(" A ").unwrap().expose(), b" A ");
        assert_eq!(GivenPassword::parse("").unwrap().expose(), b"");
    }

    #[test]
    fn refuses_common_passwords_of_any_case() {
        for common in ["password", "PassWord1", "qwertyuiop", "12345678", "ILoveYou"] {
            assert_eq!(refusal(common, WITH_FACTOR).kind, "value_error", "{common}");
        }
        let fault = refusal("TRUSTNO1", WITH_FACTOR);
        assert_eq!(
            (fault.kind, &*fault.message),
            ("value_error", "this password is common or was part of a breach")
        );
        assert!(NewPassword::parse("password  password", &ALONE, &NOBODY).is_ok(), "the whole is compared");
    }

    #[test]
    fn refuses_what_is_known_of_the_account() {
        let email = Email::parse("Ada.Lovelace.1815@Bücher.test").unwrap();
        let about =
            About {
                email: Some(&email), tenant_name: "Zoës Bücherladen", tenant_slug: "zoes-buecherladen"
            };
        for known in [
            "ada.lovelace.1815@bücher.TEST",
            "Ada.Lovelace.1815@xn--bcher-kva.test",
            "ADA.LOVELACE.1815",
            "ZOE\u{308}S BU\u{308}CHERLADEN",
            "Zoes-Buecherladen",
        ] {
            assert_eq!(NewPassword::parse(known, &ALONE, &about).unwrap_err().kind, "value_error", "{known}");
            assert!(NewPassword::parse(&format!("{known}!"), &ALONE, &about).is_ok(), "{known}");
        }
    }

    #[test]
    fn is_never_shown() {
        let new = NewPassword::parse("four words long", &ALONE, &NOBODY).unwrap();
        let given = GivenPassword::parse("four words long").unwrap();
        assert_eq!(format!("{new:?} {given:?}"), "NewPassword(…) GivenPassword(…)");
    }

    proptest! {
        #[test]
        fn canonical_equals_are_one_password(text in "\\PC{0,40}") {
            let (nfc, nfd) = (text.nfc().collect::<String>(), text.nfd().collect::<String>());
            let given = GivenPassword::parse(&text).unwrap();
            let composed = GivenPassword::parse(&nfc).unwrap();
            let decomposed = GivenPassword::parse(&nfd);
            prop_assert_eq!(given.expose(), composed.expose());
            if let Ok(decomposed) = decomposed {
                prop_assert_eq!(given.expose(), decomposed.expose());
            }
            match NewPassword::parse(&text, &WITH_FACTOR, &NOBODY) {
                Ok(new) => prop_assert_eq!(new.expose(), given.expose()),
                Err(fault) => prop_assert!(nfc.chars().count() < 8 || fault.kind == "value_error"),
            }
        }
    }
}
