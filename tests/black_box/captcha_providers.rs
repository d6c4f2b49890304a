//! Captchas of outside services: who vouches, and what happens when they do not answer.

use std::collections::BTreeMap;

use latchkey::domain::TenantSlug;
use serde_json::{Value, json};
use tests::{Answer, Client, House, PASSWORD, captcha::Provider, people::registration};

const SECRET: &str = "0x4AAA-very-secret";

async fn house(provider: &Provider) -> House {
    let url = ("LATCHKEY_CAPTCHA_URL".to_owned(), provider.url.clone());
    let cheap = ("LATCHKEY_ARGON2".to_owned(), "64,1,1".to_owned());
    House::start_with(BTreeMap::from([url, cheap])).await
}

async fn set(house: &House, changes: &[(&str, Value)]) -> Result<(), String> {
    let slug = TenantSlug::parse("acme").unwrap();
    let changes: Vec<_> = changes.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
    admin::tenant::set(&house.by, &slug, &changes).await.map(drop).map_err(|error| error.to_string())
}

async fn choose(house: &House, provider: &str) {
    let changes = [
        ("captcha.provider", json!(provider)),
        ("captcha.site_key", json!("site-1")),
        ("captcha.secret", json!(SECRET)),
    ];
    set(house, &changes).await.unwrap();
}

async fn registers(client: &Client, token: Option<&str>) -> Answer {
    let mut body = registration("ada@example.com", PASSWORD);
    body["captcha_token"] = token.into();
    client.post("acme", "register", &body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_provider_is_asked_as_it_wants_and_its_word_counts() {
    let provider = Provider::start().await;
    for name in ["turnstile", "hcaptcha", "recaptcha"] {
        let house = house(&provider).await;
        house.tenant("acme", json!({ "origins": ["https://app.acme.test"] })).await;
        choose(&house, name).await;
        let client = house.client(2);
        let missing = registers(&client, None).await;
        assert_eq!(missing.problem(), (403, "captcha_required"));
        assert_eq!(missing.body["captcha"], json!({ "provider": name, "site_key": "site-1" }));
        assert_eq!(provider.asked(), []);

        provider.answers(json!({ "success": true, "hostname": "app.acme.test", "action": "register" }));
        registers(&client, Some("to/ken+1")).await.data();
        let mut form = format!("secret={SECRET}&response=to%2Fken%2B1");
        if name == "hcaptcha" {
            form += "&sitekey=site-1";
        }
        assert_eq!(provider.asked(), [(name.to_owned(), form)]);

        for refusal in [
            json!({ "success": false, "error-codes": ["invalid-input-response"] }),
            json!({ "success": false, "error-codes": ["timeout-or-duplicate"] }),
            json!({ "success": true, "hostname": "evil.test" }),
            json!({ "success": true, "hostname": "acme.test" }),
            json!({ "success": true, "score": 0.3 }),
        ] {
            provider.answers(refusal.clone());
            let refused = registers(&client, Some("token")).await;
            assert_eq!(refused.problem(), (403, "captcha_refused"), "{name} {refusal}");
        }
        provider.answers(json!({ "success": true, "score": 0.9 }));
        registers(&client, Some("token")).await.data();
        let _ = provider.asked();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_be_checked_does_not_go_on() {
    let provider = Provider::start().await;
    let house = house(&provider).await;
    house.tenant("acme", json!({})).await;
    choose(&house, "turnstile").await;
    let client = house.client(2);
    for fault in [
        Value::Null,
        json!(false),
        json!("<html>"),
        json!("x".repeat(300_000)),
        json!({ "success": false, "error-codes": ["invalid-input-secret"] }),
        json!({ "success": false, "error-codes": ["internal-error"] }),
        json!({ "hostname": "app.acme.test" }),
    ] {
        provider.answers(fault.clone());
        let refused = registers(&client, Some("token")).await;
        assert_eq!(refused.problem(), (503, "captcha_unavailable"), "{fault:.40}");
        assert_eq!(refused.header("retry-after"), Some("5"));
    }
    assert!(house.mails_to("ada@example.com").await.is_empty());
    // Any page, where the tenant names none of its own.
    provider.answers(json!({ "success": true, "hostname": "anywhere.test" }));
    registers(&client, Some("token")).await.data();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_is_set_whole_and_its_secret_is_never_shown() {
    let house = House::start_here().await;
    house.tenant("acme", json!({})).await;
    let (provider, site_key) =
        (("captcha.provider", json!("hcaptcha")), ("captcha.site_key", json!("site-1")));
    let secret = ("captcha.secret", json!(SECRET));
    for (changes, at_fault) in [
        (vec![provider.clone()], "captcha.site_key: "),
        (vec![provider.clone(), secret.clone()], "captcha.site_key: "),
        (vec![provider.clone(), site_key.clone()], "captcha.secret: "),
        (vec![provider.clone(), site_key.clone(), ("captcha.secret", json!(7))], "captcha.secret: "),
        (vec![provider.clone(), site_key.clone(), ("captcha.secret", json!(""))], "captcha.secret: "),
        (vec![("captcha.provider", json!("arithmetic"))], "captcha.provider: "),
    ] {
        let why = set(&house, &changes).await.unwrap_err();
        assert!(why.starts_with(at_fault) && !why.contains(SECRET), "{why}");
    }
    set(&house, &[provider, site_key, secret]).await.unwrap();
    let slug = TenantSlug::parse("acme").unwrap();
    let stored = house.parts.store.tenant(&slug).await.unwrap().unwrap();
    assert!(!format!("{stored:?}").contains(SECRET));
    assert!(!serde_json::to_string(&stored.settings).unwrap().contains(SECRET));
    let key = house.parts.passwords_key().unwrap();
    assert_eq!(house.parts.store.open_captcha_secret(&stored, key).unwrap().as_str(), SECRET);
    let gone = set(&house, &[("captcha.secret", Value::Null)]).await.unwrap_err();
    assert!(gone.starts_with("captcha.secret: "), "{gone}");
    set(&house, &[("captcha.provider", json!("altcha")), ("captcha.secret", Value::Null)]).await.unwrap();
    assert!(house.parts.store.tenant(&slug).await.unwrap().unwrap().sealed_captcha.is_none());
}
