//! Security design, row 18: whatever a tenant is called, whatever a client calls itself and whatever
//! address it gives an account, the mail has the same elements and attributes as with harmless ones, a
//! one-line subject, and no link that is not ours.

use linkify::LinkFinder;
use scraper::{Html, Node};
use unicode_normalization::UnicodeNormalization;

use super::{LINK, MASKED, NETWORK, letters, rendered};
use crate::domain::Locale;

const HAND_MADE: &[&str] = &[
    // HTML
    "<b>Acme</b>",
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\"><img src=x onerror=alert(1)>",
    "'><svg/onload=alert(1)>",
    "<a href=\"https://evil.example\">Acme</a>",
    "</td></tr></table><h1>Acme</h1>",
    "</title><style>*{display:none}</style>",
    "<!-- Acme",
    "--> Acme",
    "]]>",
    "<![CDATA[x]]>",
    "<iframe src=//evil.example>",
    "<base href=//evil.example>",
    "<meta http-equiv=refresh content=0>",
    "<form action=https://evil.example><input name=p>",
    "<plaintext>",
    "<textarea>",
    "<noscript>",
    "<template>",
    "<math><mi//xlink:href=\"data:x\">",
    "<bdo dir=rtl>Acme</bdo>",
    "</body></html>Acme",
    "<link rel=stylesheet href=//evil.example/a.css>",
    "&lt;b&gt;",
    "&#60;b&#62;",
    "&amp;",
    "&",
    "<",
    ">",
    "\"",
    "'",
    "`",
    "</",
    "<a",
    "&#46;",
    "evil&#46;example",
    "evil&period;example",
    "\u{ff1c}b\u{ff1e}",
    // headers
    "Acme\r\nBcc: victim@evil.example",
    "Acme\nSubject: other",
    "Acme\r\n\r\n<h1>x</h1>",
    "Acme\rX: y",
    "Acme\u{85}X: y",
    "Acme\u{2028}X: y",
    "Acme\u{2029}X: y",
    "Acme\u{b}X",
    "Acme\u{c}X",
    "Acme\0X",
    "\0",
    "=?utf-8?B?ZXZpbC5leGFtcGxl?=",
    "=?utf-8?Q?evil=2Eexample?=",
    "=?utf-8?q?=0D=0ABcc:_a=40b.c?=",
    "Acme\u{1b}[31m",
    "\u{7f}",
    "\u{8}\u{8}\u{8}\u{8}Evil",
    "%0d%0aBcc: a@b.c",
    "\\r\\nBcc: a@b.c",
    // links
    "http://evil.example",
    "https://evil.example/a?b=c#d",
    "HTTP://EVIL.EXAMPLE",
    "hxxp://evil.example",
    "//evil.example",
    "evil.example",
    "www.evil.example",
    "evil.example.",
    ".evil.example",
    "evil..example",
    "Acme: evil.example",
    "Acme (evil.example)",
    "\"evil.example\"",
    "<https://evil.example>",
    "[Acme](https://evil.example)",
    "evil.example:8080/x",
    "evil.co",
    "a.b",
    "bücher.example",
    "xn--bcher-kva.example",
    "пример.рф",
    "例え。テスト",
    "例え．テスト",
    "evil\u{ff61}example",
    "evil\u{2024}example",
    "evil\u{fe52}example",
    "evil\u{2025}example",
    "\u{2488}example",
    "evil\u{200b}.example",
    "evil.\u{200b}example",
    "evil\u{ad}.example",
    "evil.\u{2060}example",
    "evil.\u{200d}example",
    "e\u{301}vil.exa\u{301}mple",
    "192.0.2.1",
    "http://192.0.2.1/",
    "http://[2001:db8::1]/",
    "http://2130706433",
    "http:\\\\evil.example",
    "\\\\evil\\share",
    "file:///etc/passwd",
    "file://evil/share",
    "a@b.c",
    "a@b",
    "\"a b\"@evil.example",
    "a+b@evil.example",
    "a\u{ff20}b.c",
    "a\u{fe6b}b.c",
    "mailto:a@b.c",
    "mailto:x",
    "tel:+49301234567",
    "sms:1234",
    "javascript:alert(1)",
    "data:text/html,x",
    "ftp://evil.example",
    "ssh://evil",
    "custom-app://open",
    "vbscript:x",
    "skype:evil?call",
    "magnet:?xt=x",
    "http\u{ff1a}//evil.example",
    "http:\u{ff0f}\u{ff0f}evil.example",
    "http:\r\n//evil.example",
    "ht\u{202d}tp://evil.example",
    "user:pass@evil.example",
    "https://acme.test@evil.example",
    // direction and shape
    "\u{202e}elpmaxe.live",
    "\u{202e}\u{202d}\u{2066}\u{2067}\u{2068}\u{2069}\u{202c}",
    "\u{200f}Acme\u{200e}",
    "\u{61c}Acme",
    "שלום.example",
    "مثال.إختبار",
    "\u{feff}Acme",
    "\u{e0041}\u{e0042}",
    "\u{fff9}a\u{fffa}b\u{fffb}",
    "Z\u{300}\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}",
    "👩‍👩‍👧‍👦",
    "\u{3164}",
    "\u{10ffff}",
    "\u{fffd}",
    // templates and formats
    "{{7*7}}",
    "{% raw %}",
    "{# x #}",
    "${7*7}",
    "#{7*7}",
    "<%= 7*7 %>",
    "{0}",
    "%s%n",
    "{{words.subject}}",
    "$(id)",
    "`id`",
    "'; DROP TABLE users; --",
    "../../etc/passwd",
    "",
    " ",
    "\t\r\n",
    "Mozilla/5.0 (evil.example)",
    "Mozilla/5.0 (Windows NT 10.0) Chrome/1.0 http://evil.example",
];

