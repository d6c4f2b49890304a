//! Many people who go the whole way at once, from a registration to a reset, whatever the weather: each asks as an
//! honest client does, and sends what works once twice at the same time.

use std::{
    collections::BTreeMap,
    fmt,
    net::Ipv4Addr,
    ops::AddAssign,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use futures::{StreamExt, future::join, stream};
use latchkey::jiff::SignedDuration;
use serde_json::{Value, json};

use crate::{
    Answer, Client, Faults, House, PASSWORD, Weather, code_in, people::registration, scale, token_in,
};

/// How often a client tries what could not be done.
const TRIES: usize = 3;
/// How often a mail is looked for, a quarter of a minute apart: less than a code is good for.
const PATIENCE: usize = 30;
const NEW: [&str; 2] = ["an entirely new pass phrase 7", "an entirely new pass phrase 8"];
const TENANT: &str = "acme";

/// So many go their way at once, fewer where other tests go beside them: of a dozen on two busy processors some calls of
/// DynamoDB take longer than an attempt may, whatever the weather.
fn width() -> usize {
    scale(4, 12)
}

/// What became of all that was asked.
#[derive(Debug, Default)]
pub struct Record {
    pub asked: usize,
    /// Could not be done in so many tries; by what was asked and the code.
    pub given_up: BTreeMap<String, usize>,
    /// Answers of 5xx and 429 that were tried again.
    pub again: usize,
    /// Refused, and should not have been; by what was asked and the code.
    pub refused: BTreeMap<String, usize>,
    /// Worked twice, by what was asked.
    pub twice: BTreeMap<String, usize>,
    /// Calls of DynamoDB that came to harm.
    pub harmed: usize,
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { asked, given_up, again, refused, twice, harmed } = self;
        let sum = |counts: &BTreeMap<String, usize>| counts.values().sum::<usize>();
        let (refused, twice, given_up) = (sum(refused), sum(twice), sum(given_up));
        write!(
            f,
            "{asked} operations over {harmed} harmed calls: {refused} false refusals, {twice} double spends, \
             {again} tried again, {given_up} given up after {TRIES} tries"
        )
    }
}

impl AddAssign for Record {
    fn add_assign(&mut self, other: Self) {
        self.asked += other.asked;
        self.again += other.again;
        self.harmed += other.harmed;
        let counts = [
            (&mut self.refused, other.refused),
            (&mut self.twice, other.twice),
            (&mut self.given_up, other.given_up),
        ];
        for (counts, others) in counts {
            for (what, times) in others {
                *counts.entry(what).or_default() += times;
            }
        }
    }
}

/// The journey of everybody in a tenant of a house that has a bad day.
pub struct Journey<'a> {
    house: &'a House,
    faults: &'a Faults,
    weather: Weather,
    /// Of the stages: each has another schedule.
    seeds: Mutex<fastrand::Rng>,
    record: Mutex<Record>,
}

/// Somebody on the way.
struct Traveller {
    email: String,
    client: Client,
    /// What is needed next: a token or a code.
    held: Mutex<String>,
    /// Who has it, and the handle that a code goes with.
    login: Mutex<Value>,
    /// Went home, for something could not be done.
    home: AtomicBool,
}

impl Traveller {
    fn goes_on(&self) -> bool {
        !self.home.load(Ordering::Relaxed)
    }
}

fn what(path: &str, answer: &Answer) -> String {
    let path = path.split('?').next().unwrap();
    format!("{path}: {}", answer.problem().1)
}

fn is_later(answer: &Answer) -> bool {
    answer.status >= 500 || answer.status == 429
}

impl<'a> Journey<'a> {
    #[must_use]
    pub fn under(weather: Weather, house: &'a House, faults: &'a Faults) -> Self {
        let seeds = Mutex::new(fastrand::Rng::with_seed(weather.seed));
        Self { house, faults, weather, seeds, record: Mutex::default() }
    }

