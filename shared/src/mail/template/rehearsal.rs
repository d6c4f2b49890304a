//! A template, rendered for tenants of hostile names before it is kept.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{Frame, Template};
use crate::{
    domain::{Fault, Locale, MailKind, settings::Branding},
    mail::{
        letter::Link,
        plain::Plain,
        render::{Rendered, Voice, render},
        sample,
    },
};

const LINK: &str = "https://rehearsal.example/page#token=lk_rehearsal";

/// What tenants call themselves to get a line, a link, a tag or a header into a mail.
const NAMES: &[&str] = &[
    "",
    "<b>Acme</b>",
    "</p><a href=\"https://evil.example\">Acme</a>",
    "Acme\r\nBcc: victim@evil.example\r\n\r\n<h1>",
    "Acme\u{2028}X",
    "https://evil.example/#",
    "evil.example",
    "Acme.",
    ".com",
    "@evil.example",
    "a@",
    "mailto:a@b.c",
    "//evil.example",
    r"\\evil\share",
    "=?utf-8?B?ZXZpbC5leGFtcGxl?=",
    "\u{202e}elpmaxe.live\u{2066}",
    "\u{200b}\u{feff}",
    "evil．example。",
    "{{ code }} {{ link }} {% raw %}",
    "&#46;&amp;",
    "x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x",
];

/// Renders every letter of the kind for every such name, and compares with a harmless one.
///
/// # Errors
/// What a name brings about: a line, an element, a link or a control character more, or that the link or the
/// code is not there.
pub(super) fn rehearse(template: &Template, kind: MailKind, locale: Locale) -> Result<(), Fault> {
    let broken = |why: &str| Fault::value(format!("the rehearsal failed: {why}"));
    let link = Link::parse(LINK).map_err(|_| broken("no link"))?;
    for letter in sample::letters(kind, &link, Timestamp::UNIX_EPOCH) {
        let mail = |name: &str| {
            let rendered = render(&letter, &voice(name, locale), Some(template));
            rendered.map_err(|error| broken(&error.to_string()))
        };
        let harmless = mail("Acme")?;
        for name in NAMES {
            let hostile = mail(name)?;
            if let Some(why) = difference(&harmless, &hostile).or_else(|| missing(&hostile, kind)) {
                return Err(Fault::value(format!("with a tenant called {name:?}, {why}")));
            }
        }
    }
    Ok(())
}

fn voice(name: &str, locale: Locale) -> Voice {
    Voice {
        tenant_name: name.to_owned(),
        locale,
        from: String::new(),
        reply_to: None,
        colour: Branding::default().primary_colour,
    }
}

fn difference(harmless: &Rendered, hostile: &Rendered) -> Option<&'static str> {
    let lines = |text: &str| text.lines().count();
    let tags = |html: &str| html.matches(['<', '>', '"']).count();
    let strange = |text: &str| text.chars().any(|c| c != '\n' && c.is_control());
    if lines(&harmless.text) != lines(&hostile.text) {
        return Some("the text has another line");
    }
    if tags(&harmless.html) != tags(&hostile.html) {
        return Some("the HTML has another element");
    }
    if hostile.subject.contains(char::is_control) || strange(&hostile.text) || strange(&hostile.html) {
        return Some("there is a control character");
    }
    if !linked(&hostile.subject).is_empty() || linked(&hostile.text) != linked(&harmless.text) {
        return Some("mail programs would make a link of something");
    }
    None
}

fn missing(mail: &Rendered, kind: MailKind) -> Option<&'static str> {
    for (frame, secret) in [(Frame::Link, LINK), (Frame::Code, sample::CODE)] {
        let wanted = Frame::of(kind).contains(&frame);
        if mail.subject.contains(secret) {
            return Some("the subject shows what is secret");
        }
        if wanted != (mail.text.contains(secret) && mail.html.contains(secret)) {
            return Some("the link or the code is not where it should be");
        }
    }
    None
}

/// The words that [`Plain`] would take apart.
fn linked(text: &str) -> BTreeSet<&str> {
    const BRACKETS: &[char] =
        &['(', ')', '“', '”', '„', '«', '»', '"', '.', ',', ';', ':', '!', '?', '…', '’'];
    let cores = text.split_whitespace().map(|word| word.trim_matches(BRACKETS));
    cores.filter(|core| Plain::of(core).to_string() != **core).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::template::{Part, line::Line};

    /// What the parser refuses, put past it.
    #[test]
    fn sees_what_a_name_makes_of_a_text() {
        let text = |text: &str| {
            let places = super::super::Places::default();
            Line::parse(text, &[super::super::Value::Tenant], &places).unwrap()
        };
        let of =
            |subject: &str, parts| Template { subject: text(subject), heading: None, button: None, parts };
        let frame = || vec![Part::Frame(Frame::Code)];
        assert!(rehearse(&of("{{ tenant }}", frame()), MailKind::Code, Locale::En).is_ok());
        assert!(rehearse(&of("{{ tenant }}", Vec::new()), MailKind::Code, Locale::En).is_err());
        let glued = Line::unchecked(&["Write to help@", "", ".com"]);
        let parts = vec![Part::Paragraph(glued.clone()), Part::Frame(Frame::Code)];
        assert!(rehearse(&of("Hello", parts), MailKind::Code, Locale::En).is_err());
        let subject = Template { subject: glued, heading: None, button: None, parts: frame() };
        assert!(rehearse(&subject, MailKind::Code, Locale::En).is_err());
        let break_in = Template { subject: Line::unchecked(&["a\nb"]), ..of("x", frame()) };
        assert!(rehearse(&break_in, MailKind::Code, Locale::En).is_err());
    }
}
