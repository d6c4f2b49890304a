//! Tenants' own words: what they become, and what is refused of them.

use scraper::Html;

use super::{DIGITS, FIREFOX, LINK, MASKED, NETWORK, letters, voice};
use crate::{
    domain::{Locale, MailKind, Settings},
    mail::{Frame, Letter, Places, Rendered, Template, Value, render},
};

const BEFORE: &str = "Somebody, and we hope that it is you, is signing in to {{ tenant }} with this address and \
                      the right password. Type the code below on the page that asks for it, and tell it to \
                      nobody, for nobody from {{ tenant }} will ever ask you for it.";

fn code() -> String {
    format!(
        "Subject: Hello from {{{{ tenant }}}}\n\n{BEFORE}\n\n{{{{ code }}}}\n\nIt works for {{{{ expires_in }}}}.\n"
    )
}

fn places() -> Places {
    let settings = serde_json::json!({
        "origins": ["https://app.acme.test"],
        "mail": { "reply_to": "help@acme.test" },
    });
    Places::new(&Settings::parse(settings).unwrap())
}

/// The least that a template of a kind has.
fn least(kind: MailKind) -> String {
    let frames: Vec<_> =
        Frame::of(kind).iter().map(|frame| format!("\n{{{{ {} }}}}\n", frame.name())).collect();
    let values: Vec<_> = Value::of(kind).iter().map(|value| format!("{{{{ {} }}}}", value.name())).collect();
    format!(
        "Subject: A mail from {{{{ tenant }}}}\n\n{BEFORE}\nAnd {}.\n{}",
        values.join(" "),
        frames.join("")
    )
}

fn accept(text: &str, kind: MailKind) -> Result<Template, Vec<String>> {
    Template::accept(text, kind, Locale::En, &places())
        .map_err(|faults| faults.into_iter().map(|fault| fault.message.into_owned()).collect())
}

fn mail(template: &Template, letter: &Letter, tenant: &str, locale: Locale) -> Rendered {
    render(letter, &voice(tenant, locale), Some(template)).unwrap()
}

fn letter(name: &str) -> Letter {
    letters(NETWORK, FIREFOX, MASKED).into_iter().find(|(known, _)| *known == name).unwrap().1
}

#[test]
fn both_forms_say_the_same() {
    let text = code().replacen("\n\n", "\nHeading: Welcome & hello\n\n", 1);
    let template = accept(&text, MailKind::Code).unwrap();
    let mail = mail(&template, &letter("code"), "Müller & Söhne", Locale::De);
    insta::assert_snapshot!("own_words.txt", format!("Subject: {}\n\n{}", mail.subject, mail.text));
    insta::assert_snapshot!("own_words.html", mail.html);
}

/// Every kind can be said in every language, with each of its placeholders and its frames; and each frame is one
/// that the built-in words have, and they have no other.
#[test]
fn every_kind_has_its_frames_and_values() {
    for (name, letter) in letters(NETWORK, FIREFOX, MASKED) {
        let kind = letter.kind();
        for locale in Locale::ALL {
            let template = Template::accept(&least(kind), kind, locale, &places());
            let mail = mail(&template.unwrap(), &letter, "Acme", locale);
            let built_in = super::rendered(&letter, "Acme", locale);
            let has =
                |secret: &str| (mail.text.matches(secret).count(), built_in.text.matches(secret).count());
            for secret in [LINK, DIGITS, "UTC", "•"] {
                let (own, ours) = has(secret);
                assert_eq!(own, ours, "{name} {locale:?} {secret}\n{}", mail.text);
            }
            assert!(!mail.text.contains("{{") && !mail.text.contains("  "), "{}", mail.text);
            assert_eq!(mail.text.lines().last(), built_in.text.lines().last(), "the footer is ours");
        }
    }
}

#[test]
fn a_button_may_have_a_label_of_its_own() {
    let text = "subject: Hello\nHEADING: Hi\nButton: Take me there\n\nHello.\n\n{{ link }}";
    let template = accept(text, MailKind::ResetPassword).unwrap();
    let mail = mail(&template, &letter("reset_password"), "Acme", Locale::En);
    assert!(mail.text.contains("Take me there:\nhttps://") && mail.html.contains(">Take me there</a>"));
    assert!(mail.text.starts_with("Hi\n") && mail.subject == "Hello");
    assert!(accept(&format!("Button: x\n{}", code()), MailKind::Code).is_err());
}

