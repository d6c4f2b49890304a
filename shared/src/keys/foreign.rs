//! Password hashes that other systems made: bcrypt, scrypt, PBKDF2 and argon2 of other costs or kinds.
//!
//! They are taken in at an import, verify at a login, and are argon2id of our own from then on. Each has a bound
//! on what it may cost, checked when it is taken in and again before it is used.

use std::num::NonZeroU32;

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{Ident, Output, ParamsString, PasswordHash, Salt},
};
use aws_lc_rs::pbkdf2;
use base64::{Engine, prelude::BASE64_STANDARD};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

use super::{Cost, StoredHash};

/// Why a hash is not taken in. It never shows the hash.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HashRefused {
    #[error(
        "the hash is of no kind that is known: bcrypt, scrypt, pbkdf2-sha256, pbkdf2-sha512, argon2id or argon2i"
    )]
    Unknown,
    #[error("the hash does not read as {0}")]
    Malformed(&'static str),
    #[error("the hash costs too much: {0}")]
    TooCostly(&'static str),
}

/// `bcrypt`'s cost: 14 is a second of one processor.
const MOST_BCRYPT: u32 = 14;
/// `scrypt`'s memory, 128·N·r bytes, which is OWASP's first choice (N=2^17, r=8).
const MOST_SCRYPT_BYTES: u64 = 128 << 20;
/// `scrypt`'s work, N·r·p: twice that of OWASP's first choice.
const MOST_SCRYPT_WORK: u64 = 1 << 21;
/// PBKDF2's iterations: more than three times what OWASP asks of SHA-256.
const MOST_ITERATIONS: u32 = 2_000_000;

/// A hash that was read and may be used.
pub(super) enum Foreign {
    Bcrypt(String),
    Argon2 { algorithm: Algorithm, version: Version, params: Params, salt: Vec<u8>, output: Vec<u8> },
    Scrypt { params: scrypt::Params, salt: Vec<u8>, output: Vec<u8> },
    Pbkdf2 { algorithm: pbkdf2::Algorithm, iterations: NonZeroU32, salt: Vec<u8>, output: Vec<u8> },
}

impl StoredHash {
    /// Takes in a hash that another system made:
    ///
    /// - bcrypt: `$2a$`, `$2b$` and `$2y$`;
    /// - PHC strings of `argon2id`, `argon2i`, `scrypt` (`ln` or `N`), `pbkdf2-sha256` and `pbkdf2-sha512` (`i`);
    /// - passlib's `$pbkdf2-sha256$<iterations>$…`, and Werkzeug's `scrypt:<N>:<r>:<p>$<salt>$<hex>`.
    ///
    /// # Errors
    /// [`HashRefused`].
    pub fn import(text: &str) -> Result<Self, HashRefused> {
        let text = text.trim();
        let phc = if text.starts_with("scrypt:") { of_werkzeug(text)? } else { as_phc(text) };
        Foreign::read(&phc)?;
        Ok(Self::new(phc))
    }

    /// PBKDF2 of its parts, in the encoding that Keycloak exports.
    ///
    /// # Errors
    /// [`HashRefused`].
    pub fn pbkdf2(algorithm: &str, iterations: u32, salt: &str, output: &str) -> Result<Self, HashRefused> {
        Self::of_parts(algorithm, &[("i", iterations)], None, (salt, output))
    }

    /// argon2 of its parts, likewise. `kind` is `id` or `i`, `version` 16 or 19.
    ///
    /// # Errors
    /// [`HashRefused`].
    pub fn argon2(
        (kind, version): (&str, u32),
        cost: Cost,
        salt: &str,
        output: &str,
    ) -> Result<Self, HashRefused> {
        let algorithm = format!("argon2{kind}");
        let params = [("m", cost.memory_kib), ("t", cost.passes), ("p", cost.lanes)];
        Self::of_parts(&algorithm, &params, Some(version), (salt, output))
    }

    fn of_parts(
        algorithm: &str,
        params: &[(&str, u32)],
        version: Option<u32>,
        (salt, output): (&str, &str),
    ) -> Result<Self, HashRefused> {
        let decode = |text: &str| BASE64_STANDARD.decode(text).map_err(|_| HashRefused::Malformed("base64"));
        let phc = phc(algorithm, version, params, &decode(salt)?, &decode(output)?)?;
        Foreign::read(&phc)?;
        Ok(Self::new(phc))
    }
}

impl Foreign {
    /// # Errors
    /// [`HashRefused`]: not to be used.
    pub(super) fn read(phc: &str) -> Result<Self, HashRefused> {
        if ["$2a$", "$2b$", "$2y$"].iter().any(|prefix| phc.starts_with(prefix)) {
            return bcrypt_of(phc);
        }
        let hash = PasswordHash::new(phc).map_err(|_| HashRefused::Unknown)?;
        let parts = hash.salt.as_ref().zip(hash.hash.as_ref());
        let of = |name: &'static str| {
            let (salt, output) = parts.ok_or(HashRefused::Malformed(name))?;
            let salt: &[u8] = salt.as_ref();
            Ok::<_, HashRefused>((salt.to_vec(), output.as_bytes().to_vec()))
        };
        match hash.algorithm.as_str() {
            "argon2id" => argon2_of(&hash, Algorithm::Argon2id, of("argon2id")?),
            "argon2i" => argon2_of(&hash, Algorithm::Argon2i, of("argon2i")?),
            "scrypt" => scrypt_of(&hash, of("scrypt")?),
            "pbkdf2-sha256" => pbkdf2_of(&hash, pbkdf2::PBKDF2_HMAC_SHA256, of("pbkdf2-sha256")?),
            "pbkdf2-sha512" => pbkdf2_of(&hash, pbkdf2::PBKDF2_HMAC_SHA512, of("pbkdf2-sha512")?),
            _ => Err(HashRefused::Unknown),
        }
    }

    /// Compared in constant time.
    pub(super) fn verify(&self, password: &[u8]) -> bool {
        match self {
            // bcrypt ends a password at its first NUL and begins anew: `x` and `x\0x` would be one.
            Self::Bcrypt(hash) => !password.contains(&0) && bcrypt::verify(password, hash).unwrap_or(false),
            Self::Argon2 { algorithm, version, params, salt, output } => {
                let mut blocks = vec![Block::new(); params.block_count()];
                let mut made = Zeroizing::new(vec![0; output.len()]);
                let done = Argon2::new(*algorithm, *version, params.clone()).hash_password_into_with_memory(
                    password,
                    salt,
                    &mut made,
                    &mut blocks,
                );
                for block in &mut blocks {
                    block.as_mut().zeroize();
                }
                done.is_ok() && bool::from(made.as_slice().ct_eq(output))
            }
            Self::Scrypt { params, salt, output } => {
                let mut made = Zeroizing::new(vec![0; output.len()]);
                let done = scrypt::scrypt(password, salt, params, &mut made);
                done.is_ok() && bool::from(made.as_slice().ct_eq(output))
            }
            Self::Pbkdf2 { algorithm, iterations, salt, output } => {
                pbkdf2::verify(*algorithm, *iterations, salt, password, output).is_ok()
            }
        }
    }
}

