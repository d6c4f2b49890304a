use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::domain::Settings;

const ALLOWED: &str = "https://app.acme.test/done";
const OWN: [&str; 4] =
    [ALLOWED, "https://app.acme.test/done?next=1", "https://acme.test", "http://localhost:5173/done"];

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

fn payloads() -> BTreeSet<String> {
    let forged = EVIL.iter().flat_map(|evil| {
        FORMS.iter().map(move |form| form.replace("{e}", evil).replace("{o}", "app.acme.test"))
    });
    forged.chain(ODD.iter().map(|odd| (*odd).to_owned())).collect()
}

/// Row 9 of the security page (Keycloak CVE-2024-8883).
#[test]
fn only_an_equal_uri_is_allowed() {
    let redirect_uris = OWN.map(|uri| RedirectUri::parse(uri).unwrap()).to_vec();
    let settings = Settings { redirect_uris, ..Settings::default() };
    let payloads = payloads();
    assert!(payloads.len() >= 300, "{}", payloads.len());
    for payload in &payloads {
        assert!(settings.allowed_redirect(payload).is_err(), "{payload:?}");
    }
    for own in OWN {
        assert_eq!(settings.allowed_redirect(own).unwrap().as_str(), own);
    }
    assert!(Settings::default().allowed_redirect(ALLOWED).is_err());
}

/// What two readers could take for two places cannot even be set.
#[test]
fn an_ambiguous_uri_cannot_be_set() {
    let mut refused = 0;
    for payload in payloads() {
        let Ok(uri) = RedirectUri::parse(&payload) else {
            refused += 1;
            continue;
        };
        let url = Url::parse(uri.as_str()).unwrap();
        let after_scheme = payload.split_once("://").unwrap().1;
        let authority = after_scheme.split(['/', '?']).next().unwrap();
        assert_eq!(authority, &url[url::Position::BeforeHost..url::Position::AfterPort], "{payload:?}");
        assert!(
            url.username().is_empty() && url.password().is_none() && url.fragment().is_none(),
            "{payload:?}"
        );
        let twice = unescape(&unescape(url.path()).unwrap()).unwrap();
        assert!(!twice.contains("..") && !twice.contains("//") && !twice.contains('\\'), "{payload:?}");
    }
    assert!(refused >= 200, "{refused}");
}

#[test]
fn says_why_a_uri_is_refused() {
    for (text, why) in [
        ("/done", "begin with https://"),
        ("HTTPS://app.test/", "begin with https://"),
        ("http://app.test/", "localhost"),
        ("https://a@app.test/", "without a user"),
        ("https://*.app.test/", "a wildcard"),
        ("https://app.test/#x", "a fragment"),
        ("https://bücher.test/", "xn--"),
        ("https://App.test/", "canonical form: https://app.test/"),
        ("https://app.test:443/", "canonical form: https://app.test/"),
        ("https://app.test/a/%2e%2E/b", ".. segments"),
        ("https://app.test/%zz", "hexadecimal"),
        ("https://app.test/?a=%0d%0ab", "control"),
        ("https://app.test./", "end in a dot"),
        ("https://", "not a URL"),
        ("https://xn--.test/", "not a URL"),
    ] {
        let fault = RedirectUri::parse(text).unwrap_err();
        assert!(fault.message.contains(why), "{text}: {}", fault.message);
        assert!(PageUrl::parse(text).is_err());
        assert!(serde_json::from_value::<RedirectUri>(text.into()).is_err());
    }
    assert!(RedirectUri::parse(&format!("https://app.test/{}", "a".repeat(2000))).is_err());
}

#[test]
fn an_origin_is_what_a_browser_sends() {
    for good in [
        "https://app.test",
        "https://app.test:8443",
        "http://localhost:5173",
        "http://127.0.0.1:3000",
        "http://[::1]:1",
    ] {
        assert_eq!(Origin::parse(good).unwrap().as_str(), good);
    }
    for bad in [
        "null",
        "*",
        "app.test",
        "https://app.test/",
        "https://app.test:443",
        "https://app.test/x",
        "https://app.test?x",
        "http://app.test",
        "https://*.app.test",
        "https://App.test",
        "https://a@app.test",
        "http://localhost:80",
        "http://localhost.evil.test",
        "file://",
        "https://app.test.",
        "https://app.test ",
        "chrome-extension://abc",
    ] {
        assert!(Origin::parse(bad).is_err(), "{bad}");
    }
}

proptest! {
    #[test]
    fn what_is_taken_reads_one_way(tail in "[a-z0-9./%\\\\?#@:;2eEfF5cC \\t]{0,24}", start in "https?://|https:/|//") {
        let text = format!("{start}{tail}");
        if let Ok(uri) = RedirectUri::parse(&text) {
            let url = Url::parse(uri.as_str()).unwrap();
            prop_assert_eq!(url.as_str().trim_end_matches('/'), text.trim_end_matches('/'));
            prop_assert!(url.fragment().is_none() && url.username().is_empty());
            prop_assert!(url.path_segments().unwrap().all(|segment| segment != ".."));
            let host = url.host_str().unwrap();
            prop_assert!(text.split_once("://").unwrap().1.starts_with(host));
        }
    }

    #[test]
    fn no_text_breaks_it(text in ".{0,60}|https://.{0,40}") {
        for taken in [RedirectUri::parse(&text).is_ok(), Origin::parse(&text).is_ok()] {
            prop_assert!(!taken || text.is_ascii());
        }
    }
}
