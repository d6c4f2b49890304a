//! Row 9: nobody is sent anywhere but to a URI that the tenant allows.

use std::{collections::BTreeSet, fmt::Write};

use futures::{StreamExt, stream};
use latchkey::{
    domain::{Settings, TenantSlug, settings::RedirectUri},
    jiff::SignedDuration,
};
use reqwest::Method;
use serde_json::{Value, json};
use tests::{Answer, Client, House, PASSWORD, people::registration, scale};
use url::Url;

/// So many at once; more would meet the local database's own limits.
const WIDTH: usize = 8;

const OWN: [&str; 4] = [
    "https://app.acme.test/done",
    "https://app.acme.test/done?next=1",
    "https://acme.test",
    "http://localhost:5173/done",
];

/// Ways to write a URL so that a check reads the own host `{o}` and a browser goes to `{e}`.
#[rustfmt::skip]
const FORMS: &[&str] = &[
    "https://{e}/done", "https://{e}/{o}/done", "https://{o}@{e}/done", "https://{o}:x@{e}/done",
    "https://{o}%40{e}/done", "https://{e}#{o}/done", "https://{e}?{o}/done", "https://{e}\\@{o}/done",
    "https://{e}\\.{o}/done", "https://{o}\\.{e}/done", "https://{o}.{e}/done", "https://{e}.{o}/done",
    "https://{o}{e}/done", "//{e}/done", "///{e}/done", "////{e}", "/\\{e}/done", "\\\\{e}\\done", "https:{e}/done",
    "https:/{e}/done", "https:///{e}/done", "https:\\\\{e}\\done", "http://{e}/done", "HTTPS://{e}/done",
    "https://{o}/done@{e}", "https://{o}/done//{e}", "https://{o}//{e}/done", "https://{o}/%2f%2f{e}",
    "https://{o}/..//{e}", "https://{o}%2f@{e}", "https://{o}%00.{e}/done", "https://{o}%0d%0aLocation:{e}",
    "https://{o}\t.{e}/done", "https://{o}\r\n.{e}/done", "{e}", "{e}/done", "https://{o}；{e}/done",
    "https://{o}。{e}/done", "https://{o}／{e}/done", "https://{o}?@{e}/done", "https://{o}:443@{e}/done",
    "https://{o}:80{e}/done", "https://[{e}]/done", "https://{e};{o}/done", "ftp://{e}/done", "ws://{e}/done",
    "blob:https://{e}/done", "view-source:https://{e}/done",
];

