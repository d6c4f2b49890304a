//! Row 16: an address that only looks like somebody's reaches nothing of theirs.

use std::collections::BTreeSet;

use futures::{StreamExt, stream};
use latchkey::jiff::SignedDuration;
use local::mail::Email;
use serde_json::json;
use tests::{Answer, Client, House, PASSWORD, Person, people::registration, scale, token_in};
use url::Host;

/// So many at once; with more, a busy machine's database answers too late.
const WIDTH: usize = 8;
const STRANGERS: &str = "what a stranger would choose 7";

/// Letters of other scripts, compatibility forms, and letters whose case mapping is ASCII (ı, İ, ſ, K).
const ALIKE: &[(char, &str)] = &[
    ('a', "аɑαⓐªàáạ\u{1EA1}ₐᴀ4@"),
    ('b', "ЬƄḃ6ᵇ"),
    ('c', "сϲⅽçć¢ᴄ"),
    ('d', "ԁⅾḍɗ"),
    ('e', "еҽℯéẹёεₑ3"),
    ('h', "һհḥℎ"),
    ('i', "іıİⅰíị¡ι1l|ⁱ"),
    ('k', "\u{212A}κкķḳ"),
    ('l', "ӏⅼƚł1I|ℓ"),
    ('m', "мⅿṃ"),
    ('n', "ոņńռ"),
    ('o', "оοօºóọ0ο"),
    ('p', "рρṗ"),
    ('r', "гᴦŕ"),
    ('s', "ѕſśṣ5$ꜱ"),
    ('t', "тτṭţ"),
    ('u', "υսúụ"),
    ('x', "хχⅹ×"),
    ('y', "уγýỵ"),
    ('.', "。．｡․\u{FE52}·"),
    ('-', "\u{2010}\u{2011}‐–−\u{AD}_"),
    ('+', "＋﹢"),
    ('@', "＠﹫"),
];
const INVISIBLE: &str =
    "\u{200B}\u{200C}\u{200D}\u{2060}\u{FEFF}\u{AD}\u{34F}\u{FE0F}\u{E0061}\u{202E}\u{180E}\u{3164}";
const MARKS: &str = "\u{301}\u{308}\u{327}\u{323}\u{335}\u{20DD}";
/// Where each run of the mathematical letters a–z begins (Unicode's block U+1D400).
const MATHEMATICAL: [u32; 13] = [
    0x1d41a, 0x1d44e, 0x1d482, 0x1d4b6, 0x1d4ea, 0x1d51e, 0x1d552, 0x1d586, 0x1d5ba, 0x1d5ee, 0x1d622,
    0x1d656, 0x1d68a,
];

/// Every address that differs from this in one character, or hides one more, or takes one apart.
fn by_character(address: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, letter) in address.char_indices() {
        let (before, rest) = (&address[..at], &address[at + letter.len_utf8()..]);
        let small = letter.to_ascii_lowercase();
        let alike = ALIKE.iter().find(|(ascii, _)| *ascii == small).map_or("", |(_, alike)| alike);
        let mut others: Vec<char> = alike.chars().collect();
        if small.is_ascii_lowercase() {
            let place = u32::from(small) - u32::from('a');
            others.extend(MATHEMATICAL.iter().filter_map(|start| char::from_u32(start + place)));
            others.extend(char::from_u32(0xff41 + place));
            others.extend(char::from_u32(0x24b6 + place));
        }
        found.extend(others.into_iter().map(|other| format!("{before}{other}{rest}")));
        let beside = INVISIBLE.chars().chain(MARKS.chars());
        found.extend(beside.map(|hidden| format!("{before}{letter}{hidden}{rest}")));
    }
    found
}

