//! The prose of the mails, one module a language.

mod de;
mod en;

use std::net::Ipv6Addr;

use super::{
    letter::{Letter, Link},
    plain::Plain,
};
use crate::domain::{Locale, agent};

/// A mail in words, before it has a form.
pub(super) struct Words<'a> {
    pub subject: String,
    pub heading: &'static str,
    pub blocks: Vec<Block<'a>>,
    pub footer: String,
}

/// A part of a mail, from top to bottom.
pub(super) enum Block<'a> {
    Paragraph(String),
    /// A link, as a button and written out.
    Action {
        label: &'static str,
        link: &'a Link,
        written_out: &'static str,
    },
    Code(&'a str),
    Facts(Vec<Fact>),
}

/// What is known of an event: a label and a value.
pub(super) struct Fact {
    pub label: &'static str,
    pub value: String,
}

/// So few backup codes, or fewer, and it is time for new ones.
const FEW_BACKUP_CODES: u32 = 3;

/// The words of a letter. `answered` says whether somebody reads answers.
pub(super) fn of(letter: &Letter, tenant: Plain, locale: Locale, answered: bool) -> Words<'_> {
    match locale {
        Locale::En => en::words(letter, &tenant.or("(no name)"), answered),
        Locale::De => de::words(letter, &tenant.or("(ohne Namen)"), answered),
    }
}

/// The network, as the store counts it. An IPv6 `/64` stays as it is, for no mail client links one.
/// An IPv4 address becomes `192·0·2·7`: some do link it, and an attacker may serve a page there.
fn network(text: &str, unknown: &str) -> String {
    let address = text.strip_suffix("/64").unwrap_or(text);
    if address.parse::<Ipv6Addr>().is_ok() {
        return text.to_owned();
    }
    Plain::of(text).or(unknown).to_string()
}

/// The client in words of ours where we know it (`{browser} {on} {system}`), in its own otherwise.
fn device(text: &str, on: &str, unknown: &str) -> String {
    if let Some((browser, system)) = agent::browser_and_system(text) {
        return format!("{browser} {on} {system}");
    }
    Plain::of(text).or(unknown).to_string()
}
