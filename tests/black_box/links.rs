//! Row 8: whatever a request says of where it went, a mailed link leads where the settings have it.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::Ipv4Addr,
};

use admin::user::NewPerson;
use futures::{StreamExt, stream};
use latchkey::domain::Tenant;
use local::mail::Email;
use serde_json::json;
use tests::{House, PASSWORD, below, people::registration, raw, scale, signature};

/// So many at once; more would meet the local database's own limits.
const WIDTH: usize = 8;
/// In every variant, and in no mail.
const EVIL: &str = "evil.test";

/// `Host`, in place of the gateway's own `{o}`.
const HOSTS: &[&str] = &[
    "evil.test",
    "EVIL.TEST",
    "evil.test.",
    "evil.test:80",
    "evil.test:443",
    "evil.test:",
    "evil.test:99999",
    "evil.test:80:80",
    "{o}@evil.test",
    "evil.test@{o}",
    "a:b@evil.test",
    "evil.test#{o}",
    "evil.test/{o}",
    "evil.test?{o}",
    "evil.test\\{o}",
    "evil.test, {o}",
    "evil.test {o}",
    "evil.test;{o}",
    "evil.test%00.{o}",
    "evil.test%0d%0aX-Forwarded-Host:evil.test",
    "{o}.evil.test",
    "{o},evil.test",
    "{o}:evil.test",
    "\tevil.test",
    "\"evil.test\"",
    "[evil.test]",
    "http://evil.test",
    "//evil.test",
    "ëvil.test evil.test",
];

/// Several of `Host`.
const TWO_HOSTS: &[&[&str]] = &[
    &["{o}", "evil.test"],
    &["evil.test", "{o}"],
    &["{o}", "{o}", "evil.test"],
    &["evil.test", "evil.test"],
];

/// Before the path, with the gateway's own `Host`.
const TARGETS: &[&str] = &[
    "http://evil.test",
    "https://evil.test",
    "HTTP://EVIL.TEST",
    "http://evil.test:8080",
    "http://{o}@evil.test",
    "http://evil.test#@{o}",
    "evil.test:80",
    "//evil.test",
    "/\\evil.test",
];

/// Beside the gateway's own `Host`.
const HEADERS: &[(&str, &str)] = &[
    ("x-forwarded-host", "evil.test"),
    ("x-forwarded-host", "evil.test:443"),
    ("x-forwarded-host", "evil.test, {o}"),
    ("x-forwarded-host", "{o}, evil.test"),
    ("x-forwarded-host", "{o}@evil.test"),
    ("x-forwarded-host", "evil.test/path?#"),
    ("x-forwarded-host", "\"><a href=//evil.test>"),
    ("x-forwarded-proto", "http://evil.test/"),
    ("x-forwarded-proto", "javascript:evil.test"),
    ("x-forwarded-scheme", "http://evil.test/"),
    ("x-forwarded-port", "1337@evil.test"),
    ("x-forwarded-port", "443.evil.test"),
    ("x-forwarded-prefix", "//evil.test"),
    ("x-forwarded-path", "//evil.test/"),
    ("x-forwarded-uri", "//evil.test/"),
    ("x-forwarded-server", "evil.test"),
    ("x-forwarded-for", "evil.test"),
    ("x-forwarded", "host=evil.test"),
    ("forwarded", "host=evil.test;proto=http"),
    ("forwarded", "for=127.0.0.1;host=\"evil.test:80\";proto=https"),
    ("forwarded", "host={o}, host=evil.test"),
    ("x-original-host", "evil.test"),
    ("x-original-forwarded-host", "evil.test"),
    ("x-original-url", "http://evil.test/"),
    ("x-original-url", "//evil.test/"),
    ("x-rewrite-url", "http://evil.test/"),
    ("x-rewrite-url", "//evil.test/"),
    ("x-host", "evil.test"),
    ("x-http-host", "evil.test"),
    ("x-http-host-override", "evil.test"),
    ("x-backend-host", "evil.test"),
    ("x-server-name", "evil.test"),
    ("x-url-scheme", "http://evil.test/"),
    ("x-base-url", "http://evil.test"),
    ("x-script-name", "//evil.test"),
    ("base-url", "http://evil.test"),
    ("proxy-host", "evil.test"),
    ("request-uri", "http://evil.test/"),
    ("destination", "http://evil.test/"),
    ("content-location", "http://evil.test/"),
    ("via", "1.1 evil.test"),
    ("cloudfront-viewer-address", "evil.test:80"),
    ("x-latchkey-edge", "evil.test"),
    ("origin", "https://evil.test"),
    ("origin", "https://{o}.evil.test"),
    ("referer", "https://evil.test/"),
    (":authority", "evil.test"),
    ("accept-language", "en;evil.test"),
    ("user-agent", "https://evil.test/"),
    ("cookie", "base_url=https://evil.test"),
];

