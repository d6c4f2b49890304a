//! Password hashes of other systems, which an import brings.

use std::{str::from_utf8, sync::LazyLock};

use latchkey::keys::{Cost, Hasher, StoredHash};
use tokio::runtime::Runtime;

use crate::is_ours;

static HASHER: LazyLock<(Runtime, Hasher)> = LazyLock::new(|| {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    (runtime, Hasher::new(Cost::parse("64,1,1").unwrap(), 1))
});

/// A hash that is taken in reads again as the same, and can be tried without harm.
pub fn hashes(data: &[u8]) {
    let Ok(text) = from_utf8(data) else { return };
    let hash = match StoredHash::import(text) {
        Ok(hash) => hash,
        Err(why) => return assert!(is_ours(&why.to_string()), "{why}"),
    };
    let again = StoredHash::import(hash.phc()).unwrap_or_else(|why| panic!("{}: {why}", hash.phc()));
    assert_eq!(again.phc(), hash.phc());
    if is_cheap(hash.phc()) {
        let (runtime, hasher) = &*HASHER;
        let verified = runtime.block_on(async {
            let right = hasher.verify_any(b"a password", Some(&hash)).await;
            (right, hasher.verify_any(b"a password", Some(&hash)).await)
        });
        assert_eq!(verified.0, verified.1);
    }
}

/// Trying it takes a few milliseconds: no parameter is a large number.
fn is_cheap(phc: &str) -> bool {
    let numbers = |part: &str| {
        part.split(|character: char| !character.is_ascii_digit())
            .filter(|digits| !digits.is_empty())
            .all(|digits| digits.parse::<u32>().is_ok_and(|number| number <= 64))
    };
    if phc.starts_with("$2") {
        return phc.split('$').nth(2) == Some("04");
    }
    // A salt and a hash have no `=`.
    phc.split('$').filter(|part| part.contains('=')).all(numbers)
        // scrypt's cost is a power of two.
        && !["ln=", "n="].iter().any(|cost| phc.contains(cost) && !phc.contains(&format!("{cost}4,")))
}
