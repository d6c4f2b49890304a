//! People made by an administrator: invited, invited again, and what becomes of the link.

use admin::{invitation, user::NewPerson};
use latchkey::{
    administration::AdministrationError,
    domain::{Tenant, user::UserStatus},
    jiff::SignedDuration,
};
use serde_json::json;
use tests::{Answer, House, PASSWORD, token_in};

const EMAIL: &str = "grace@example.com";

async fn invite(house: &House, tenant: &Tenant) -> latchkey::domain::ids::UserId {
    let person = NewPerson {
        email: EMAIL.to_owned(),
        password: None,
        first_name: "Grace".to_owned(),
        last_name: "Hopper".to_owned(),
        verified: false,
    };
    invitation::invite(&house.by, tenant, person).await.unwrap()
}

async fn choose(house: &House, tenant: &Tenant, token: &str) -> Answer {
    let body = json!({ "token": token, "new_password": PASSWORD });
    house.client(7).post(tenant.slug.as_str(), "password/reset", &body).await
}

async fn log_in(house: &House, tenant: &Tenant) -> Answer {
    let body = json!({ "email": EMAIL, "password": PASSWORD });
    house.client(8).post(tenant.slug.as_str(), "login", &body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_invited_chooses_a_password_and_is_in() {
    let house = House::start().await;
    let page = "https://acme.example/welcome";
    let tenant = house.tenant("acme", json!({ "pages": { "invite": page } })).await;
    let other = house.tenant("other", json!({})).await;
    let user = invite(&house, &tenant).await;
    let mails = house.mails_to(EMAIL).await;
    assert_eq!(mails.len(), 1);
    assert!(
        mails[0].contains(&format!("{page}#token=lk_rst_")) && mails[0].contains("for 7 days"),
        "{}",
        mails[0]
    );
    let token = token_in(&mails[0], "lk_rst_").unwrap();
    // There is nothing to sign in with yet.
    assert_eq!(log_in(&house, &tenant).await.problem(), (401, "invalid_credentials"));
    // Of no use at another tenant, even one where the same person is invited.
    invite(&house, &other).await;
    assert_eq!(choose(&house, &other, &token).await.problem(), (400, "token_invalid"));
    choose(&house, &tenant, &token).await.data();
    let signed_in = log_in(&house, &tenant).await;
    assert_eq!(
        (&signed_in.data()["status"], &signed_in.data()["user_id"]),
        (&json!("authenticated"), &json!(user))
    );
    assert_eq!(log_in(&house, &other).await.status, 401);
    // It works once, and there is nothing to withdraw or to send again any more.
    assert_eq!(choose(&house, &tenant, &token).await.problem(), (400, "token_invalid"));
    for done in [
        invitation::withdraw(&house.by, &tenant, EMAIL).await,
        invitation::resend(&house.by, &tenant, EMAIL).await,
    ] {
        assert!(matches!(done, Err(AdministrationError::NoInvitation(_))), "{done:?}");
    }
    assert_eq!(log_in(&house, &tenant).await.data()["status"], "authenticated");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_invitation_kills_the_older() {
    let house = House::start().await;
    let tenant = house.tenant("acme", json!({})).await;
    invite(&house, &tenant).await;
    let first = house.mailed_token(EMAIL, "lk_rst_").await;
    // Strangers who had reset links mailed do not stand in its way.
    for _ in 0..4 {
        house
            .client(9)
            .post(tenant.slug.as_str(), "forgot-password", &json!({ "email": EMAIL }))
            .await
            .data();
        house.settle().await;
    }
    invitation::resend(&house.by, &tenant, EMAIL).await.unwrap();
    let mails = house.mails_to(EMAIL).await;
    let newest = mails.last().unwrap();
    assert!(newest.contains("/t/") && newest.contains("/invite#token="), "{newest}");
    let second = token_in(newest, "lk_rst_").unwrap();
    assert_eq!(choose(&house, &tenant, &first).await.problem(), (400, "token_invalid"));
    choose(&house, &tenant, &second).await.data();
    assert_eq!(log_in(&house, &tenant).await.data()["status"], "authenticated");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_invitations_that_wait_for_the_worker_are_one_link() {
    let house = House::start().await;
    let tenant = house.tenant("acme", json!({})).await;
    invite(&house, &tenant).await;
    for _ in 0..3 {
        invitation::resend(&house.by, &tenant, EMAIL).await.unwrap();
    }
    let mut good = 0;
    for mail in house.mails_to(EMAIL).await {
        let token = token_in(&mail, "lk_rst_").unwrap();
        good += u32::from(choose(&house, &tenant, &token).await.status == 200);
    }
    assert_eq!(good, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_ends_when_it_was_said_to() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let tenant = house.tenant("acme", json!({ "invitation_days": 2 })).await;
    invite(&house, &tenant).await;
    let mails = house.mails_to(EMAIL).await;
    assert!(mails[0].contains("for 2 days"), "{}", mails[0]);
    let token = token_in(&mails[0], "lk_rst_").unwrap();
    house.advance(SignedDuration::from_hours(48) + SignedDuration::from_secs(1));
    assert_eq!(choose(&house, &tenant, &token).await.problem(), (400, "token_invalid"));
    invitation::resend(&house.by, &tenant, EMAIL).await.unwrap();
    let token = house.mailed_token(EMAIL, "lk_rst_").await;
    house.advance(SignedDuration::from_hours(48) - SignedDuration::from_secs(1));
    choose(&house, &tenant, &token).await.data();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawn_invitation_leaves_nobody() {
    let house = House::start().await;
    let tenant = house.tenant("acme", json!({})).await;
    let user = invite(&house, &tenant).await;
    let token = house.mailed_token(EMAIL, "lk_rst_").await;
    assert_eq!(invitation::withdraw(&house.by, &tenant, EMAIL).await.unwrap(), user);
    assert_eq!(house.mails_to(EMAIL).await.len(), 1, "nobody is told");
    assert_eq!(choose(&house, &tenant, &token).await.problem(), (400, "token_invalid"));
    assert!(matches!(
        invitation::withdraw(&house.by, &tenant, EMAIL).await,
        Err(AdministrationError::NoUser(_))
    ));
    // The address is free, and the old link opens nothing of whoever has it next.
    let next = invite(&house, &tenant).await;
    assert_ne!(next, user);
    assert_eq!(choose(&house, &tenant, &token).await.problem(), (400, "token_invalid"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_is_accepted_or_withdrawn_and_never_both() {
    let house = House::start().await;
    for round in 0..tests::rounds() {
        let tenant = house.tenant(&format!("acme{round}"), json!({})).await;
        let user = invite(&house, &tenant).await;
        let token = house.mailed_token(EMAIL, "lk_rst_").await;
        let (chosen, withdrawn) =
            futures::join!(choose(&house, &tenant, &token), invitation::withdraw(&house.by, &tenant, EMAIL));
        let state = house.parts.store.user_state(tenant.id, user).await.unwrap();
        assert_eq!(
            chosen.status == 200,
            state.as_ref().is_some_and(|state| state.standing == UserStatus::Active)
        );
        assert_eq!(withdrawn.is_ok(), state.is_none(), "{withdrawn:?}");
        assert_eq!(log_in(&house, &tenant).await.status == 200, chosen.status == 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_not_invited_and_a_suspended_one_not_again() {
    let house = House::start().await;
    let tenant = house.tenant("acme", json!({})).await;
    let user = invite(&house, &tenant).await;
    let person = NewPerson {
        email: "Grace@Example.com".to_owned(),
        password: None,
        first_name: "G".to_owned(),
        last_name: "H".to_owned(),
        verified: false,
    };
    let again = invitation::invite(&house.by, &tenant, person).await;
    assert!(matches!(again, Err(AdministrationError::EmailTaken(_))), "{again:?}");
    let token = house.mailed_token(EMAIL, "lk_rst_").await;
    admin::user::suspend(&house.by, &tenant, user).await.unwrap();
    assert_eq!(choose(&house, &tenant, &token).await.problem(), (400, "token_invalid"));
    let resent = invitation::resend(&house.by, &tenant, EMAIL).await;
    assert!(matches!(resent, Err(AdministrationError::NoInvitation(_))), "{resent:?}");
}
