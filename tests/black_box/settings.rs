//! Every setting, changed as the command line changes it, and what it does then.

use std::{collections::BTreeSet, sync::Arc};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use latchkey::{
    domain::{Settings, Tenant},
    jiff::{SignedDuration, Timestamp},
};
use local::mail::Email;
use serde_json::{Value, json};
use tests::{Client, House, PASSWORD, people::registration};

/// Where the effect of each setting is shown: a test of this file, or the file of another.
const SHOWN: &[(&str, &str)] = &[
    ("self_registration", "registration"),
    ("require_email_verification", "registration"),
    ("mfa.policy", "totp"),
    ("mfa.methods", "factors"),
    ("password.min_length", "what_is_chosen_and_what_is_issued"),
    ("password.hibp", "breached"),
    ("sessions.idle_minutes", "sessions"),
    ("sessions.absolute_minutes", "sessions"),
    ("sessions.remember_me_days", "what_is_chosen_and_what_is_issued"),
    ("tokens.delivery", "sessions"),
    ("tokens.algorithm", "signing_keys"),
    ("tokens.audience", "what_is_chosen_and_what_is_issued"),
    ("tokens.access_minutes", "what_is_chosen_and_what_is_issued"),
    ("redirect_uris", "registration"),
    ("default_redirect_uri", "login"),
    ("origins", "input"),
    ("pages.verify", "what_is_mailed"),
    ("pages.reset", "what_is_mailed"),
    ("pages.forgot", "what_is_mailed"),
    ("pages.undo_email", "what_is_mailed"),
    ("pages.invite", "what_is_mailed"),
    ("invitation_days", "invitations"),
    ("trusted_device_days", "what_is_chosen_and_what_is_issued"),
    ("mail.locale", "what_is_mailed"),
    ("mail.sender", "what_is_mailed"),
    ("mail.reply_to", "what_is_mailed"),
    ("mail.daily_budget", "what_is_mailed"),
    ("mail.new_sign_in", "audit"),
    ("branding.name", "what_is_mailed"),
    ("branding.primary_colour", "what_is_mailed"),
    ("branding.logo_url", "hosted"),
    ("branding.background_colour", "hosted"),
    ("require_client_token", "input"),
    ("relying_party.id", "webauthn"),
    ("relying_party.name", "webauthn"),
    ("mail_domains.allowed", "mail_domains"),
    ("mail_domains.refused", "mail_domains"),
    ("captcha.provider", "captcha"),
    ("captcha.site_key", "captcha_providers"),
];

#[test]
fn every_setting_has_a_test_that_shows_its_effect() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/black_box");
    for (key, place) in SHOWN {
        let here = include_str!("settings.rs").contains(&format!("async fn {place}()"));
        assert!(here || std::fs::exists(format!("{folder}/{place}.rs")).unwrap(), "{key}: {place}");
    }
    let shown: BTreeSet<_> = SHOWN.iter().map(|(key, _)| *key).collect();
    let settings: BTreeSet<_> = Settings::table().into_iter().map(|setting| setting.key).collect();
    assert_eq!(shown, settings);
    println!("{} settings, each with a test that shows its effect", settings.len());
}

/// A tenant whose settings are changed as it runs.
struct Changing {
    house: House,
    tenant: Arc<Tenant>,
    client: Client,
}

impl Changing {
    async fn start(settings: Value) -> Option<Self> {
        let house = House::with_its_own_clock().await?;
        let tenant = house.tenant("acme", settings).await;
        let client = house.client(2);
        Some(Self { house, tenant, client })
    }

    /// Changes a setting; functions know it after a minute.
    async fn set(&self, key: &str, value: Value) {
        admin::tenant::set(&self.house.by, &self.tenant.slug, &[(key.to_owned(), value)]).await.unwrap();
        self.house.advance(SignedDuration::from_secs(61));
    }

    /// The last mail.
    async fn mail(&self) -> Email {
        self.house.settle().await;
        self.house.stack().inbox().emails().pop().unwrap()
    }
}

fn claims(token: &Value) -> Value {
    let body = token.as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(body).unwrap()).unwrap()
}

