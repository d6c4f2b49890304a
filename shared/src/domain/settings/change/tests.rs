use proptest::prelude::*;
use serde_json::json;

use super::*;

fn keys(result: Result<Settings, SettingFaults>) -> Vec<String> {
    result.unwrap_err().into_iter().map(|(key, _)| key).collect()
}

#[test]
fn nothing_given_is_the_default() {
    assert_eq!(Settings::parse(json!({})), Ok(Settings::default()));
    assert_eq!(serde_json::from_value::<Settings>(json!({})).unwrap(), Settings::default());
}

#[test]
fn everything_given_comes_back() {
    let given = json!({
        "self_registration": false,
        "require_email_verification": false,
        "mfa": {"policy": "required", "methods": ["webauthn", "totp"]},
        "password": {"min_length": 12, "hibp": true},
        "sessions": {"idle_minutes": 30, "absolute_minutes": 600, "remember_me_days": 7},
        "tokens": {"delivery": "body", "algorithm": "ES256", "audience": "https://api.acme.test", "access_minutes": 5},
        "redirect_uris": ["https://app.acme.test/done", "http://localhost:5173/done"],
        "default_redirect_uri": "https://app.acme.test/done",
        "origins": ["https://app.acme.test", "http://localhost:5173"],
        "pages": {"verify": "https://app.acme.test/verify", "reset": "https://app.acme.test/reset", "forgot": null, "undo_email": null, "invite": null},
        "trusted_device_days": 90,
        "invitation_days": 30,
        "mail": {"locale": "de", "sender": "login@acme.test", "reply_to": "help@acme.test", "daily_budget": 10, "new_sign_in": false},
        "branding": {"name": "Acme", "logo_url": "https://cdn.acme.test/logo.svg", "primary_colour": "#facc15", "background_colour": "#111827"},
        "require_client_token": true,
        "relying_party": {"id": "acme.test", "name": "Acme"},
        "mail_domains": {"allowed": ["acme.test", "*.acme.test"], "refused": ["guests.acme.test"]},
        "captcha": {"provider": "turnstile", "site_key": "0x4AAA"},
    });
    let settings = Settings::parse(given.clone()).unwrap();
    assert_eq!(serde_json::to_value(&settings).unwrap(), given);
    assert_eq!(serde_json::from_value::<Settings>(given).unwrap(), settings);
}

#[test]
fn every_fault_is_named_at_once() {
    let faults = Settings::parse(json!({
        "self_registration": "yes",
        "mfa": {"policy": "sometimes", "methods": ["totp", "totp"], "metods": []},
        "password": {"min_length": 7},
        "sessions": {"idle_minutes": 0, "absolute_minutes": -1, "remember_me_days": 31},
        "tokens": {"access_minutes": 16, "audience": ""},
        "redirect_uris": ["https://app.acme.test/done", "javascript:alert(1)"],
        "default_redirect_uri": "https://elsewhere.test/",
        "origins": ["https://app.acme.test/"],
        "pages": "https://app.acme.test",
        "trusted_device_days": 91,
        "invitation_days": 31,
        "mail": {"sender": "Acme <login@acme.test>"},
        "branding": {"name": "a\nb", "logo_url": "http://localhost/logo.png", "primary_colour": "#fff"},
        "relying_party": {"id": "https://acme.test", "name": "a\nb"},
        "captcha": {"provider": "hcaptcha"},
    }));
    let mut keys = keys(faults);
    keys.sort_unstable();
    assert_eq!(
        keys,
        [
            "branding.logo_url",
            "branding.name",
            "branding.primary_colour",
            "captcha.site_key",
            "default_redirect_uri",
            "invitation_days",
            "mail.sender",
            "mfa.methods",
            "mfa.metods",
            "mfa.policy",
            "origins",
            "pages",
            "password.min_length",
            "redirect_uris",
            "relying_party.id",
            "relying_party.name",
            "self_registration",
            "sessions.absolute_minutes",
            "sessions.idle_minutes",
            "sessions.remember_me_days",
            "tokens.access_minutes",
            "tokens.audience",
            "trusted_device_days",
        ]
    );
}

