//! Password hashes: argon2id in PHC strings, over blocks of memory that are made once.

use std::sync::{Arc, Mutex, PoisonError};

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{Ident, Output, ParamsString, PasswordHash, Salt},
};
use subtle::ConstantTimeEq;
use tokio::sync::{Semaphore, SemaphorePermit};
use zeroize::Zeroize;

use super::foreign::Foreign;
use crate::domain::Entropy;

/// argon2id's cost: memory in KiB, passes, lanes. RFC 9106; the default is OWASP's minimum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    pub memory_kib: u32,
    pub passes: u32,
    pub lanes: u32,
}

impl Default for Cost {
    fn default() -> Self {
        Self { memory_kib: 19_456, passes: 2, lanes: 1 }
    }
}

impl Cost {
    /// What a *stored* hash may ask of us; without a bound a bad row could stop a function.
    const MOST: Self = Self { memory_kib: 128 * 1024, passes: 16, lanes: 8 };

    /// Reads `memory_kib,passes,lanes`; `None` if it is malformed or outside what is safe and usable.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(',').map(|part| part.trim().parse::<u32>().ok());
        let cost = Self { memory_kib: parts.next()??, passes: parts.next()??, lanes: parts.next()?? };
        (parts.next().is_none() && cost.params().is_some()).then_some(cost)
    }

    /// Whether a stored hash may ask for it.
    pub(super) fn is_bounded(self) -> bool {
        self.memory_kib <= Self::MOST.memory_kib
            && self.passes <= Self::MOST.passes
            && self.lanes <= Self::MOST.lanes
    }

    fn params(self) -> Option<Params> {
        self.is_bounded()
            .then(|| Params::new(self.memory_kib, self.passes, self.lanes, Some(OUTPUT)).ok())
            .flatten()
    }
}

const OUTPUT: usize = 32;

/// A PHC string as it is stored (sealed). Not printed.
#[derive(Clone, PartialEq, Eq, zeroize::ZeroizeOnDrop)]
pub struct StoredHash(String);

impl StoredHash {
    #[must_use]
    pub fn new(phc: String) -> Self {
        Self(phc)
    }

    #[must_use]
    pub fn phc(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for StoredHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StoredHash(…)")
    }
}

/// A small pool of memory blocks to hash in. One in a Lambda, which serves one request at a time;
/// a few in a server. Waiting for a block is what bounds the memory.
#[derive(Clone)]
pub struct Hasher {
    pool: Arc<Pool>,
    cost: Cost,
}

struct Pool {
    free: Semaphore,
    blocks: Mutex<Vec<Vec<Block>>>,
}

impl Hasher {
    /// Makes `places` blocks and touches them, so that no request pays for their page faults.
    #[must_use]
    pub fn new(cost: Cost, places: usize) -> Self {
        let count = cost.params().map_or(0, |params| params.block_count());
        let blocks = (0..places).map(|_| vec![Block::new(); count]).collect();
        Self { pool: Arc::new(Pool { free: Semaphore::new(places), blocks: Mutex::new(blocks) }), cost }
    }

    /// Hashes a new password with the cost in force. Off the async thread: the store's calls go on
    /// meanwhile.
    pub async fn hash(&self, password: &[u8], entropy: &dyn Entropy) -> StoredHash {
        let salt: [u8; 16] = entropy.bytes();
        let output = self.run(password, &salt, self.cost).await;
        StoredHash(phc(self.cost, &salt, &output))
    }

    /// Whether the password is the one behind `stored`. `None` and an unreadable hash cost what a
    /// real one does and are never right, so that an account without a password looks like any other.
    pub async fn verify(&self, password: &[u8], stored: Option<&StoredHash>) -> bool {
        let parsed = stored.and_then(|stored| Parsed::of(stored.phc()));
        let (cost, salt) =
            parsed.as_ref().map_or((self.cost, [0; 16].to_vec()), |p| (p.cost, p.salt.clone()));
        let mut output = self.run(password, &salt, cost).await;
        let right = parsed.is_some_and(|parsed| bool::from(output.ct_eq(&parsed.output)));
        output.zeroize();
        right
    }

