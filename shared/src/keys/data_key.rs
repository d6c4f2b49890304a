//! The three data keys. Each is a ring: the first key seals, every key opens, so that a key is
//! rotated by putting a new one first and sealing anew what is read.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey},
    hkdf, hmac,
};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

#[cfg(test)]
use super::{KeyRing, KeyText};

/// What a data key is for. A function holds only those it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// Seals password hashes and what a registration mails.
    Passwords,
    /// Seals factors; makes the mailed codes, reset tokens and MFA handles.
    Factors,
    /// Seals tenants' signing keys; makes refresh tokens.
    Signing,
}

impl Purpose {
    pub const ALL: [Self; 3] = [Self::Passwords, Self::Factors, Self::Signing];

    /// What it is called on the command line, in parameters and in KMS's encryption context.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Passwords => "passwords",
            Self::Factors => "factors",
            Self::Signing => "signing",
        }
    }

    /// The environment variable that holds the key.
    #[must_use]
    pub fn variable(self) -> &'static str {
        match self {
            Self::Passwords => "LATCHKEY_KEY_PASSWORDS",
            Self::Factors => "LATCHKEY_KEY_FACTORS",
            Self::Signing => "LATCHKEY_KEY_SIGNING",
        }
    }
}

/// What a function was given for each purpose.
#[derive(Debug)]
pub struct ByPurpose<T> {
    pub passwords: Option<T>,
    pub factors: Option<T>,
    pub signing: Option<T>,
}

/// The keys that this function was given.
pub type DataKeys = ByPurpose<DataKey>;
/// The same as they are configured.
pub type KeyRings = ByPurpose<super::KeyRing>;

impl<T> ByPurpose<T> {
    #[must_use]
    pub fn of(&self, purpose: Purpose) -> Option<&T> {
        match purpose {
            Purpose::Passwords => self.passwords.as_ref(),
            Purpose::Factors => self.factors.as_ref(),
            Purpose::Signing => self.signing.as_ref(),
        }
    }
}

/// A sealed value that no key of the ring opens: the wrong key, the wrong item, or damage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a sealed value does not open: wrong data key, wrong item, or damage")]
pub struct SealBroken;

/// A ring of keys of one purpose.
#[derive(Clone)]
pub struct DataKey {
    ring: Vec<Key>,
}

#[derive(Clone)]
pub(super) struct Key {
    id: String,
    root: hkdf::Prk,
    derived: Arc<Derived>,
}

/// What has been derived from a key's root, which takes longer than to use it.
#[derive(Default)]
struct Derived {
    cipher: OnceLock<RandomizedNonceKey>,
    /// By their labels, which are few.
    macs: Mutex<HashMap<String, hmac::Key>>,
}

struct Length32;

impl hkdf::KeyType for Length32 {
    fn len(&self) -> usize {
        32
    }
}

const ENVELOPE: u8 = 1;

impl DataKey {
    /// A ring of at least one key, the one in force first.
    pub(super) fn of(ring: Vec<Key>) -> Self {
        Self { ring }
    }

    /// Seals `plain` with the key in force (AES-256-GCM), bound to `place`, the key of its item.
    ///
    /// The envelope is: version, length of the key's id, the id, nonce, ciphertext and tag.
    ///
    /// # Panics
    /// For a plaintext of 64 GiB.
    #[must_use]
    pub fn seal(&self, place: &str, plain: &[u8]) -> Vec<u8> {
        let key = self.in_force();
        let mut body = plain.to_vec();
        #[expect(clippy::expect_used, reason = "fails only for a plaintext of 64 GiB")]
        let nonce = key
            .cipher()
            .seal_in_place_append_tag(Aad::from(place), &mut body)
            .expect("the plaintext is short");
        let id = key.id.as_bytes();
        let mut envelope = Vec::with_capacity(2 + id.len() + NONCE_LEN + body.len());
        envelope.push(ENVELOPE);
        envelope.push(u8::try_from(id.len()).unwrap_or(u8::MAX));
        envelope.extend_from_slice(id);
        envelope.extend_from_slice(nonce.as_ref());
        envelope.append(&mut body);
        envelope
    }

    /// Opens what [`seal`](Self::seal) made for the same `place`.
    ///
    /// # Errors
    /// [`SealBroken`] when no key of the ring opens it there.
    pub fn open(&self, place: &str, envelope: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealBroken> {
        let (&[ENVELOPE, id_length], rest) = envelope.split_first_chunk::<2>().ok_or(SealBroken)? else {
            return Err(SealBroken);
        };
        let (id, rest) = rest.split_at_checked(usize::from(id_length)).ok_or(SealBroken)?;
        let (nonce, body) = rest.split_first_chunk::<NONCE_LEN>().ok_or(SealBroken)?;
        let key = self.ring.iter().find(|key| key.id.as_bytes() == id).ok_or(SealBroken)?;
        let mut body = Zeroizing::new(body.to_vec());
        let length = key
            .cipher()
            .open_in_place(Nonce::from(nonce), Aad::from(place), &mut body)
            .map_err(|_| SealBroken)?
            .len();
        body.truncate(length);
        Ok(body)
    }

    /// True when the value is sealed with a key that is no longer in force.
    #[must_use]
    pub fn is_stale(&self, envelope: &[u8]) -> bool {
        let id = self.in_force().id.as_bytes();
        !envelope.get(2..).is_some_and(|rest| rest.starts_with(id) && usize::from(envelope[1]) == id.len())
    }

    /// HMAC-SHA256 of `parts` under a subkey that serves `label` alone.
    #[must_use]
    pub fn mac(&self, label: &str, parts: &[&[u8]]) -> [u8; 32] {
        self.in_force().mac(label, parts)
    }

    /// The same under every key of the ring, the one in force first.
    pub fn macs(&self, label: &str, parts: &[&[u8]]) -> impl Iterator<Item = [u8; 32]> {
        self.ring.iter().map(move |key| key.mac(label, parts))
    }

    /// Whether `tag` is (the beginning of) the MAC of `parts` under any key of the ring, compared
    /// in constant time.
    #[must_use]
    pub fn mac_matches(&self, label: &str, parts: &[&[u8]], tag: &[u8]) -> bool {
        self.ring.iter().any(|key| {
            let whole = key.mac(label, parts);
            whole.get(..tag.len()).is_some_and(|whole| !tag.is_empty() && bool::from(whole.ct_eq(tag)))
        })
    }

    /// Each key of the ring alone, the one in force first.
    pub fn each(&self) -> impl Iterator<Item = Self> {
        self.ring.iter().map(|key| Self { ring: vec![key.clone()] })
    }

    fn in_force(&self) -> &Key {
        &self.ring[0]
    }
}

impl Key {
    pub(super) fn of(id: String, bytes: &[u8; 32]) -> Self {
        let root = hkdf::Salt::new(hkdf::HKDF_SHA256, b"latchkey").extract(bytes);
        Self { id, root, derived: Arc::default() }
    }

