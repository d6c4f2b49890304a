//! Row 18: whatever people, keys, devices, browsers and tenants call themselves, the mails in the inbox have
//! the elements, the headers and the links that they have for harmless ones.
//!
//! What the mails are made of is tried at length where they are made (`shared/src/mail/tests/hostile.rs`);
//! here the names come in by the endpoints.

use hostile::{is_bidi_control, links, payloads, shape, texts};
use latchkey::{
    domain::TenantSlug,
    jiff::{SignedDuration, Timestamp},
};
use local::mail::Email;
use reqwest::Method;
use serde_json::{Value, json};
use tests::{
    Answer, House, PASSWORD, authenticator::Authenticator, code_in, factors::token_of, people::registration,
    scale, token_in,
};

const NEW: &str = "an entirely new pass phrase 7";
/// In what people call themselves and their things: it has no place in any mail.
const MARK: &str = "Zzyzx";
const HARMLESS: &str = "Acme Works";

struct Stage {
    house: House,
    /// Names that an endpoint refused.
    refused: usize,
}

impl Stage {
    /// A tenant of this name: by the administrators' API, or where that refuses it, past it.
    async fn tenant(&mut self, slug: &str, name: &str) {
        let settings = json!({
            "tokens.algorithm": "ES256",
            "tokens.delivery": "body",
            "mfa.policy": "optional",
            "mfa.methods": ["webauthn"],
            "origins": [tests::authenticator::ORIGIN],
            "relying_party.id": tests::authenticator::RP_ID,
        });
        let body = json!({ "slug": slug, "display_name": name, "settings": settings });
        let made =
            self.house.administer("local-owner", Method::POST, "/api/v1/admin/tenants", Some(&body)).await;
        if self.took(&made) {
            return;
        }
        let mut settings = tests::factors::settings("optional", &["webauthn"]);
        settings["tokens"] = json!({ "algorithm": "ES256", "delivery": "body" });
        let settings = latchkey::domain::Settings::parse(settings).unwrap();
        let slug = TenantSlug::parse(slug).unwrap();
        admin::tenant::create(&self.house.by, &slug, name, settings).await.unwrap();
    }

    /// Whether an endpoint takes a name; it may refuse one, and nothing else.
    fn took(&mut self, answer: &Answer) -> bool {
        if answer.status == 422 {
            let places = answer.faults();
            assert!(places.iter().all(|(place, _)| place.ends_with("name")), "{places:?}");
            self.refused += 1;
        } else {
            answer.data();
        }
        answer.status == 200
    }

    async fn emails(&self) -> Vec<Email> {
        self.house.settle().await;
        self.house.stack().inbox().emails()
    }

    /// The last such thing that was mailed.
    async fn mailed(&self, read: impl Fn(&str) -> Option<String>) -> String {
        let emails = self.emails().await;
        emails.iter().rev().find_map(|email| read(email.body.text.as_deref().unwrap())).unwrap()
    }