/// A network, an agent and a masked address.
const HARMLESS: [&str; 3] = [NETWORK, "harmless", MASKED];

fn payloads() -> Vec<String> {
    let mut payloads: Vec<String> = HAND_MADE.iter().map(|&text| text.to_owned()).collect();
    payloads.push("A".repeat(100_000));
    payloads.push("evil.example ".repeat(1_000));
    payloads.push("@".repeat(1_000));
    payloads.push(format!("{}.example", "a".repeat(98)));
    // A dot in each place near the cut.
    payloads.extend((90..105).map(|n| format!("{}.co m", "a".repeat(n))));
    payloads
}

/// Some of every sort: the gate is one for all languages, and what may differ is where a value stands.
fn few(payloads: &[String]) -> impl Iterator<Item = &String> {
    payloads.iter().step_by(15)
}

/// Every element with its attributes, in document order and with its depth.
fn shape(html: &Html) -> Vec<String> {
    html.tree
        .root()
        .descendants()
        .filter_map(|node| match node.value() {
            Node::Element(element) => {
                let attributes: Vec<_> = element.attrs().collect();
                Some(format!("{} {} {attributes:?}", node.ancestors().count(), element.name()))
            }
            Node::Comment(comment) => Some(format!("comment {}", &**comment)),
            _ => None,
        })
        .collect()
}

fn texts(html: &Html) -> Vec<String> {
    html.tree
        .root()
        .descendants()
        .filter_map(|node| node.value().as_text().map(|text| text.to_string()))
        .collect()
}

/// What a greedy mail client would link. `linkify` knows no top-level domain of one letter, no scheme
/// without slashes and no UNC path; so whatever joins two words as these do is taken for a link too,
/// by its compatibility form.
fn links(text: &str) -> Vec<String> {
    let mut finder = LinkFinder::new();
    finder.url_must_have_scheme(false).email_domain_must_have_dot(false).url_can_be_iri(true);
    let mut links: Vec<_> = finder.links(text).map(|link| link.as_str().to_owned()).collect();
    let ours = [LINK, NETWORK, "09:04"].iter().fold(text.to_owned(), |rest, ours| rest.replace(ours, " "));
    for word in ours.nfkc().collect::<String>().split_whitespace() {
        let chars: Vec<char> = word.chars().collect();
        let joined = chars.windows(2).skip(1).any(|pair| {
            matches!(pair[0], '.' | ':' | '@' | '。') && (pair[1].is_alphanumeric() || "/[".contains(pair[1]))
        });
        if joined || word.contains('\\') {
            links.push(word.to_owned());
        }
    }
    links
}

fn assert_only_ours(text: &str, payload: &str) {
    for link in links(text) {
        assert_eq!(link, LINK, "of {payload:?} in {text}");
    }
}

fn assert_harmless(payload: &str, tenant_name: &str, [network, agent, masked]: [&str; 3], locale: Locale) {
    let harmless = letters(HARMLESS[0], HARMLESS[1], HARMLESS[2]);
    for ((name, harmless), (_, hostile)) in harmless.into_iter().zip(letters(network, agent, masked)) {
        let plain = rendered(&harmless, "Acme", locale);
        let mail = rendered(&hostile, tenant_name, locale);
        let html = Html::parse_document(&mail.html);
        assert_eq!(shape(&html), shape(&Html::parse_document(&plain.html)), "{name} of {payload:?}");

        assert!(mail.subject.chars().count() < 200, "{payload:?}");
        assert!(!mail.subject.contains("=?"), "{}", mail.subject);
        assert!(!mail.subject.chars().any(char::is_control), "{}", mail.subject);
        for body in [&mail.subject, &mail.text, &mail.html] {
            assert!(
                !body.chars().any(|c| c != '\n' && (c.is_control() || is_bidi_control(c))),
                "{payload:?}"
            );
        }

        assert_only_ours(&mail.subject, payload);
        assert_only_ours(&mail.text, payload);
        for text in texts(&html) {
            assert_only_ours(&text, payload);
        }
        let lines = |text: &str| text.lines().count();
        assert_eq!(lines(&mail.text), lines(&plain.text), "{name} of {payload:?}");
    }
}

fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[test]
fn the_checker_sees_links() {
    for text in [
        "http://evil.example",
        "evil.example",
        "a@b.c",
        "a.b",
        "x www.evil.example y",
        "ssh://evil",
        "mailto:x",
        "evil．example",
        "例え。テスト",
        "\\\\evil\\share",
        "192.0.2.7",
    ] {
        assert!(!links(text).is_empty(), "{text}");
    }
    let letter = &letters(NETWORK, "x", MASKED)[0].1;
    assert_eq!(links(&rendered(letter, "Acme", Locale::En).text), [LINK]);
}

#[test]
fn hostile_tenant_names() {
    let payloads = payloads();
    assert!(payloads.len() >= 100);
    for payload in &payloads {
        assert_harmless(payload, payload, HARMLESS, Locale::En);
        assert_harmless(payload, payload, HARMLESS, Locale::De);
    }
    for payload in few(&payloads) {
        for locale in [Locale::Fr, Locale::Es, Locale::It] {
            assert_harmless(payload, payload, HARMLESS, locale);
        }
    }
}

#[test]
fn hostile_networks_agents_and_addresses() {
    let payloads = payloads();
    for payload in &payloads {
        assert_harmless(payload, "Acme", [payload; 3], Locale::En);
        assert_harmless(payload, "Acme", [payload; 3], Locale::De);
    }
    for payload in few(&payloads) {
        for locale in [Locale::Fr, Locale::Es, Locale::It] {
            assert_harmless(payload, "Acme", [payload; 3], locale);
        }
    }
}
