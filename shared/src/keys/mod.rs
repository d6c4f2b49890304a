//! Data keys, and what is made with them alone: seals, MACs, password hashes.

mod data_key;
mod hasher;

pub use data_key::{DataKey, DataKeys, KeyText, Purpose, SealBroken};
pub use hasher::{Cost, Hasher, StoredHash};
