mod hostile;
mod posting;
mod snapshots;
mod templates;

use jiff::Timestamp;

use super::{Letter, Link, MailedCode, Rendered, Voice, render};
use crate::domain::{
    Locale, MailKind,
    errand::FactorChange,
    settings::{Branding, Colour, Method},
};

const SECRET: &str = "lk_vfy_c2VsZWN0b3I.c2VjcmV0";
const LINK: &str = "https://login.acme.test/verify#token=lk_vfy_c2VsZWN0b3I.c2VjcmV0";
const DIGITS: &str = "493027";
const NETWORK: &str = "2001:db8:1:2::/64";
const MASKED: &str = "m•••@e•••.com";
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0";

fn voice(tenant_name: &str, locale: Locale) -> Voice {
    Voice {
        tenant_name: tenant_name.to_owned(),
        locale,
        from: "no-reply@latchkey.test".to_owned(),
        reply_to: None,
        colour: Branding::default().primary_colour,
    }
}

/// One letter of each kind at least, by name.
fn letters(network: &str, agent: &str, masked: &str) -> Vec<(&'static str, Letter)> {
    let link = || Link::parse(LINK).unwrap();
    let at: Timestamp = "2026-03-01T09:04:59Z".parse().unwrap();
    let network = || network.to_owned();
    let changed = |method, change| Letter::FactorChanged { method, change, at, network: network() };
    let backup_code_used = |left| Letter::BackupCodeUsed { left, at, network: network() };
    vec![
        ("verify_address", Letter::VerifyAddress { link: link(), expires_in_hours: 24 }),
        ("account_exists", Letter::AccountExists { reset_link: link() }),
        ("reset_password", Letter::ResetPassword { link: link(), expires_in_minutes: 60 }),
        ("code", Letter::Code { code: MailedCode::new(DIGITS), expires_in_minutes: 5 }),
        ("password_changed", Letter::PasswordChanged { at, network: network() }),
        ("new_sign_in", Letter::NewSignIn { at, network: network(), agent: agent.to_owned() }),
        ("factor_under_attack", Letter::FactorUnderAttack { method: Method::Totp, failures: 10 }),
        ("factor_added.totp", changed(Method::Totp, FactorChange::Added)),
        ("factor_added.webauthn", changed(Method::Webauthn, FactorChange::Added)),
        ("factor_added.email", changed(Method::Email, FactorChange::Added)),
        ("factor_added.backup_code", changed(Method::BackupCode, FactorChange::Added)),
        ("factor_removed.totp", changed(Method::Totp, FactorChange::Removed)),
        ("factor_removed.webauthn", changed(Method::Webauthn, FactorChange::Removed)),
        ("factor_removed.email", changed(Method::Email, FactorChange::Removed)),
        ("factor_removed.backup_code", changed(Method::BackupCode, FactorChange::Removed)),
        ("factor_replaced.totp", changed(Method::Totp, FactorChange::Replaced)),
        ("factor_replaced.webauthn", changed(Method::Webauthn, FactorChange::Replaced)),
        ("factor_replaced.email", changed(Method::Email, FactorChange::Replaced)),
        ("factor_replaced.backup_code", changed(Method::BackupCode, FactorChange::Replaced)),
        ("factors_reset", Letter::FactorsReset { at }),
        ("backup_code_used.many_left", backup_code_used(9)),
        ("backup_code_used.none_left", backup_code_used(0)),
        ("address_code", Letter::AddressCode { code: MailedCode::new(DIGITS), expires_in_minutes: 10 }),
        (
            "email_changed",
            Letter::EmailChanged {
                masked_new: masked.to_owned(),
                undo_link: link(),
                days: 7,
                at,
                network: network(),
            },
        ),
        ("email_restored", Letter::EmailRestored { at }),
        ("account_deleted", Letter::AccountDeleted { at }),
        ("account_removed", Letter::AccountRemoved { at }),
        ("invited", Letter::Invited { link: link(), expires_in_days: 7 }),
    ]
}

