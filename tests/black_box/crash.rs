//! Row 20: a function that dies at any of its calls leaves nothing half-way, and nobody without a way on.

use latchkey::{
    domain::Tenant,
    jiff::SignedDuration,
    tokens::{Bearer, Kind},
};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    net::Ipv4Addr,
    sync::{
        Arc,
        atomic::{AtomicU16, Ordering},
    },
};
use tests::{Answer, Client, Faults, House, PASSWORD, Person, Side, people::registration, scale, token_in};

const NEW: &str = "an entirely new pass phrase 7";

/// A house on a bad day, and people who are each killed for once.
struct Day {
    house: House,
    faults: Faults,
    tenant: Arc<Tenant>,
    people: AtomicU16,
}

impl Day {
    async fn of(settings: Value) -> Option<Self> {
        if tests::is_elsewhere() {
            return None;
        }
        let (house, faults) = House::on_a_bad_day().await;
        let tenant = house.tenant("acme", settings).await;
        Some(Self { house, faults, tenant, people: AtomicU16::new(0) })
    }

    /// Somebody new, on a network of their own.
    fn somebody(&self) -> (String, Client) {
        let number = self.people.fetch_add(1, Ordering::Relaxed);
        let [high, low] = number.to_be_bytes();
        let client = self.house.client_at(Ipv4Addr::new(127, 40, high, low.max(1)));
        (format!("person{number}@example.com"), client)
    }

    /// Somebody new with an account.
    async fn person(&self) -> (Person, Client) {
        let (email, client) = self.somebody();
        // Registrations of the network that people are made from are throttled by the hour.
        self.house.advance(SignedDuration::from_hours(1));
        (self.house.person(&self.tenant, &email).await, client)
    }

    /// Does what `act` does with one that `prepare` makes, and dies in it: once before and once after each of its
    /// calls. After each death, what `check` looks for must hold. Gives how many deaths there were.
    async fn deaths<T>(
        &self,
        prepare: impl AsyncFn() -> T,
        act: impl AsyncFn(&T),
        check: impl AsyncFn(&T),
    ) -> usize {
        let mut deaths = 0;
        for _ in 0..scale(1, 2) {
            let mut calls = (0..).flat_map(|call| [(call, Side::Before), (call, Side::After)]);
            let mut died = true;
            while died {
                let case = prepare().await;
                let (call, side) = calls.next().unwrap();
                self.faults.kill_at(call, side);
                act(&case).await;
                died = self.faults.revive();
                check(&case).await;
                deaths += usize::from(died);
            }
        }
        deaths
    }

    /// A minute after the restart: the streams go on, and the rule of each minute wakes the worker.
    async fn a_minute_later(&self) {
        self.house.settle().await;
        self.house.advance(SignedDuration::from_secs(60));
        self.house.stack().minute().await.unwrap();
    }

    /// Tokens of a kind in the mails to an address, with how often each was mailed.
    async fn mailed(&self, email: &str, prefix: &str) -> BTreeMap<String, usize> {
        let mut tokens = BTreeMap::new();
        for mail in self.house.mails_to(email).await {
            if let Some(token) = token_in(&mail, prefix) {
                *tokens.entry(token).or_default() += 1;
            }
        }
        tokens
    }

    /// How many mails to an address say this.
    async fn mails(&self, email: &str, said: &str) -> usize {
        self.house.mails_to(email).await.iter().filter(|mail| mail.contains(said)).count()
    }

    async fn is_whole(&self) {
        assert!(self.house.half_users().await.is_empty(), "{:?}", self.house.half_users().await);
    }
}

async fn login(client: &Client, email: &str, password: &str) -> Answer {
    client.post("acme", "login", &json!({ "email": email, "password": password })).await
}

async fn register(client: &Client, email: &str) -> Answer {
    client.post("acme", "register", &registration(email, PASSWORD)).await
}

