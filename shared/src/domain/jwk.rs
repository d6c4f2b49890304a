//! The public half of a tenant's signing keys.

use serde::{Deserialize, Serialize};

/// The algorithms that access tokens are signed with (RFC 7518 §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Algorithm {
    #[serde(rename = "RS256")]
    Rs256,
    #[serde(rename = "ES256")]
    Es256,
}

impl Algorithm {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
        }
    }
}

/// A public key as it stands in a tenant's JWKS (RFC 7517); stored with the tenant, so that who
/// only verifies never reads a private key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicJwk {
    pub kid: String,
    pub alg: Algorithm,
    #[serde(rename = "use")]
    pub usage: String,
    #[serde(flatten)]
    pub key: PublicKey,
}

/// The parameters of a public key (RFC 7518 §6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kty")]
pub enum PublicKey {
    #[serde(rename = "RSA")]
    Rsa { n: String, e: String },
    #[serde(rename = "EC")]
    Ec { crv: String, x: String, y: String },
}
