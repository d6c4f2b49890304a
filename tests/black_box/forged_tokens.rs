//! Row 17: an access token that is bent in any way opens nothing, even by the tenant's own key.
//!
//! What is not among the bends: `(r, n − s)` beside an ES256 signature `(r, s)`. It is as good a signature
//! of the same claims (FIPS 186-5 §6.4.2 takes any s in 1…n − 1), so nothing is forged by it.

mod bends;

use std::sync::Arc;

use aws_lc_rs::{
    encoding::{AsDer, PublicKeyX509Der},
    rand::SystemRandom,
    rsa::KeySize,
    signature::{self, EcdsaKeyPair, KeyPair, RsaKeyPair},
};
use latchkey::{
    domain::{
        Tenant, TenantKeys,
        jwk::{Algorithm, PublicJwk},
    },
    store::SealedKey,
    tokens::{AccessClaims, SigningKey},
};
use serde_json::{Value, json};
use tests::{Client, House, Person, authenticator::encode};

/// A private key, and what it signs when nothing keeps it from that.
pub enum Hand {
    Ec(EcdsaKeyPair),
    Rsa(RsaKeyPair),
}

impl Hand {
    fn of(algorithm: Algorithm, pkcs8: &[u8]) -> Self {
        match algorithm {
            Algorithm::Es256 => {
                let wanted = &signature::ECDSA_P256_SHA256_FIXED_SIGNING;
                Self::Ec(EcdsaKeyPair::from_pkcs8(wanted, pkcs8).unwrap())
            }
            Algorithm::Rs256 => Self::Rsa(RsaKeyPair::from_pkcs8(pkcs8).unwrap()),
        }
    }

    /// A stranger's.
    fn fresh(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Es256 => {
                Self::Ec(EcdsaKeyPair::generate(&signature::ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
            }
            Algorithm::Rs256 => Self::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).unwrap()),
        }
    }

    fn signature(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Ec(pair) => pair.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec(),
            Self::Rsa(pair) => rsa(pair, &signature::RSA_PKCS1_SHA256, message),
        }
    }

    /// A compact JWS of this header and these claims.
    fn sign(&self, header: &str, claims: &str) -> String {
        let message = format!("{}.{}", encode(header.as_bytes()), encode(claims.as_bytes()));
        let signature = self.signature(message.as_bytes());
        format!("{message}.{}", encode(&signature))
    }

    /// The `SubjectPublicKeyInfo`.
    fn der(&self) -> Vec<u8> {
        let der: PublicKeyX509Der<'_> = match self {
            Self::Ec(pair) => pair.public_key().as_der().unwrap(),
            Self::Rsa(pair) => pair.public_key().as_der().unwrap(),
        };
        der.as_ref().to_vec()
    }

    fn jwk(&self, kid: &str) -> Value {
        match self {
            Self::Ec(pair) => {
                let point = pair.public_key().as_ref();
                let (x, y) = (encode(&point[1..33]), encode(&point[33..]));
                json!({ "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": kid, "x": x, "y": y })
            }
            Self::Rsa(pair) => {
                let key = pair.public_key();
                let n = encode(key.modulus().big_endian_without_leading_zero());
                let e = encode(key.exponent().big_endian_without_leading_zero());
                json!({ "kty": "RSA", "alg": "RS256", "use": "sig", "kid": kid, "n": n, "e": e })
            }
        }
    }
}

fn rsa(pair: &RsaKeyPair, padding: &'static dyn signature::RsaEncoding, message: &[u8]) -> Vec<u8> {
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(padding, &SystemRandom::new(), message, &mut signature).unwrap();
    signature
}

/// A good token, everything that a forger could have beside it, and the tenant's own key, which none has.
pub struct Bench {
    algorithm: Algorithm,
    good: String,
    header: Value,
    claims: Value,
    own: Hand,
    stranger: Hand,
    /// Another tenant's key and its id, and a token of the same address there.
    neighbour: (Hand, String),
    neighbours_token: String,
    /// Signed by a key of this tenant's that was replaced.
    revoked: String,
    /// Of this tenant, for a service of its own.
    clients_token: String,
    /// Somebody else of this tenant, signed in: the claims.
    bobs: Value,
}