/// Other schemes, other spellings of what is allowed, line breaks, escapes, relatives.
#[rustfmt::skip]
const ODD: &[&str] = &[
    "", " ", "/", "/done", "done", ".", "..", "*", "null", "https:", "https://", "https://*", "about:blank",
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\nscript:alert(1)", "\u{1}javascript:alert(1)",
    "javascript://app.acme.test/done%0aalert(1)", "javascript:https://app.acme.test/done", "vbscript:x",
    "data:text/html,<script>alert(1)</script>", "data:text/html;base64,PHNjcmlwdD4=", "file:///etc/passwd",
    "com.acme.app:/done", "urn:x:y", "mailto:a@evil.test", "tel:1", "intent://evil.test#Intent;end",
    "https://APP.acme.test/done", "https://app.acme.test:443/done", "https://app.acme.test:8443/done",
    "http://app.acme.test/done", "https://app.acme.test./done", "https://app.acme.test/Done",
    "https://app.acme.test/done/", "https://app.acme.test/done?", "https://app.acme.test/done?x=1",
    "https://app.acme.test/done#", "https://app.acme.test/done#x", "https://app.acme.test/done;x",
    "https://app.acme.test/done%20", "https://app.acme.test/done ", " https://app.acme.test/done",
    "\thttps://app.acme.test/done", "https://app.acme.test/done\n", "https://app.acme.test/done\0",
    "https://app.acme.test/done%00", "https://app.acme.test/done%0d%0aSet-Cookie:a=b",
    "https://app.acme.test/done\r\nSet-Cookie: a=b", "https://app.acme.test/d%6fne", "https://app.acme.test/%64one",
    "https://app.acme.test/./done", "https://app.acme.test/x/../done", "https://app.acme.test/x/..%2fdone",
    "https://app.acme.test/done/..", "https://app.acme.test/done/../evil", "https://app.acme.test/done/%2e%2e/evil",
    "https://app.acme.test/done/.%2E/evil", "https://app.acme.test/done/%2e%2e%2fevil",
    "https://app.acme.test/done/%252e%252e/evil", "https://app.acme.test/done/..%5cevil",
    "https://app.acme.test/done\\..\\evil", "https://app.acme.test/done/..;/evil", "https://app.acme.test//done",
    "https://app.acme.test/done?next=1&next=2", "https://app.acme.test/done?next=1#", "https://app.acme.test",
    "https://app.acme.test/", "https://sub.app.acme.test/done", "https://acme.test/done", "https://acme.test/",
    "https://acme.test.", "https://acme.test?", "https://xn--pp-1mc.acme.test/done", "https://аpp.acme.test/done",
    "https://app.acme。test/done", "https://app.acme．test/done", "https://app.ａcme.test/done",
    "https://app.acme.te\u{AD}st/done", "https://app.acme.test\u{2028}/done", "https://app.acme.test/done\u{202E}",
    "https://user@app.acme.test/done", "https://:@app.acme.test/done", "https://app.acme.test:/done",
    "http://localhost/done", "http://localhost:5174/done", "http://localhost:5173/done/x",
    "http://localhost.evil.test:5173/done", "http://127.0.0.1:5173/done", "http://127.1:5173/done",
    "http://0x7f.1:5173/done", "http://[::1]:5173/done", "https://localhost:5173/done", "https\u{FF1A}//evil.test",
    "[\"https://app.acme.test/done\"]", "https://app.acme.test/done,https://evil.test", "%68ttps://evil.test",
    "https%3a%2f%2fevil.test", "<https://app.acme.test/done>", "https://evil.test/https://app.acme.test/done",
];

const EVIL: [&str; 6] =
    ["evil.test", "evil.test%2f", "xn--vil-cma.test", "еvil.test", "2130706433", "[::ffff:6666]"];

/// What is put before an allowed URI, into it (before the path) and after it.
#[rustfmt::skip]
const BEFORE: &[&str] = &[
    " ", "\t", "\n", "\0", "\u{FEFF}", "\u{200B}", "/", "//", "\\", "@", "url=", "javascript:", "data:,", "view-source:",
    "https://evil.test/", "https://evil.test\\", "https://evil.test#", "https://evil.test?", "https://evil.test@",
];
#[rustfmt::skip]
const INTO: &[&str] = &[
    ".", ":443", ":80", ":", ":0", ":65536", "%2f", "%5c", "%00", "%2e", "@evil.test", ":x@evil.test", ".evil.test",
    "\\.evil.test", "\u{FF0F}evil.test", "\u{2215}evil.test", "\u{2044}evil.test", "\u{FF0E}evil.test", "\u{3002}evil.test",
    "\t.evil.test", "\r\n.evil.test", "%0d%0a.evil.test", "/..", "/.", "//evil.test", "/%2f/evil.test", ";evil.test",
];
#[rustfmt::skip]
const AFTER: &[&str] = &[
    " ", "\t", "\n", "\0", "\u{200B}", "\u{202E}", "/", "//", "//evil.test", "/..", "/../evil", "/..%2f", "/%2e%2e/", "%2f..",
    "%5c..", "\\..", "#", "#x", "?", "&", "&x=//evil.test", "?x=//evil.test", ";x", "@evil.test", ".evil.test", "%0d%0aLocation:x",
    "\r\nLocation: x", "%00", "%20", ",https://evil.test", " https://evil.test", "\u{FF0F}", "%ff", "%c0%af",
];

fn payloads() -> Vec<String> {
    let forged = EVIL.iter().flat_map(|evil| {
        FORMS.iter().map(move |form| form.replace("{e}", evil).replace("{o}", "app.acme.test"))
    });
    let bent = OWN.iter().flat_map(|own| {
        let path = own.find(".test").map_or(own.len(), |host| host + 5);
        let (origin, rest) = own.split_at(path.min(own.len()));
        let before = BEFORE.iter().map(move |before| format!("{before}{own}"));
        let into = INTO.iter().map(move |into| format!("{origin}{into}{rest}"));
        let after = AFTER.iter().map(move |after| format!("{own}{after}"));
        let long = ["a", "/a", "@", "%2f"].map(|of| format!("{own}{}", of.repeat(8000)));
        before.chain(into).chain(after).chain([own.to_uppercase()]).chain(long)
    });
    let odd = ODD.iter().map(|odd| (*odd).to_owned());
    let all: BTreeSet<String> = forged.chain(bent).chain(odd).collect();
    all.into_iter().filter(|payload| !OWN.contains(&payload.as_str())).collect()
}

