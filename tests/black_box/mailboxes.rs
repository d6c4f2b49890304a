//! Mailboxes that bounce or complain: who is still mailed to.

use std::sync::Arc;

use latchkey::{
    jiff::SignedDuration,
    runtime::{Function, World},
};
use mail_feedback::MailFeedback;
use serde_json::json;
use tests::{Client, House, PASSWORD, Person, people::registration};

const BOUNCE: &str = "bounce@simulator.amazonses.com";
const COMPLAINT: &str = "complaint@simulator.amazonses.com";
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Somebody at an address that an administrator vouches for: a mail there does not come back unanswered.
async fn person_at(house: &House, address: &str) -> (Person, Client) {
    let tenant = house.tenant("acme", crate::mfa::settings()).await;
    let person = admin::user::NewPerson {
        email: address.to_owned(),
        password: Some(PASSWORD.to_owned()),
        first_name: "Ada".to_owned(),
        last_name: "Lovelace".to_owned(),
        verified: true,
    };
    let user_id = admin::user::create(&house.by, &tenant, person).await.unwrap().to_string();
    let slug = tenant.slug.to_string();
    (Person { email: address.to_owned(), user_id, slug }, house.client(2))
}

async fn forget(client: &Client, address: &str) {
    client.post("acme", "forgot-password", &json!({ "email": address })).await.data();
}

