//! Text that others wrote, made fit to stand in a mail.
//!
//! A tenant's name and a client's `User-Agent` can hold anything. What could hurt is neither HTML
//! (the templates escape it) nor template syntax (values are never rendered again), but what mail
//! clients make of plain text: they turn `evil.example`, `a@b.c`, `scheme:…` and `\\server\share`
//! into links without being asked, and a mail of ours that links to a stranger's page is phishing
//! in our name. So, in this order:
//!
//! 1. Control characters, line breaks and every other white space become one space.
//! 2. Bidirectional controls and other characters without a shape go. The two joiners that Persian,
//!    Hindi and emoji need stay.
//! 3. A `.` or `:` before anything but a space becomes a middle dot (`Booking·com`), an `@` between
//!    two characters that are not spaces becomes `(at)`, and every `\` becomes a middle dot. So do
//!    the characters that Unicode's compatibility form or IDNA (UTS 46) makes the same of, such as
//!    `．` and `。`.
//! 4. `=?` is taken apart: in a subject it would open an encoded word (RFC 2047), and with it bring
//!    back all of the above.
//! 5. More than 100 characters are cut, with an ellipsis.
//!
//! Why a middle dot. Zero-width characters would be invisible, but they count against a mail with
//! spam filters, get lost or copied along, and clients differ in whether they break a link at all.
//! A one dot leader (`․`) looks like a dot but also *is* one: IDNA maps it back. `[.]` says "danger"
//! to those who know it and nothing to anyone else. The middle dot is in every font, is read without
//! stumbling, is mapped to a dot by no standard, and no host name can have it but between two `l`
//! (RFC 5892), where it does not part labels. A dot that ends a word (`Acme Inc.`, `St. Gallen`)
//! stays as it is.

use std::fmt;

use unicode_normalization::char::decompose_compatible;

/// So many characters at most, the ellipsis included.
const MOST: usize = 100;

/// One harmless line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plain(String);

impl Plain {
    pub fn of(text: &str) -> Self {
        let line = one_line(text);
        let mut plain = String::with_capacity(line.len());
        let mut before = ' ';
        let mut rest = line.chars().peekable();
        while let Some(c) = rest.next() {
            let after = rest.peek().copied().unwrap_or(' ');
            match sort(c) {
                Kind::Dot if after != ' ' => plain.push('·'),
                Kind::At if before != ' ' && after != ' ' => plain.push_str("(at)"),
                Kind::Backslash => plain.push('·'),
                Kind::Equals if after == '?' => plain.push_str("= "),
                _ => plain.push(c),
            }
            before = c;
        }
        Self(cut(plain))
    }

    /// Itself, or `instead` if nothing is left of it.
    pub fn or(self, instead: &str) -> Self {
        if self.0.is_empty() { Self(instead.to_owned()) } else { self }
    }
}

impl fmt::Display for Plain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Steps 1 and 2.
fn one_line(text: &str) -> String {
    let mut line = String::new();
    for c in text.chars() {
        if c.is_control() || c.is_whitespace() {
            if !line.is_empty() && !line.ends_with(' ') {
                line.push(' ');
            }
        } else if !is_shapeless(c) {
            line.push(c);
        }
    }
    line.truncate(line.trim_end().len());
    line
}

/// Bidirectional controls, zero-width characters, blanks that count as letters, tags.
fn is_shapeless(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffc}' | '\u{e0000}'..='\u{e0fff}')
}

enum Kind {
    Dot,
    At,
    Backslash,
    Equals,
    Other,
}

/// What a character is, or becomes for a program that normalises.
fn sort(c: char) -> Kind {
    let ascii = |c| match c {
        '.' | ':' | '\u{3002}' => Kind::Dot,
        '@' => Kind::At,
        '\\' => Kind::Backslash,
        '=' => Kind::Equals,
        _ => Kind::Other,
    };
    let mut kind = ascii(c);
    if !c.is_ascii() {
        decompose_compatible(c, |part| {
            if matches!(kind, Kind::Other) {
                kind = ascii(part);
            }
        });
    }
    kind
}

/// Step 5.
fn cut(mut plain: String) -> String {
    if let Some((last, _)) = plain.char_indices().nth(MOST - 1)
        && plain.chars().nth(MOST).is_some()
    {
        plain.truncate(last);
        plain.truncate(plain.trim_end().len());
        plain.push('…');
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_ordinary_names_alone() {
        for name in [
            "Acme",
            "Müller & Söhne GmbH",
            "Acme Inc.",
            "St. Gallen",
            "Ben's: the shop",
            "株式会社",
            "می‌خواهم",
        ] {
            assert_eq!(Plain::of(name).to_string(), name);
        }
    }

    #[test]
    fn takes_links_apart() {
        let plain = |text| Plain::of(text).to_string();
        assert_eq!(plain("Booking.com"), "Booking·com");
        assert_eq!(plain("http://evil.example/a?b"), "http·//evil·example/a?b");
        assert_eq!(plain("mailto:a@b.c"), "mailto·a(at)b·c");
        assert_eq!(plain("evil．example。x․y"), "evil·example·x·y");
        assert_eq!(plain("a＠b.c"), "a(at)b·c");
        assert_eq!(plain(r"\\server\share"), "··server·share");
        assert_eq!(plain("evil\u{200b}.\u{202e}example"), "evil·example");
        assert_eq!(plain("=?utf-8?Q?evil=2Eexample?="), "= ?utf-8?Q?evil=2Eexample?=");
    }

    #[test]
    fn makes_one_short_line() {
        assert_eq!(Plain::of(" a\r\n\r\nBcc: x\u{2028}\0y\t ").to_string(), "a Bcc: x y");
        assert_eq!(Plain::of("\u{200b}\r\n\u{2066}").or("none").to_string(), "none");
        let long = Plain::of(&"ü@".repeat(5_000)).to_string();
        assert_eq!(long.chars().count(), MOST);
        assert!(long.ends_with('…'));
        assert_eq!(Plain::of(&"x".repeat(MOST)).to_string(), "x".repeat(MOST));
    }
}
