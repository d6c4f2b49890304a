//! The captcha that is built in: a proof of work, and when it is asked for.

use latchkey::{
    domain::{Email, throttle::Verdict},
    jiff::SignedDuration,
    store::Failures,
};
use serde_json::{Value, json};
use tests::{
    Answer, Client, House, PASSWORD, Spending,
    captcha::{solution, solved, token},
    people::registration,
};

fn altcha() -> Value {
    json!({ "captcha": { "provider": "altcha" }, "mail": { "new_sign_in": false } })
}

async fn registers(client: &Client, email: &str, captcha: Option<&str>) -> Answer {
    let mut body = registration(email, PASSWORD);
    body["captcha_token"] = captcha.into();
    client.post("acme", "register", &body).await
}

async fn logs_in(client: &Client, email: &str, password: &str, captcha: Option<&str>) -> Answer {
    let body = json!({ "email": email, "password": password, "captcha_token": captcha });
    client.post("acme", "login", &body).await
}

/// Somebody with an account in a tenant that has a captcha.
async fn ada(house: &House) -> String {
    let client = house.client(1);
    let email = "ada@example.com";
    let token = solved(&client, "acme").await;
    registers(&client, email, Some(&token)).await.data();
    let link = house.mailed_token(email, "lk_vfy_").await;
    client.post("acme", "verify-email", &json!({ "token": link, "password": PASSWORD })).await.data();
    email.to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_is_as_altcha_has_it_and_only_where_it_is_the_tenants() {
    let house = House::start().await;
    house.tenant("acme", altcha()).await;
    house.tenant("plain", json!({})).await;
    let client = house.client(2);
    let challenge = client.get("acme", "captcha").await;
    assert_eq!(challenge.status, 200);
    assert_eq!(challenge.header("cache-control"), Some("no-store"));
    let names: Vec<_> = challenge.body.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, ["algorithm", "challenge", "maxnumber", "salt", "signature"]);
    assert_eq!(challenge.body["algorithm"], "SHA-256");
    assert!(challenge.body["salt"].as_str().unwrap().ends_with('&'));
    assert_eq!(client.get("plain", "captcha").await.problem(), (404, "not_found"));
    assert_eq!(client.get("nobody", "captcha").await.problem(), (404, "tenant_not_found"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_registration_needs_one_and_it_is_spent_once() {
    let house = House::start().await;
    house.tenant("acme", altcha()).await;
    house.tenant("other", altcha()).await;
    let client = house.client(2);
    let missing = registers(&client, "ada@example.com", None).await;
    assert_eq!(missing.problem(), (403, "captcha_required"));
    assert_eq!(missing.body["captcha"], json!({ "provider": "altcha", "site_key": null }));
    let foreign = solved(&client, "other").await;
    let unsolved = token(&client.get("acme", "captcha").await.body);
    let mut altered = solution(&client.get("acme", "captcha").await.body);
    altered["salt"] = altered["salt"].as_str().unwrap().replace("?expires=1", "?expires=2").into();
    for (what, wrong) in [
        ("nonsense", "nonsense"),
        ("nothing", ""),
        ("another tenant's", &*foreign),
        ("an unsolved one", &*unsolved),
        ("one with another expiry", &*token(&altered)),
    ] {
        let refused = registers(&client, "ada@example.com", Some(wrong)).await;
        assert_eq!(refused.problem(), (403, "captcha_refused"), "{what}");
    }
    let right = solved(&client, "acme").await;
    let tries: Vec<_> = (0..20)
        .map(|number| {
            let (client, right) = (client.clone(), right.clone());
            tokio::spawn(
                async move { registers(&client, &format!("p{number}@example.com"), Some(&right)).await },
            )
        })
        .collect();
    let mut statuses = Vec::new();
    for tried in tries {
        statuses.push(tried.await.unwrap().status);
    }
    statuses.sort_unstable();
    assert_eq!(statuses[0], 200);
    assert!(statuses[1..].iter().all(|status| *status == 403), "{statuses:?}");
    assert_eq!(registers(&client, "ada@example.com", Some(&right)).await.problem(), (403, "captcha_refused"));
    let long = registers(&client, "ada@example.com", Some(&"x".repeat(8193))).await;
    assert_eq!(long.faults()[0].0, "body.captcha_token");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_solution_lives_five_minutes() {
    let Some(house) = House::with_its_own_clock().await else { return };
    house.tenant("acme", altcha()).await;
    let client = house.client(2);
    let (early, late) = (solved(&client, "acme").await, solved(&client, "acme").await);
    house.advance(SignedDuration::from_secs(299));
    registers(&client, "ada@example.com", Some(&early)).await.data();
    house.advance(SignedDuration::from_secs(1));
    assert_eq!(registers(&client, "bob@example.com", Some(&late)).await.problem(), (403, "captcha_refused"));
    house.advance(SignedDuration::from_secs(61));
    assert_eq!(registers(&client, "bob@example.com", Some(&early)).await.problem(), (403, "captcha_refused"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_fails_at_many_accounts_is_asked_at_all_of_them() {
    let Some(house) = House::with_its_own_clock().await else { return };
    house.tenant("acme", altcha()).await;
    let ada = ada(&house).await;
    let attacker = house.client(3);
    // Slips of one person are no stuffing, however many.
    for _ in 0..4 {
        assert_eq!(logs_in(&attacker, "slip@example.com", "wrong", None).await.status, 401);
    }
    for number in 0..9 {
        let tried = logs_in(&attacker, &format!("nobody{number}@example.com"), "wrong", None).await;
        assert_eq!(tried.problem(), (401, "invalid_credentials"), "{number}");
    }
    let known = logs_in(&attacker, &ada, "wrong", None).await;
    let unknown = logs_in(&attacker, "nobody@example.com", "wrong", None).await;
    assert_eq!(known.problem(), (403, "captcha_required"));
    assert_eq!(known.body["captcha"]["provider"], "altcha");
    let bare = |answer: &Answer| {
        let mut body = answer.body.clone();
        body["request_id"] = Value::Null;
        (answer.status, body)
    };
    assert_eq!(bare(&known), bare(&unknown));
    assert_eq!(logs_in(&attacker, &ada, PASSWORD, None).await.problem(), (403, "captcha_required"));
    let token = solved(&attacker, "acme").await;
    let entered = logs_in(&attacker, &ada, PASSWORD, Some(&token)).await;
    assert_eq!(entered.data()["status"], "authenticated");
    // It asks for resets, too; other networks see nothing of it.
    let forgot = json!({ "email": ada });
    assert_eq!(attacker.post("acme", "forgot-password", &forgot).await.problem(), (403, "captcha_required"));
    let token = solved(&attacker, "acme").await;
    let forgot_solved = json!({ "email": ada, "captcha_token": token });
    attacker.post("acme", "forgot-password", &forgot_solved).await.data();
    let elsewhere = house.client(4);
    logs_in(&elsewhere, &ada, PASSWORD, None).await.data();
    elsewhere.post("acme", "forgot-password", &forgot).await.data();
    // And it is forgotten.
    house.advance(SignedDuration::from_mins(19));
    logs_in(&attacker, &ada, PASSWORD, None).await.data();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_fails_from_many_networks_is_asked_everywhere_until_it_succeeds() {
    let house = House::start().await;
    house.tenant("acme", altcha()).await;
    let ada = ada(&house).await;
    for who in [ada.as_str(), "nobody@example.com"] {
        for network in 11..14 {
            let tried = logs_in(&house.client(network), who, "wrong", None).await;
            assert_eq!(tried.problem(), (401, "invalid_credentials"), "{who} {network}");
        }
        assert_eq!(logs_in(&house.client(14), who, "wrong", None).await.problem(), (403, "captcha_required"));
        let forgot = house.client(14).post("acme", "password/forgot", &json!({ "email": who })).await;
        assert_eq!(forgot.problem(), (403, "captcha_required"));
    }
    let own = house.client(15);
    let token = solved(&own, "acme").await;
    logs_in(&own, &ada, PASSWORD, Some(&token)).await.data();
    logs_in(&own, &ada, PASSWORD, None).await.data();
}

#[tokio::test(flavor = "multi_thread")]
async fn many_tries_at_once_do_not_go_unseen() {
    let _crowd = tests::crowd().await;
    let house = House::start().await;
    house.tenant("acme", altcha()).await;
    let attacker = house.client(3);
    let tries: Vec<_> = (0..150)
        .map(|number| {
            let attacker = attacker.clone();
            tokio::spawn(async move {
                logs_in(&attacker, &format!("nobody{number}@example.com"), "wrong", None).await.status
            })
        })
        .collect();
    let mut evaluated = 0;
    for tried in tries {
        evaluated += usize::from(tried.await.unwrap() == 401);
    }
    println!("of 150 passwords tried at once from one network, {evaluated} are looked at without a captcha");
    assert!((1..=100).contains(&evaluated), "{evaluated}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_for_many_resets_is_asked() {
    let house = House::start().await;
    house.tenant("acme", altcha()).await;
    house.tenant("plain", json!({})).await;
    let client = house.client(3);
    for number in 0..10 {
        let body = json!({ "email": format!("nobody{number}@example.com") });
        client.post("acme", "forgot-password", &body).await.data();
    }
    let body = json!({ "email": "nobody@example.com" });
    assert_eq!(client.post("acme", "forgot-password", &body).await.problem(), (403, "captcha_required"));
    for _ in 0..11 {
        client.post("plain", "forgot-password", &body).await.data();
    }
}

/// What the tenants without one spend stands in `spending`; here, what those with one do.
#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_is_not_suspected_spends_no_more() {
    let (house, meter) = House::metered().await;
    house.tenant("acme", altcha()).await;
    let ada = ada(&house).await;
    let client = house.client(2);
    logs_in(&client, &ada, PASSWORD, None).await.data();
    house.settle().await;
    let spent = |spending: Spending| {
        (spending.round_trips, spending.read_units, spending.write_units - spending.audit_units)
    };
    let right = loop {
        let _ = meter.read();
        let answer = logs_in(&client, &ada, PASSWORD, None).await;
        let spending = meter.read();
        if !crate::spending::is_looked_at(&answer) {
            break spent(spending);
        }
    };
    logs_in(&client, "nobody@example.com", "wrong", None).await;
    let wrong = spent(meter.read());
    let token = solved(&client, "acme").await;
    let _ = meter.read();
    registers(&client, "bob@example.com", Some(&token)).await.data();
    let registered = spent(meter.read());
    println!(
        "with a captcha: login {right:?}, wrong password {wrong:?}, register {registered:?} (trips, reads, writes)"
    );
    assert_eq!(right, (2, 1.0, 5.0));
    assert_eq!(wrong, (2, 1.0, 5.0));
    assert_eq!(registered, (3, 0.0, 5.0));
}

/// Who shows no solution has guessed nothing: it neither closes the account nor has its owner wait.
#[tokio::test(flavor = "multi_thread")]
async fn tries_that_are_refused_before_a_password_is_looked_at_do_not_count_against_the_account() {
    let house = House::start_here().await;
    let tenant = house.tenant("acme", altcha()).await;
    let ada = ada(&house).await;
    for network in 11..16 {
        let token = solved(&house.client(network), "acme").await;
        let tried = logs_in(&house.client(network), &ada, "wrong", Some(&token)).await;
        assert_eq!(tried.problem(), (401, "invalid_credentials"), "{network}");
    }
    let email = Email::parse(&ada).unwrap();
    let failures = Failures::of_account(tenant.id, email.key());
    let failed = async || house.parts.store.failures(&failures).await.unwrap();
    assert_eq!(failed().await, 5);
    house.advance(SignedDuration::from_hours(2));
    let stranger = house.client(17);
    for captcha in [None, Some("nonsense")].into_iter().cycle().take(6) {
        assert_eq!(logs_in(&stranger, &ada, "wrong", captcha).await.status, 403);
        assert_eq!(failed().await, 5, "{captcha:?}");
    }
    // More than a network may try at one account.
    for _ in 0..30 {
        logs_in(&stranger, &ada, "wrong", None).await;
    }
    assert_eq!(logs_in(&stranger, &ada, "wrong", None).await.problem(), (429, "too_many_attempts"));
    assert_eq!(failed().await, 5);
    let own = house.client(18);
    assert_eq!(logs_in(&own, &ada, PASSWORD, None).await.problem(), (403, "captcha_required"));
    let token = solved(&own, "acme").await;
    logs_in(&own, &ada, PASSWORD, Some(&token)).await.data();
}

/// What is taken back is the try that was refused, and never one that was counted since: that may have been a guess.
#[tokio::test(flavor = "multi_thread")]
async fn a_try_is_taken_back_while_it_is_the_last() {
    if tests::is_elsewhere() {
        return;
    }
    let (house, faults) = House::on_a_bad_day().await;
    let tenant = house.tenant("acme", altcha()).await;
    let store = &house.parts.store;
    let email = Email::parse("ada@example.com").unwrap();
    let failures = &Failures::of_account(tenant.id, email.key());
    let failed = async || store.failures(failures).await.unwrap();
    let count = async || store.count_account_failure(failures).await.unwrap();
    let take_back = async |counted| store.take_back(failures, counted).await.unwrap();
    let (one, two) = (count().await, count().await);
    take_back(one).await;
    assert_eq!(failed().await, 2);
    take_back(two).await;
    assert_eq!(failed().await, 1);
    let three = count().await;
    store.forgive(failures).await.unwrap();
    take_back(three).await;
    assert_eq!(failed().await, 0);
    // Answers that are lost take nothing twice.
    count().await;
    faults.changes("l.l.");
    let four = count().await;
    take_back(four).await;
    assert_eq!(failed().await, 1);
    // Of as many at once as the account takes, those that are refused for a captcha take back their own alone.
    store.forgive(failures).await.unwrap();
    let tries = (0..40).map(|number| async move {
        let counted = store.count_account_failure(failures).await.unwrap();
        let is_guess = number % 2 == 0 && counted.verdict == Verdict::Allowed;
        if !is_guess {
            store.take_back(failures, counted).await.unwrap();
        }
        u32::from(is_guess)
    });
    let guesses: u32 = futures::future::join_all(tries).await.into_iter().sum();
    assert!(guesses > 0 && failed().await >= guesses, "{guesses} guesses, {} counted", failed().await);
}
