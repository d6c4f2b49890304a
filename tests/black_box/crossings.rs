//! Row 3: nobody's token, id, code or tenant stands in for another's. The matrix of passkeys, which needs no
//! clock, is in `webauthn.rs`.

use std::net::Ipv4Addr;

use latchkey::jiff::SignedDuration;
use serde_json::json;
use tests::{Answer, App, Client, House, Person, factors::settings};

/// What somebody has beside a password.
enum Held {
    App(App),
    Codes(Vec<String>),
    Mailbox,
    Key,
}

struct Member {
    tenant: String,
    person: Person,
    held: Held,
}

/// Two people of one tenant, and one of them in another as well, who have this factor.
async fn cast(house: &House, method: &str) -> Vec<Member> {
    let wanted = match method {
        "email" => crate::mfa::settings(),
        "backup_code" => settings("optional", &["totp", "backup_code"]),
        _ => settings("optional", &[method]),
    };
    let mut members = Vec::new();
    for (name, emails) in
        [("one", &["ada@example.com", "bob@example.com"][..]), ("two", &["ada@example.com"])]
    {
        let tenant = house.tenant(&format!("{name}-{}", method.replace('_', "-")), wanted.clone()).await;
        for email in emails {
            let person = house.person(&tenant, email).await;
            let held = enrolled(house, &person, method).await;
            members.push(Member { tenant: tenant.slug.to_string(), person, held });
        }
    }
    members
}

async fn enrolled(house: &House, person: &Person, method: &str) -> Held {
    if method == "email" {
        return Held::Mailbox;
    }
    let client = house.client(2);
    let token = person.token(&client).await;
    if method == "webauthn" {
        person.enroll_key(&client, &token).await;
        return Held::Key;
    }
    let (app, done) = person.enroll_app(house, &client, &token).await;
    match done["backup_codes"].as_array() {
        Some(codes) => Held::Codes(codes.iter().map(|code| code.as_str().unwrap().to_owned()).collect()),
        None => Held::App(app),
    }
}

/// Every choice between two people in so many places.
fn choices<const PLACES: usize>([one, other]: [usize; 2]) -> impl Iterator<Item = [usize; PLACES]> {
    (0..1_usize << PLACES)
        .map(move |index| std::array::from_fn(|at| if index >> at & 1 == 0 { one } else { other }))
}

struct Matrix {
    house: House,
    tried: u16,
    passed: usize,
    off: Vec<String>,
}

impl Matrix {
    /// For the next combination: from ever new networks and a while later, so that no throttle answers in
    /// place of the endpoint.
    fn next(&mut self) -> Client {
        self.tried += 1;
        self.house.advance(SignedDuration::from_mins(4));
        let [high, low] = self.tried.to_be_bytes();
        self.house.client_at(Ipv4Addr::new(127, 10 + u8::from(low == 0), high, low.max(1)))
    }

    fn judge(&mut self, answer: &Answer, own: bool, combination: String) {
        let refused = matches!(answer.problem(), (401, "mfa_token_invalid") | (400, "token_invalid"))
            || answer.body["data"]["status"] == "failed";
        assert!(refused || answer.status == 200, "{combination}: {}", answer.text);
        if !refused {
            self.passed += 1;
            if !own {
                self.off.push(combination);
            }
        }
    }

    /// Whose handle, user id and code, and in whose tenant.
    async fn codes(&mut self, method: &str, members: &mut [Member], pair: [usize; 2]) {
        for chosen in choices::<4>(pair) {
            let [handle_of, id_of, code_of, tenant_of] = chosen;
            let client = self.next();
            let handle = members[handle_of].person.handle(&client).await;
            let code = match &members[code_of].held {
                Held::App(app) => app.code(&self.house, 0),
                Held::Codes(codes) => codes.last().unwrap().clone(),
                Held::Mailbox if code_of == handle_of => {
                    members[code_of].person.code(&self.house, &client, &handle).await
                }
                Held::Mailbox => {
                    let other = &members[code_of].person;
                    other.code(&self.house, &client, &other.handle(&client).await).await
                }
                Held::Key => unreachable!("a key has no codes"),
            };
            let body = json!({
                "mfa_token": handle, "user_id": members[id_of].person.user_id, "method": method, "code": code,
            });
            let answer = client.post(&members[tenant_of].tenant, "mfa/verify", &body).await;
            self.house.forgive(&members[handle_of].person, method).await;
            if let (Held::Codes(codes), 200) = (&mut members[code_of].held, answer.status)
                && answer.data()["status"] == "authenticated"
            {
                codes.pop();
            }
            let own = [id_of, code_of].iter().all(|other| *other == handle_of)
                && members[tenant_of].tenant == members[handle_of].tenant;
            self.judge(&answer, own, format!("{method} of {chosen:?}"));
        }
    }

    /// Whose handle and user id, and in whose tenant, where a code is mailed or a challenge is begun.
    async fn begins(&mut self, path: &str, members: &[Member], pair: [usize; 2]) {
        for chosen in choices::<3>(pair) {
            let [handle_of, id_of, tenant_of] = chosen;
            let client = self.next();
            let handle = members[handle_of].person.handle(&client).await;
            let path = format!("{path}?mfa_token={handle}&user_id={}", members[id_of].person.user_id);
            let answer = client.post(&members[tenant_of].tenant, &path, &json!({})).await;
            let own = id_of == handle_of && members[tenant_of].tenant == members[handle_of].tenant;
            self.judge(&answer, own, format!("{path} of {chosen:?}"));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_diagonal_of_handles_ids_codes_and_tenants_passes() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let mut matrix = Matrix { house, tried: 0, passed: 0, off: Vec::new() };
    for method in ["totp", "email", "backup_code", "webauthn"] {
        let mut members = cast(&matrix.house, method).await;
        for pair in [[0, 1], [0, 2]] {
            match method {
                "webauthn" => matrix.begins("mfa/webauthn/begin", &members, pair).await,
                "email" => {
                    matrix.begins("mfa/email/send", &members, pair).await;
                    matrix.codes(method, &mut members, pair).await;
                }
                _ => matrix.codes(method, &mut members, pair).await,
            }
        }
    }
    let Matrix { tried, passed, off, .. } = matrix;
    println!(
        "row 3, codes and what is begun: {passed} of {tried} combinations passed, {} off the diagonal",
        off.len()
    );
    assert!(off.is_empty(), "{off:#?}");
    // Two people of one tenant pass under either's name for it; one person in each of two.
    assert_eq!((passed, usize::from(tried)), (5 * (4 + 2), 3 * 2 * 16 + 2 * 2 * 8));
}
