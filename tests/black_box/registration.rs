//! Register, verify, resend: and who tries to be first at somebody else's address.

use latchkey::jiff::SignedDuration;
use serde_json::json;
use tests::{Client, House, PASSWORD, people::registration};

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
const OTHER: &str = "quite another pass phrase";

/// Presses the button of a mail and types this password, which signs in afterwards: whether it had to be chosen anew.
async fn press(client: &Client, email: &str, token: &str, password: &str) -> bool {
    let body = json!({ "token": token, "password": password });
    let pressed = client.post("acme", "verify-email", &body).await;
    assert_eq!(pressed.data()["status"], "verified");
    let is_chosen = pressed.data()["password_required"] == true;
    assert_eq!(pressed.data().get("tokens").is_none(), is_chosen, "{}", pressed.text);
    if is_chosen {
        let body = json!({ "token": pressed.data()["reset_token"], "new_password": password });
        let reset = client.post("acme", "password/reset", &body).await;
        assert_eq!(reset.data()["status"], "password_reset");
    }
    let login = client.post("acme", "login", &json!({ "email": email, "password": password })).await;
    assert_eq!(login.data()["status"], "authenticated");
    is_chosen
}

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
        let is_chosen = press(&victim, &email, &token, PASSWORD).await;
        assert_eq!(is_chosen, orders != &["attacker", "victim"], "{orders:?}");
        let stolen = attacker.post("acme", "login", &json!({ "email": email, "password": ATTACKERS })).await;
        gained += usize::from(stolen.status == 200);
    }
    println!("row 15: attacker's password works in {gained} of 3 orders");
    assert_eq!(gained, 0);
}

/// Opens the link of the last mail as a browser does, and as a careless program may; and whatever the page names.
async fn scan(house: &House, email: &str) {
    let client = house.client(99);
    let open = |path: String| {
        let client = client.clone();
        async move { client.send(reqwest::Method::GET, &path, &[], Vec::new()).await }
    };
    let mails = house.mails_to(email).await;
    let link = mails.last().unwrap().split_whitespace().find(|word| word.contains("#token=lk_vfy_")).unwrap();
    let path = link.strip_prefix(house.parts.base_url.as_str()).unwrap();
    // A fragment is not sent.
    let (path, fragment) = path.split_once('#').unwrap();
    let page = open(path.to_owned()).await;
    assert_eq!(page.status, 200, "{}", page.text);
    for careless in [format!("{path}?{fragment}"), format!("{path}%23{fragment}")] {
        open(careless).await;
    }
    for named in page.text.split('"').filter(|part| part.starts_with('/')) {
        open(named.to_owned()).await;
    }
    client.send(reqwest::Method::HEAD, path, &[], Vec::new()).await;
}

/// Row 15: the attacker alone registers, and what opens the victim's mails is no person.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_a_password_by_a_scanner_that_opens_the_mailed_link() {
    let house = House::start().await;
    house.tenant("acme", json!({})).await;
    let (attacker, victim) = (house.client(66), house.client(2));
    let (mut gained, mut tried) = (0, 0);
    for then in ["registers", "forgets", "presses"] {
        let email = format!("{then}@example.com");
        let stolen = json!({ "email": email, "password": ATTACKERS });
        attacker.post("acme", "register", &registration(&email, ATTACKERS)).await.data();
        scan(&house, &email).await;
        let early = attacker.post("acme", "login", &stolen).await;
        match then {
            "registers" => {
                victim.post("acme", "register", &registration(&email, PASSWORD)).await.data();
            }
            "forgets" => {
                victim.post("acme", "forgot-password", &json!({ "email": email })).await.data();
            }
            _ => {}
        }
        scan(&house, &email).await;
        let token = house.mailed_token(&email, "lk_vfy_").await;
        let is_chosen = press(&victim, &email, &token, PASSWORD).await;
        assert_eq!(is_chosen, then != "registers", "{then}");
        for answer in [early, attacker.post("acme", "login", &stolen).await] {
            tried += 1;
            gained += usize::from(answer.problem() != (401, "invalid_credentials"));
        }
    }
    println!(
        "row 15, a scanner opens the mailed link: attacker's password works in {gained} of {tried} tries"
    );
    assert_eq!(gained, 0);
}

/// The contract's GET, to which no mail leads, activates a lone registration with its password. What that gives a
/// stranger, the owner of the mailbox takes back.
#[tokio::test(flavor = "multi_thread")]
async fn who_has_the_mailbox_takes_back_what_the_contracts_get_activated() {
    let house = House::start().await;
    house.tenant("acme", json!({})).await;
    let (attacker, victim) = (house.client(66), house.client(2));
    let email = "ada@example.com";
    attacker.post("acme", "register", &registration(email, ATTACKERS)).await.data();
    let token = house.mailed_token(email, "lk_vfy_").await;
    victim.get("acme", &format!("verify-email?token={token}")).await.data();
    let stolen = json!({ "email": email, "password": ATTACKERS });
    let login = attacker.post("acme", "login", &stolen).await;
    let session = tests::factors::token_of(login.data());
    victim.post("acme", "forgot-password", &json!({ "email": email })).await.data();
    let reset = house.mailed_token(email, "lk_rst_").await;
    let body = json!({ "token": reset, "new_password": PASSWORD });
    victim.post("acme", "password/reset", &body).await.data();
    assert_eq!(attacker.get_as("/api/v1/me", &session).await.status, 401);
    assert_eq!(attacker.post("acme", "login", &stolen).await.problem(), (401, "invalid_credentials"));
    let owner = victim.post("acme", "login", &json!({ "email": email, "password": PASSWORD })).await;
    assert_eq!(owner.data()["status"], "authenticated");
}