/// The endpoints that take a `redirect_uri` in their body.
const TAKERS: [&str; 3] = ["register", "forgot-password", "password/forgot"];
const PAGES: [&str; 8] =
    ["sign-in", "register", "verify", "forgot", "reset", "invite", "undo-email", "account"];

async fn take(client: &Client, path: &str, redirect_uri: &str) -> Answer {
    let mut body = registration("ada@example.com", PASSWORD);
    body["redirect_uri"] = redirect_uri.into();
    client.post("acme", path, &body).await
}

async fn page(house: &House, client: &Client, page: &str, redirect_uri: &str) -> Answer {
    let query: String = url::form_urlencoded::byte_serialize(redirect_uri.as_bytes()).collect();
    let path = format!("/t/{}/{page}?redirect_uri={query}", house.slug("acme"));
    client.send(Method::GET, &path, &[], Vec::new()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn only_an_allowed_uri_is_taken_or_put_into_a_page() {
    let house = House::start().await;
    house.tenant("acme", json!({ "redirect_uris": OWN })).await;
    let client = house.client(2);
    for own in OWN {
        for path in TAKERS {
            take(&client, path, own).await.data();
        }
        for name in PAGES {
            let shown = page(&house, &client, name, own).await;
            assert_eq!(shown.status, 200, "{name}");
            assert!(shown.text.contains(&format!("data-back=\"{own}\"")), "{name}: {}", shown.text);
        }
    }
    let payloads = payloads();
    // Each at a few of the endpoints, or each at all.
    let tries = payloads.iter().enumerate().flat_map(|(index, payload)| {
        let (takers, pages) = (scale(1, TAKERS.len()), scale(1, PAGES.len()));
        let takers = (0..takers).map(move |step| (TAKERS[(index + step) % TAKERS.len()], false));
        let pages = (0..pages).map(move |step| (PAGES[(index + step) % PAGES.len()], true));
        takers.chain(pages).map(move |(name, is_page)| (payload, name, is_page))
    });
    let (house, client) = (&house, &client);
    let accepted = stream::iter(tries).map(|(payload, name, is_page)| async move {
        if is_page {
            let shown = page(house, client, name, payload).await;
            let refused =
                shown.status == 422 && !shown.text.contains("data-back") && !shown.text.contains("evil");
            (!refused).then(|| format!("{name}: {payload:?}: {}", shown.status))
        } else {
            let answer = take(client, name, payload).await;
            let refused = answer.status == 422
                && answer.faults() == [("body.redirect_uri".to_owned(), "value_error".to_owned())]
                && !answer.text.contains("evil");
            (!refused).then(|| format!("{name}: {payload:?}: {}", answer.text))
        }
    });
    let outcomes: Vec<_> = accepted.buffer_unordered(WIDTH).collect().await;
    let accepted: Vec<_> = outcomes.iter().flatten().collect();
    println!(
        "row 9: {} payloads, {} tries at {} endpoints and {} pages: {} accepted; of {} allowed ones, all",
        payloads.len(),
        outcomes.len(),
        TAKERS.len(),
        PAGES.len(),
        accepted.len(),
        OWN.len()
    );
    assert!(accepted.is_empty(), "{accepted:#?}");
    assert!(payloads.len() >= 200);
}

/// What two readers could take for two places cannot even be allowed.
#[test]
fn an_ambiguous_uri_cannot_be_set() {
    let (payloads, mut settable) = (payloads(), Vec::new());
    for payload in &payloads {
        if Settings::parse(json!({ "redirect_uris": [payload] })).is_err() {
            assert!(RedirectUri::parse(payload).is_err());
            continue;
        }
        settable.push(payload);
        let url = Url::parse(payload).unwrap();
        let after_scheme = payload.split_once("://").unwrap().1;
        let authority = after_scheme.split(['/', '?']).next().unwrap();
        assert_eq!(authority, &url[url::Position::BeforeHost..url::Position::AfterPort], "{payload:?}");
        assert!(
            url.username().is_empty() && url.password().is_none() && url.fragment().is_none(),
            "{payload:?}"
        );
        let twice = unescape(&unescape(url.path()));
        assert!(!twice.contains("..") && !twice.contains("//") && !twice.contains('\\'), "{payload:?}");
    }
    println!(
        "row 9: {} of {} payloads cannot be set, {} read one way alone",
        payloads.len() - settable.len(),
        payloads.len(),
        settable.len()
    );
    assert!(payloads.len() - settable.len() >= 200 && !settable.is_empty());
}

/// The text with its %-escapes resolved.
fn unescape(text: &str) -> String {
    let mut form = String::from("x=");
    let _ = write!(form, "{}", text.replace('+', "%2B").replace('&', "%26"));
    url::form_urlencoded::parse(form.as_bytes()).next().unwrap().1.into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_uri_that_is_asked_for_where_none_is_taken_is_not_returned() {
    let house = House::start().await;
    let settings = json!({ "redirect_uris": OWN, "default_redirect_uri": OWN[0] });
    let tenant = house.tenant("acme", settings).await;
    let ada = house.person(&tenant, "ada@example.com").await;
    let evil = "redirect_uri=https%3A%2F%2Fevil.test%2F";
    let body = json!({ "email": ada.email, "password": PASSWORD, "redirect_uri": "https://evil.test/" });
    let login = house.client(2).post("acme", &format!("login?{evil}"), &body).await;
    assert_eq!(login.data()["redirect_uri"], OWN[0]);
    let registered = registration("bob@example.com", PASSWORD);
    house.client(2).post("acme", &format!("register?{evil}"), &registered).await.data();
    let token = house.mailed_token("bob@example.com", "lk_vfy_").await;
    let verified = house.client(2).get("acme", &format!("verify-email?token={token}&{evil}")).await;
    assert_eq!(verified.data()["redirect_uri"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registration_leads_nowhere_once_its_uri_is_no_longer_allowed() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let tenant = house.tenant("acme", json!({ "redirect_uris": OWN })).await;
    let client = house.client(2);
    let mut body = registration("ada@example.com", PASSWORD);
    body["redirect_uri"] = OWN[0].into();
    client.post("acme", "register", &body).await.data();
    let token = house.mailed_token("ada@example.com", "lk_vfy_").await;
    let left = ("redirect_uris".to_owned(), json!([OWN[1]]));
    admin::tenant::set(&house.by, &tenant.slug, &[left]).await.unwrap();
    house.advance(SignedDuration::from_secs(61));
    // The first verifies, the second finds it done.
    for status in ["verified", "already_verified"] {
        let answer =
            client.post("acme", "verify-email", &json!({ "token": token, "password": PASSWORD })).await;
        assert_eq!(answer.data()["status"], status);
        assert_eq!(answer.data()["redirect_uri"], Value::Null, "{status}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_leads_back_where_it_was_asked_for_from_while_the_tenant_allows_it() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let (ada, client) = house.ada_at_acme(json!({ "redirect_uris": OWN })).await;
    let slug = TenantSlug::parse("acme").unwrap();
    let asked = async || {
        let body = json!({ "email": ada.email, "redirect_uri": OWN[1] });
        client.post("acme", "forgot-password", &body).await.data();
        house.mailed_token(&ada.email, "lk_rst_").await
    };
    let token = asked().await;
    let reset = ada.reset(&client, &token, "an entirely new pass phrase 7").await;
    assert_eq!(reset.data(), &json!({ "status": "password_reset", "redirect_uri": OWN[1] }));
    let token = asked().await;
    let left = ("redirect_uris".to_owned(), json!([OWN[0]]));
    admin::tenant::set(&house.by, &slug, &[left]).await.unwrap();
    house.advance(SignedDuration::from_secs(61));
    let reset = ada.reset(&client, &token, "an entirely new pass phrase 8").await;
    assert_eq!(reset.data(), &json!({ "status": "password_reset" }));
}
