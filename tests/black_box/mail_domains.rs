//! The mail domains that a tenant lets people choose addresses at.

use serde_json::{Value, json};
use tests::{Answer, Client, House, PASSWORD, people::registration};

async fn registers(client: &Client, email: &str) -> Answer {
    client.post("acme", "register", &registration(email, PASSWORD)).await
}

fn domains(allowed: &[&str], refused: &[&str]) -> Value {
    json!({ "mail_domains": { "allowed": allowed, "refused": refused } })
}

#[tokio::test(flavor = "multi_thread")]
async fn only_addresses_at_the_tenants_domains_register() {
    let house = House::start().await;
    house.tenant("acme", domains(&["acme.test", "*.acme.test"], &["guests.acme.test"])).await;
    house.tenant("other", json!({})).await;
    let client = house.client(2);
    for email in ["ada@acme.test", "bob@staff.acme.test", "Cyd@ACME.Test"] {
        assert_eq!(registers(&client, email).await.data()["status"], "pending_verification", "{email}");
    }
    for (email, why) in [
        ("ada@guests.acme.test", "addresses at this domain are not accepted here"),
        ("ada@acme.test.evil.test", "only addresses at certain domains are accepted here"),
        ("ada@evilacme.test", "only addresses at certain domains are accepted here"),
    ] {
        let refused = registers(&client, email).await;
        assert_eq!(refused.status, 422, "{email}");
        assert_eq!(refused.body["detail"][0]["loc"], json!(["body", "email"]));
        assert_eq!(refused.body["detail"][0]["msg"], why);
    }
    client.post("other", "register", &registration("ada@evilacme.test", PASSWORD)).await.data();
    assert!(house.mails_to("ada@guests.acme.test").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_changed_to_one_of_them_and_nobody_is_locked_out() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let (ada, client) = house.ada_at_acme(json!({})).await;
    let slug = latchkey::domain::TenantSlug::parse(&ada.slug).unwrap();
    let refused = ("mail_domains.refused".to_owned(), json!(["example.com", "*.evil.test"]));
    admin::tenant::set(&house.by, &slug, &[refused]).await.unwrap();
    // Functions take a changed setting up within a minute.
    house.advance(latchkey::jiff::SignedDuration::from_secs(61));
    let token = ada.token(&client).await;
    let mail = client.post_as("/api/v1/me/email", &token, &json!({ "email": "ada@x.evil.test" })).await;
    assert_eq!(mail.faults().len(), 1);
    assert_eq!(mail.faults()[0].0, "body.email");
    client.post_as("/api/v1/me/email", &token, &json!({ "email": "ada@evil.test" })).await.data();
    let forgot = client.post("acme", "forgot-password", &json!({ "email": ada.email })).await;
    assert_eq!(forgot.data()["status"], "accepted");
}
