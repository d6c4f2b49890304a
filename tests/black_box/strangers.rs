//! Row 10: what strangers can have mailed to somebody.

use futures::{StreamExt, future::join_all, stream};
use latchkey::jiff::SignedDuration;
use serde_json::json;
use tests::{House, people::registration, scale};

/// So many at once; more would meet the local database's own limits.
const WIDTH: usize = 40;

#[tokio::test(flavor = "multi_thread")]
async fn any_number_of_triggers_mail_three_and_then_one_an_hour_and_never_in_the_owners_way() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let tenant = house.tenant("acme", crate::mfa::settings()).await;
    let ada = house.person(&tenant, "ada@example.com").await;
    house.advance(SignedDuration::from_hours(12));
    let stranger_mails = || async {
        let mails = house.mails_to("ada@example.com").await;
        mails.iter().filter(|mail| mail.contains("already") || mail.contains("lk_rst_")).count()
    };
    let trigger = |index: u16| {
        let [high, low] = index.to_be_bytes();
        let client = house.client_at(std::net::Ipv4Addr::new(127, 5, high, low.max(1)));
        async move {
            let email = json!({ "email": "ada@example.com" });
            match index % 4 {
                0 => client.post("acme", "forgot-password", &email).await,
                1 => client.post("acme", "password/forgot", &email).await,
                2 => client.post("acme", "verify-email/resend", &email).await,
                _ => {
                    client
                        .post(
                            "acme",
                            "register",
                            &registration("Ada@example.com", "a stranger's pass phrase"),
                        )
                        .await
                }
            }
        }
    };
    let triggers = scale(300, 1000);
    let before = stranger_mails().await;
    let answers: Vec<_> = stream::iter(0..triggers).map(trigger).buffer_unordered(WIDTH).collect().await;
    let accepted = answers.iter().filter(|answer| answer.status == 200).count();
    assert!(accepted * 10 > usize::from(triggers) * 7, "{accepted}");
    let first = stranger_mails().await - before;
    let client = house.client(2);
    let handle = ada.handle(&client).await;
    let code = ada.code(&house, &client, &handle).await;
    assert_eq!(ada.verify(&client, &handle, &code).await.data()["status"], "authenticated");
    let mut hourly = Vec::new();
    for _ in 0..3 {
        let before = stranger_mails().await;
        house.advance(SignedDuration::from_mins(60));
        join_all((0..40).map(trigger)).await;
        hourly.push(stranger_mails().await - before);
    }
    println!(
        "row 10: {first} mails of {triggers} triggers, {accepted} of them accepted, then {hourly:?} an hour; the owner's code arrived"
    );
    assert_eq!(first, 3);
    assert_eq!(hourly, [1, 1, 1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn plus_tags_share_a_mailbox_and_other_mailboxes_do_not() {
    let house = House::start().await;
    house.tenant("acme", json!({})).await;
    let client = house.client(2);
    for index in 0..8 {
        let email = format!("bob+{index}@example.com");
        client.post("acme", "register", &registration(&email, tests::PASSWORD)).await.data();
    }
    client.post("acme", "register", &registration("eve@example.com", tests::PASSWORD)).await.data();
    let mut to_bob = 0;
    for index in 0..8 {
        to_bob += house.mails_to(&format!("bob+{index}@example.com")).await.len();
    }
    assert_eq!(to_bob, 3);
    assert_eq!(house.mails_to("eve@example.com").await.len(), 1);
}
