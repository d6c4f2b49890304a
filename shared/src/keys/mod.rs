//! Data keys, and what is made with them alone: seals, MACs, password hashes.

mod data_key;
mod foreign;
mod hasher;
mod ring;

pub use data_key::{ByPurpose, DataKey, DataKeys, KeyRings, Purpose, SealBroken};
pub use foreign::HashRefused;
pub use hasher::{Cost, Hasher, StoredHash};
pub use ring::{KeyRing, KeyText};
