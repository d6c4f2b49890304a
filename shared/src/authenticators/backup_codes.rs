//! Backup codes: 80 bits in groups of base32 (RFC 4648 §6), each good once.

use std::fmt;

use zeroize::Zeroizing;

use crate::domain::{Entropy, factor::BackupCode};

const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const LENGTH: usize = 16;
/// 10 bits, which name the code; 70 are left to guess.
const SELECTOR: usize = 2;
const GROUP: usize = 4;

/// A code as a person has it. Not printed.
#[derive(Clone)]
pub struct Code(Zeroizing<String>);

impl Code {
    /// Ten codes whose selectors differ from each other and from `taken`.
    #[must_use]
    pub fn fresh_set(entropy: &dyn Entropy, taken: &[String]) -> Vec<Self> {
        let mut set: Vec<Self> = Vec::with_capacity(BackupCode::COUNT);
        while set.len() < BackupCode::COUNT {
            let code = Self::fresh(entropy);
            let known = set.iter().any(|other| other.selector() == code.selector())
                || taken.iter().any(|other| other == code.selector());
            if !known {
                set.push(code);
            }
        }
        set
    }

    fn fresh(entropy: &dyn Entropy) -> Self {
        // 32 divides 256, so that every letter is as likely as any other.
        let random = Zeroizing::new(entropy.bytes::<LENGTH>());
        Self(Zeroizing::new(random.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect()))
    }

    /// Reads what a person typed: in any case, with or without hyphens and spaces.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut code = Zeroizing::new(String::with_capacity(LENGTH));
        for character in text.chars().filter(|character| *character != '-' && !character.is_whitespace()) {
            let character = character.to_ascii_uppercase();
            if code.len() == LENGTH || !ALPHABET.iter().any(|known| char::from(*known) == character) {
                return None;
            }
            code.push(character);
        }
        (code.len() == LENGTH).then_some(Self(code))
    }

    /// The part that names it.
    #[must_use]
    pub fn selector(&self) -> &str {
        &self.0[..SELECTOR]
    }

    /// The bytes to hash.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// As it is shown: `ABCD-EFGH-IJKL-MNOP`.
    #[must_use]
    pub fn grouped(&self) -> String {
        let groups: Vec<_> = (0..LENGTH).step_by(GROUP).map(|at| &self.0[at..at + GROUP]).collect();
        groups.join("-")
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(…)")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::domain::entropy::SystemEntropy;

    #[test]
    fn a_set_is_ten_codes_with_names_of_their_own() {
        let taken = vec!["AA".to_owned(), "ZZ".to_owned()];
        for _ in 0..50 {
            let set = Code::fresh_set(&SystemEntropy::default(), &taken);
            let names: BTreeSet<_> = set.iter().map(|code| code.selector().to_owned()).collect();
            assert_eq!((set.len(), names.len()), (10, 10));
            assert!(taken.iter().all(|name| !names.contains(name)));
        }
    }

    #[test]
    fn every_letter_is_as_likely_as_any_other() {
        let mut seen = [0_u32; 256];
        for code in (0..200).flat_map(|_| Code::fresh_set(&SystemEntropy::default(), &[])) {
            code.expose().iter().for_each(|letter| seen[usize::from(*letter)] += 1);
        }
        // A thousand of each, give or take ten deviations.
        for letter in ALPHABET {
            assert!((700..1300).contains(&seen[usize::from(*letter)]), "{}: {seen:?}", char::from(*letter));
        }
    }

    #[test]
    fn is_read_as_people_type_it() {
        let code = Code::parse("abcd-EFGH ijkl2345").unwrap();
        assert_eq!(code.grouped(), "ABCD-EFGH-IJKL-2345");
        assert_eq!(code.selector(), "AB");
        for bad in
            ["", "ABCD-EFGH-IJKL-234", "ABCD-EFGH-IJKL-23456", "ABCD-EFGH-IJKL-0189", "ａBCDEFGHIJKL2345"]
        {
            assert!(Code::parse(bad).is_none(), "{bad}");
        }
        assert_eq!(format!("{code:?}"), "Code(…)");
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_again(text in "[A-Z2-7]{16}") {
            let code = Code::parse(&text).unwrap();
            prop_assert_eq!(code.expose(), text.as_bytes());
            let again = Code::parse(&code.grouped().to_lowercase()).unwrap();
            prop_assert_eq!(again.expose(), code.expose());
        }

        #[test]
        fn no_text_makes_it_stumble(text in "\\PC{0,40}|[A-Za-z2-7-]{14,20}") {
            if let Some(code) = Code::parse(&text) {
                prop_assert_eq!(code.expose().len(), LENGTH);
            }
        }
    }
}