/// Row 15: who registers twice gets in by either mail, and with either password where there are two.
#[tokio::test(flavor = "multi_thread")]
async fn several_registrations_of_one_person_let_them_in_by_whichever_mail() {
    let house = House::start().await;
    house.tenant("acme", json!({})).await;
    let client = house.client(2);
    // What was chosen at first and at last, whose mail is opened, and what is typed there.
    let cases = [
        ([PASSWORD, PASSWORD], 0_usize, PASSWORD),
        ([PASSWORD, PASSWORD], 1, PASSWORD),
        ([OTHER, PASSWORD], 0, OTHER),
        ([OTHER, PASSWORD], 0, PASSWORD),
        ([OTHER, PASSWORD], 1, OTHER),
        ([OTHER, PASSWORD], 1, PASSWORD),
    ];
    let mut anew = 0;
    for (index, (chosen, opened, typed)) in cases.into_iter().enumerate() {
        let email = format!("person{index}@example.com");
        for password in chosen {
            client.post("acme", "register", &registration(&email, password)).await.data();
            house.settle().await;
        }
        let mails = house.mails_to(&email).await;
        let tokens: Vec<_> = mails.iter().filter_map(|mail| tests::token_in(mail, "lk_vfy_")).collect();
        assert_eq!(tokens.len(), 2, "{mails:#?}");
        let is_chosen = press(&client, &email, &tokens[opened], typed).await;
        assert_eq!(is_chosen, typed != chosen[opened], "{index}");
        anew += usize::from(is_chosen);
        for (token, password) in tokens.iter().zip(chosen) {
            let body = json!({ "token": token, "password": password });
            let again = client.post("acme", "verify-email", &body).await;
            assert_eq!(again.data()["status"], "already_verified");
            assert!(again.data().get("tokens").is_none() && again.data().get("reset_token").is_none());
            let body = json!({ "email": email, "password": password });
            let login = client.post("acme", "login", &body).await;
            assert_eq!(login.status == 200, password == typed, "{index}: {}", login.text);
        }
    }
    println!(
        "row 15, who registers twice: {0} of {0} got in, {anew} of them by choosing a password anew",
        cases.len()
    );
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

/// Who registered, and deleted the account that it made; the link is used up.
async fn gone(client: &Client, house: &House, email: &str) -> String {
    client.post("acme", "register", &registration(email, OTHER)).await.data();
    let spent = house.mailed_token(email, "lk_vfy_").await;
    let verified = client.post("acme", "verify-email", &json!({ "token": spent, "password": OTHER })).await;
    let access = verified.data()["tokens"]["access_token"].as_str().unwrap();
    client.delete_as("/api/v1/me", access).await.data();
    spent
}

#[tokio::test(flavor = "multi_thread")]
async fn who_deleted_their_account_is_mailed_no_link_that_is_used_up() {
    let house = House::start().await;
    house.tenant("acme", json!({})).await;
    let (client, email) = (house.client(2), "ada@example.com");
    let spent = gone(&client, &house, email).await;
    let before = house.mails_to(email).await.len();
    for path in ["forgot-password", "verify-email/resend"] {
        client.post("acme", path, &json!({ "email": email })).await.data();
        assert_eq!(house.mails_to(email).await.len(), before, "{path}");
    }
    let again = client.get("acme", &format!("verify-email?token={spent}")).await;
    assert_eq!(again.problem(), (400, "token_invalid"));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_deleted_their_account_registers_anew_as_if_for_the_first_time() {
    let house = House::start().await;
    house.tenant("acme", json!({})).await;
    let (client, email) = (house.client(2), "ada@example.com");
    let spent = gone(&client, &house, email).await;
    client.post("acme", "register", &registration(email, PASSWORD)).await.data();
    let token = house.mailed_token(email, "lk_vfy_").await;
    assert_ne!(token, spent);
    let verified = client.get("acme", &format!("verify-email?token={token}")).await;
    assert_eq!(verified.data()["status"], "verified");
    assert_eq!(verified.data()["password_required"], false);
    let login = client.post("acme", "login", &json!({ "email": email, "password": PASSWORD })).await;
    assert_eq!(login.data()["status"], "authenticated");
    for token in [token, spent] {
        let again = client.get("acme", &format!("verify-email?token={token}")).await;
        assert_eq!(again.data()["status"], "already_verified");
    }
}