/// What people and programs do to a whole address.
fn by_rule(address: &str) -> Vec<String> {
    let (local, domain) = address.rsplit_once('@').unwrap();
    let (first, second) = local.split_at(1);
    let (name, top) = domain.rsplit_once('.').unwrap();
    [
        format!("{local}+tag@{domain}"),
        format!("{local}+@{domain}"),
        format!("{}@{domain}", local.replace('.', "")),
        format!("{first}.{second}@{domain}"),
        format!(".{address}"),
        format!("{local}.@{domain}"),
        format!("{}@{domain}", local.replace('.', "..")),
        format!("\"{local}\"@{domain}"),
        format!("\"{first}\\{second}\"@{domain}"),
        format!("\"{local}@evil.example\"@{domain}"),
        format!("{local}(comment)@{domain}"),
        format!("(comment){address}"),
        format!("{address}(comment)"),
        format!("{local}@(comment){domain}"),
        format!("{address}."),
        format!("{address}.."),
        format!("{local}@{domain}.evil.example"),
        format!("{address}@evil.example"),
        format!("{address}%evil.example"),
        format!("evil.example!{address}"),
        format!("{local}%{domain}@evil.example"),
        format!("@evil.example:{address}"),
        format!("Ada <{address}>"),
        format!("<{address}>"),
        format!("mailto:{address}"),
        format!("{address},eve@evil.example"),
        format!("eve@evil.example,{address}"),
        format!("{address};eve@evil.example"),
        format!("{address} eve@evil.example"),
        format!("{address}\r\nBcc: eve@evil.example"),
        format!("{address}\neve@evil.example"),
        format!("{address}\0"),
        format!("{address}\0@evil.example"),
        format!("{local}\0@{domain}"),
        format!("{local}@{domain}:25"),
        format!("{local}@{domain}/"),
        format!("{local}@{domain}?x"),
        format!("{local}@{domain}#x"),
        format!("{local}@[{domain}]"),
        format!("{local}@www.{domain}"),
        format!("{local}@{name}..{top}"),
        format!("{local}@{name}%2e{top}"),
        format!("{local}@{name}\\.{top}"),
        format!("{local}@xn--{domain}"),
        format!("{local}@xn--{name}-.{top}"),
        format!("{local}@{name}.xn--{top}"),
        format!("{local}@{name}-.{top}"),
        format!("{local}@{name}.{top}xn--"),
        format!("{local} @{domain}"),
        format!("{local}@ {domain}"),
        format!("{first} {second}@{domain}"),
        format!("=?utf-8?q?{local}?=@{domain}"),
        format!("{}@{domain}", local.replace('k', "%6b")),
        format!("{}@{domain}", local.replace('k', "&#107;")),
        format!("{}@{domain}", local.replace('i', "ı").to_uppercase()),
        format!("{}@{domain}", local.replace('i', "İ")),
        format!("{}@{domain}", local.replace("ss", "ß")),
        format!("{}@{domain}", local.replace("ss", "ẞ")),
        format!("{}@{domain}", local.replace("ss", "ſſ")),
        format!("{}@{domain}", local.replace("fi", "ﬁ")),
        format!("{local}@{}", domain.replace("ss", "ß")),
        format!("{local}@{}", domain.replace("ss", "ẞ")),
        format!("{local}@{}", domain.replace("fi", "ﬁ")),
        format!("{local}@{}", domain.replace("rn", "m")),
        format!("{local}@{}", domain.replace('m', "rn")),
    ]
    .into()
}

/// The same mailbox in another spelling: ASCII letters of another case before the `@`, and after it the
/// very same name in the DNS, as a browser reads it. All else is another's address, or nobody's.
fn is_same(variant: &str, address: &str) -> bool {
    let (local, domain) = address.rsplit_once('@').unwrap();
    let Some((its_local, its_domain)) = variant.trim().rsplit_once('@') else { return false };
    let host = |domain: &str| Host::parse(domain).ok();
    its_local.eq_ignore_ascii_case(local) && host(its_domain).is_some_and(|its| Some(its) == host(domain))
}

struct Post {
    house: House,
    /// As they are stored: where their mail goes, and nowhere else.
    victims: Vec<Person>,
}

impl Post {
    async fn emails(&self) -> Vec<Email> {
        self.house.settle().await;
        self.house.stack().inbox().emails()
    }

    async fn to_victims(&self) -> usize {
        let emails = self.emails().await;
        emails
            .iter()
            .filter(|email| self.victims.iter().any(|one| email.destination.to == [one.email.clone()]))
            .count()
    }

    /// From ever new networks, so that no throttle answers in place of the endpoint.
    fn client(&self, index: usize) -> Client {
        let [high, low] = u16::try_from(index + 1).unwrap().to_be_bytes();
        self.house.client_at(std::net::Ipv4Addr::new(127, 16, high, low.max(1)))
    }

    /// Puts every variant to an endpoint, many at once.
    async fn put(
        &self,
        variants: &[String],
        path: &str,
        body: impl Fn(&str) -> serde_json::Value,
    ) -> Vec<Answer> {
        let body = &body;
        let put = |(index, variant): (usize, &String)| {
            let (client, body) = (self.client(index), body(variant));
            async move { client.post("acme", path, &body).await }
        };
        let answers: Vec<_> =
            stream::iter(variants.iter().enumerate()).map(put).buffered(WIDTH).collect().await;
        for (variant, answer) in variants.iter().zip(&answers) {
            assert!(matches!(answer.status, 200 | 401 | 422), "{path} of {variant:?}: {}", answer.text);
        }
        answers
    }

