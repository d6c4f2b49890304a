mod hostile;
mod posting;
mod snapshots;

use jiff::Timestamp;

use super::{Letter, Link, MailedCode, Rendered, Voice, render};
use crate::domain::{Locale, settings::Method};

const SECRET: &str = "lk_vfy_c2VsZWN0b3I.c2VjcmV0";
const LINK: &str = "https://login.acme.test/verify#token=lk_vfy_c2VsZWN0b3I.c2VjcmV0";
const DIGITS: &str = "493027";
const NETWORK: &str = "2001:db8:1:2::/64";
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0";

fn voice(tenant_name: &str, locale: Locale) -> Voice {
    Voice {
        tenant_name: tenant_name.to_owned(),
        locale,
        from: "no-reply@latchkey.test".to_owned(),
        reply_to: None,
    }
}

/// One letter of each kind, by name.
fn letters(network: &str, agent: &str) -> Vec<(&'static str, Letter)> {
    let link = || Link::parse(LINK).unwrap();
    let at: Timestamp = "2026-03-01T09:04:59Z".parse().unwrap();
    let network = || network.to_owned();
    vec![
        ("verify_address", Letter::VerifyAddress { link: link(), expires_in_hours: 24 }),
        ("account_exists", Letter::AccountExists { reset_link: link() }),
        ("reset_password", Letter::ResetPassword { link: link(), expires_in_minutes: 60 }),
        ("code", Letter::Code { code: MailedCode::new(DIGITS), expires_in_minutes: 5 }),
        ("password_changed", Letter::PasswordChanged { at, network: network() }),
        ("new_sign_in", Letter::NewSignIn { at, network: network(), agent: agent.to_owned() }),
        ("factor_under_attack", Letter::FactorUnderAttack { method: Method::Totp, failures: 10 }),
    ]
}

fn rendered(letter: &Letter, tenant_name: &str, locale: Locale) -> Rendered {
    render(letter, &voice(tenant_name, locale)).unwrap()
}

#[test]
fn debug_shows_no_secret() {
    for (_, letter) in letters(NETWORK, FIREFOX) {
        let mail = rendered(&letter, "Acme", Locale::En);
        for shown in [format!("{letter:?}"), format!("{letter:#?}"), format!("{mail:?}")] {
            assert!(!shown.contains("lk_vfy") && !shown.contains(DIGITS), "{shown}");
        }
    }
}

#[test]
fn subjects_hold_no_secret_and_bodies_do() {
    for locale in [Locale::En, Locale::De] {
        for (name, letter) in letters(NETWORK, FIREFOX) {
            let mail = rendered(&letter, "Acme", locale);
            assert!(mail.subject.contains("Acme"));
            assert!(!mail.subject.contains(DIGITS) && !mail.subject.contains("lk_"));
            let secret = match name {
                "verify_address" | "account_exists" | "reset_password" => SECRET,
                "code" => DIGITS,
                _ => continue,
            };
            assert!(mail.text.contains(secret) && mail.html.contains(secret));
        }
    }
}

#[test]
fn a_lock_screen_preview_ends_before_the_code() {
    for locale in [Locale::En, Locale::De] {
        let letter = Letter::Code { code: MailedCode::new(DIGITS), expires_in_minutes: 5 };
        let text = rendered(&letter, "A", locale).text;
        assert!(text.find(DIGITS).unwrap() > 200, "{text}");
    }
}

#[test]
fn one_is_singular_and_answers_are_told_of() {
    let letter = Letter::ResetPassword { link: Link::parse(LINK).unwrap(), expires_in_minutes: 1 };
    assert!(rendered(&letter, "Acme", Locale::En).text.contains("for 1 minute."));
    assert!(rendered(&letter, "Acme", Locale::De).text.contains("eine Minute lang."));
    let answered = Voice { reply_to: Some("help@acme.test".to_owned()), ..voice("Acme", Locale::En) };
    assert!(render(&letter, &answered).unwrap().text.contains("Replies go to Acme."));
}

#[test]
fn an_ipv4_address_is_not_linked() {
    let letter = &letters("192.0.2.7", FIREFOX)[4].1;
    assert!(rendered(letter, "Acme", Locale::En).text.contains("Network address: 192·0·2·7\n"));
}

#[test]
fn a_link_is_a_web_link_on_one_line() {
    for bad in ["javascript:alert(1)", "mailto:a@b.c", "/verify", "data:text/html,x", ""] {
        assert!(Link::parse(bad).is_err(), "{bad}");
    }
    let link = Link::parse("https://acme.test/\r\n\"><b>?a=\"'<&b=2#t=\" x").unwrap();
    assert!(!link.as_str().contains([' ', '"', '<', '>', '\r', '\n']));
}
