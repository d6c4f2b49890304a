//! Row 10: what strangers can have mailed to somebody.

use futures::{StreamExt, future::join_all, stream};
use latchkey::jiff::SignedDuration;
use serde_json::json;
use tests::{House, people::registration, scale};

/// So many at once; more would meet the local database's own limits.
const WIDTH: usize = 40;

#[tokio::test(flavor = "multi_thread")]
async fn any_number_of_triggers_mail_three_and_then_one_an_hour_and_never_in_the_owners_way() {
    let _crowd = tests::crowd().await;
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
        for _ in 0..4 {
            house.advance(SignedDuration::from_mins(15));
            join_all((0..40).map(trigger)).await;
        }
        hourly.push(stranger_mails().await - before);
    }
    println!(
        "row 10: {first} mails of {triggers} triggers, {accepted} of them accepted, then {hourly:?} an hour; the owner's code arrived"
    );
    assert_eq!(first, 3);
    assert_eq!(hourly, [1, 1, 1]);
}

/// However often they say that they are somebody with an account.
#[tokio::test(flavor = "multi_thread")]
async fn the_owners_reset_and_its_notice_arrive_whatever_strangers_register() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let tenant = house.tenant("acme", json!({})).await;
    let ada = house.person(&tenant, "ada@example.com").await;
    house.advance(SignedDuration::from_hours(12));
    let (mut mailed, mut in_a_quarter) = (Vec::new(), 0);
    for hour in 0..3_u8 {
        // All day long, and then the owner forgets.
        let before = house.mails_to("ada@example.com").await.len();
        for quarter in 0..4_u8 {
            let since = house.mails_to("ada@example.com").await.len();
            for network in 0..20 {
                let client =
                    house.client_at(std::net::Ipv4Addr::new(127, 7, hour * 4 + quarter, network + 1));
                for email in ["ada@example.com", "Ada@example.com"] {
                    client
                        .post("acme", "register", &registration(email, "a stranger's pass phrase"))
                        .await
                        .data();
                }
                let tagged = format!("ada+{hour}{quarter}{network}@example.com");
                client
                    .post("acme", "register", &registration(&tagged, "a stranger's pass phrase"))
                    .await
                    .data();
            }
            in_a_quarter = in_a_quarter.max(house.mails_to("ada@example.com").await.len() - since);
            house.advance(SignedDuration::from_mins(15));
        }
        mailed.push(house.mails_to("ada@example.com").await.len() - before);
    }
    let token = ada.reset_token(&house, &house.client(2)).await;
    ada.reset(&house.client(2), &token, "an entirely new pass phrase 7").await.data();
    let told =
        house.mails_to("ada@example.com").await.iter().any(|mail| mail.contains("password was changed"));
    println!(
        "row 10, owner: amid registrations, {mailed:?} mails an hour, the own reset arrived; its notice: {told}"
    );
    assert!(told && in_a_quarter <= 3, "{in_a_quarter}");
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
    // The third is left to a reset.
    assert_eq!(to_bob, 2);
    assert_eq!(house.mails_to("eve@example.com").await.len(), 1);
}
