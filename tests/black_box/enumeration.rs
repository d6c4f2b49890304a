//! Row 5: no answer tells a stranger whether an address has an account, or what has become of it.

use std::{collections::BTreeMap, net::Ipv4Addr};

use admin::import::Format;
use latchkey::{
    domain::{
        Email, Tenant,
        ids::{DeviceId, SessionId, UserId},
    },
    jiff::SignedDuration,
    tokens::{Bearer, Kind, Selector},
};
use reqwest::Method;
use serde_json::{Value, json};
use tests::{
    Answer, House, PASSWORD,
    authenticator::{Authenticator, encode},
    below, factors,
    people::registration,
    scale,
};

use crate::moving;

const WRONG: &str = "not the password at all";
const BCRYPT: &str = "$2b$05$Un8vi01yq/HH1Xk1GNSgFu793v.QSQizqksO1ATA7ep515sHET6W2";

/// An address, and what it is to the tenant.
pub struct State {
    pub name: &'static str,
    pub email: String,
    /// A user's id, of somebody who is or was one; or one that nobody ever had.
    user_id: UserId,
}

fn made(email: &str, password: Option<&str>, verified: bool) -> admin::user::NewPerson {
    admin::user::NewPerson {
        email: email.to_owned(),
        password: password.map(str::to_owned),
        first_name: "A".to_owned(),
        last_name: "B".to_owned(),
        verified,
    }
}

/// Everything that an address can be, each a tenant's own.
pub async fn states(house: &House, tenant: &Tenant) -> Vec<State> {
    let (slug, client) = (tenant.slug.as_str(), house.client(2));
    let unknown = UserId::fresh(&*house.parts.clock, &*house.parts.entropy);
    let mut states = Vec::new();
    let mut state = |name: &'static str, email: String, user_id| states.push(State { name, email, user_id });
    for name in ["known", "suspended", "with-an-app", "with-a-passkey", "deleted"] {
        let person = house.person(tenant, &format!("{name}@example.com")).await;
        let user_id = person.user_id.parse().unwrap();
        match name {
            "suspended" => admin::user::suspend(&house.by, tenant, user_id).await.unwrap(),
            "with-an-app" => drop(person.enroll_app(house, &client, &person.token(&client).await).await),
            "with-a-passkey" => drop(person.enroll_key(&client, &person.token(&client).await).await),
            "deleted" => {
                client.delete_as("/api/v1/me", &person.token(&client).await).await.data();
            }
            _ => {}
        }
        state(name, person.email, user_id);
    }
    for (name, password, verified) in [("made", Some(PASSWORD), false), ("passwordless", None, true)] {
        let email = format!("{name}@example.com");
        let person = made(&email, password, verified);
        state(name, email, admin::user::create(&house.by, tenant, person).await.unwrap());
    }
    let email = "invited@example.com".to_owned();
    let person = made(&email, None, false);
    state("invited", email, admin::invitation::invite(&house.by, tenant, person).await.unwrap());
    let row = moving::row("imported", &json!({ "password_hash": BCRYPT }));
    moving::import(house, tenant, &row, &moving::plain(Format::Jsonl)).await;
    let email = "imported@example.com".to_owned();
    let user_id = admin::user::find(&house.parts, tenant, &email).await.unwrap();
    state("imported", email, user_id);
    for (name, times) in [("pending", 1), ("contested", 2)] {
        let (email, mut user_id) = (format!("{name}@example.com"), unknown);
        for _ in 0..times {
            let registered = client.post(slug, "register", &registration(&email, PASSWORD)).await;
            user_id = registered.data()["user_id"].as_str().unwrap().parse().unwrap();
        }
        state(name, email, user_id);
    }
    state("unknown", "unknown@example.com".to_owned(), unknown);
    house.settle().await;
    states
}

/// A call that names somebody, and what of its answer is made afresh.
struct Call {
    path: String,
    bearer: Option<String>,
    body: Value,
    fresh: &'static [&'static str],
}

impl Call {
    fn to(slug: &str, path: &str, body: Value) -> Self {
        Self { path: below(slug, path), bearer: None, body, fresh: &[] }
    }