    /// As [`verify`](Self::verify), for a hash that an import may have brought. One of another system takes the
    /// time that it takes there: until its first login such an account can be told by time, a deviation that is
    /// written down.
    pub async fn verify_any(&self, password: &[u8], stored: Option<&StoredHash>) -> bool {
        let foreign = stored
            .filter(|stored| Parsed::of(stored.phc()).is_none())
            .and_then(|stored| Foreign::read(stored.phc()).ok());
        match foreign {
            Some(foreign) => self.run_foreign(foreign, password).await,
            None => self.verify(password, stored).await,
        }
    }

    /// Its memory is its own; the place bounds how much of it there is at once.
    async fn run_foreign(&self, foreign: Foreign, password: &[u8]) -> bool {
        let place = self.pool.place().await;
        let password = zeroize::Zeroizing::new(password.to_vec());
        let work = tokio::task::spawn_blocking(move || foreign.verify(&password));
        #[expect(clippy::expect_used, reason = "the closure does not panic and is not cancelled")]
        let right = work.await.expect("hashing ends");
        drop(place);
        right
    }

    /// Whether `stored` was made with another cost than the one in force, or by another system.
    #[must_use]
    pub fn is_outdated(&self, stored: &StoredHash) -> bool {
        Parsed::of(stored.phc()).is_none_or(|parsed| parsed.cost != self.cost)
    }

    async fn run(&self, password: &[u8], salt: &[u8], cost: Cost) -> [u8; OUTPUT] {
        let place = self.pool.place().await;
        let blocks = self.pool.take();
        let password = zeroize::Zeroizing::new(password.to_vec());
        let salt = salt.to_vec();
        let work = tokio::task::spawn_blocking(move || {
            let mut blocks = blocks;
            let output = argon2id(cost, &password, &salt, &mut blocks);
            (output, blocks)
        });
        #[expect(clippy::expect_used, reason = "the closure does not panic and is not cancelled")]
        let (output, blocks) = work.await.expect("hashing ends");
        self.pool.give_back(blocks);
        drop(place);
        output
    }
}

impl Pool {
    #[expect(clippy::expect_used, reason = "the semaphore is never closed")]
    async fn place(&self) -> SemaphorePermit<'_> {
        self.free.acquire().await.expect("the pool is open")
    }

    fn take(&self) -> Vec<Block> {
        self.blocks.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    fn give_back(&self, blocks: Vec<Block>) {
        self.blocks.lock().unwrap_or_else(PoisonError::into_inner).push(blocks);
    }
}

#[expect(clippy::expect_used, reason = "cost, salt and output were checked where they were read")]
fn argon2id(cost: Cost, password: &[u8], salt: &[u8], blocks: &mut Vec<Block>) -> [u8; OUTPUT] {
    let params = cost.params().expect("the cost is within bounds");
    let needed = params.block_count();
    if blocks.len() < needed {
        blocks.resize(needed, Block::new());
    }
    let mut output = [0; OUTPUT];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into_with_memory(password, salt, &mut output, &mut blocks[..needed])
        .expect("the parameters are valid");
    // The crate leaves what it derived in the blocks.
    for block in &mut blocks[..needed] {
        block.as_mut().zeroize();
    }
    output
}

struct Parsed {
    cost: Cost,
    salt: Vec<u8>,
    output: [u8; OUTPUT],
}

impl Parsed {
    fn of(phc: &str) -> Option<Self> {
        let hash = PasswordHash::new(phc).ok()?;
        if hash.algorithm.as_str() != "argon2id" || hash.version != Some(19) {
            return None;
        }
        let number = |name| hash.params.get_decimal(name);
        let cost = Cost { memory_kib: number("m")?, passes: number("t")?, lanes: number("p")? };
        cost.params()?;
        let salt: &[u8] = hash.salt.as_ref()?.as_ref();
        let output = hash.hash.as_ref()?.as_bytes().try_into().ok()?;
        (salt.len() >= 8).then(|| Self { cost, salt: salt.to_vec(), output })
    }
}