fn rendered(letter: &Letter, tenant_name: &str, locale: Locale) -> Rendered {
    render(letter, &voice(tenant_name, locale), None).unwrap()
}

#[test]
fn debug_shows_no_secret() {
    for (_, letter) in letters(NETWORK, FIREFOX, MASKED) {
        let mail = rendered(&letter, "Acme", Locale::En);
        for shown in [format!("{letter:?}"), format!("{letter:#?}"), format!("{mail:?}")] {
            assert!(!shown.contains("lk_vfy") && !shown.contains(DIGITS), "{shown}");
        }
    }
}

#[test]
fn subjects_hold_no_secret_and_bodies_do() {
    for locale in Locale::ALL {
        for (name, letter) in letters(NETWORK, FIREFOX, MASKED) {
            let mail = rendered(&letter, "Acme", locale);
            assert!(mail.subject.contains("Acme"));
            assert!(!mail.subject.contains(DIGITS) && !mail.subject.contains("lk_"));
            let secret = match name {
                "verify_address" | "account_exists" | "reset_password" | "email_changed" | "invited" => {
                    SECRET
                }
                "code" | "address_code" => DIGITS,
                _ => continue,
            };
            assert!(mail.text.contains(secret) && mail.html.contains(secret));
        }
    }
}

#[test]
fn a_lock_screen_preview_ends_before_the_code() {
    for locale in Locale::ALL {
        let code = || MailedCode::new(DIGITS);
        for letter in [
            Letter::Code { code: code(), expires_in_minutes: 5 },
            Letter::AddressCode { code: code(), expires_in_minutes: 5 },
        ] {
            let text = rendered(&letter, "A", locale).text;
            assert!(text.find(DIGITS).unwrap() > 200, "{text}");
        }
    }
}

#[test]
fn one_is_singular_and_answers_are_told_of() {
    let letter = Letter::ResetPassword { link: Link::parse(LINK).unwrap(), expires_in_minutes: 1 };
    assert!(rendered(&letter, "Acme", Locale::En).text.contains("for 1 minute."));
    assert!(rendered(&letter, "Acme", Locale::De).text.contains("eine Minute lang."));
    assert!(rendered(&letter, "Acme", Locale::Fr).text.contains("pendant une minute."));
    assert!(rendered(&letter, "Acme", Locale::Es).text.contains("durante un minuto."));
    assert!(rendered(&letter, "Acme", Locale::It).text.contains("per un minuto."));
    let answered = Voice { reply_to: Some("help@acme.test".to_owned()), ..voice("Acme", Locale::En) };
    assert!(render(&letter, &answered, None).unwrap().text.contains("Replies go to Acme."));
}

#[test]
fn a_notice_has_a_link_only_where_no_sign_in_page_can_help() {
    for (name, letter) in letters(NETWORK, FIREFOX, MASKED) {
        let asked_for = ["verify_address", "account_exists", "reset_password", "invited"].contains(&name);
        for locale in Locale::ALL {
            let mail = rendered(&letter, "Acme", locale);
            assert_eq!(mail.text.contains("http"), asked_for || name == "email_changed", "{name}");
        }
    }
}

#[test]
fn other_devices_are_told_of_where_a_factor_went() {
    let at = Timestamp::UNIX_EPOCH;
    for method in Method::ALL {
        for change in [FactorChange::Added, FactorChange::Removed, FactorChange::Replaced] {
            let letter = Letter::FactorChanged { method, change, at, network: NETWORK.to_owned() };
            let told = change != FactorChange::Added && method != Method::BackupCode;
            let says = |locale, words| rendered(&letter, "Acme", locale).text.contains(words);
            assert_eq!(says(Locale::En, "Other devices that were"), told, "{letter:?}");
            assert_eq!(says(Locale::De, "Andere Geräte, die"), told, "{letter:?}");
            assert_eq!(says(Locale::Fr, "Les autres appareils"), told, "{letter:?}");
            assert_eq!(says(Locale::Es, "los demás dispositivos"), told, "{letter:?}");
            assert_eq!(says(Locale::It, "Gli altri dispositivi"), told, "{letter:?}");
        }
    }
}