async fn ask_for_code(client: &Client, person: &Person) {
    let handle = person.handle(client).await;
    let path = format!("mfa/email/send?mfa_token={handle}&user_id={}", person.user_id);
    client.post("acme", &path, &json!({})).await.data();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bounce_stops_every_mail_for_thirty_days_and_each_renews_it() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let (ada, client) = person_at(&house, BOUNCE).await;
    let sent = || async { house.mails_to(BOUNCE).await.len() };
    forget(&client, BOUNCE).await;
    assert_eq!(sent().await, 1);
    forget(&client, "BOUNCE@Simulator.AmazonSES.com").await;
    ask_for_code(&client, &ada).await;
    assert_eq!(sent().await, 1, "nothing goes to an address that bounced");
    let shown = admin::mailbox::show(&house.parts, BOUNCE).await.unwrap();
    assert!(shown.found.stops(None, house.parts.clock.now()));
    assert_eq!(house.metrics.total("UndeliverableAddresses"), 1);
    assert_eq!(house.metrics.total("RejectedMails"), 0);
    house.advance(DAY * 29);
    forget(&client, BOUNCE).await;
    assert_eq!(sent().await, 1);
    house.advance(DAY);
    forget(&client, BOUNCE).await;
    assert_eq!(sent().await, 2, "mailboxes come back");
    house.advance(DAY * 29);
    forget(&client, BOUNCE).await;
    assert_eq!(sent().await, 2, "this one did not");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_complaint_stops_what_strangers_trigger_and_no_code() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let (ada, client) = person_at(&house, COMPLAINT).await;
    forget(&client, COMPLAINT).await;
    assert_eq!(house.mails_to(COMPLAINT).await.len(), 1);
    forget(&client, COMPLAINT).await;
    client.post("acme", "register", &registration(COMPLAINT, PASSWORD)).await.data();
    assert_eq!(house.mails_to(COMPLAINT).await.len(), 1);
    let handle = ada.handle(&client).await;
    let code = ada.code(&house, &client, &handle).await;
    assert_eq!(ada.verify(&client, &handle, &code).await.data()["status"], "authenticated");
    // The code, and the notice of the new sign-in.
    assert_eq!(house.mails_to(COMPLAINT).await.len(), 3);
    house.advance(DAY * 399);
    forget(&client, COMPLAINT).await;
    assert_eq!(house.mails_to(COMPLAINT).await.len(), 3, "each mail since was complained of");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tag_that_bounces_is_another_address_than_its_mailbox() {
    let Some(house) = House::with_its_own_clock().await else { return };
    house.tenant("acme", json!({})).await;
    let client = house.client(2);
    let tagged = "bounce+tag@simulator.amazonses.com";
    for address in [tagged, BOUNCE, "bounce+other@simulator.amazonses.com"] {
        client.post("acme", "register", &registration(address, PASSWORD)).await.data();
        assert_eq!(house.mails_to(address).await.len(), 1, "{address}");
        // One purse pays for all of them.
        house.advance(SignedDuration::from_hours(1));
    }
    client.post("acme", "register", &registration(tagged, PASSWORD)).await.data();
    assert_eq!(house.mails_to(tagged).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_clears_an_address() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let (_, client) = person_at(&house, BOUNCE).await;
    for sent in 1..=2 {
        forget(&client, BOUNCE).await;
        assert_eq!(house.mails_to(BOUNCE).await.len(), sent);
        let cleared = admin::mailbox::clear(&house.parts, BOUNCE).await.unwrap();
        assert_eq!(admin::mailbox::show(&house.parts, BOUNCE).await.unwrap(), cleared);
    }
    assert!(admin::mailbox::show(&house.parts, "nobody").await.is_err());
}

async fn feedback_of(house: &House) -> MailFeedback {
    let mut environment = house.stack().environment().clone();
    environment.remove("LATCHKEY_STAGE");
    let world = World::of(Arc::clone(&house.parts.clock), Arc::clone(&house.parts.entropy));
    MailFeedback::start(&|name| environment.get(name).cloned(), world).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_dropped_and_what_cannot_be_stored_comes_again() {
    let (house, faults) = House::on_a_bad_day().await;
    let feedback = feedback_of(&house).await;
    let bounce = include_bytes!("../../events/mail-feedback.bounce.json");
    for dropped in
        [&b"{"[..], b"null", b"{\"detail\":{}}", include_bytes!("../../events/mail-worker.minute.json")]
    {
        feedback.invoke(dropped).await.unwrap();
    }
    faults.break_off(true);
    feedback.invoke(bounce).await.unwrap_err();
    faults.break_off(false);
    feedback.invoke(bounce).await.unwrap();
    feedback.invoke(include_bytes!("../../events/mail-feedback.complaint.json")).await.unwrap();
    let stops = |address: &'static str| {
        let parts = &house.parts;
        async move {
            let found = admin::mailbox::show(parts, address).await.unwrap().found;
            let now = parts.clock.now();
            let stranger = Some(latchkey::domain::purse::Purse::Stranger);
            (found.stops(None, now), found.stops(stranger, now))
        }
    };
    assert_eq!(stops(BOUNCE).await, (true, true));
    assert_eq!(stops(COMPLAINT).await, (false, true));
}

/// A complaint holds for longer than a bounce, which comes after it and hides it not.
#[tokio::test(flavor = "multi_thread")]
async fn one_reason_does_not_hide_the_other() {
    use latchkey::domain::{Email, purse::Purse, undeliverable::Reason};
    let Some(house) = House::with_its_own_clock().await else { return };
    let email = Email::parse("ada@example.com").unwrap();
    let store = &house.parts.store;
    let stops = || async {
        let found = store.undeliverable(email.key()).await.unwrap();
        let now = house.parts.clock.now();
        (found.stops(None, now), found.stops(Some(Purse::Stranger), now))
    };
    for reason in [Reason::Bounced, Reason::Complained, Reason::Bounced] {
        store.mark_undeliverable(email.key(), reason).await.unwrap();
        house.advance(DAY);
    }
    house.stack().sweep_ttl().await.unwrap();
    assert_eq!(stops().await, (true, true));
    house.advance(DAY * 30);
    house.stack().sweep_ttl().await.unwrap();
    assert_eq!(stops().await, (false, true));
    house.advance(DAY * 400);
    assert_eq!(stops().await, (false, false));
}
