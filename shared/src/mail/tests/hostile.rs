//! Security design, row 18: whatever a tenant is called, whatever a client calls itself and whatever
//! address it gives an account, the mail has the same elements and attributes as with harmless ones, a
//! one-line subject, and no link that is not ours.

use hostile::{is_bidi_control, links, payloads, shape, texts};

use super::{LINK, MASKED, NETWORK, letters, rendered};
use crate::domain::Locale;

/// What joins words in our own mails.
const OURS: [&str; 3] = [LINK, NETWORK, "09:04"];

/// A network, an agent and a masked address.
const HARMLESS: [&str; 3] = [NETWORK, "harmless", MASKED];

/// Some of every sort: the gate is one for all languages, and what may differ is where a value stands.
fn few(payloads: &[String]) -> impl Iterator<Item = &String> {
    payloads.iter().step_by(15)
}

fn assert_only_ours(text: &str, payload: &str) {
    for link in links(text, &OURS) {
        assert_eq!(link, LINK, "of {payload:?} in {text}");
    }
}

fn assert_harmless(payload: &str, tenant_name: &str, [network, agent, masked]: [&str; 3], locale: Locale) {
    let harmless = letters(HARMLESS[0], HARMLESS[1], HARMLESS[2]);
    for ((name, harmless), (_, hostile)) in harmless.into_iter().zip(letters(network, agent, masked)) {
        let plain = rendered(&harmless, "Acme", locale);
        let mail = rendered(&hostile, tenant_name, locale);
        assert_eq!(shape(&mail.html), shape(&plain.html), "{name} of {payload:?}");

        assert!(mail.subject.chars().count() < 200, "{payload:?}");
        assert!(!mail.subject.contains("=?"), "{}", mail.subject);
        assert!(!mail.subject.chars().any(char::is_control), "{}", mail.subject);
        for body in [&mail.subject, &mail.text, &mail.html] {
            assert!(
                !body.chars().any(|c| c != '\n' && (c.is_control() || is_bidi_control(c))),
                "{payload:?}"
            );
        }

        assert_only_ours(&mail.subject, payload);
        assert_only_ours(&mail.text, payload);
        for text in texts(&mail.html) {
            assert_only_ours(&text, payload);
        }
        let lines = |text: &str| text.lines().count();
        assert_eq!(lines(&mail.text), lines(&plain.text), "{name} of {payload:?}");
    }
}

#[test]
fn our_own_link_is_the_only_one_in_a_mail() {
    let letter = &letters(NETWORK, "x", MASKED)[0].1;
    assert_eq!(links(&rendered(letter, "Acme", Locale::En).text, &OURS), [LINK]);
}

#[test]
fn hostile_tenant_names() {
    let payloads = payloads();
    assert!(payloads.len() >= 100);
    for payload in &payloads {
        assert_harmless(payload, payload, HARMLESS, Locale::En);
        assert_harmless(payload, payload, HARMLESS, Locale::De);
    }
    for payload in few(&payloads) {
        for locale in [Locale::Fr, Locale::Es, Locale::It] {
            assert_harmless(payload, payload, HARMLESS, locale);
        }
    }
}

#[test]
fn hostile_networks_agents_and_addresses() {
    let payloads = payloads();
    for payload in &payloads {
        assert_harmless(payload, "Acme", [payload; 3], Locale::En);
        assert_harmless(payload, "Acme", [payload; 3], Locale::De);
    }
    for payload in few(&payloads) {
        for locale in [Locale::Fr, Locale::Es, Locale::It] {
            assert_harmless(payload, "Acme", [payload; 3], locale);
        }
    }
}
