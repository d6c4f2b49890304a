//! Row 7: whatever is wrong with the mail service, nobody is answered otherwise or later for it.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use latchkey::{
    domain::ids::UserId,
    jiff::SignedDuration,
    tokens::{Bearer, Kind, Selector},
};
use serde_json::{Value, json};
use tests::{Client, House, Person, people::registration, scale};
use tokio::time::Instant;

/// How long a slow mail server takes for a mail: whatever waited for one would be later by as much.
const SLOW: Duration = Duration::from_millis(SLOW_MS);
const SLOW_MS: u64 = 60;
/// As the mail server takes them.
const FAULTS: [(&str, u64); 4] = [("slow", SLOW_MS), ("throttle", 0), ("fail", 0), ("reject", 0)];

async fn break_mail(house: &House, (mode, delay_ms): (&str, u64)) {
    let faults = format!("{}/faults", house.stack().mail());
    let wanted = json!({ "mode": mode, "delay_ms": delay_ms });
    let set = reqwest::Client::new().post(&faults).json(&wanted).send().await.unwrap();
    assert!(set.status().is_success());
}

/// What has a mail written to somebody, or seems to: its name, its path, its body.
fn calls(email: &str, handle: &str, user_id: &str) -> [(&'static str, Value); 5] {
    [
        ("forgot-password", json!({ "email": email })),
        ("password/forgot", json!({ "email": email })),
        ("verify-email/resend", json!({ "email": email })),
        ("register", registration(email, "quite another pass phrase")),
        ("mfa/email/send", json!({ "mfa_token": handle, "user_id": user_id })),
    ]
}

/// An endpoint and a state.
type Of = (&'static str, &'static str);
type Answers = BTreeMap<Of, BTreeSet<String>>;

/// What was answered by each endpoint to each state, and the shortest time that it took.
#[derive(Default)]
struct Seen {
    answers: Answers,
    shortest: BTreeMap<Of, Duration>,
    count: usize,
}

impl Seen {
    /// Calls everything for a state, and has the mails that are due sent meanwhile.
    async fn call(
        &mut self,
        house: &House,
        client: &Client,
        (state, email): (&'static str, &str),
        (handle, user_id): (&str, &str),
    ) {
        for (path, body) in calls(email, handle, user_id) {
            let client = client.clone();
            // By itself: what the worker has to do is not the answer's time.
            let timed = tokio::spawn(async move {
                let asked = Instant::now();
                (client.post("acme", path, &body).await, asked.elapsed())
            });
            let (answered, ()) = futures::join!(timed, house.settle());
            let (answer, took) = answered.unwrap();
            self.answers.entry((path, state)).or_default().insert(answer.shown(&["/data/user_id"]));
            let shortest = self.shortest.entry((path, state)).or_insert(took);
            *shortest = took.min(*shortest);
            self.count += 1;
        }
    }

    /// Everybody calls everything once: so many mails went out.
    async fn pass(&mut self, house: &House, people: &[Person]) -> usize {
        // Each pass has the whole of every mailbox's purse.
        house.advance(SignedDuration::from_hours(12));
        let before = house.mails().await.len();
        for (person, number) in people.iter().zip(10..) {
            let client = house.client(number);
            let handle = person.handle(&client).await;
            let unknown = UserId::fresh(&*house.parts.clock, &*house.parts.entropy);
            let forged = Bearer::random(Kind::Mfa, Selector::user(unknown), &*house.parts.entropy);
            let known = ("known", person.email.as_str());
            self.call(house, &client, known, (&handle, &person.user_id)).await;
            let stranger = format!("un{}", person.email);
            let named = (forged.expose(), &*unknown.to_string());
            self.call(house, &client, ("unknown", &stranger), named).await;
        }
        house.mails().await.len() - before
    }

    /// How much later than there something was at the most, and what.
    fn later_than(&self, well: &Self) -> (Duration, Of) {
        self.shortest.iter().map(|(of, took)| (took.saturating_sub(well.shortest[of]), *of)).max().unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_fault_of_the_mail_service_changes_an_answer_or_holds_one_up() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let tenant = house.tenant("acme", crate::mfa::settings()).await;
    let mut people = Vec::new();
    for number in 0..scale(3, 10) {
        people.push(house.person(&tenant, &format!("known{number}@example.com")).await);
    }
    let (mut answers, mut count) = (Answers::new(), 0);
    let mut latest = (Duration::ZERO, ("", ""));
    for fault in FAULTS {
        // Side by side, for the local database slows down as it fills.
        let (mut well, mut ill) = (Seen::default(), Seen::default());
        // On a busy machine anything can be late once.
        for _ in 0..6 {
            break_mail(&house, ("none", 0)).await;
            let sent = well.pass(&house, &people).await;
            assert!(sent >= 4 * people.len(), "{sent}");
            break_mail(&house, fault).await;
            let sent = ill.pass(&house, &people).await;
            assert_eq!(sent > 0, fault.0 == "slow", "{fault:?}: {sent} mails");
            if ill.later_than(&well).0 < SLOW {
                break;
            }
        }
        latest = latest.max(ill.later_than(&well));
        for seen in [well, ill] {
            count += seen.count;
            for (of, more) in seen.answers {
                answers.entry(of).or_default().extend(more);
            }
        }
    }
    // Only of a right password's handle it is said that there is a mailbox.
    for (path, _) in calls("", "", "").into_iter().filter(|(path, _)| !path.starts_with("mfa/")) {
        let unknown = answers.remove(&(path, "unknown")).unwrap();
        answers.get_mut(&(path, "known")).unwrap().extend(unknown);
    }
    let different: usize = answers.values().map(|alike| alike.len() - 1).sum();
    println!(
        "row 7: {count} answers with {} faults of the mail service and none, at {} endpoints, to known and \
         unknown: {different} different; at the most {:.0?} later than without, {:?}",
        FAULTS.len(),
        calls("", "", "").len(),
        latest.0,
        latest.1
    );
    assert_eq!(different, 0, "{:#?}", answers.values().filter(|alike| alike.len() > 1).collect::<Vec<_>>());
    assert!(latest.0 < SLOW, "{latest:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_mail_service_delays_mails_and_loses_and_doubles_none() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let (ada, client) = house.ada_at_acme(json!({})).await;
    break_mail(&house, ("fail", 0)).await;
    let before = house.mails_to(&ada.email).await.len();
    client.post("acme", "forgot-password", &json!({ "email": ada.email })).await.data();
    assert_eq!(house.mails_to(&ada.email).await.len(), before);
    break_mail(&house, ("none", 0)).await;
    house.advance(SignedDuration::from_secs(61));
    house.stack().minute().await.unwrap();
    let token = house.mailed_token(&ada.email, "lk_rst_").await;
    assert_eq!(ada.reset(&client, &token, "an entirely new pass phrase 7").await.status, 200);
    house.advance(SignedDuration::from_mins(10));
    house.stack().minute().await.unwrap();
    let resets = house.mails_to(&ada.email).await.iter().filter(|mail| mail.contains("lk_rst_")).count();
    assert_eq!(resets, 1, "sent once");
}