fn bcrypt_of(text: &str) -> Result<Foreign, HashRefused> {
    let parts: bcrypt::HashParts = text.parse().map_err(|_| HashRefused::Malformed("bcrypt"))?;
    match parts.get_cost() {
        4..=MOST_BCRYPT => Ok(Foreign::Bcrypt(text.to_owned())),
        0..4 => Err(HashRefused::Malformed("bcrypt")),
        _ => Err(HashRefused::TooCostly("bcrypt's cost may be 14 at most")),
    }
}

fn argon2_of(
    hash: &PasswordHash,
    algorithm: Algorithm,
    (salt, output): (Vec<u8>, Vec<u8>),
) -> Result<Foreign, HashRefused> {
    let malformed = HashRefused::Malformed("argon2");
    let number = |name| hash.params.get_decimal(name).ok_or(malformed.clone());
    let cost = Cost { memory_kib: number("m")?, passes: number("t")?, lanes: number("p")? };
    if !cost.is_bounded() {
        return Err(HashRefused::TooCostly("argon2 may take 128 MiB, 16 passes and 8 lanes at most"));
    }
    let version = match hash.version {
        Some(19) => Version::V0x13,
        None | Some(16) => Version::V0x10,
        _ => return Err(malformed),
    };
    let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(output.len()));
    Ok(Foreign::Argon2 { algorithm, version, params: params.map_err(|_| malformed)?, salt, output })
}

