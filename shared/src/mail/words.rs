//! The prose of the mails, one module a language.

mod de;
mod en;
mod es;
mod fr;
mod it;
mod values;

use std::{borrow::Cow, net::Ipv6Addr};

use super::{
    letter::{Letter, Link},
    plain::Plain,
};
use crate::domain::{Locale, agent};

pub(super) use values::value;

/// A mail in words, before it has a form.
pub(super) struct Words<'a> {
    pub subject: String,
    pub heading: Cow<'a, str>,
    pub blocks: Vec<Block<'a>>,
    pub footer: String,
    /// What stands between a label and its value: French has a space before it.
    pub colon: &'static str,
}

/// A part of a mail, from top to bottom.
pub(super) enum Block<'a> {
    Paragraph(String),
    /// A link, as a button and written out.
    Action {
        label: Cow<'a, str>,
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

/// The tenant's name, harmless and never empty.
pub(super) fn tenant(name: &str, locale: Locale) -> Plain {
    Plain::of(name).or(match locale {
        Locale::En => "(no name)",
        Locale::De => "(ohne Namen)",
        Locale::Fr => "(sans nom)",
        Locale::Es => "(sin nombre)",
        Locale::It => "(senza nome)",
    })
}

/// The words of a letter. `answered` says whether somebody reads answers.
pub(super) fn of<'a>(letter: &'a Letter, tenant: &Plain, locale: Locale, answered: bool) -> Words<'a> {
    match locale {
        Locale::En => en::words(letter, tenant, answered),
        Locale::De => de::words(letter, tenant, answered),
        Locale::Fr => fr::words(letter, tenant, answered),
        Locale::Es => es::words(letter, tenant, answered),
        Locale::It => it::words(letter, tenant, answered),
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
