//! Row 19: what has expired is dead, though nothing has swept it away.

mod ledger;

use std::collections::HashMap;

use admin::{invitation, user::NewPerson};
use latchkey::jiff::SignedDuration;
use ledger::{Ledger, SAMPLE};
use serde_json::{Value, json};
use tests::{
    Answer, App, House, PASSWORD, Person,
    authenticator::{Authenticator, Ceremony},
    code_in,
    factors::settings,
    people::registration,
    scale, token_in,
};

const NEW: &str = "an entirely new pass phrase 7";
const MFA: &str = "/api/v1/me/mfa";
/// Whether it was taken. A throttle's refusal would prove nothing.
fn taken(answer: &Answer) -> bool {
    let begun_too_long_ago = answer.problem() == (409, "nothing_begun");
    let judged = begun_too_long_ago || matches!(answer.status, 200 | 400 | 401 | 403 | 422);
    assert!(judged, "{} {}", answer.status, answer.text);
    answer.status == 200 && !matches!(answer.body["data"]["status"].as_str(), Some("failed" | "mfa_required"))
}

fn minutes(minutes: i64) -> SignedDuration {
    SignedDuration::from_mins(minutes)
}

fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}

fn quiet(mut settings: Value) -> Value {
    settings["mail"] = json!({ "new_sign_in": false });
    settings
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_good_from_the_second_at_which_it_expires() {
    let (mut items, mut kinds, mut accepted) = (0, 0, 0);
    // The local database writes slower the more it has written.
    for _ in 0..scale(1, 10) {
        let Some(house) = House::with_its_own_clock().await else { return };
        let ledger = Ledger::new(house);
        let count = SAMPLE + scale(6, 62);
        sessions(&ledger, count).await;
        mailed_codes_and_handles(&ledger, count).await;
        enrolments(&ledger, count).await;
        links(&ledger, count).await;
        passkeys(&ledger, count).await;
        captchas(&ledger, SAMPLE + scale(3, 25)).await;
        known_devices(&ledger, SAMPLE + scale(2, 5)).await;
        let more = ledger.figures();
        (items, kinds, accepted) = (items + more[0], more[1], accepted + more[2]);
    }
    println!("row 19: {items} expired items of {kinds} kinds: {accepted} accepted");
    assert_eq!(accepted, 0);
    assert!(items >= scale(100, 10_000));
}

async fn sessions(ledger: &Ledger, count: usize) {
    let house = &ledger.house;
    let wanted = quiet(json!({ "sessions": { "idle_minutes": 120, "absolute_minutes": 180 } }));
    let tenant = house.tenant("sessions", wanted).await;
    let people = ledger.crowd(&tenant, "ada", count).await;
    let sign_in = async |person: &Person| person.sign_in(house, &ledger.client()).await;
    let refresh = async |token: &Value| {
        let body = json!({ "refresh_token": token });
        ledger.client().post("sessions", "session/refresh", &body).await
    };
    let tokens = ledger.each(&people, sign_in).await;
    let good = async |tokens: &Value| {
        taken(&ledger.client().get_as("/api/v1/me", tokens["access_token"].as_str().unwrap()).await)
    };
    ledger.expire("access token", minutes(15), &tokens, good).await;

    let tokens = ledger.each(&people, sign_in).await;
    let good = async |tokens: &Value| taken(&refresh(&tokens["refresh_token"]).await);
    ledger.expire("session left idle", minutes(120), &tokens, good).await;

    let tokens = ledger.each(&people, sign_in).await;
    house.advance(minutes(90));
    let renew = async |tokens: &Value| refresh(&tokens["refresh_token"]).await.data()["tokens"].clone();
    let tokens = ledger.each(&tokens, renew).await;
    ledger.expire("session in use", minutes(90), &tokens, good).await;
}

async fn mailed_codes_and_handles(ledger: &Ledger, count: usize) {
    let house = &ledger.house;
    let tenant = house.tenant("mailed", quiet(crate::mfa::settings())).await;
    let people = ledger.crowd(&tenant, "bob", count).await;
    let handles = async || {
        let handles = ledger.each(&people, async |person| person.handle(&ledger.client()).await).await;
        people.iter().zip(handles).collect::<Vec<_>>()
    };
    let send = async |(person, handle): &(&Person, String)| {
        let path = format!("mfa/email/send?mfa_token={handle}&user_id={}", person.user_id);
        ledger.client().post("mailed", &path, &json!({})).await
    };
    let good = async |item: &(&Person, String)| taken(&send(item).await);
    ledger.expire("MFA handle", minutes(10), &handles().await, good).await;

    // What the handles' sample has had mailed makes room again.
    house.advance(minutes(30));
    let with_codes = async || {
        let begun = handles().await;
        for sent in ledger.each(&begun, send).await {
            sent.data();
        }
        let codes = ledger.mailed(code_in).await;
        Ledger::with_mail(begun, &codes, |(person, _)| person.email.clone())
            .into_iter()
            .map(|(person, handle)| (person, handle, codes[&person.email].clone()))
            .collect::<Vec<_>>()
    };
    let items = with_codes().await;
    let good = async |(person, handle, code): &(&Person, String, String)| {
        taken(&person.verify(&ledger.client(), handle, code).await)
    };
    ledger.expire("mailed code", minutes(5), &items, good).await;

    house.advance(minutes(30));
    let trust = async |(person, handle, code): &(&Person, String, String)| {
        let body = json!({ "mfa_token": handle, "method": "email", "code": code, "trust_device": true });
        let verified = ledger.client().post("mailed", "mfa/verify", &body).await;
        (person.email.clone(), text(&verified.data()["trusted_device_token"]))
    };
    let items = ledger.each(&with_codes().await, trust).await;
    let good = async |(email, device): &(String, String)| {
        let body = json!({ "email": email, "password": PASSWORD, "trusted_device_token": device });
        taken(&ledger.client().post("mailed", "login", &body).await)
    };
    ledger.expire("trusted device", days(30), &items, good).await;
}

async fn enrolments(ledger: &Ledger, count: usize) {
    let house = &ledger.house;
    let tenant = house.tenant("required", quiet(settings("required", &["totp"]))).await;
    let people = ledger.crowd(&tenant, "cleo", count).await;
    let token =
        async |person: &Person| text(&person.login(&ledger.client()).await.data()["enrollment_token"]);
    let enroll = async |token: &String| {
        ledger.client().post_as(&format!("{MFA}/totp/enroll"), token, &json!({})).await
    };
    let tokens = ledger.each(&people, token).await;
    ledger.expire("enrolment token", minutes(10), &tokens, async |token| taken(&enroll(token).await)).await;

    let wanted = quiet(settings("optional", &["totp", "webauthn", "email"]));
    let tenant = house.tenant("optional", wanted).await;
    let people = ledger.crowd(&tenant, "dora", count + 2 * SAMPLE).await;
    let token = async |person: &Person| person.token(&ledger.client()).await;
    let begin = async |person: &Person| {
        let begun = enroll(&token(person).await).await;
        (person.clone(), App::of(&begun.data()["secret"]))
    };
    let items = ledger.each(&people[..count], begin).await;
    // The session is a new one: the one that began is too old by then, whatever becomes of the app.
    let good = async |(person, app): &(Person, App)| {
        let body = json!({ "code": app.code(house, 0) });
        let token = person.token(&ledger.client()).await;
        taken(&ledger.client().post_as(&format!("{MFA}/totp/confirm"), &token, &body).await)
    };
    ledger.expire("pending authenticator app", minutes(15), &items, good).await;

    let others = &people[SAMPLE..][..count];
    let begin = async |person: &Person| {
        let token = token(person).await;
        let (challenge, options) = person.begin_key(&ledger.client(), &token).await;
        (token, json!({ "challenge_id": challenge, "credential": Authenticator::create(&options).1 }))
    };
    let items = ledger.each(others, begin).await;
    let good = async |(token, body): &(String, Value)| {
        taken(&ledger.client().post_as(&format!("{MFA}/webauthn/register/finish"), token, body).await)
    };
    ledger.expire("challenge for a new passkey", minutes(5), &items, good).await;

    let others = &people[2 * SAMPLE..][..count];
    let begin = async |person: &Person| {
        let token = token(person).await;
        ledger.client().post_as(&format!("{MFA}/email/enable"), &token, &json!({})).await.data();
        person.clone()
    };
    let items = ledger.each(others, begin).await;
    let codes = ledger.mailed(code_in).await;
    let items = Ledger::with_mail(items, &codes, |person| person.email.clone());
    let good = async |person: &Person| {
        let body = json!({ "code": codes[&person.email] });
        let token = token(person).await;
        taken(&ledger.client().post_as(&format!("{MFA}/email/confirm"), &token, &body).await)
    };
    ledger.expire("code of the mailbox as a factor", minutes(10), &items, good).await;
}

async fn links(ledger: &Ledger, count: usize) {
    let house = &ledger.house;
    let tenant = house.tenant("links", quiet(json!({}))).await;
    let addresses: Vec<_> = (0..count).map(|index| format!("eve{index}@example.com")).collect();
    let register = async |address: &String| {
        ledger.client().post("links", "register", &registration(address, PASSWORD)).await.data();
    };
    ledger.each(&addresses, register).await;
    let links = ledger.mailed(|text| token_in(text, "lk_vfy_")).await;
    let addresses = Ledger::with_mail(addresses, &links, String::clone);
    let good = async |address: &String| {
        taken(&ledger.client().get("links", &format!("verify-email?token={}", links[address])).await)
    };
    ledger.expire("verification link", days(1), &addresses, good).await;

    let invite = async |address: &String| {
        let person = NewPerson {
            email: format!("invited-{address}"),
            password: None,
            first_name: "Eve".to_owned(),
            last_name: "Adams".to_owned(),
            verified: false,
        };
        invitation::invite(&house.by, &tenant, person).await.unwrap();
        format!("invited-{address}")
    };
    let invited = ledger.each(&addresses, invite).await;
    let links = ledger.mailed(|text| token_in(text, "lk_rst_")).await;
    let invited = Ledger::with_mail(invited, &links, String::clone);
    let choose = async |token: &str| {
        let body = json!({ "token": token, "new_password": NEW });
        ledger.client().post("links", "password/reset", &body).await
    };
    let good = async |address: &String| taken(&choose(&links[address]).await);
    ledger.expire("invitation", days(7), &invited, good).await;

    let people = ledger.crowd(&tenant, "finn", count + SAMPLE).await;
    let forget = async |person: &Person| {
        ledger.client().post("links", "forgot-password", &json!({ "email": person.email })).await.data();
        person.email.clone()
    };
    let addresses = ledger.each(&people[..count], forget).await;
    let links = ledger.mailed(|text| token_in(text, "lk_rst_")).await;
    let addresses = Ledger::with_mail(addresses, &links, String::clone);
    let good = async |address: &String| taken(&choose(&links[address]).await);
    ledger.expire("reset link", minutes(60), &addresses, good).await;

    let moving = &people[SAMPLE..];
    let move_on = async |person: &Person| {
        let token = person.token(&ledger.client()).await;
        let new = json!({ "email": format!("moved-{}", person.email) });
        ledger.client().post_as("/api/v1/me/email", &token, &new).await.data();
        person.clone()
    };
    // In a new session, as above.
    let confirm = async |person: &Person, codes: &HashMap<String, String>| {
        let body = json!({ "code": codes[&format!("moved-{}", person.email)] });
        let token = person.token(&ledger.client()).await;
        ledger.client().post_as("/api/v1/me/email/confirm", &token, &body).await
    };
    let moved = |person: &Person| format!("moved-{}", person.email);
    let begun = ledger.each(moving, move_on).await;
    let codes = ledger.mailed(code_in).await;
    let begun = Ledger::with_mail(begun, &codes, moved);
    let good = async |person: &Person| taken(&confirm(person, &codes).await);
    ledger.expire("code of a new address", minutes(10), &begun, good).await;

    house.advance(minutes(60));
    let begun = ledger.each(&moving[SAMPLE..], move_on).await;
    let codes = ledger.mailed(code_in).await;
    let begun = Ledger::with_mail(begun, &codes, moved);
    for confirmed in ledger.each(&begun, async |person| confirm(person, &codes).await).await {
        confirmed.data();
    }
    let links = ledger.mailed(|text| token_in(text, "lk_und_")).await;
    let begun = Ledger::with_mail(begun, &links, |person| person.email.clone());
    let good = async |person: &Person| {
        let body = json!({ "token": links[&person.email] });
        taken(&ledger.client().post("links", "email/undo", &body).await)
    };
    ledger.expire("undo link", days(7), &begun, good).await;
}

async fn passkeys(ledger: &Ledger, count: usize) {
    let house = &ledger.house;
    let (ada, client, key) = crate::webauthn::keyed(house, "keys").await;
    // One that does not count, so that its answers need no order.
    let shown =
        |options: &Value| key.assert(&Ceremony { counter: 0, ..key.ceremony("webauthn.get", options) });
    let all: Vec<_> = (0..count).collect();
    let begin = async |_: &usize| crate::webauthn::begin(&ledger.client(), "keys").await;
    let items = ledger.each(&all, begin).await;
    let good = async |(challenge, options): &(Value, Value)| {
        taken(&crate::webauthn::finish(&ledger.client(), "keys", challenge, &shown(options)).await)
    };
    ledger.expire("passkey challenge", minutes(5), &items, good).await;

    // Each wrong showing counts against the key, so that these go one after the other.
    let mut items = Vec::new();
    for _ in 0..SAMPLE + scale(3, 25) {
        let handle = ada.handle(&ledger.client()).await;
        let (challenge, options) = ada.challenge(&client, &handle).await;
        items.push((handle, challenge, options));
    }
    let turn = tokio::sync::Mutex::new(());
    let good = async |(handle, challenge, options): &(String, Value, Value)| {
        let _turn = turn.lock().await;
        let answer = ada.show_key(&client, handle, challenge, &shown(options)).await;
        house.forgive(&ada, "webauthn").await;
        taken(&answer)
    };
    ledger.expire("challenge of a second factor", minutes(5), &items, good).await;
}

async fn captchas(ledger: &Ledger, count: usize) {
    let wanted = quiet(json!({ "captcha": { "provider": "altcha" } }));
    ledger.house.tenant("captcha", wanted).await;
    let all: Vec<_> = (0..count).collect();
    let solve = async |index: &usize| (*index, tests::captcha::solved(&ledger.client(), "captcha").await);
    let items = ledger.each(&all, solve).await;
    let good = async |(index, solved): &(usize, String)| {
        let mut body = registration(&format!("gus{index}@example.com"), PASSWORD);
        body["captcha_token"] = json!(solved);
        taken(&ledger.client().post("captcha", "register", &body).await)
    };
    ledger.expire("captcha", minutes(5), &items, good).await;
}

/// A known device gets its owner in while strangers lock the account: so it is told whether it is one.
async fn known_devices(ledger: &Ledger, count: usize) {
    let house = &ledger.house;
    let mut wanted = quiet(crate::mfa::settings());
    wanted["origins"] = json!(["https://app.example"]);
    let tenant = house.tenant("known", wanted).await;
    let people = ledger.crowd(&tenant, "hal", count).await;
    let remember = async |person: &Person| {
        let handle = person.handle(&ledger.client()).await;
        let code = person.code(house, &ledger.client(), &handle).await;
        let body = json!({ "mfa_token": handle, "method": "email", "code": code, "remember_device": true });
        let verified = ledger.client().post("known", "mfa/verify", &body).await;
        (person.email.clone(), verified.cookie("__Host-lk_d_tnt_").unwrap().0)
    };
    let items = ledger.each(&people, remember).await;
    let good = async |(email, cookie): &(String, String)| {
        for _ in 0..6 {
            let wrong = json!({ "email": email, "password": "not the password at all" });
            ledger.client().post("known", "login", &wrong).await;
        }
        let body = json!({ "email": email, "password": PASSWORD });
        let headers = [("cookie", cookie.as_str()), ("origin", "https://app.example")];
        let answer = ledger.client().post_with("known", "login", &body, &headers).await;
        assert!(matches!(answer.status, 200 | 429), "{}", answer.text);
        answer.status == 200
    };
    ledger.expire("known device", days(365), &items, good).await;
}
