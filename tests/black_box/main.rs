//! What a stranger, a user and an attacker see of the whole product.

#![expect(clippy::unwrap_used, reason = "a test stops where something is wrong")]

mod admin_commands;
mod contract;
mod epoch;
mod input;
mod login;
mod mfa;
mod password;
mod races;
mod registration;
mod sessions;
mod spending;
mod strangers;
mod tokens;
mod tour;
mod worker;
