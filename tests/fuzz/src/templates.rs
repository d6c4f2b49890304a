//! Tenants' own words for their mails.

use std::{str::from_utf8, sync::LazyLock};

use latchkey::{
    domain::{Locale, MailKind, Settings, settings::Colour},
    jiff::Timestamp,
    mail::{Link, Places, Rendered, Template, Voice, render, sample},
};
use serde_json::json;

use crate::first_line;

static PLACES: LazyLock<Places> = LazyLock::new(|| {
    let own = json!({
        "origins": ["https://app.acme.test"],
        "pages": { "verify": "https://acme.test/verify" },
        "mail": { "reply_to": "help@acme.test" },
    });
    Places::new(&Settings::parse(own).unwrap())
});

/// A kind of mail and a language in the first line, and the words after it: what is accepted makes mails that link
/// nowhere but the built-in ones and to the tenant's own places, whatever the tenant is called.
pub fn templates(data: &[u8]) {
    let (first, words) = first_line(data);
    let (Ok(first), Ok(words)) = (from_utf8(first), from_utf8(words)) else { return };
    let mut names = first.split(' ');
    let kind = names.next().and_then(MailKind::named).unwrap_or(MailKind::Code);
    let locale = names.next().and_then(Locale::tagged).unwrap_or_default();
    let template = match Template::accept(words, kind, locale, &PLACES) {
        Ok(template) => template,
        Err(faults) => return assert!(!faults.is_empty()),
    };
    assert_eq!(Template::parse(words, kind, &PLACES).unwrap(), template);
    let link = Link::parse("https://acme.test/verify#token=lk_vfy_AAAA").unwrap();
    for letter in sample::letters(kind, &link, Timestamp::UNIX_EPOCH) {
        for name in ["Acme", "<b>evil.example</b>\r\nhttps://evil.example"] {
            let voice = Voice {
                tenant_name: name.to_owned(),
                locale,
                from: "no-reply@acme.test".to_owned(),
                reply_to: None,
                colour: Colour::BLACK,
            };
            let [own, built_in] = [Some(&template), None].map(|own| render(&letter, &voice, own).unwrap());
            harmless(&own, &built_in);
        }
    }
}

fn harmless(own: &Rendered, built_in: &Rendered) {
    assert!(!own.subject.chars().any(char::is_control), "{:?}", own.subject);
    for what in ["<a ", "<img", "<script", "<form", "<style", "href=", "evil.example"] {
        let of = |mail: &Rendered| mail.html.to_ascii_lowercase().matches(what).count();
        assert!(of(own) <= of(built_in), "{what}: {}", own.html);
    }
    let foreign = |text: &str| {
        let links = text.split_whitespace().filter(|word| word.contains("://"));
        links.filter(|link| !link.contains("acme.test")).count()
    };
    assert!(foreign(&own.text) <= foreign(&built_in.text), "{}", own.text);
}