fn scrypt_of(hash: &PasswordHash, (salt, output): (Vec<u8>, Vec<u8>)) -> Result<Foreign, HashRefused> {
    let malformed = || HashRefused::Malformed("scrypt");
    let number = |name| hash.params.get_decimal(name);
    let log_n = match (number("ln"), number("n")) {
        (Some(log_n), None) => log_n,
        (None, Some(n)) if n.is_power_of_two() => n.ilog2(),
        _ => return Err(malformed()),
    };
    let (r, p) = number("r").zip(number("p")).ok_or_else(malformed)?;
    let work = 1_u64.checked_shl(log_n).filter(|_| log_n < 32).and_then(|n| n.checked_mul(u64::from(r)));
    let fits = work.is_some_and(|work| {
        work <= MOST_SCRYPT_BYTES / 128 && work.saturating_mul(u64::from(p)) <= MOST_SCRYPT_WORK
    });
    if !fits {
        return Err(HashRefused::TooCostly("scrypt may take 128 MiB (128·N·r), and N·r·p be 2^21 at most"));
    }
    let log_n = u8::try_from(log_n).map_err(|_| malformed())?;
    let params = scrypt::Params::new(log_n, r, p).map_err(|_| malformed())?;
    Ok(Foreign::Scrypt { params, salt, output })
}

fn pbkdf2_of(
    hash: &PasswordHash,
    algorithm: pbkdf2::Algorithm,
    (salt, output): (Vec<u8>, Vec<u8>),
) -> Result<Foreign, HashRefused> {
    let iterations = hash.params.get_decimal("i").and_then(NonZeroU32::new);
    let iterations = iterations.ok_or(HashRefused::Malformed("pbkdf2"))?;
    if iterations.get() > MOST_ITERATIONS {
        return Err(HashRefused::TooCostly("pbkdf2 may have 2,000,000 iterations at most"));
    }
    Ok(Foreign::Pbkdf2 { algorithm, iterations, salt, output })
}

/// The PHC string of what is almost one. passlib's PBKDF2 strings have the iterations without a name, and `.`
/// where base64 has `+`.
fn as_phc(text: &str) -> String {
    let parts: Vec<_> = text.split('$').collect();
    match parts[..] {
        ["", name, iterations, salt, output]
            if name.starts_with("pbkdf2-") && iterations.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            let (salt, output) = (salt.replace('.', "+"), output.replace('.', "+"));
            format!("${name}$i={iterations}${salt}${output}")
        }
        // PHC has no capitals in names, libraries do.
        ["", "scrypt", params, salt, output] if params.starts_with("N=") => {
            format!("$scrypt${}${salt}${output}", params.replacen("N=", "n=", 1))
        }
        _ => text.to_owned(),
    }
}

/// Werkzeug's salt is a text, its output in hexadecimal.
fn of_werkzeug(text: &str) -> Result<String, HashRefused> {
    let malformed = || HashRefused::Malformed("scrypt");
    let parts: Vec<_> = text.split('$').collect();
    let &[method, salt, output] = parts.as_slice() else { return Err(malformed()) };
    let numbers: Vec<u32> = method.split(':').skip(1).filter_map(|number| number.parse().ok()).collect();
    let &[n, r, p] = numbers.as_slice() else { return Err(malformed()) };
    if !n.is_power_of_two() {
        return Err(malformed());
    }
    let output = bytes_of_hex(output).ok_or_else(malformed)?;
    phc("scrypt", None, &[("ln", n.ilog2()), ("r", r), ("p", p)], salt.as_bytes(), &output)
}

fn bytes_of_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        text.chars().map(|digit| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect();
    let (pairs, rest) = digits.as_deref()?.as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|[high, low]| high * 16 + low).collect())
}

fn phc(
    algorithm: &str,
    version: Option<u32>,
    params: &[(&str, u32)],
    salt: &[u8],
    output: &[u8],
) -> Result<String, HashRefused> {
    let mut string = ParamsString::new();
    for (name, value) in params {
        string.add_decimal(*name, *value).map_err(|_| HashRefused::Unknown)?;
    }
    let hash = PasswordHash {
        algorithm: Ident::new(algorithm).map_err(|_| HashRefused::Unknown)?,
        version,
        params: string,
        salt: Some(Salt::new(salt).map_err(|_| HashRefused::Malformed("a salt of 8 to 48 bytes"))?),
        hash: Some(Output::new(output).map_err(|_| HashRefused::Malformed("a hash of 10 to 64 bytes"))?),
    };
    Ok(hash.to_string())
}

#[cfg(test)]
mod tests;