    async fn send(&self, house: &House, from: Ipv4Addr) -> Answer {
        let method = if self.body.is_null() { Method::GET } else { Method::POST };
        let body = if self.body.is_null() { Vec::new() } else { self.body.to_string().into_bytes() };
        let mut headers = vec![("content-type", "application/json")];
        headers.extend(self.bearer.as_deref().map(|bearer| ("authorization", bearer)));
        house.client_at(from).send(method, &self.path, &headers, body).await
    }
}

/// What strangers can call with an address.
fn by_address(slug: &str, email: &str) -> Vec<(&'static str, Call)> {
    let to = |path: &'static str, body| (path, Call::to(slug, path, body));
    let login = json!({ "email": email, "password": WRONG });
    let (name, call) = to("register", registration(email, "quite another pass phrase"));
    vec![
        to("login", login),
        to("forgot-password", json!({ "email": email })),
        to("password/forgot", json!({ "email": email })),
        to("verify-email/resend", json!({ "email": email })),
        // The last, for now there is a registration.
        (name, Call { fresh: &["/data/user_id"], ..call }),
    ]
}

/// What strangers can call with something forged that names a user, or names an address as a mailed link does.
async fn by_forgery(
    house: &House,
    tenant: &Tenant,
    state: &State,
    passkey: &Value,
) -> Vec<(&'static str, Call)> {
    let (parts, slug, user) = (&house.parts, tenant.slug.as_str(), state.user_id);
    let forged = |kind, selector| Bearer::random(kind, selector, &*parts.entropy).expose().to_owned();
    let address = || {
        let email = Email::parse(&state.email).unwrap();
        Selector::address(parts.passwords_key().unwrap(), tenant.id, email.key())
    };
    let handle = forged(Kind::Mfa, Selector::user(user));
    let device = DeviceId::fresh(&*parts.clock, &*parts.entropy);
    let session = SessionId::fresh(&*parts.clock, &*parts.entropy);
    let device = forged(Kind::Device, Selector::device(user, device));
    let refresh = forged(Kind::Refresh, Selector::session(user, session));
    let link = forged(Kind::Verify, address());
    let enrolment = format!("Bearer {}", forged(Kind::Enrollment, Selector::enrollment(user, &tenant.slug)));
    let named = json!({ "mfa_token": handle, "user_id": user });
    let begun = house.client(3).post(slug, "passkey/begin", &json!({})).await;
    let mut credential = passkey.clone();
    credential["response"]["userHandle"] = encode(&user.to_bytes()).into();
    let to = |name: &'static str, path: &str, body| (name, Call::to(slug, path, body));
    let own = Call { path: "/api/v1/me/mfa/totp/enroll".to_owned(), ..Call::to(slug, "", json!({})) };
    vec![
        to(
            "login, on a device",
            "login",
            json!({ "email": state.email, "password": WRONG, "trusted_device_token": device }),
        ),
        to("mfa/email/send", "mfa/email/send", named.clone()),
        to("mfa/webauthn/begin", "mfa/webauthn/begin", named),
        to("mfa/verify", "mfa/verify", json!({ "mfa_token": handle, "method": "totp", "code": "123456" })),
        to("session/refresh", "session/refresh", json!({ "refresh_token": refresh })),
        to("email/undo", "email/undo", json!({ "token": forged(Kind::Undo, Selector::user(user)) })),
        to("verify-email, GET", &format!("verify-email?token={link}"), Value::Null),
        to("verify-email", "verify-email", json!({ "token": link, "password": PASSWORD })),
        to(
            "password/reset",
            "password/reset",
            json!({ "token": forged(Kind::Reset, address()), "new_password": PASSWORD }),
        ),
        to(
            "passkey/finish",
            "passkey/finish",
            json!({ "challenge_id": begun.data()["challenge_id"], "credential": credential }),
        ),
        ("me/mfa/totp/enroll", Call { bearer: Some(enrolment), ..own }),
    ]
}