#[test]
fn backup_codes_that_are_left_are_counted() {
    for (left, en, de, new) in [
        (0, "It was the last one.", "Es war der letzte.", true),
        (1, "There is one left.", "Es ist noch einer übrig.", true),
        (3, "There are 3 left.", "Es sind noch 3 übrig.", true),
        (4, "There are 4 left.", "Es sind noch 4 übrig.", false),
    ] {
        let letter = Letter::BackupCodeUsed { left, at: Timestamp::UNIX_EPOCH, network: NETWORK.to_owned() };
        let text = |locale| rendered(&letter, "Acme", locale).text;
        assert!(text(Locale::En).contains(en) && text(Locale::De).contains(de));
        assert_eq!(text(Locale::En).contains("make new backup codes in your account soon"), new);
        assert_eq!(text(Locale::De).contains("erstellen Sie bald in Ihrem Konto neue Backup-Codes"), new);
    }
}

#[test]
fn an_ipv4_address_is_not_linked() {
    let letter = &letters("192.0.2.7", FIREFOX, MASKED)[4].1;
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

#[test]
fn dates_are_a_languages_own() {
    let day = |day: &str, locale| {
        let at: Timestamp = format!("{day}T09:04:59Z").parse().unwrap();
        let text = rendered(&Letter::AccountDeleted { at }, "Acme", locale).text;
        text.lines().find(|line| line.contains("UTC")).unwrap().to_owned()
    };
    let days = |text| Locale::ALL.map(|locale| day(text, locale));
    assert_eq!(
        days("2026-03-01"),
        [
            "When: 1 March 2026, 09:04 UTC",
            "Wann: 1. März 2026, 09:04 Uhr UTC",
            "Date\u{a0}: 1er mars 2026 à 09:04 UTC",
            "Fecha: 1 de marzo de 2026, 09:04 UTC",
            "Quando: 1º marzo 2026, ore 09:04 UTC",
        ]
    );
    assert_eq!(
        days("2026-12-24")[2..],
        [
            "Date\u{a0}: 24 décembre 2026 à 09:04 UTC",
            "Fecha: 24 de diciembre de 2026, 09:04 UTC",
            "Quando: 24 dicembre 2026, ore 09:04 UTC",
        ]
    );
}

#[test]
fn every_kind_of_mail_is_here_and_has_a_sample() {
    let here: std::collections::BTreeSet<MailKind> =
        letters(NETWORK, FIREFOX, MASKED).iter().map(|(_, letter)| letter.kind()).collect();
    assert_eq!(here, MailKind::ALL.into());
    let link = Link::parse(LINK).unwrap();
    for kind in MailKind::ALL {
        let samples = super::sample::letters(kind, &link, Timestamp::UNIX_EPOCH);
        assert!(!samples.is_empty() && samples.iter().all(|letter| letter.kind() == kind));
    }
}

#[test]
fn a_button_has_the_tenants_colour_and_text_that_reads_on_it() {
    let letter = Letter::AccountExists { reset_link: Link::parse(LINK).unwrap() };
    for (colour, text) in [("#facc15", "#000000"), ("#7f1d1d", "#ffffff")] {
        let voice = Voice { colour: Colour::parse(colour).unwrap(), ..voice("Acme", Locale::En) };
        let html = render(&letter, &voice, None).unwrap().html;
        assert!(html.contains(&format!("background-color:{colour};")), "{html}");
        assert!(html.contains(&format!("color:{text};")), "{html}");
        assert!(!html.contains("#1d4ed8") && !html.contains("<img") && !html.contains("url("));
    }
}
