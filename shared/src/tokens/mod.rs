//! Bearer secrets and JWTs.

mod access;
mod bearer;
mod signing;
#[cfg(test)]
mod vectors;

pub use access::{AccessClaims, AccessRefused, Subject, client_claims, issuer, slug_of_issuer, verify};
pub use bearer::{Bearer, Kind, Proof, Selector};
pub use signing::{NotASigningKey, SigningFailed, SigningKey};