    /// Asks for a reset by a spelling of a victim's address: where the mail went.
    async fn reset_by(&self, index: usize, spelling: &str) -> Vec<String> {
        // A mailbox gets so many such mails an hour.
        self.house.advance(SignedDuration::from_hours(2));
        self.house.settle().await;
        self.house.stack().inbox().clear();
        self.client(index).post("acme", "forgot-password", &json!({ "email": spelling })).await.data();
        let mails = self.emails().await;
        assert_eq!(mails.len(), 1, "{spelling}");
        assert!(mails[0].body.text.as_ref().unwrap().contains("lk_rst_"), "{spelling}");
        mails[0].destination.to.clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_look_alike_reaches_the_account_and_every_mail_goes_to_the_stored_address() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let tenant = house.tenant("acme", json!({})).await;
    let mut victims = Vec::new();
    for address in ["Mike.Cox@sky-post.example", "fiskassen+x@Xn--bcher-kva.example"] {
        // Stored with its local part as it was typed and its domain in lower case.
        let (local, domain) = address.rsplit_once('@').unwrap();
        victims.push(house.person(&tenant, &format!("{local}@{}", domain.to_lowercase())).await);
    }
    let post = Post { house, victims };

    let (mut same, mut confusables) = (BTreeSet::new(), BTreeSet::new());
    for victim in &post.victims {
        let variants = by_character(&victim.email).into_iter().chain(by_rule(&victim.email));
        let others = variants.filter(|variant| !post.victims.iter().any(|one| one.email == *variant));
        for variant in others {
            let is_same = is_same(&variant, &victim.email);
            (if is_same { &mut same } else { &mut confusables }).insert(variant);
        }
    }
    let every = scale(12, 1);
    let confusables: Vec<_> = confusables.into_iter().step_by(every).collect();

    let mut collisions = BTreeSet::new();
    let before = post.to_victims().await;
    let login = |password: &'static str| move |email: &str| json!({ "email": email, "password": password });
    let ids: Vec<_> = post.victims.iter().map(|victim| victim.user_id.as_str()).collect();
    for (variant, answer) in confusables.iter().zip(post.put(&confusables, "login", login(PASSWORD)).await) {
        if answer.status == 200 {
            collisions.insert(variant.clone());
        }
    }
    post.put(&confusables, "forgot-password", |email| json!({ "email": email })).await;
    let registered = post.put(&confusables, "register", |email| registration(email, STRANGERS)).await;
    let taken = registered.iter().filter(|answer| answer.status == 200).count();
    post.put(&confusables, "verify-email/resend", |email| json!({ "email": email })).await;
    let reached = post.to_victims().await - before;

    // Who registers a look-alike that is an address gets one of their own, and mails about that alone.
    let mut opened = BTreeSet::new();
    for email in post.emails().await {
        let text = email.body.text.unwrap();
        let to = email.destination.to.concat();
        if post.victims.iter().any(|victim| victim.email == to) {
            continue;
        }
        assert!(!text.contains("lk_rst_"), "{to}: {text}");
        let body = json!({ "token": token_in(&text, "lk_vfy_").unwrap(), "password": STRANGERS });
        let verified = post.client(opened.len()).post("acme", "verify-email", &body).await;
        let Some(user) = verified.body["data"]["user_id"].as_str() else { continue };
        if ids.contains(&user) {
            collisions.insert(to);
        }
        opened.insert(user.to_owned());
    }
    for victim in &post.victims {
        let answer = victim.login(&post.house.client(3)).await;
        assert_eq!(answer.data()["user_id"], victim.user_id);
        assert_eq!(victim.login_with(&post.house.client(3), STRANGERS).await.status, 401);
    }
    println!(
        "row 16: {} confusables: {} collisions, {reached} mails to the stored addresses; {taken} registered, \
         {} as somebody else",
        confusables.len(),
        collisions.len(),
        opened.len()
    );
    assert!(collisions.is_empty(), "{collisions:#?}");
    assert_eq!(reached, 0);
    assert!(confusables.len() >= scale(50, 500) && !opened.is_empty());

    // The same address in other spellings: its owner gets in, and the mail has the stored one.
    let victim = &post.victims[0].email;
    let idn = &post.victims[1].email;
    same.extend([victim.to_uppercase(), victim.to_lowercase(), format!(" {victim}\n")]);
    same.extend([idn.replace("xn--bcher-kva", "bücher"), idn.replace("xn--bcher-kva", "bu\u{308}cher")]);
    same.extend([idn.replace("xn--bcher-kva", "BÜCHER"), idn.replace("xn--", "XN--")]);
    let spellings: Vec<_> = same.into_iter().step_by(scale(16, 1)).collect();
    let mut mailed = 0;
    for (index, spelling) in spellings.iter().enumerate() {
        let answer = post.client(index).post("acme", "login", &login(PASSWORD)(spelling)).await;
        // A few, such as a soft hyphen at a label's end, a browser takes and we do not.
        if answer.status == 422 {
            continue;
        }
        let owner = post.victims.iter().find(|one| is_same(spelling, &one.email)).unwrap();
        assert_eq!(answer.data()["user_id"], owner.user_id, "{spelling}");
        let to = post.reset_by(index, spelling).await;
        assert_eq!(to, std::slice::from_ref(&owner.email), "{spelling}");
        mailed += 1;
    }
    println!(
        "row 16: {mailed} of {} other spellings of the same address: all mail to the stored address",
        spellings.len()
    );
    assert!(mailed > 0);
}