/// A name that is markup, a header, a link or turned text changes nothing but its own place.
#[test]
fn hostile_names_change_no_form() {
    let template = accept(&code(), MailKind::Code).unwrap();
    let elements = |html: &str| {
        let html = Html::parse_document(html);
        html.tree.values().filter(|node| node.is_element()).count()
    };
    let harmless = mail(&template, &letter("code"), "Acme", Locale::En);
    for name in
        ["<script>alert(1)</script>", "a\r\nBcc: b@c.d", "\u{202e}x", "https://evil.example", "{{ code }}"]
    {
        let hostile = mail(&template, &letter("code"), name, Locale::En);
        assert_eq!(elements(&hostile.html), elements(&harmless.html), "{name}");
        assert_eq!(hostile.text.lines().count(), harmless.text.lines().count(), "{name}");
        assert!(!hostile.subject.contains(DIGITS) && !hostile.text.contains("evil.example"), "{name}");
    }
}

#[test]
fn refuses_with_the_reason() {
    let paragraph = |text: &str| format!("{}\n{text}\n", code());
    let long = "word ".repeat(250);
    let many = "A.\n\n".repeat(30);
    let cases: [(String, &str); 22] = [
        (String::new(), "Subject: is missing"),
        ("Hello\n\nYou".to_owned(), "line 1: before the first empty line stand Subject:"),
        (code().replace("Subject:", "Subject: a\nSubject:"), "line 2: Subject: stands here twice"),
        (
            code().replace("Hello from", "{{ code }}"),
            "line 1: {{ code }} must be a paragraph of its own; never a part of a subject",
        ),
        (code().replace("Hello from", "{{ link }}"), "never a part of a subject"),
        (code().replace("Hello from", "See https://app.acme.test"), "mail programs make a link of"),
        (code().replace("{{ code }}", ""), "{{ code }} is missing"),
        (code().replace("{{ code }}", "Here: {{ code }}"), "must be a paragraph of its own"),
        (paragraph("{{ code }}"), "{{ code }} must stand in this mail once"),
        (paragraph("{{ link }}"), "this mail has no {{ link }}"),
        (
            paragraph("Dear {{ first_name }},"),
            "there is no placeholder {{ first_name }} here; there is {{ tenant }}, {{ expires_in }}",
        ),
        (paragraph("Dear {{ tenant"), "{{ is not closed by }}"),
        (paragraph("{% if a %}x{% endif %}"), "no conditions, loops or comments"),
        (paragraph("See https://evil.example/help."), "make a link of “https://evil.example/help”"),
        (paragraph("See app.acme.test.evil.example"), "make a link of"),
        (paragraph("See {{ tenant }}.com"), "mail programs make a link of"),
        (paragraph("See https://app.acme.test/{{ tenant }}"), "a placeholder must have a space before it"),
        (paragraph("<img src=x>"), "HTML would be shown as it is written"),
        (paragraph("a\u{202e}b"), "turn the direction of the text"),
        (paragraph(&long), "at most 1000 characters"),
        (paragraph(&many), "at most 20 paragraphs"),
        (paragraph(&"x".repeat(9000)), "at most 8192 bytes"),
    ];
    for (text, reason) in cases {
        let faults = accept(&text, MailKind::Code).unwrap_err();
        assert!(faults.iter().any(|fault| fault.contains(reason)), "{reason}: {faults:#?}");
    }
    let short = "Subject: Code\n\nHello.\n\n{{ code }}\n";
    assert!(accept(short, MailKind::Code).unwrap_err()[0].contains("so that no lock screen shows it"));
    let all = accept("Subject: see evil.example\n\n{{ nobody }}\n", MailKind::Code).unwrap_err();
    assert_eq!(all.len(), 3, "every fault at once: {all:#?}");
}

#[test]
fn links_to_its_own_places_alone_and_in_a_notice_to_none() {
    let with = |kind, text: &str| accept(&format!("{}\n{text}\n", least(kind)), kind);
    for own in ["https://app.acme.test/help.", "(app.acme.test)", "help@acme.test"] {
        assert!(with(MailKind::Code, &format!("See {own}")).is_ok(), "{own}");
    }
    assert!(with(MailKind::PasswordChanged, "Write to help@acme.test.").is_ok());
    assert!(with(MailKind::PasswordChanged, "See https://app.acme.test/help.").is_err());
    let stays = with(MailKind::Code, "See https://app.acme.test/help.").unwrap();
    assert!(
        mail(&stays, &letter("code"), "Acme", Locale::En).text.contains("See https://app.acme.test/help.")
    );
    // The origin is given up: the words do not hold any more.
    let text = format!("{}\nSee https://app.acme.test/help.\n", least(MailKind::Code));
    assert!(Template::parse(&text, MailKind::Code, &Places::default()).is_err());
}

#[test]
fn line_ends_and_spaces_say_nothing() {
    let plain = accept(&code(), MailKind::Code).unwrap();
    let odd = format!("\u{feff}{}", code().replace('\n', "  \r\n").replace("\n\r\n", "\n\r\n \r\n"));
    assert_eq!(accept(&odd, MailKind::Code).unwrap(), plain);
}
