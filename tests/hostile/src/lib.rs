//! What hostile people type where a name is asked for, and what a mail must look like all the same:
//! row 18 of the security page. The mails' own tests use it, and those of the whole product.

mod payloads;

use linkify::LinkFinder;
use scraper::{Html, Node};
use unicode_normalization::UnicodeNormalization;

pub use payloads::payloads;

/// Every element with its attributes, in document order and with its depth.
#[must_use]
pub fn shape(html: &str) -> Vec<String> {
    Html::parse_document(html)
        .tree
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

/// The texts between the elements.
#[must_use]
pub fn texts(html: &str) -> Vec<String> {
    Html::parse_document(html)
        .tree
        .root()
        .descendants()
        .filter_map(|node| node.value().as_text().map(|text| text.to_string()))
        .collect()
}

/// What a greedy mail client would link. `linkify` knows no top-level domain of one letter, no scheme
/// without slashes and no UNC path; so whatever joins two words as these do is taken for a link too,
/// by its compatibility form. What is `ours` joins words as well, and is no link.
#[must_use]
pub fn links(text: &str, ours: &[&str]) -> Vec<String> {
    let mut finder = LinkFinder::new();
    finder.url_must_have_scheme(false).email_domain_must_have_dot(false).url_can_be_iri(true);
    let mut links: Vec<_> = finder.links(text).map(|link| link.as_str().to_owned()).collect();
    let rest = ours.iter().fold(text.to_owned(), |rest, ours| rest.replace(ours, " "));
    for word in rest.nfkc().collect::<String>().split_whitespace() {
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

/// Bidirectional controls (UAX #9 §2).
#[must_use]
pub fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

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
            assert!(!links(text, &[]).is_empty(), "{text}");
        }
        assert!(links("Acme Inc. at 09:04", &["09:04"]).is_empty());
    }

    #[test]
    fn the_checker_sees_elements_attributes_and_comments() {
        let plain = shape("<p>Acme</p>");
        for html in
            ["<p><b>Acme</b></p>", "<p title=x>Acme</p>", "<p>Acme<!-- x --></p>", "<p>A</p><p>cme</p>"]
        {
            assert_ne!(shape(html), plain, "{html}");
        }
        assert_eq!(shape("<p>Else</p>"), plain);
    }
}