    /// What happens to an account of somebody who calls everything so: the mails, in their order.
    async fn story(&mut self, slug: &str, user: &str, called: &str) -> Vec<Email> {
        // Registrations of one network are throttled by the hour.
        self.house.advance(SignedDuration::from_hours(1));
        self.house.settle().await;
        self.house.stack().inbox().clear();
        let (near, far) = (self.house.client(2), self.house.client(9));
        let email = format!("{user}@example.com");
        let agent = if called.bytes().all(|byte| (b' '..0x7f).contains(&byte)) { called } else { "harmless" };
        let headers = [("user-agent", agent)];
        let name = format!("{called} {MARK}");

        let mut body = registration(&email, PASSWORD);
        let harmless = body.clone();
        (body["first_name"], body["last_name"]) = (json!(name), json!(name));
        let registered = near.post_with(slug, "register", &body, &headers).await;
        if !self.took(&registered) {
            near.post_with(slug, "register", &harmless, &headers).await.data();
        }
        let link = self.mailed(|text| token_in(text, "lk_vfy_")).await;
        let body = json!({ "token": link, "password": PASSWORD });
        let token = token_of(near.post_with(slug, "verify-email", &body, &headers).await.data());
        near.post_with(slug, "register", &harmless, &headers).await.data();
        near.post_with(slug, "forgot-password", &json!({ "email": email }), &headers).await.data();
        self.house.settle().await;
        let named = json!({ "first_name": name, "last_name": name });
        let named = near.as_user(Method::PATCH, "/api/v1/me", &token, Some(&named)).await;
        self.took(&named);

        // What the mask leaves of the new address is in the mail to the old one.
        let typed: String = called
            .chars()
            .filter(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(*c))
            .collect();
        let new = format!("{}{user}@example.org", &typed[..typed.len().min(20)]);
        near.post_as("/api/v1/me/email", &token, &json!({ "email": new })).await.data();
        let code = self.mailed(code_in).await;
        let moved = near.post_as("/api/v1/me/email/confirm", &token, &json!({ "code": code })).await;
        let token = token_of(moved.data());

        let (challenge, options) = begin(&near, &token).await;
        let (mut key, credential) = Authenticator::create(&options);
        let finish = "/api/v1/me/mfa/webauthn/register/finish";
        let mut body = json!({ "challenge_id": challenge, "credential": credential, "name": name });
        let enrolled = near.post_as(finish, &token, &body).await;
        if !self.took(&enrolled) {
            let (challenge, options) = begin(&near, &token).await;
            let (other, credential) = Authenticator::create(&options);
            key = other;
            body = json!({ "challenge_id": challenge, "credential": credential });
            near.post_as(finish, &token, &body).await.data();
        }

        let body = json!({ "email": new, "password": PASSWORD });
        let login = far.post_with(slug, "login", &body, &headers).await.data().clone();
        let (handle, user_id) = (login["mfa_token"].as_str().unwrap(), login["user_id"].as_str().unwrap());
        let path = format!("mfa/webauthn/begin?mfa_token={handle}&user_id={user_id}");
        let begun = far.post_with(slug, &path, &json!({}), &headers).await.data().clone();
        let body = json!({
            "mfa_token": handle, "method": "webauthn", "challenge_id": begun["challenge_id"],
            "credential": key.get(&begun["public_key"]), "trust_device": true,
        });
        let token = token_of(far.post_with(slug, "mfa/verify", &body, &headers).await.data());
        let devices = far.get_as("/api/v1/me/devices", &token).await.data()["devices"].clone();
        let device = format!("/api/v1/me/devices/{}", devices[0]["device_id"].as_str().unwrap());
        let named = far.as_user(Method::PATCH, &device, &token, Some(&json!({ "name": name }))).await;
        self.took(&named);
        // The worker looks whether the sign-in was news before the next change ends its session.
        self.house.settle().await;
        let body = json!({ "current_password": PASSWORD, "new_password": NEW });
        far.post_as("/api/v1/me/password", &token, &body).await.data();
        let mut mails = self.emails().await;
        mails.retain(|mail| [&email, &new].iter().any(|to| mail.destination.to == [(*to).clone()]));
        mails
    }

    /// The same mails in the same shape as the harmless ones, with no link but those that they have too.
    fn compare(&self, called: &str, mails: &[Email], harmless: &[Email]) {
        let subjects = || mails.iter().map(|mail| &mail.subject).collect::<Vec<_>>();
        assert_eq!(mails.len(), harmless.len(), "{called:?}: {:#?}", subjects());
        for (mail, plain) in mails.iter().zip(harmless) {
            assert_eq!(self.own_shape(mail), self.own_shape(plain), "{called:?}: {}", mail.subject);
            let lines = |mail: &Email| mail.body.text.as_ref().unwrap().lines().count();
            assert_eq!(lines(mail), lines(plain), "{called:?}: {}", mail.subject);

            let neutral = |mail: &Email| (mail.from.clone(), mail.reply_to.clone(), headers(mail));
            assert_eq!(neutral(mail), neutral(plain), "{called:?}");
            let whole = &mail.destination;
            assert_eq!((whole.to.len(), whole.cc.len(), whole.bcc.len()), (1, 0, 0), "{called:?}");
            assert!(!mail.subject.contains("=?") && mail.subject.chars().count() < 200, "{}", mail.subject);
            assert!(!mail.subject.chars().any(char::is_control), "{:?}", mail.subject);

            let text = mail.body.text.as_ref().unwrap();
            let pages = |mail| self.own_links(mail).into_iter().map(page).collect::<Vec<_>>();
            assert_eq!(pages(mail), pages(plain), "{called:?}: {text}");
            for shown in texts(mail.body.html.as_ref().unwrap()).iter().chain([&mail.subject, text]) {
                assert!(
                    !shown.chars().any(|c| c != '\n' && (c.is_control() || is_bidi_control(c))),
                    "{called:?}"
                );
                assert!(!shown.contains(MARK), "{called:?}: {shown}");
                self.assert_only_ours(mail, shown, called);
            }
        }
    }

