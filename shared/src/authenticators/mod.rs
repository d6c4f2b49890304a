//! What a second factor proves, and how: time-based codes, backup codes, public key credentials.

pub mod backup_codes;
pub mod totp;
pub mod webauthn;