    /// Sends so many people, numbered from `first`, through everything; gives what became of it.
    pub async fn of(self, first: u16, count: u16) -> Record {
        let all: Vec<_> = (first..first + count).map(|number| self.traveller(number)).collect();
        self.faults.set(self.weather);
        self.stage(&all, async |one| self.register(one).await).await;
        self.mailed(&all, |text| token_in(text, "lk_vfy_")).await;
        self.stage(&all, async |one| self.verify(one).await).await;
        self.stage(&all, async |one| self.log_in(one).await).await;
        self.mailed(&all, code_in).await;
        self.stage(&all, async |one| self.complete(one).await).await;
        self.stage(&all, async |one| self.refresh(one).await).await;
        self.stage(&all, async |one| self.forget(one).await).await;
        self.mailed(&all, |text| token_in(text, "lk_rst_")).await;
        self.stage(&all, async |one| self.reset(one).await).await;
        let harmed = self.faults.clear();
        Record { harmed, ..self.record.into_inner().unwrap() }
    }

    fn traveller(&self, number: u16) -> Traveller {
        let [high, low] = number.to_be_bytes();
        Traveller {
            email: format!("person{number}@example.com"),
            client: self.house.client_at(Ipv4Addr::new(127, 41, high, low.max(1))),
            held: Mutex::default(),
            login: Mutex::default(),
            home: AtomicBool::new(false),
        }
    }

    async fn stage(&self, all: &[Traveller], step: impl AsyncFn(&Traveller)) {
        let seed = self.seeds.lock().unwrap().u64(..);
        self.faults.set(Weather { seed, ..self.weather });
        let going = all.iter().filter(|one| one.goes_on());
        stream::iter(going).map(|one| step(one)).buffer_unordered(width()).collect::<()>().await;
    }

    /// The worker has the weather as well: waits until everybody has what was mailed.
    async fn mailed(&self, all: &[Traveller], find: impl Fn(&str) -> Option<String>) {
        for one in all {
            one.held.lock().unwrap().clear();
        }
        let mut waiting: Vec<&Traveller> = all.iter().filter(|one| one.goes_on()).collect();
        for _ in 0..PATIENCE {
            self.house.settle().await;
            // One that fails is followed by the next.
            let _ = self.house.stack().minute().await;
            let mails = self.house.stack().inbox().emails();
            waiting.retain(|one| {
                let mut to_them = mails.iter().rev().filter(|mail| mail.destination.to.contains(&one.email));
                let found = to_them.find_map(|mail| find(mail.body.text.as_deref()?));
                let is_missing = found.is_none();
                *one.held.lock().unwrap() = found.unwrap_or_default();
                is_missing
            });
            if waiting.is_empty() {
                return;
            }
            self.house.advance(SignedDuration::from_secs(15));
        }
        let lost: Vec<_> = waiting.iter().map(|one| &one.email).collect();
        panic!("mails are lost: {lost:?}; {:#?}", self.record.lock().unwrap());
    }

    /// Asks, and asks again where it could not be done. Gives the last answer, and whether an earlier one failed.
    async fn ask(&self, one: &Traveller, path: &str, body: &Value) -> (Answer, bool) {
        let mut failed = 0;
        loop {
            let answer = one.client.post(TENANT, path, body).await;
            // A counter that the store had no time for counts as full.
            let gone_wrong = is_later(&answer);
            if !gone_wrong || failed + 1 == TRIES {
                let mut record = self.record.lock().unwrap();
                record.asked += 1;
                record.again += failed;
                if gone_wrong {
                    *record.given_up.entry(what(path, &answer)).or_default() += 1;
                }
                one.home.fetch_or(gone_wrong, Ordering::Relaxed);
                return (answer, failed > 0);
            }
            failed += 1;
        }
    }

    /// Asks for what must be granted. `None` where it was given up.
    async fn granted(&self, one: &Traveller, path: &str, body: &Value) -> Option<Value> {
        let (answer, _) = self.ask(one, path, body).await;
        if answer.status == 200 {
            return Some(answer.data().clone());
        }
        if !is_later(&answer) {
            self.refused(path, &answer);
        }
        one.home.store(true, Ordering::Relaxed);
        None
    }

    fn refused(&self, path: &str, answer: &Answer) {
        self.count(|record| &mut record.refused, &what(path, answer));
    }

