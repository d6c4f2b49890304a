//! What reads bytes that others wrote, one function a target: none may panic, and each says what must hold besides.
//!
//! `cargo fuzz` looks for inputs that break one (`tests/fuzzing`); the ones that once did, and some that reach far
//! in, are kept in `corpus/`, and each `cargo test` replays them.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a target stops at what is wrong"
)]

mod addresses;
mod bodies;
mod hashes;
mod headers;
mod jwts;
mod keys;
mod passkeys;
mod product;
mod templates;
mod tokens;

pub use addresses::{emails, settings, uris};
pub use bodies::bodies;
pub use hashes::hashes;
pub use headers::headers;
pub use jwts::jwts;
pub use keys::keys;
pub use passkeys::passkeys;
pub use product::{events, feedback, requests, streams};
pub use templates::templates;
pub use tokens::tokens;

/// A target: it panics where something does not hold.
pub type Target = fn(&[u8]);

/// Every target, under the name of its binary and of its corpus.
pub const TARGETS: [(&str, Target); 15] = [
    ("bodies", bodies),
    ("emails", emails),
    ("events", events),
    ("feedback", feedback),
    ("hashes", hashes),
    ("headers", headers),
    ("jwts", jwts),
    ("keys", keys),
    ("passkeys", passkeys),
    ("requests", requests),
    ("settings", settings),
    ("streams", streams),
    ("templates", templates),
    ("tokens", tokens),
    ("uris", uris),
];

/// The first line, and what follows it.
fn first_line(data: &[u8]) -> (&[u8], &[u8]) {
    match data.iter().position(|byte| *byte == b'\n') {
        Some(end) => (&data[..end], &data[end + 1..]),
        None => (data, &[]),
    }
}

/// A sentence of ours, which repeats nothing that was given.
fn is_ours(message: &str) -> bool {
    !message.is_empty() && message.len() < 300 && !message.chars().any(char::is_control)
}