#[test]
fn an_unknown_key_names_the_nearest() {
    for (key, hint) in [
        ("mfa.polcy", "did you mean mfa.policy?"),
        ("min_length", "did you mean password.min_length?"),
        ("self_regstration", "did you mean self_registration?"),
        ("mfa", "its settings are mfa.policy, mfa.methods"),
        ("branding.colour", "there is no such setting"),
        ("", "there is no such setting"),
        ("mfa.policy.", "did you mean mfa.policy?"),
        ("mfa.policy.x", "did you mean mfa.policy?"),
    ] {
        let faults = Settings::default().set(key, json!("x")).unwrap_err();
        assert_eq!((&*faults[0].0, faults[0].1.kind), (key, "extra_forbidden"));
        assert!(faults[0].1.message.contains(hint), "{key}: {}", faults[0].1.message);
    }
    assert!(!unknown(&"x".repeat(100_000)).message.contains("mean"));
    assert!(serde_json::from_value::<Settings>(json!({"mfa": {"polcy": "off"}})).is_err());
}

#[test]
fn one_setting_is_changed_and_the_whole_checked() {
    let settings = Settings::default().set("mfa.policy", json!("required")).unwrap();
    assert_eq!(settings.mfa.policy, MfaPolicy::Required);
    assert_eq!(keys(settings.set("mfa.methods", json!(["backup_code"]))), ["mfa.methods"]);
    assert!(settings.set("mfa.policy", json!("off")).unwrap().set("mfa.methods", json!([])).is_ok());

    // A code to a mailbox that nobody has proven is no factor, and a stranger's mail.
    let settings = settings.set("mfa.methods", json!(["email"])).unwrap();
    assert_eq!(keys(settings.set("require_email_verification", json!(false))), ["mfa.methods"]);

    let uri = json!("https://app.test/");
    assert_eq!(keys(settings.set("default_redirect_uri", uri.clone())), ["default_redirect_uri"]);
    let settings =
        settings.set("redirect_uris", json!([uri])).unwrap().set("default_redirect_uri", uri).unwrap();
    assert_eq!(keys(settings.set("redirect_uris", json!([]))), ["default_redirect_uri"]);
    assert_eq!(settings.set("default_redirect_uri", Value::Null).unwrap().default_redirect_uri, None);
}

#[test]
fn a_relying_party_is_a_domain() {
    for good in ["acme.test", "localhost", "xn--bcher-kva.test", "login.acme.co.uk"] {
        let origins = [format!("http{}://{good}", if good == "localhost" { "" } else { "s" })];
        let settings = Settings::default().set("origins", json!(origins)).unwrap();
        assert!(settings.set("relying_party.id", json!(good)).is_ok(), "{good}");
    }
    let settings = Settings::default().set("origins", json!(["https://login.acme.test"])).unwrap();
    assert!(settings.set("relying_party.id", json!("acme.test")).is_ok());
    for foreign in ["in.acme.test", "me.test", "acme.test.evil.test", "test.example"] {
        assert_eq!(keys(settings.set("relying_party.id", json!(foreign))), ["relying_party.id"], "{foreign}");
    }
    for bad in [
        "",
        "Acme.test",
        "bücher.test",
        "acme.test.",
        "acme.test:443",
        "127.0.0.1",
        "[::1]",
        "a/b",
        "*.acme.test",
    ] {
        assert!(Settings::default().set("relying_party.id", json!(bad)).is_err(), "{bad}");
    }
}

proptest! {
    #[test]
    fn no_value_breaks_it(at in 0..SETTINGS.len(), text in ".{0,30}", number in any::<i64>(), choice in 0..5) {
        let value = match choice {
            0 => json!(text),
            1 => json!(number),
            2 => json!([text]),
            3 => json!({ text: number }),
            _ => json!(null),
        };
        if let Ok(settings) = Settings::default().set(SETTINGS[at].0, value) {
            let stored = serde_json::to_value(&settings).unwrap();
            prop_assert_eq!(Settings::parse(stored), Ok(settings));
        }
    }

    #[test]
    fn distance_is_a_metric(one in "[a-c]{0,6}", two in "[a-c]{0,6}", three in "[a-c]{0,6}") {
        prop_assert_eq!(edits(&one, &two), edits(&two, &one));
        prop_assert_eq!(edits(&one, &two) == 0, one == two);
        prop_assert!(edits(&one, &three) <= edits(&one, &two) + edits(&two, &three));
    }
}
