//! What a stranger, a user and an attacker see of the whole product.

#![expect(clippy::unwrap_used, reason = "a test stops where something is wrong")]

mod abuse;
mod account;
mod admin_commands;
mod administration;
mod audit;
mod authenticators;
mod authorization;
mod breached;
mod captcha;
mod captcha_providers;
mod contract;
mod data_keys;
mod devices;
mod edge;
mod emulator;
mod epoch;
mod factors;
mod fence;
mod forged_tokens;
mod hosted;
mod input;
mod invitations;
mod login;
mod mail_domains;
mod mail_templates;
mod mailboxes;
mod metrics;
mod mfa;
mod moving;
mod mutations;
mod password;
mod races;
mod registration;
mod removal;
mod sessions;
mod settings;
mod signing_keys;
mod spending;
mod strangers;
mod tokens;
mod totp;
mod tour;
mod webauthn;
mod worker;