    fn subkey(&self, label: &str) -> Zeroizing<[u8; 32]> {
        let mut subkey = Zeroizing::new([0; 32]);
        #[expect(clippy::expect_used, reason = "32 bytes are within HKDF's limit (RFC 5869 §2.3)")]
        self.root
            .expand(&[label.as_bytes()], Length32)
            .and_then(|okm| okm.fill(subkey.as_mut_slice()))
            .expect("32 bytes can be derived");
        subkey
    }

    #[expect(clippy::expect_used, reason = "AES-256 takes any 32 bytes")]
    fn cipher(&self) -> &RandomizedNonceKey {
        self.derived.cipher.get_or_init(|| {
            RandomizedNonceKey::new(&AES_256_GCM, self.subkey("seal").as_slice()).expect("32 bytes are a key")
        })
    }

    fn mac_under(&self, label: &str) -> hmac::Context {
        let mut macs = self.derived.macs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = macs.get(label) {
            return hmac::Context::with_key(key);
        }
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.subkey(&format!("mac {label}")).as_slice());
        hmac::Context::with_key(macs.entry(label.to_owned()).or_insert(key))
    }

    fn mac(&self, label: &str, parts: &[&[u8]]) -> [u8; 32] {
        let mut context = self.mac_under(label);
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        let mut tag = [0; 32];
        tag.copy_from_slice(context.sign().as_ref());
        tag
    }
}

/// Says which keys there are, not what they are.
impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.ring.iter().map(|key| &key.id)).finish()
    }
}

#[cfg(test)]
impl DataKey {
    /// A ring of plain keys.
    pub(crate) fn parse(text: &str) -> Result<Self, KeyText> {
        let opened = KeyRing::parse(text)?.unwrapped(async |_| Err(KeyText::Wrapped));
        futures::FutureExt::now_or_never(opened).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine, prelude::BASE64_STANDARD};

    use super::*;

    fn key(id: &str, fill: u8) -> String {
        format!("{id}:plain:{}", BASE64_STANDARD.encode([fill; 32]))
    }

    #[test]
    fn a_seal_opens_in_its_place_and_nowhere_else() {
        let ring = DataKey::parse(&key("a", 1)).unwrap();
        let sealed = ring.seal("here", b"secret");
        assert_eq!(ring.open("here", &sealed).unwrap().as_slice(), b"secret");
        assert_eq!(ring.open("there", &sealed), Err(SealBroken));
        for index in 0..sealed.len() {
            let mut damaged = sealed.clone();
            damaged[index] ^= 1;
            assert_eq!(ring.open("here", &damaged), Err(SealBroken), "byte {index}");
            assert_eq!(ring.open("here", &sealed[..index]), Err(SealBroken), "cut at {index}");
        }
    }

    #[test]
    fn a_rotated_ring_opens_the_old_and_seals_with_the_new() {
        let old = DataKey::parse(&key("a", 1)).unwrap();
        let sealed = old.seal("here", b"secret");
        let tag = old.mac("code", &[b"123456"]);
        let rotated = DataKey::parse(&format!("{},{}", key("b", 2), key("a", 1))).unwrap();
        assert_eq!(rotated.open("here", &sealed).unwrap().as_slice(), b"secret");
        assert!(rotated.is_stale(&sealed));
        assert!(!rotated.is_stale(&rotated.seal("here", b"secret")));
        assert!(rotated.mac_matches("code", &[b"123456"], &tag));
        let other = DataKey::parse(&key("a", 3)).unwrap();
        assert_eq!(other.open("here", &sealed), Err(SealBroken));
        assert!(!other.mac_matches("code", &[b"123456"], &tag));
    }

    #[test]
    fn macs_differ_by_label_and_by_where_their_parts_end() {
        let ring = DataKey::parse(&key("a", 1)).unwrap();
        assert_ne!(ring.mac("x", &[b"ab", b"c"]), ring.mac("x", &[b"a", b"bc"]));
        assert_ne!(ring.mac("x", &[b"ab"]), ring.mac("y", &[b"ab"]));
        assert!(!ring.mac_matches("x", &[b"ab"], &[]));
    }

    #[test]
    fn a_ring_shows_its_names_alone() {
        assert_eq!(format!("{:?}", DataKey::parse(&key("a", 7)).unwrap()), "[\"a\"]");
    }
}