/// An assertion of a passkey that is a stranger's own.
async fn strangers_passkey(house: &House, tenant: &Tenant) -> Value {
    let client = house.client(4);
    let eve = house.person(tenant, "eve@example.com").await;
    let (mut key, _): (Authenticator, _) = eve.enroll_key(&client, &eve.token(&client).await).await;
    let begun = client.post(tenant.slug.as_str(), "passkey/begin", &json!({})).await;
    key.get(&begun.data()["public_key"])
}

/// Which networks a state's strangers come from: no two states share one.
fn network(state: usize, number: usize) -> Ipv4Addr {
    let [high, low] = u16::try_from(number + 1).unwrap().to_be_bytes();
    Ipv4Addr::new(127, 20 + u8::try_from(state).unwrap(), high, low)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_is_the_same_to_the_byte_whatever_the_address_is() {
    let house = House::start().await;
    let settings = factors::settings("optional", &["totp", "webauthn", "email", "backup_code"]);
    let tenant = house.tenant("acme", settings).await;
    let passkey = strangers_passkey(&house, &tenant).await;
    let states = states(&house, &tenant).await;
    // For each endpoint, in the order that it is called: the states whose answer was so.
    let mut seen: BTreeMap<&str, BTreeMap<String, Vec<String>>> = BTreeMap::new();
    let mut rounds: Vec<Vec<(&State, Ipv4Addr, &str, Call)>> = Vec::new();
    for (index, state) in states.iter().enumerate() {
        let (local, domain) = state.email.split_once('@').unwrap();
        let writings = [state.email.clone(), state.email.to_uppercase(), format!("{local}+a@{domain}")];
        let forged = by_forgery(&house, &tenant, state, &passkey).await;
        let asked = writings.iter().flat_map(|email| by_address(tenant.slug.as_str(), email));
        for (name, call) in forged.into_iter().chain(asked) {
            // All of one endpoint before the next: what a call leaves behind is the same for all.
            let round = rounds.iter_mut().find(|round| round[0].2 == name);
            let entry = (state, network(index, 0), name, call);
            match round {
                Some(round) => round.push(entry),
                None => rounds.push(vec![entry]),
            }
        }
    }
    for (state, from, name, call) in rounds.into_iter().flatten() {
        let answer = call.send(&house, from).await;
        // A fresh id says nothing as long as it is one.
        assert_ne!(answer.body["data"]["user_id"], json!(state.user_id), "{name}: {}", state.name);
        let alike = seen.entry(name).or_default();
        alike.entry(answer.shown(call.fresh)).or_default().push(state.name.to_owned());
    }
    let answers: usize = seen.values().flat_map(BTreeMap::values).map(Vec::len).sum();
    let different: usize = seen.values().map(|alike| alike.len() - 1).sum();
    println!(
        "row 5: {answers} answers over {} states of {} endpoints: {different} different",
        states.len(),
        seen.len()
    );
    assert_eq!(different, 0, "{:#?}", seen.values().filter(|alike| alike.len() > 1).collect::<Vec<_>>());
}

/// What came of asking for all states alike.
#[derive(Default)]
struct Tally {
    answers: usize,
    different: Vec<String>,
    kinds: BTreeMap<String, usize>,
}

impl Tally {
    /// Sends the same for all states: the answer that the first one got.
    async fn ask(
        &mut self,
        house: &House,
        states: &[State],
        number: usize,
        call: impl Fn(&State) -> Call,
    ) -> Answer {
        let mut answers = Vec::new();
        // One after the other, so that none makes the machine late for another.
        for (index, state) in states.iter().enumerate() {
            let call = call(state);
            answers.push((call.send(house, network(index, number)).await, call.fresh));
        }
        let (first, fresh) = &answers[0];
        for ((answer, _), state) in answers.iter().zip(states) {
            if answer.shown(fresh) != first.shown(fresh) {
                self.different.push(format!("try {number}, {}: {}", state.name, answer.shown(fresh)));
            }
        }
        self.answers += answers.len();
        *self.kinds.entry(format!("{} {}", first.status, first.problem().1)).or_default() += answers.len();
        first.clone()
    }
}

/// Tries all states equally often, at a tenant of its own, until they are throttled.
async fn throttle(house: &House, slug: &str, captcha: &Value) -> Tally {
    let mut tally = Tally::default();
    let tenant = house.tenant(slug, factors::settings("optional", &["totp", "webauthn"])).await;
    let states = states(house, &tenant).await;
    // Not before, for they would all have had to solve one.
    let change = ("captcha.provider".to_owned(), captcha.clone());
    admin::tenant::set(&house.by, &tenant.slug, &[change]).await.unwrap();
    house.advance(SignedDuration::from_hours(1));
    // Each try from another network, and after each refusal the wait that it asked for.
    for number in 0..scale(12, 220) {
        let login =
            |state: &State| Call::to(slug, "login", json!({ "email": state.email, "password": WRONG }));
        let answer = tally.ask(house, &states, number, login).await;
        let wait = answer.header("retry-after").map_or(0, |wait| wait.parse().unwrap());
        // Closed.
        if wait > 3600 {
            break;
        }
        house.advance(SignedDuration::from_secs(wait));
    }
    // All from one network, until it is refused.
    let all = ["register", "forgot-password", "password/forgot", "verify-email/resend"];
    for path in &all[..scale(usize::from(captcha.is_null()), all.len())] {
        let asked = |state: &State| {
            let mut calls = by_address(slug, &state.email).into_iter();
            calls.find(|(name, _)| name == path).unwrap().1
        };
        let mut tries = 0;
        while tally.ask(house, &states, 1000, asked).await.status != 429 && tries < 101 {
            tries += 1;
        }
        house.advance(SignedDuration::from_hours(2));
    }
    tally
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_tried_equally_often_is_throttled_equally() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let (mut all, mut rounds) = (Tally::default(), 0);
    for (name, captcha) in [("plain", Value::Null), ("guarded", json!("altcha"))] {
        // What the store is late to answer is made, and counted, twice. On a busy machine that happens once in
        // thousands; what tells one state from another happens each time.
        for round in 0..3 {
            let tally = throttle(&house, &format!("{name}{round}"), &captcha).await;
            rounds += 1;
            all.answers += tally.answers;
            for (kind, count) in tally.kinds {
                *all.kinds.entry(kind).or_default() += count;
            }
            if tally.different.is_empty() {
                break;
            }
            println!("round {rounds}: {:#?}", tally.different);
            if round == 2 {
                all.different.extend(tally.different);
            }
        }
    }
    let Tally { answers, different, kinds } = all;
    println!(
        "row 5: {answers} answers while all states are throttled, in {rounds} rounds, {kinds:?}: {} different",
        different.len()
    );
    assert!(different.is_empty(), "{different:#?}");
    for kind in ["200 ", "401 invalid_credentials", "403 captcha_required", "429 too_many_attempts"] {
        assert!(kinds.contains_key(kind), "{kind}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_right_password_is_told_what_stands_in_its_way() {
    let house = House::start().await;
    let tenant = house.tenant("acme", factors::settings("optional", &["totp", "webauthn"])).await;
    let mut told = BTreeMap::new();
    for state in states(&house, &tenant).await {
        let body = json!({ "email": state.email, "password": PASSWORD });
        let answer = house.client(3).post("acme", "login", &body).await;
        let data = answer.body["data"]["status"].as_str();
        told.insert(state.name, data.unwrap_or(answer.problem().1).to_owned());
    }
    let told: Vec<_> = told.iter().map(|(name, told)| (*name, told.as_str())).collect();
    assert_eq!(
        told,
        [
            ("contested", "invalid_credentials"),
            ("deleted", "invalid_credentials"),
            ("imported", "authenticated"),
            ("invited", "invalid_credentials"),
            ("known", "authenticated"),
            ("made", "email_not_verified"),
            ("passwordless", "invalid_credentials"),
            ("pending", "invalid_credentials"),
            ("suspended", "account_suspended"),
            ("unknown", "invalid_credentials"),
            ("with-a-passkey", "mfa_required"),
            ("with-an-app", "mfa_required"),
        ]
    );
}