    /// Sends what works once twice at the same time; `works` tells which answer is the one that worked.
    async fn once(
        &self,
        one: &Traveller,
        path: &'static str,
        bodies: [Value; 2],
        works: impl Fn(&Value) -> bool,
    ) -> Option<Value> {
        let answers = join(self.ask(one, path, &bodies[0]), self.ask(one, path, &bodies[1])).await;
        let answers = [answers.0, answers.1];
        let data = |answer: &Answer| answer.body["data"].clone();
        let worked: Vec<_> =
            answers.iter().map(|(answer, _)| data(answer)).filter(|data| works(data)).collect();
        if worked.len() > 1 {
            self.count(|record| &mut record.twice, path);
        }
        // Whoever verified and was not told is told so, and signs in.
        let is_fine = |answer: &Answer| is_later(answer) || data(answer)["status"] == "already_verified";
        if worked.is_empty() && !answers.iter().any(|(answer, _)| is_fine(answer)) {
            let told = if answers.iter().any(|(_, failed)| *failed) { "after a failure" } else { "at once" };
            self.refused(&format!("{path}, {told}"), &answers[0].0);
        }
        worked.into_iter().next()
    }

    async fn register(&self, one: &Traveller) {
        self.granted(one, "register", &registration(&one.email, PASSWORD)).await;
    }

    async fn verify(&self, one: &Traveller) {
        let body = json!({ "token": *one.held.lock().unwrap(), "password": PASSWORD });
        let worked = |data: &Value| data["status"] == "verified";
        self.once(one, "verify-email", [body.clone(), body], worked).await;
    }

    async fn log_in(&self, one: &Traveller) {
        let body = json!({ "email": one.email, "password": PASSWORD });
        let Some(login) = self.granted(one, "login", &body).await else { return };
        let (handle, user) = (login["mfa_token"].as_str().unwrap(), login["user_id"].as_str().unwrap());
        let path = format!("mfa/email/send?mfa_token={handle}&user_id={user}");
        self.granted(one, &path, &json!({})).await;
        *one.login.lock().unwrap() = login;
    }

    async fn complete(&self, one: &Traveller) {
        let handle = one.login.lock().unwrap()["mfa_token"].clone();
        let body = json!({ "mfa_token": handle, "method": "email", "code": *one.held.lock().unwrap() });
        let worked = |data: &Value| data["status"] == "authenticated";
        let opened = self.once(one, "mfa/verify", [body.clone(), body], worked).await;
        *one.login.lock().unwrap() = opened.unwrap_or_default();
    }

    async fn refresh(&self, one: &Traveller) {
        let token = one.login.lock().unwrap()["tokens"]["refresh_token"].clone();
        if token.is_null() {
            return;
        }
        let body = json!({ "refresh_token": token });
        let answers =
            join(self.granted(one, "session/refresh", &body), self.granted(one, "session/refresh", &body))
                .await;
        if let (Some(first), Some(second)) = answers
            && first["tokens"]["refresh_token"] != second["tokens"]["refresh_token"]
        {
            self.count(|record| &mut record.twice, "session/refresh");
        }
    }

    async fn forget(&self, one: &Traveller) {
        self.granted(one, "forgot-password", &json!({ "email": one.email })).await;
    }

    /// Two passwords, of which one gets in afterwards.
    async fn reset(&self, one: &Traveller) {
        let token = one.held.lock().unwrap().clone();
        let bodies = NEW.map(|password| json!({ "token": token, "new_password": password }));
        self.once(one, "password/reset", bodies, |data| data["status"] == "password_reset").await;
        let mut gets_in = 0;
        for password in NEW {
            let (login, _) =
                self.ask(one, "login", &json!({ "email": one.email, "password": password })).await;
            gets_in += usize::from(login.status == 200);
        }
        match gets_in {
            0 => self.count(|record| &mut record.refused, "nobody gets in after a reset"),
            1 => {}
            _ => self.count(|record| &mut record.twice, "two passwords of one reset"),
        }
    }

    fn count(&self, counts: impl FnOnce(&mut Record) -> &mut BTreeMap<String, usize>, what: &str) {
        *counts(&mut self.record.lock().unwrap()).entry(what.to_owned()).or_default() += 1;
    }
}