/// A way to say a request's target: what stands before its path, and its headers.
struct Variant {
    target: String,
    headers: Vec<(&'static str, String)>,
    /// So that nobody has a reason to refuse it.
    is_sound: bool,
}

fn variants(own: &str) -> Vec<Variant> {
    let text = |text: &str| text.replace("{o}", own);
    let hosts = |values: &[&str]| values.iter().map(|value| ("host", text(value))).collect::<Vec<_>>();
    let of = |target: &str, headers, is_sound| Variant { target: text(target), headers, is_sound };
    let plain = || hosts(&["{o}"]);
    let mut all = vec![of("", plain(), true)];
    all.extend(HOSTS.iter().map(|host| of("", hosts(&[host]), false)));
    all.extend(TWO_HOSTS.iter().map(|values| of("", hosts(values), false)));
    all.extend(TARGETS.iter().map(|target| of(target, plain(), false)));
    all.extend(TARGETS.iter().map(|target| of(target, hosts(&["evil.test"]), false)));
    all.extend(HEADERS.iter().map(|(name, value)| {
        let headers = [plain(), vec![(*name, text(value))]].concat();
        of("", headers, !name.starts_with(':'))
    }));
    let every = HEADERS.iter().filter(|(name, _)| !name.starts_with(':'));
    let every = every.map(|(name, value)| (*name, text(value)));
    all.push(of("", plain().into_iter().chain(every).collect(), true));
    all
}

/// What has a link mailed to an address: each to its own.
const ROUTES: [&str; 6] =
    ["register", "forgot-password", "password/forgot", "verify-email/resend", "known", "invite"];

fn address(route: usize, variant: usize) -> String {
    format!("r{route}v{variant}@example.com")
}

/// One request by a variant: its path, its body and, for an administrator's, what signs it.
async fn prepare(house: &House, tenant: &Tenant, route: usize, variant: usize) -> (String, String) {
    let (slug, email) = (tenant.slug.as_str(), address(route, variant));
    let mut person = NewPerson {
        email: email.clone(),
        password: None,
        first_name: "A".to_owned(),
        last_name: "B".to_owned(),
        verified: true,
    };
    let asked = json!({ "email": email }).to_string();
    let registered = registration(&email, PASSWORD).to_string();
    match ROUTES[route] {
        "register" => return (below(slug, "register"), registered),
        "verify-email/resend" => {
            let client = house.client_at(network(variant));
            client.post(slug, "register", &registration(&email, PASSWORD)).await.data();
            return (below(slug, "verify-email/resend"), asked);
        }
        "invite" => person.verified = false,
        _ => {}
    }
    let user = admin::user::create(&house.by, tenant, person).await.unwrap();
    match ROUTES[route] {
        "known" => (below(slug, "register"), registered),
        "invite" => (format!("/api/v1/admin/tenants/{slug}/users/{user}/invite"), String::new()),
        path => (below(slug, path), asked),
    }
}

fn network(variant: usize) -> Ipv4Addr {
    Ipv4Addr::new(127, 9, 0, u8::try_from(variant + 1).unwrap())
}

/// The URLs of a mail, text and HTML alike, each up to its fragment: a token stands there.
fn links(mail: &Email) -> BTreeSet<String> {
    let parts = [mail.body.text.as_deref(), mail.body.html.as_deref()].into_iter().flatten();
    let words = parts.flat_map(|part| part.split([' ', '\n', '"', '\'', '<', '>', '(', ')']));
    words.filter(|word| word.contains("://")).map(|word| word.split('#').next().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_request_says_where_a_mailed_link_leads() {
    let house = House::start().await;
    let tenant = house.tenant("acme", json!({})).await;
    let variants = variants(house.authority());
    // The plain one and the plainest lies by all routes, each other by one; or all by all.
    let wanted = |route: usize, variant: usize| {
        let (_, last) = variants[variant].headers.last().unwrap();
        variant == 0 || last == EVIL || scale(route == variant % ROUTES.len(), true)
    };
    let numbers = 0..variants.len();
    let requests: Vec<_> = (0..ROUTES.len())
        .flat_map(|route| numbers.clone().map(move |variant| (route, variant)))
        .filter(|(route, variant)| wanted(*route, *variant))
        .collect();
    let (house, tenant, variants) = (&house, &tenant, &variants);
    let send = |(route, number): (usize, usize)| async move {
        let variant = &variants[number];
        let (path, body) = prepare(house, tenant, route, number).await;
        let url = format!("{}{path}", house.gateway());
        let owner = ("local-owner", local::gateway::iam::SECRET);
        let signed = signature(owner, house.parts.clock.now(), ("POST", &url), body.as_bytes());
        let mut headers: Vec<_> =
            variant.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        headers.push(("content-type", "application/json"));
        if ROUTES[route] == "invite" {
            headers.extend(signed.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        }
        let line = format!("POST {}{path}", variant.target);
        let reply = house.raw(network(number), &raw::request(&line, &headers, body.as_bytes())).await;
        (route, number, reply)
    };
    let replies: Vec<_> = stream::iter(requests).map(send).buffer_unordered(WIDTH).collect().await;
    let mut mailed: BTreeMap<String, Vec<Email>> = BTreeMap::new();
    for mail in house.mails().await {
        mailed.entry(mail.destination.to[0].clone()).or_default().push(mail);
    }
    let (mut moved, mut obeyed, mut refused) = (Vec::new(), 0, 0);
    for (route, number, reply) in &replies {
        let of = (ROUTES[*route], &variants[*number].target, &variants[*number].headers);
        assert!(!reply.text.to_lowercase().contains(EVIL), "{of:?}: {}", reply.text);
        let none = Vec::new();
        let plain = &mailed[&address(*route, 0)];
        let mails = mailed.get(&address(*route, *number)).unwrap_or(&none);
        // A mail of its registration comes before that of a resending.
        let expected = if reply.status == 200 { plain.len() } else { plain.len() - 1 };
        assert_eq!(mails.len(), expected, "{of:?}: {}", reply.text);
        match reply.status {
            200 => obeyed += 1,
            400..500 if !variants[*number].is_sound => refused += 1,
            _ => panic!("{of:?}: {}", reply.text),
        }
        for (mail, plain) in mails.iter().zip(plain) {
            assert!(!links(plain).is_empty());
            let whole = serde_json::to_string(mail).unwrap().to_lowercase();
            if links(mail) != links(plain) || whole.contains(EVIL) {
                moved.push(format!("{of:?}: {:?}", links(mail)));
            }
        }
    }
    println!(
        "row 8: {} variants at {} routes that mail a link: {obeyed} obeyed, {refused} refused, {} links moved",
        variants.len() - 1,
        ROUTES.len(),
        moved.len()
    );
    assert!(moved.is_empty(), "{moved:#?}");
}