#[expect(clippy::expect_used, reason = "numbers and 16 and 32 bytes fit the PHC format")]
fn phc(cost: Cost, salt: &[u8], output: &[u8]) -> String {
    let mut params = ParamsString::new();
    for (name, value) in [("m", cost.memory_kib), ("t", cost.passes), ("p", cost.lanes)] {
        params.add_decimal(name, value).expect("a number is a parameter");
    }
    PasswordHash {
        algorithm: Ident::new_unwrap("argon2id"),
        version: Some(19),
        params,
        salt: Some(Salt::new(salt).expect("16 bytes are a salt")),
        hash: Some(Output::new(output).expect("32 bytes are an output")),
    }
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::entropy::SystemEntropy;

    const CHEAP: Cost = Cost { memory_kib: 64, passes: 1, lanes: 1 };

    #[tokio::test]
    async fn a_hash_verifies_its_password_alone() {
        let hasher = Hasher::new(CHEAP, 1);
        let stored = hasher.hash(b"right", &SystemEntropy::default()).await;
        assert!(stored.phc().starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{}", stored.phc());
        assert!(hasher.verify(b"right", Some(&stored)).await);
        assert!(!hasher.verify(b"wrong", Some(&stored)).await);
        assert!(!hasher.verify(b"right", None).await);
    }

    #[tokio::test]
    async fn agrees_with_the_crates_own_verifier() {
        use argon2::PasswordVerifier;
        let stored = Hasher::new(CHEAP, 1).hash(b"right", &SystemEntropy::default()).await;
        let parsed = PasswordHash::new(stored.phc()).unwrap();
        Argon2::default().verify_password(b"right", &parsed).unwrap();
    }

    #[tokio::test]
    async fn another_cost_still_verifies_and_is_outdated() {
        let stored = Hasher::new(CHEAP, 1).hash(b"right", &SystemEntropy::default()).await;
        let dearer = Hasher::new(Cost { memory_kib: 128, ..CHEAP }, 1);
        assert!(dearer.verify(b"right", Some(&stored)).await);
        assert!(dearer.is_outdated(&stored));
        let cheaper = Hasher::new(Cost { memory_kib: 32, ..CHEAP }, 1);
        assert!(cheaper.verify(b"right", Some(&stored)).await);
    }

    #[tokio::test]
    async fn another_systems_hash_verifies_where_it_is_looked_for_and_is_outdated() {
        let hasher = Hasher::new(CHEAP, 1);
        // crypt_blowfish's first test vector.
        let text = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
        let stored = StoredHash::import(text).unwrap();
        assert!(hasher.verify_any(b"U*U", Some(&stored)).await);
        assert!(!hasher.verify_any(b"U*V", Some(&stored)).await);
        assert!(!hasher.verify(b"U*U", Some(&stored)).await);
        assert!(hasher.is_outdated(&stored));
        let own = hasher.hash(b"right", &SystemEntropy::default()).await;
        assert!(hasher.verify_any(b"right", Some(&own)).await);
        assert!(!hasher.verify_any(b"right", None).await);
    }

    #[tokio::test]
    async fn a_stored_hash_cannot_ask_for_the_moon() {
        let hasher = Hasher::new(CHEAP, 1);
        for phc in [
            "$argon2id$v=19$m=4294967295,t=1,p=1$c2FsdHNhbHRzYWx0$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            "$argon2id$v=19$m=64,t=4000000000,p=1$c2FsdHNhbHRzYWx0$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            "nonsense",
        ] {
            let stored = StoredHash::new(phc.to_owned());
            assert!(!hasher.verify(b"right", Some(&stored)).await);
            assert!(!hasher.verify_any(b"right", Some(&stored)).await);
        }
    }

    #[test]
    fn costs_are_bounded() {
        assert_eq!(Cost::parse("19456,2,1"), Some(Cost::default()));
        for text in ["", "19456", "19456,2", "19456,2,1,1", "0,0,0", "999999999,2,1", "19456,2,99", "a,b,c"] {
            assert_eq!(Cost::parse(text), None, "{text}");
        }
    }
}
