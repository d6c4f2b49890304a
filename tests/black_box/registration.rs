//! Register, verify, resend: and who tries to be first at somebody else's address.

use latchkey::jiff::SignedDuration;
use serde_json::json;
use tests::{House, PASSWORD, people::registration};

#[tokio::test(flavor = "multi_thread")]
async fn a_person_registers_verifies_and_is_signed_in() {
    let house = House::start().await;
    let tenant = house.tenant("acme", json!({ "redirect_uris": ["https://app.example/hi"] })).await;
    let client = house.client(2);
    let mut body = registration("Ada@Example.com", PASSWORD);
    body["redirect_uri"] = "https://app.example/hi".into();
    body["custom_data"] = json!({ "plan": "pro" });
    let registered = client.post("acme", "register", &body).await;
    assert_eq!(registered.data()["status"], "pending_verification");
    assert_eq!(registered.body["meta"]["request_id"].as_str(), registered.header("apigw-requestid"));

    let early =
        client.post("acme", "login", &json!({ "email": "ada@example.com", "password": PASSWORD })).await;
    assert_eq!(early.problem(), (401, "invalid_credentials"));

    let token = house.mailed_token("Ada@example.com", "lk_vfy_").await;
    let verified =
        client.post("acme", "verify-email", &json!({ "token": token, "password": PASSWORD })).await;
    assert_eq!(verified.data()["status"], "verified");
    assert_eq!(verified.data()["email"], "Ada@Example.com");
    assert_eq!(verified.data()["redirect_uri"], "https://app.example/hi");
    assert_eq!(verified.data()["user_id"], registered.data()["user_id"]);
    let access = verified.data()["tokens"]["access_token"].as_str().unwrap();
    let me = client.get_as("/api/v1/me", access).await;
    assert_eq!(me.data()["custom_data"]["plan"], "pro");
    assert_eq!(me.data()["tenant_id"], tenant.id.to_string());

    let again = client.get("acme", &format!("verify-email?token={token}")).await;
    assert_eq!(again.data()["status"], "already_verified");
    assert!(again.data().get("tokens").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lone_registration_is_activated_by_the_contracts_get_and_opens_nothing() {
    let house = House::start().await;
    house.tenant("acme", json!({})).await;
    let client = house.client(2);
    client.post("acme", "register", &registration("ada@example.com", PASSWORD)).await.data();
    let token = house.mailed_token("ada@example.com", "lk_vfy_").await;
    let path = tests::below("acme", &format!("verify-email?token={token}"));
    let head = client.send(reqwest::Method::HEAD, &path, &[], Vec::new()).await;
    assert_eq!(head.status, 404, "HEAD has no route and changes nothing");
    let verified = client.get("acme", &format!("verify-email?token={token}")).await;
    assert_eq!(verified.data()["status"], "verified");
    assert!(verified.data().get("tokens").is_none() && verified.cookie("__Host-").is_none());
    let login =
        client.post("acme", "login", &json!({ "email": "ada@example.com", "password": PASSWORD })).await;
    assert_eq!(login.data()["status"], "authenticated");
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_used_late_and_foreign_links_are_refused() {
    let Some(house) = House::with_its_own_clock().await else { return };
    house.tenant("acme", json!({})).await;
    house.tenant("other", json!({})).await;
    let client = house.client(2);
    client.post("acme", "register", &registration("ada@example.com", PASSWORD)).await.data();
    let token = house.mailed_token("ada@example.com", "lk_vfy_").await;
    let mut flipped = token.clone();
    let last = flipped.pop().unwrap();
    flipped.push(if last == 'A' { 'E' } else { 'A' });
    for bad in ["x", "", "lk_vfy_", &flipped, &token.replace("lk_vfy_", "lk_rst_")] {
        let answer = client.get("acme", &format!("verify-email?token={bad}")).await;
        assert_eq!(answer.problem(), (400, "token_invalid"), "{bad}");
    }
    let foreign = client.get("other", &format!("verify-email?token={token}")).await;
    assert_eq!(foreign.problem(), (400, "token_invalid"));
    house.advance(SignedDuration::from_hours(24));
    let late = client.get("acme", &format!("verify-email?token={token}")).await;
    assert_eq!(late.problem(), (400, "token_invalid"));
    let missing = client.get("acme", "verify-email").await;
    assert_eq!(missing.faults(), [("query.token".to_owned(), "missing".to_owned())]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_known_address_gets_another_mail_and_no_other_password() {
    let house = House::start().await;
    let tenant = house.tenant("acme", json!({})).await;
    house.person(&tenant, "ada@example.com").await;
    let client = house.client(2);
    let again = registration("ada@example.com", "quite another pass phrase");
    client.post("acme", "register", &again).await.data();
    let mails = house.mails_to("ada@example.com").await;
    let last = mails.last().unwrap();
    assert!(last.contains("already") && tests::token_in(last, "lk_").is_none(), "{last}");
    let login = client
        .post(
            "acme",
            "login",
            &json!({ "email": "ada@example.com", "password": "quite another pass phrase" }),
        )
        .await;
    assert_eq!(login.problem(), (401, "invalid_credentials"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_may_do_without_registration_or_without_proof() {
    let house = House::start().await;
    house.tenant("closed", json!({ "self_registration": false })).await;
    house.tenant("open", json!({ "require_email_verification": false })).await;
    let client = house.client(2);
    let closed = client.post("closed", "register", &registration("ada@example.com", PASSWORD)).await;
    assert_eq!(closed.problem(), (403, "registration_disabled"));
    let made = client.post("open", "register", &registration("ada@example.com", PASSWORD)).await;
    assert_eq!(made.data()["status"], "active");
    let taken = client.post("open", "register", &registration("ADA@example.com", PASSWORD)).await;
    assert_eq!(taken.problem(), (409, "email_taken"));
    let login =
        client.post("open", "login", &json!({ "email": "ada@example.com", "password": PASSWORD })).await;
    assert_eq!(login.data()["status"], "authenticated");
}

const ATTACKERS: &str = "the attacker knows this one";

/// Row 15: whoever registers somebody else's address, in whichever order, gets no working password.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_a_password_into_an_address_that_is_not_theirs() {
    let house = House::start().await;
    house.tenant("acme", json!({})).await;
    let (attacker, victim) = (house.client(66), house.client(2));
    let mut gained = 0;
    for (index, orders) in
        [["attacker", "victim"], ["victim", "attacker"], ["attacker", "nobody"]].iter().enumerate()
    {
        let email = format!("victim{index}@example.com");
        for who in orders {
            match *who {
                "attacker" => {
                    attacker.post("acme", "register", &registration(&email, ATTACKERS)).await.data();
                }
                "victim" => {
                    victim.post("acme", "register", &registration(&email, PASSWORD)).await.data();
                }
                _ => {}
            }
            house.settle().await;
        }
        // The victim opens the last mail, and the page asks for the password chosen at registration.
        let token = house.mailed_token(&email, "lk_vfy_").await;
        let pressed =
            victim.post("acme", "verify-email", &json!({ "token": token, "password": PASSWORD })).await;
        assert_eq!(pressed.data()["status"], "verified");
        if orders != &["attacker", "victim"] {
            assert_eq!(pressed.data()["password_required"], true, "{orders:?}");
            let reset = pressed.data()["reset_token"].as_str().unwrap();
            let chosen = victim
                .post("acme", "password/reset", &json!({ "token": reset, "new_password": PASSWORD }))
                .await;
            assert_eq!(chosen.data()["status"], "password_reset");
        }
        let stolen = attacker.post("acme", "login", &json!({ "email": email, "password": ATTACKERS })).await;
        gained += usize::from(stolen.status == 200);
        let owner = victim.post("acme", "login", &json!({ "email": email, "password": PASSWORD })).await;
        assert_eq!(owner.data()["status"], "authenticated", "{orders:?}");
    }
    println!("row 15: attacker's password works in {gained} of 3 orders");
    assert_eq!(gained, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn several_registrations_and_the_contracts_get_bring_no_password() {
    let house = House::start().await;
    house.tenant("acme", json!({})).await;
    let client = house.client(2);
    client.post("acme", "register", &registration("ada@example.com", ATTACKERS)).await.data();
    client.post("acme", "register", &registration("ada@example.com", PASSWORD)).await.data();
    let token = house.mailed_token("ada@example.com", "lk_vfy_").await;
    let verified = client.get("acme", &format!("verify-email?token={token}")).await;
    assert_eq!(verified.data()["password_required"], true);
    for password in [ATTACKERS, PASSWORD] {
        let login =
            client.post("acme", "login", &json!({ "email": "ada@example.com", "password": password })).await;
        assert_eq!(login.problem(), (401, "invalid_credentials"));
    }
    let reset = verified.data()["reset_token"].as_str().unwrap();
    client.post("acme", "password/reset", &json!({ "token": reset, "new_password": PASSWORD })).await.data();
    let login =
        client.post("acme", "login", &json!({ "email": "ada@example.com", "password": PASSWORD })).await;
    assert_eq!(login.data()["status"], "authenticated");
}

#[tokio::test(flavor = "multi_thread")]
async fn resend_mails_the_link_that_still_waits_and_nothing_else() {
    let house = House::start().await;
    let tenant = house.tenant("acme", json!({})).await;
    house.person(&tenant, "ada@example.com").await;
    let client = house.client(2);
    client.post("acme", "register", &registration("bob@example.com", PASSWORD)).await.data();
    let first = house.mailed_token("bob@example.com", "lk_vfy_").await;
    let before = house.mails_to("ada@example.com").await.len();
    for email in ["bob@example.com", "ada@example.com", "nobody@example.com"] {
        client.post("acme", "verify-email/resend", &json!({ "email": email })).await.data();
    }
    let mails = house.mails_to("bob@example.com").await;
    assert_eq!(mails.len(), 2);
    assert_eq!(tests::token_in(&mails[1], "lk_vfy_").unwrap(), first);
    assert_eq!(house.mails_to("ada@example.com").await.len(), before);
    assert!(house.mails_to("nobody@example.com").await.is_empty());
}