    /// The words of a mail that are links to our pages.
    fn own_links<'a>(&self, mail: &'a Email) -> Vec<&'a str> {
        let ours = format!("{}/t/", self.house.parts.base_url);
        let words = mail.body.text.as_ref().unwrap().split_whitespace();
        words.filter(|word| word.starts_with(&ours)).collect()
    }

    /// Its elements, with the pages in place of our links.
    fn own_shape(&self, mail: &Email) -> Vec<String> {
        let html = mail.body.html.clone().unwrap();
        shape(&self.own_links(mail).into_iter().fold(html, |html, link| html.replace(link, page(link))))
    }

    fn assert_only_ours(&self, mail: &Email, shown: &str, called: &str) {
        let at = Timestamp::from_second(mail.at).unwrap().strftime("%H:%M").to_string();
        let own = self.own_links(mail);
        let mut ours = own.clone();
        ours.push(&at);
        for link in links(shown, &ours) {
            assert!(own.contains(&link.as_str()), "{link} of {called:?} in {shown}");
        }
    }
}

/// A mail's headers, without the ids in them.
fn headers(mail: &Email) -> Vec<(String, usize, bool)> {
    let value = |value: &str| (value.len(), value.bytes().all(|byte| byte.is_ascii_graphic()));
    let headers = mail.headers.iter().map(|header| (header.name.clone(), value(&header.value)));
    headers.map(|(name, (length, neutral))| (name, length, neutral)).collect()
}

async fn begin(client: &tests::Client, token: &str) -> (Value, Value) {
    let begun = client.post_as("/api/v1/me/mfa/webauthn/register/begin", token, &json!({})).await;
    (begun.data()["challenge_id"].clone(), begun.data()["public_key"].clone())
}

/// What a link of ours opens: neither the tenant nor the token.
fn page(link: &str) -> &str {
    let link = link.split_once('#').map_or(link, |(page, _)| page);
    link.rsplit_once('/').unwrap().1
}

#[tokio::test(flavor = "multi_thread")]
async fn no_name_changes_the_shape_the_headers_or_the_links_of_a_mail() {
    let payloads: Vec<_> = payloads().into_iter().filter(|payload| payload.len() < 10_000).collect();
    let chosen: Vec<_> = payloads.iter().enumerate().step_by(scale(28, 1)).collect();
    let (mut compared, mut sorts, mut refused) = (0, 0, 0);
    // The local database writes slower the more it has written.
    for some in chosen.chunks(20) {
        let Some(house) = House::with_its_own_clock().await else { return };
        // The first tenant is the command line's.
        house.tenant("first", json!({})).await;
        let mut stage = Stage { house, refused: 0 };
        stage.tenant("acme", HARMLESS).await;
        let harmless = stage.story("acme", "ada", "harmless").await;
        let subjects: Vec<_> = harmless.iter().map(|mail| mail.subject.clone()).collect();
        let agents = harmless.iter().filter(|mail| mail.body.text.as_ref().unwrap().contains(": harmless\n"));
        assert_eq!(agents.count(), 1, "a new sign-in is told of, with its browser: {subjects:#?}");
        for (index, payload) in some {
            let user = format!("ada{index}");
            let mails = stage.story("acme", &user, payload).await;
            stage.compare(payload, &mails, &harmless);
            // No more than the tenant is named in a subject.
            let theirs: Vec<_> = mails.iter().map(|mail| mail.subject.clone()).collect();
            assert_eq!(theirs, subjects, "{payload:?}");
            compared += mails.len();

            let slug = format!("acme-{index}");
            stage.tenant(&slug, payload).await;
            let mails = stage.story(&slug, &user, payload).await;
            stage.compare(payload, &mails, &harmless);
            compared += mails.len();
        }
        (sorts, refused) = (harmless.len(), refused + stage.refused);
    }
    println!(
        "row 18: {} payloads as names of people, keys, devices, browsers and tenants: {compared} mails of {sorts} sorts \
         as for harmless names; {refused} names refused",
        chosen.len()
    );
    assert!(chosen.len() >= scale(4, 100));
}
