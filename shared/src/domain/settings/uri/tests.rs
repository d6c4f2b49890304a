use proptest::prelude::*;

use super::*;

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