fn days_until(text: &Value, now: Timestamp) -> i64 {
    let until: Timestamp = text.as_str().unwrap().parse().unwrap();
    (until.duration_since(now).as_secs() + 43_200) / 86_400
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_chosen_and_what_is_issued() {
    let Some(acme) = Changing::start(json!({ "mfa": { "policy": "off" } })).await else { return };
    let (house, client) = (&acme.house, &acme.client);
    let short = registration("bob@example.com", "nineteen characters");
    acme.set("password.min_length", json!(20)).await;
    let refused = client.post("acme", "register", &short).await;
    assert_eq!(refused.faults()[0].0, "body.password");
    acme.set("password.min_length", json!(19)).await;
    client.post("acme", "register", &short).await.data();

    let ada = house.person(&acme.tenant, "ada@example.com").await;
    acme.set("tokens.audience", json!("https://api.acme.test")).await;
    acme.set("tokens.access_minutes", json!(5)).await;
    acme.set("sessions.remember_me_days", json!(3)).await;
    let login = json!({ "email": ada.email, "password": PASSWORD, "remember_me": true });
    let tokens = client.post("acme", "login", &login).await.data()["tokens"].clone();
    assert_eq!(tokens["expires_in"], 300);
    assert_eq!(claims(&tokens["access_token"])["aud"], "https://api.acme.test");
    let me = client.get_as("/api/v1/me", tokens["access_token"].as_str().unwrap()).await;
    assert_eq!(days_until(&me.data()["session"]["expires_at"], house.parts.clock.now()), 3);

    acme.set("mfa.methods", json!(["totp", "email"])).await;
    acme.set("mfa.policy", json!("required")).await;
    acme.set("trusted_device_days", json!(5)).await;
    let handle = ada.handle(client).await;
    let code = ada.code(house, client, &handle).await;
    let body = json!({ "mfa_token": handle, "method": "email", "code": code, "trust_device": true });
    let shown = client.post("acme", "mfa/verify", &body).await;
    let token = tests::factors::token_of(shown.data());
    let devices = client.get_as("/api/v1/me/devices", &token).await;
    assert_eq!(days_until(&devices.data()["devices"][0]["expires_at"], house.parts.clock.now()), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_mailed() {
    let Some(acme) = Changing::start(json!({ "mfa": { "policy": "off" } })).await else { return };
    let (house, client) = (&acme.house, &acme.client);
    for page in ["verify", "reset", "forgot", "undo_email", "invite"] {
        acme.set(&format!("pages.{page}"), json!(format!("https://app.acme.test/{page}"))).await;
    }
    let leads_to = |mail: &Email, page: &str| {
        let text = mail.body.text.clone().unwrap();
        assert!(text.contains(&format!("https://app.acme.test/{page}")), "{page}: {text}");
    };
    client.post("acme", "register", &registration("ada@example.com", PASSWORD)).await.data();
    leads_to(&acme.mail().await, "verify#token=");
    let ada = house.person(&acme.tenant, "ada@example.com").await;
    // Strangers have two mails sent to a mailbox, and then one an hour.
    house.advance(SignedDuration::from_hours(2));
    client.post("acme", "register", &registration("ada@example.com", PASSWORD)).await.data();
    leads_to(&acme.mail().await, "forgot");
    client.post("acme", "forgot-password", &json!({ "email": ada.email })).await.data();
    leads_to(&acme.mail().await, "reset#token=");
    let person = admin::user::NewPerson {
        email: "grace@example.com".to_owned(),
        password: None,
        first_name: "Grace".to_owned(),
        last_name: "Hopper".to_owned(),
        verified: false,
    };
    admin::invitation::invite(&house.by, &acme.tenant, person).await.unwrap();
    leads_to(&acme.mail().await, "invite#token=");
    let token = ada.token(client).await;
    client.post_as("/api/v1/me/email", &token, &json!({ "email": "ada@example.org" })).await.data();
    let code = house.mailed_code("ada@example.org").await;
    client.post_as("/api/v1/me/email/confirm", &token, &json!({ "code": code })).await.data();
    leads_to(&acme.mail().await, "undo_email#token=");

    acme.set("mail.locale", json!("fr")).await;
    acme.set("mail.sender", json!("login@bücher.test ")).await;
    acme.set("mail.reply_to", json!("help@bücher.test")).await;
    acme.set("branding.name", json!("Acme Maison")).await;
    acme.set("branding.primary_colour", json!("#7c3aed")).await;
    client.post("acme", "register", &registration("eve@example.com", PASSWORD)).await.data();
    let mail = acme.mail().await;
    assert!(
        mail.subject.contains("Acme Maison") && mail.subject.starts_with("Confirmez"),
        "{}",
        mail.subject
    );
    assert_eq!(
        (mail.from.as_str(), mail.reply_to.as_slice()),
        ("login@xn--bcher-kva.test", &["help@xn--bcher-kva.test".to_owned()][..])
    );
    assert!(mail.body.html.unwrap().contains("#7c3aed"));

    acme.set("mail.daily_budget", json!(0)).await;
    let before = house.stack().inbox().emails().len();
    client.post("acme", "register", &registration("mallory@example.com", PASSWORD)).await.data();
    house.settle().await;
    assert_eq!(house.stack().inbox().emails().len(), before, "nobody without an account is mailed to");
}