async fn is_in(client: &Client, email: &str, password: &str) {
    assert_eq!(login(client, email, password).await.data()["status"], "authenticated", "{email}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_death_in_register_loses_nothing_that_was_committed() {
    let Some(day) = Day::of(json!({})).await else { return };
    let deaths = day
        .deaths(
            async || day.somebody(),
            async |(email, client)| {
                register(client, email).await;
            },
            async |(email, client)| {
                register(client, email).await.data();
                day.a_minute_later().await;
                let mailed = day.mailed(email, "lk_vfy_").await;
                assert!(mailed.values().all(|times| *times == 1), "{mailed:?}");
                let token = mailed.keys().next().unwrap();
                let bearer = Bearer::parse(Kind::Verify, token).unwrap();
                let waiting = day.house.parts.store.registration(day.tenant.id, &bearer).await.unwrap();
                assert_eq!(waiting.unwrap().1, mailed.len() > 1, "each that waits was mailed");
                let body = json!({ "token": token, "password": PASSWORD });
                let verified = client.post("acme", "verify-email", &body).await;
                assert!(verified.data()["tokens"].is_object(), "{verified:?}");
                is_in(client, email, PASSWORD).await;
            },
        )
        .await;
    day.is_whole().await;
    println!("row 20, register: {deaths} deaths, each mail that was committed sent once");
    assert!(deaths >= scale(8, 20), "{deaths}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_death_in_a_registration_without_proof_makes_a_whole_user_or_none() {
    let Some(day) = Day::of(json!({ "require_email_verification": false })).await else { return };
    let deaths = day
        .deaths(
            async || day.somebody(),
            async |(email, client)| {
                register(client, email).await;
            },
            async |(email, client)| {
                let again = register(client, email).await;
                assert!(again.status == 200 || again.problem() == (409, "email_taken"), "{again:?}");
                is_in(client, email, PASSWORD).await;
            },
        )
        .await;
    day.is_whole().await;
    println!("row 20, register without proof: {deaths} deaths, 0 half users");
    assert!(deaths >= scale(6, 12), "{deaths}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_death_in_a_verification_makes_a_whole_user_or_none() {
    let Some(day) = Day::of(json!({})).await else { return };
    let registered = async || {
        let (email, client) = day.somebody();
        register(&client, &email).await.data();
        let token = day.house.mailed_token(&email, "lk_vfy_").await;
        (email, client, token)
    };
    let verify = async |client: &Client, token: &str, password: &str| {
        client.post("acme", "verify-email", &json!({ "token": token, "password": password })).await
    };
    let is_verified = |answer: &Answer| {
        let status = answer.data()["status"].as_str().unwrap().to_owned();
        assert!(["verified", "already_verified"].contains(&status.as_str()), "{status}");
    };
    let signed_in = day
        .deaths(
            registered,
            async |(_, client, token)| {
                verify(client, token, PASSWORD).await;
            },
            async |(email, client, token)| {
                is_verified(&verify(client, token, PASSWORD).await);
                is_in(client, email, PASSWORD).await;
            },
        )
        .await;
    let by_get = day
        .deaths(
            registered,
            async |(_, client, token)| {
                client.get("acme", &format!("verify-email?token={token}")).await;
            },
            async |(email, client, token)| {
                is_verified(&client.get("acme", &format!("verify-email?token={token}")).await);
                is_in(client, email, PASSWORD).await;
            },
        )
        .await;
    // Whoever has forgotten the password since is handed a reset token, which a death may swallow.
    let forgetful = day
        .deaths(
            registered,
            async |(_, client, token)| {
                verify(client, token, "no more known to me 99").await;
            },
            async |(email, client, token)| {
                let verified = verify(client, token, "no more known to me 99").await;
                is_verified(&verified);
                let reset = if let Some(reset) = verified.data()["reset_token"].as_str() {
                    reset.to_owned()
                } else {
                    client.post("acme", "forgot-password", &json!({ "email": email })).await.data();
                    day.house.mailed_token(email, "lk_rst_").await
                };
                let body = json!({ "token": reset, "new_password": NEW });
                client.post("acme", "password/reset", &body).await.data();
                is_in(client, email, NEW).await;
            },
        )
        .await;
    day.is_whole().await;
    println!("row 20, verify: {} deaths, 0 half users, everybody in at last", signed_in + by_get + forgetful);
    // A token alone takes two calls and a password three, and each is died at twice.
    let fewest = (signed_in.min(forgetful), by_get);
    assert!(fewest.0 >= scale(6, 12) && fewest.1 >= scale(4, 8), "{signed_in}, {by_get}, {forgetful}");
}

/// The token is spent and the new password is in force, or neither.
#[tokio::test(flavor = "multi_thread")]
async fn a_death_in_a_reset_spends_no_token_for_nothing() {
    let mut deaths = 0;
    for settings in [json!({}), crate::mfa::settings()] {
        let Some(day) = Day::of(settings).await else { return };
        let enters = async |client: &Client, email: &str, password: &str| {
            let status = login(client, email, password).await.body["data"]["status"].clone();
            status == "authenticated" || status == "mfa_required"
        };
        deaths += day
            .deaths(
                async || {
                    let (person, client) = day.person().await;
                    let old = login(&client, &person.email, PASSWORD).await;
                    let token = person.reset_token(&day.house, &client).await;
                    (person, client, token, old.body["data"]["tokens"]["access_token"].clone())
                },
                async |(person, client, token, _)| {
                    person.reset(client, token, NEW).await;
                },
                async |(person, client, token, old)| {
                    let is_reset = enters(client, &person.email, NEW).await;
                    let is_old = enters(client, &person.email, PASSWORD).await;
                    assert_ne!(is_reset, is_old);
                    let again = person.reset(client, token, NEW).await;
                    if is_reset {
                        assert_eq!(again.problem(), (400, "token_invalid"));
                    } else {
                        again.data();
                    }
                    assert!(enters(client, &person.email, NEW).await);
                    assert!(!enters(client, &person.email, PASSWORD).await);
                    if let Some(old) = old.as_str() {
                        assert_eq!(client.get_as("/api/v1/me", old).await.status, 401);
                    }
                    day.a_minute_later().await;
                    let told = day.mails(&person.email, "password was changed").await;
                    assert_eq!(told, 1, "the owner is told once");
                },
            )
            .await;
        day.is_whole().await;
    }
    println!("row 20, reset: {deaths} deaths, 0 tokens spent with the old password in force");
    assert!(deaths >= scale(20, 40), "{deaths}");
}

/// A code that was used is not burnt while the sign-in that used it can still be completed.
#[tokio::test(flavor = "multi_thread")]
async fn a_death_in_a_sign_in_burns_no_code_for_nothing() {
    let Some(day) = Day::of(tests::factors::settings("optional", &["totp"])).await else { return };
    let deaths = day
        .deaths(
            async || {
                let (person, client) = day.person().await;
                let token = person.token(&client).await;
                let (app, _) = person.enroll_app(&day.house, &client, &token).await;
                day.house.advance(SignedDuration::from_secs(30));
                let handle = person.handle(&client).await;
                let code = app.code(&day.house, 0);
                (person, client, handle, code)
            },
            async |(person, client, handle, code)| {
                person.show(client, handle, "totp", code).await;
            },
            async |(person, client, handle, code)| {
                let again = person.show(client, handle, "totp", code).await;
                // Completed now, or before by the one that died: a handle opens one session.
                if again.problem() != (401, "mfa_token_invalid") {
                    assert_eq!(again.data()["status"], "authenticated");
                }
                assert_eq!(
                    person.show(client, handle, "totp", code).await.problem(),
                    (401, "mfa_token_invalid")
                );
            },
        )
        .await;
    println!("row 20, mfa/verify: {deaths} deaths, 0 codes burnt for nothing");
    assert!(deaths >= scale(16, 36), "{deaths}");
}

/// What is written into the outbox is mailed within a minute of the restart, and hardly ever twice.
#[tokio::test(flavor = "multi_thread")]
async fn a_death_of_the_worker_loses_no_mail() {
    let Some(day) = Day::of(crate::mfa::settings()).await else { return };
    let settle = async || day.house.settle().await;
    let arrived = async |email: &str, said: &str, before: usize| {
        day.a_minute_later().await;
        day.mails(email, said).await - before
    };
    let counts = std::sync::Mutex::new(Vec::new());
    let count = |times: usize| counts.lock().unwrap().push(times);
    let registrations = day
        .deaths(
            async || {
                let (email, client) = day.somebody();
                register(&client, &email).await.data();
                (email, client)
            },
            async |_| settle().await,
            async |(email, _)| count(arrived(email, "lk_vfy_", 0).await),
        )
        .await;
    let known = day
        .deaths(
            async || {
                let (person, client) = day.person().await;
                register(&client, &person.email).await.data();
                person
            },
            async |_| settle().await,
            async |person| count(arrived(&person.email, "already", 0).await),
        )
        .await;
    let resets = day
        .deaths(
            async || {
                let (person, client) = day.person().await;
                let email = json!({ "email": person.email });
                client.post("acme", "forgot-password", &email).await.data();
                (person, client)
            },
            async |_| settle().await,
            async |(person, client)| {
                count(arrived(&person.email, "lk_rst_", 0).await);
                let token = day.house.mailed_token(&person.email, "lk_rst_").await;
                person.reset(client, &token, NEW).await.data();
            },
        )
        .await;
    let codes = day
        .deaths(
            async || {
                let (person, client) = day.person().await;
                let handle = person.handle(&client).await;
                let path = format!("mfa/email/send?mfa_token={handle}&user_id={}", person.user_id);
                let before = day.mails(&person.email, "code").await;
                client.post("acme", &path, &json!({})).await.data();
                (person, client, handle, before)
            },
            async |_| settle().await,
            async |(person, client, handle, before)| {
                count(arrived(&person.email, "code", *before).await);
                let code = day.house.mailed_code(&person.email).await;
                person.verify(client, handle, &code).await.data();
            },
        )
        .await;
    let deaths = registrations + known + resets + codes;
    let counts = counts.into_inner().unwrap();
    let twice = counts.iter().filter(|times| **times == 2).count();
    println!(
        "row 20, mail worker: {deaths} deaths, every mail within a minute, {twice} of {} twice",
        counts.len()
    );
    assert!(counts.iter().all(|times| (1..=2).contains(times)), "{counts:?}");
    assert!(registrations.min(known).min(resets).min(codes) >= scale(8, 24));
}