/// A tenant whose one key is also in our hand.
async fn tenant_with_key(house: &House, name: &str, algorithm: Algorithm) -> (Arc<Tenant>, Hand, PublicJwk) {
    let tenant = house.tenant(name, json!({ "tokens": { "algorithm": algorithm.name() } })).await;
    let (pkcs8, jwk) = SigningKey::generate(algorithm).unwrap();
    let data_key = house.parts.signing_key().unwrap();
    let sealed = SealedKey::seal(&tenant.slug, &jwk.kid, algorithm, &pkcs8, data_key);
    let keys = TenantKeys::of(jwk.clone(), house.parts.clock.now());
    let next = Tenant { keys, revision: tenant.revision + 1, ..(*tenant).clone() };
    assert!(house.parts.store.change_signing_keys(&next, &sealed).await.unwrap());
    (tenant, Hand::of(algorithm, &pkcs8), jwk)
}

fn part(token: &str, at: usize) -> Value {
    let part = token.split('.').nth(at).unwrap();
    serde_json::from_slice(&tests::authenticator::decode(&json!(part))).unwrap()
}

impl Bench {
    async fn set_up(house: &House, algorithm: Algorithm) -> Self {
        let name = algorithm.name().to_lowercase();
        let (tenant, own, _) = tenant_with_key(house, &name, algorithm).await;
        let (other, theirs, their_jwk) = tenant_with_key(house, &format!("{name}-other"), algorithm).await;
        let client = house.client(2);
        let token = async |tenant: &Tenant, email: &str| {
            let person: Person = house.person(tenant, email).await;
            person.token(&client).await
        };
        let good = token(&tenant, "ada@example.com").await;
        let claims: AccessClaims = serde_json::from_value(part(&good, 1)).unwrap();
        // The tenant's first key was replaced before anybody saw it.
        let first = tenant.keys.kids().next().unwrap();
        let data_key = house.parts.signing_key().unwrap();
        let first = house.parts.store.signing_key(&tenant.slug, first, data_key).await.unwrap();
        let now = admin::tenant::show(&house.parts, &tenant.slug).await.unwrap();
        Self {
            algorithm,
            header: part(&good, 0),
            claims: part(&good, 1),
            own,
            stranger: Hand::fresh(algorithm),
            neighbours_token: token(&other, "ada@example.com").await,
            neighbour: (theirs, their_jwk.kid),
            revoked: first.sign("at+jwt", &claims).unwrap().to_string(),
            clients_token: admin::tenant::client_token(&house.by, &now, "backend", 60).await.unwrap(),
            bobs: part(&token(&tenant, "bob@example.com").await, 1),
            good,
        }
    }
}

async fn status(client: &Client, authorization: &str) -> u16 {
    let headers = [("authorization", authorization)];
    let answer = client.send(reqwest::Method::GET, "/api/v1/me", &headers, Vec::new()).await;
    // Only what was looked at and not taken is a refusal of a token.
    assert!(
        matches!(answer.problem(), (200, _) | (401, "bearer_invalid")),
        "{authorization}: {}",
        answer.text
    );
    answer.status
}

#[tokio::test(flavor = "multi_thread")]
async fn no_bent_access_token_opens_anything() {
    let house = House::start().await;
    let client = house.client(2);
    let (mut accepted, mut tried) = (Vec::new(), 0);
    for algorithm in [Algorithm::Es256, Algorithm::Rs256] {
        let bench = Bench::set_up(&house, algorithm).await;
        let resigned = bench.own.sign(&bench.header.to_string(), &bench.claims.to_string());
        for good in [&bench.good, &resigned] {
            assert_eq!(status(&client, &format!("Bearer {good}")).await, 200, "the hand is the key's");
        }
        let mut seen = std::collections::BTreeSet::from([format!("Bearer {}", bench.good)]);
        for (name, bent) in bends::all(&bench) {
            assert!(seen.insert(bent.clone()), "{name} is another's or no bend");
            tried += 1;
            if status(&client, &bent).await == 200 {
                accepted.push(format!("{}: {name}", algorithm.name()));
            }
        }
        assert_eq!(status(&client, &format!("Bearer {}", bench.good)).await, 200, "nothing ended it");
    }
    println!("row 17: {} of {tried} bent access tokens accepted", accepted.len());
    assert!(tried >= 2 * 40);
    assert!(accepted.is_empty(), "{accepted:#?}");
}
