//! A tenant's signing keys: RS256 or ES256, kept parsed.

use std::{fmt, sync::Arc};

use aws_lc_rs::{
    digest,
    encoding::{AsDer, Pkcs8V1Der},
    rand::SystemRandom,
    rsa::KeySize,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::domain::jwk::{Algorithm, PublicJwk, PublicKey};

/// The bytes are not a signing key of this algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a {0:?} private key in PKCS#8")]
pub struct NotASigningKey(Algorithm);

/// A private key, ready to sign. Cheap to clone.
#[derive(Clone)]
pub struct SigningKey {
    kid: String,
    pair: Pair,
}

#[derive(Clone)]
enum Pair {
    Rsa(Arc<RsaKeyPair>),
    Ec(Arc<EcdsaKeyPair>),
}

impl SigningKey {
    /// Makes a fresh key: its PKCS#8 form, to be sealed, and its public half.
    ///
    /// # Errors
    /// When the generator fails.
    pub fn generate(algorithm: Algorithm) -> Result<(Zeroizing<Vec<u8>>, PublicJwk), NotASigningKey> {
        let failed = NotASigningKey(algorithm);
        let der = match algorithm {
            Algorithm::Rs256 => {
                let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| failed)?;
                let der: Pkcs8V1Der = pair.as_der().map_err(|_| failed)?;
                der.as_ref().to_vec()
            }
            Algorithm::Es256 => EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)
                .and_then(|pair| pair.to_pkcs8v1())
                .map_err(|_| failed)?
                .as_ref()
                .to_vec(),
        };
        let der = Zeroizing::new(der);
        let public = Pair::parse(algorithm, &der)?.public();
        let kid = kid(&public);
        Ok((der, PublicJwk { kid, alg: algorithm, usage: "sig".to_owned(), key: public }))
    }

    /// Takes a key up from its PKCS#8 form.
    ///
    /// # Errors
    /// [`NotASigningKey`] when the bytes are not such a key.
    pub fn parse(kid: &str, algorithm: Algorithm, pkcs8: &[u8]) -> Result<Self, NotASigningKey> {
        Ok(Self { kid: kid.to_owned(), pair: Pair::parse(algorithm, pkcs8)? })
    }

    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        match self.pair {
            Pair::Rsa(_) => Algorithm::Rs256,
            Pair::Ec(_) => Algorithm::Es256,
        }
    }

    /// Signs claims as a JWS in compact form (RFC 7515 §3.1). `kind` is the header's `typ`.
    ///
    /// The library would parse the key at each call (12 M instructions for RSA); the kept key
    /// signs for half of that.
    ///
    /// # Errors
    /// When the claims do not serialise or the signature fails.
    pub fn sign(&self, kind: &str, claims: &impl Serialize) -> Result<Zeroizing<String>, SigningFailed> {
        let header = serde_json::json!({ "typ": kind, "alg": self.algorithm().name(), "kid": self.kid });
        let part = |json: Vec<u8>| BASE64_URL_SAFE_NO_PAD.encode(json);
        let header = serde_json::to_vec(&header).map_err(|_| SigningFailed)?;
        let claims = serde_json::to_vec(claims).map_err(|_| SigningFailed)?;
        let mut token = format!("{}.{}", part(header), part(claims));
        let signature = self.pair.sign(token.as_bytes())?;
        token.push('.');
        BASE64_URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(Zeroizing::new(token))
    }
}

/// A signature could not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("signing failed")]
pub struct SigningFailed;

impl Pair {
    fn parse(algorithm: Algorithm, pkcs8: &[u8]) -> Result<Self, NotASigningKey> {
        let failed = NotASigningKey(algorithm);
        match algorithm {
            Algorithm::Rs256 => {
                RsaKeyPair::from_pkcs8(pkcs8).map(|pair| Self::Rsa(Arc::new(pair))).map_err(|_| failed)
            }
            Algorithm::Es256 => EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8)
                .map(|pair| Self::Ec(Arc::new(pair)))
                .map_err(|_| failed),
        }
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningFailed> {
        let random = SystemRandom::new();
        match self {
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).map_err(|_| SigningFailed)?;
                Ok(signature)
            }
            Self::Ec(pair) => Ok(pair.sign(&random, message).map_err(|_| SigningFailed)?.as_ref().to_vec()),
        }
    }

    fn public(&self) -> PublicKey {
        let text = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        match self {
            Self::Rsa(pair) => PublicKey::Rsa {
                n: text(pair.public_key().modulus().big_endian_without_leading_zero()),
                e: text(pair.public_key().exponent().big_endian_without_leading_zero()),
            },
            Self::Ec(pair) => {
                // An uncompressed point: 0x04, then x and y of 32 bytes each (SEC 1 §2.3.3).
                let point = pair.public_key().as_ref();
                PublicKey::Ec { crv: "P-256".to_owned(), x: text(&point[1..33]), y: text(&point[33..65]) }
            }
        }
    }
}

/// A key's id: its JWK thumbprint (RFC 7638), cut to 128 bits.
fn kid(key: &PublicKey) -> String {
    let canonical = match key {
        PublicKey::Rsa { n, e } => format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#),
        PublicKey::Ec { crv, x, y } => format!(r#"{{"crv":"{crv}","kty":"EC","x":"{x}","y":"{y}"}}"#),
    };
    let digest = digest::digest(&digest::SHA256, canonical.as_bytes());
    BASE64_URL_SAFE_NO_PAD.encode(&digest.as_ref()[..16])
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({}, {:?})", self.kid, self.algorithm())
    }
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::jwk::{Jwk, ThumbprintHash};

    use super::*;

    #[test]
    fn a_key_is_named_by_its_thumbprint_and_printed_without_its_private_half() {
        for algorithm in [Algorithm::Rs256, Algorithm::Es256] {
            let (der, public) = SigningKey::generate(algorithm).unwrap();
            let jwk: Jwk = serde_json::from_value(serde_json::to_value(&public).unwrap()).unwrap();
            let whole = jwk.thumbprint(ThumbprintHash::SHA256).unwrap();
            let whole = BASE64_URL_SAFE_NO_PAD.decode(whole).unwrap();
            assert_eq!(public.kid, BASE64_URL_SAFE_NO_PAD.encode(&whole[..16]));
            let key = SigningKey::parse(&public.kid, algorithm, &der).unwrap();
            assert_eq!((key.kid(), key.algorithm()), (public.kid.as_str(), algorithm));
            assert_eq!(format!("{key:?}"), format!("SigningKey({}, {algorithm:?})", public.kid));
        }
    }
}
