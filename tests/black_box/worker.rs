//! The worker: what it tells the owner, and what it never mails twice.

use aws_sdk_dynamodb::types::AttributeValue;
use latchkey::{
    domain::{
        Email,
        errand::{Errand, What},
    },
    jiff::SignedDuration,
};
use serde_json::json;
use tests::House;

#[tokio::test(flavor = "multi_thread")]
async fn a_quick_pair_is_told_once() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let tenant = house.tenant("acme", json!({})).await;
    let ada = house.person(&tenant, "ada@example.com").await;
    let before = house.mails_to(&ada.email).await.len();
    house.advance(SignedDuration::from_secs(1));
    ada.login(&house.client(9)).await.data();
    house.advance(SignedDuration::from_millis(10));
    ada.login(&house.client(9)).await.data();
    assert_eq!(house.mails_to(&ada.email).await.len(), before + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quick_logout_hides_nothing() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let tenant = house.tenant("acme", json!({})).await;
    let ada = house.person(&tenant, "ada@example.com").await;
    let before = house.mails_to(&ada.email).await.len();
    house.advance(SignedDuration::from_secs(1));
    let id = ada.login(&house.client(9)).await.data()["session_id"].as_str().unwrap().to_owned();
    let user = ada.user_id.parse().unwrap();
    house.parts.store.end_session(tenant.id, user, id.parse().unwrap()).await.unwrap();
    assert_eq!(house.mails_to(&ada.email).await.len(), before + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_network_is_no_equal_notice() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let tenant = house.tenant("acme", json!({})).await;
    let ada = house.person(&tenant, "ada@example.com").await;
    let before = house.mails_to(&ada.email).await.len();
    for network in [8, 9] {
        house.advance(SignedDuration::from_secs(60));
        ada.login(&house.client(network)).await.data();
        house.mails_to(&ada.email).await;
    }
    assert_eq!(house.mails_to(&ada.email).await.len(), before + 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_delivery_revives_no_used_link() {
    let house = House::start().await;
    let tenant = house.tenant("acme", json!({})).await;
    let ada = house.person(&tenant, "ada@example.com").await;
    let email_key = Email::parse(&ada.email).unwrap().key().clone();
    let now = house.parts.clock.now();
    let errand = Errand {
        tenant_id: tenant.id,
        slug: tenant.slug.clone(),
        what: What::ResetRequested { email_key, redirect_uri: None },
        created_at: now,
        mail_by: now.saturating_add(SignedDuration::from_mins(60)).unwrap(),
    };
    let due = house.parts.store.new_errand();
    house.parts.store.queue(&due, &errand).await.unwrap();
    let token = house.mailed_token(&ada.email, "lk_rst_").await;
    let client = house.client(2);
    ada.reset(&client, &token, "an entirely new pass phrase 7").await.data();
    house.mails_to(&ada.email).await;
    house.parts.store.queue(&due, &errand).await.unwrap();
    house.mails_to(&ada.email).await;
    let again = ada.reset(&client, &token, "an entirely new pass phrase 8").await;
    assert_eq!(again.status, 400, "the used link works again");
}

/// An older worker meets what a newer function queued: Lambda has to count it, or no alarm would ring.
#[tokio::test(flavor = "multi_thread")]
async fn an_entry_that_does_not_read_stops_no_other_and_fails_the_minute() {
    let house = House::start_here().await;
    let (ada, client) = house.ada_at_acme(json!({})).await;
    house.settle().await;
    let tables = local::tables::client(house.stack().environment()).unwrap();
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let place = [("pk", text("O#0")), ("sk", text("O")), ("due_shard", text("D0"))];
    let due = AttributeValue::N(house.parts.clock.now().as_second().to_string());
    let item = place.into_iter().chain([("due_at", due)]);
    let item = item.map(|(name, value)| (name.to_owned(), value)).collect();
    tables.put_item().table_name("latchkey-events").set_item(Some(item)).send().await.unwrap();
    house.settle().await;
    // Nobody pumps the stream from here on: the minute alone finds this one, after the other, whose claim is over.
    client.post("acme", "forgot-password", &json!({ "email": ada.email })).await.data();
    house.advance(SignedDuration::from_secs(61));
    let links = || {
        let mails = house.stack().inbox().emails();
        mails.iter().filter(|mail| mail.body.text.as_ref().unwrap().contains("lk_rst_")).count()
    };
    assert_eq!(links(), 0);
    assert!(house.stack().minute().await.is_err());
    assert_eq!(links(), 1);
}
