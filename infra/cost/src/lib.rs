//! What Latchkey costs: measured units, times AWS's public prices, times a stated profile of use.
//!
//! The three are files beside this library: `units.toml`, `prices.toml` and `profile.toml`.

#![cfg_attr(test, expect(clippy::float_cmp, reason = "what is compared so is exact"))]

mod bill;
mod call;
pub mod cli;
mod inputs;
mod prices;
mod print;
mod profile;
mod report;
pub mod units;

pub use inputs::{InputError, Inputs};
pub use report::Report;
