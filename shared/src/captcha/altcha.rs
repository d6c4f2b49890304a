//! ALTCHA's proof of work, version 1 (altcha.org/docs/v2/server-integration): find the number whose
//! SHA-256, after the salt, is the challenge.
//!
//! Nothing is kept of a challenge until it is solved. The salt says when it expires and ends in a
//! delimiter, so that no digit of the number can be read into it (CVE-2025-68113); the signature
//! covers tenant, salt and challenge.

use aws_lc_rs::digest;
use base64::{Engine, prelude::BASE64_STANDARD};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    domain::{Entropy, Tenant, hex, ids::TenantId},
    http::{Problem, Request},
    keys::DataKey,
    runtime::Parts,
};

const ALGORITHM: &str = "SHA-256";
const LABEL: &str = "captcha";
const VALID_FOR: SignedDuration = SignedDuration::from_mins(5);
/// Half as many hashes on average: about a second in a browser, on one core.
const MOST: u32 = 100_000;

/// A challenge as ALTCHA's clients take it.
#[derive(Debug, Clone, Serialize)]
pub struct Challenge {
    pub algorithm: &'static str,
    pub challenge: String,
    /// The number is no greater.
    pub maxnumber: u32,
    pub salt: String,
    pub signature: String,
}

impl Challenge {
    /// A challenge of this tenant's, good for five minutes.
    #[must_use]
    pub fn fresh(tenant: TenantId, key: &DataKey, entropy: &dyn Entropy, now: Timestamp) -> Self {
        let expires_at = now.saturating_add(VALID_FOR).unwrap_or(now);
        let random: [u8; 16] = entropy.bytes();
        let salt = format!("{}?expires={}&", hex(&random), expires_at.as_second());
        let challenge = solution_hash(&salt, u64::from(entropy.below(MOST + 1)));
        let signature =
            hex(&key.mac(LABEL, &signed(tenant, &salt, &challenge).each_ref().map(String::as_bytes)));
        Self { algorithm: ALGORITHM, challenge, maxnumber: MOST, salt, signature }
    }
}

/// What a client sends: base64 of this in JSON.
#[derive(Deserialize)]
struct Solution {
    algorithm: String,
    challenge: String,
    number: u64,
    salt: String,
    signature: String,
}

/// Whether the token solves a challenge of this tenant's that nobody has spent. It is spent by this
/// request; a token that solves nothing costs no write.
pub(super) async fn spend(
    parts: &Parts,
    request: &Request,
    tenant: &Tenant,
    token: &str,
) -> Result<bool, Problem> {
    let Some(solution) = Solution::read(token) else { return Ok(false) };
    match solution.expiry(tenant.id, parts.passwords_key()?) {
        Some(expires_at) if expires_at > request.at => {
            Ok(parts.store.spend_captcha(tenant.id, &solution.challenge, expires_at, &request.id).await?)
        }
        _ => Ok(false),
    }
}

impl Solution {
    fn read(token: &str) -> Option<Self> {
        serde_json::from_slice(&BASE64_STANDARD.decode(token).ok()?).ok()
    }

    /// Until when the solved challenge is good; `None` where it is not ours or not solved.
    fn expiry(&self, tenant: TenantId, key: &DataKey) -> Option<Timestamp> {
        let parts = signed(tenant, &self.salt, &self.challenge);
        let signature = unhex(&self.signature)?;
        let ours = signature.len() == 32
            && key.mac_matches(LABEL, &parts.each_ref().map(String::as_bytes), &signature);
        let solved = self.algorithm == ALGORITHM
            && self.number <= u64::from(MOST)
            && solution_hash(&self.salt, self.number) == self.challenge;
        if !ours || !solved {
            return None;
        }
        let (_, expires) = self.salt.strip_suffix('&')?.split_once("?expires=")?;
        Timestamp::from_second(expires.parse().ok()?).ok()
    }
}

fn signed(tenant: TenantId, salt: &str, challenge: &str) -> [String; 3] {
    [tenant.to_string(), salt.to_owned(), challenge.to_owned()]
}

fn solution_hash(salt: &str, number: u64) -> String {
    hex(digest::digest(&digest::SHA256, format!("{salt}{number}").as_bytes()).as_ref())
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok().filter(|_| pair.len() == 2))
        .collect()
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;
    use serde_json::{Value, json};

    use super::*;
    use crate::domain::{clock::ManualClock, entropy::SystemEntropy};

    fn key() -> DataKey {
        DataKey::parse(&format!("a:plain:{}", BASE64_STANDARD.encode([7; 32]))).unwrap()
    }

    fn tenant() -> TenantId {
        TenantId::fresh(&ManualClock::at(Timestamp::UNIX_EPOCH), &SystemEntropy::default())
    }

    fn solved(challenge: &Challenge) -> Value {
        let wanted = unhex(&challenge.challenge).unwrap();
        let right = |number: &u32| {
            let text = format!("{}{number}", challenge.salt);
            digest::digest(&digest::SHA256, text.as_bytes()).as_ref() == wanted
        };
        let number = (0..=challenge.maxnumber).find(right).unwrap();
        json!({
            "algorithm": challenge.algorithm, "challenge": challenge.challenge, "number": number,
            "salt": challenge.salt, "signature": challenge.signature, "took": 12,
        })
    }

    fn read(solution: &Value) -> Option<Solution> {
        Solution::read(&BASE64_STANDARD.encode(solution.to_string()))
    }

    #[test]
    fn a_solution_is_good_for_its_tenant_until_it_expires() {
        let (key, tenant, now) = (key(), tenant(), Timestamp::UNIX_EPOCH + 1000.seconds());
        let challenge = Challenge::fresh(tenant, &key, &SystemEntropy::default(), now);
        let solution = read(&solved(&challenge)).unwrap();
        assert_eq!(solution.expiry(tenant, &key), Some(now + 300.seconds()));
        assert_eq!(solution.expiry(self::tenant(), &key), None, "another tenant's");
    }

    #[test]
    fn whatever_is_changed_it_is_no_solution() {
        let (key, tenant, now) = (key(), tenant(), Timestamp::UNIX_EPOCH + 1000.seconds());
        let challenge = Challenge::fresh(tenant, &key, &SystemEntropy::default(), now);
        let right = solved(&challenge);
        let number = right["number"].as_u64().unwrap();
        let later = challenge.salt.replace("?expires=1300&", "?expires=9300&");
        // Digits moved from the number into the salt, which hashes to the same.
        let digits = number.to_string();
        let (first, rest) = digits.split_at(1);
        let spliced = format!("{}{first}", challenge.salt);
        for (field, value) in [
            ("algorithm", json!("SHA-1")),
            ("number", json!(number + 1)),
            ("salt", json!(later)),
            ("signature", json!("")),
            ("signature", json!(&challenge.signature[..62])),
            ("signature", json!(format!("{}00", &challenge.signature[..62]))),
            ("challenge", json!(solution_hash(&challenge.salt, number + 1))),
        ] {
            let mut wrong = right.clone();
            wrong[field] = value;
            assert_eq!(read(&wrong).unwrap().expiry(tenant, &key), None, "{wrong}");
        }
        let mut wrong = right.clone();
        wrong["salt"] = spliced.into();
        wrong["number"] = rest.parse::<u64>().unwrap_or(0).into();
        assert_eq!(read(&wrong).unwrap().expiry(tenant, &key), None, "{wrong}");
        for text in ["", "=", "e30=", "bm90IGpzb24=", &right.to_string()] {
            assert!(Solution::read(text).is_none(), "{text}");
        }
    }
}
