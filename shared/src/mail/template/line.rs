//! One line of a template: text and placeholders.

use super::{Frame, Places, Value};
use crate::mail::plain::Plain;

/// Stands for a value where a line is looked at as a whole. For private use, and refused in a text.
const HOLE: char = '\u{e000}';

/// The most characters of a value: a tenant's name is cut there, and no other is longer.
const MOST_OF_VALUE: usize = 100;

/// A line whose text holds nothing that a mail program would link, wherever its values stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Value(Value),
}

impl Line {
    /// # Errors
    /// What is wrong with it, in sentences that quote what it is about.
    pub(super) fn parse(text: &str, values: &[Value], places: &Places) -> Result<Self, Vec<String>> {
        let mut faults = Vec::new();
        let pieces = pieces(text, values, &mut faults);
        let whole: String = pieces
            .iter()
            .flat_map(|piece| match piece {
                Piece::Text(text) => text.chars().collect::<Vec<_>>(),
                Piece::Value(_) => vec![HOLE],
            })
            .collect();
        if whole.trim().is_empty() && faults.is_empty() {
            faults.push("there must be some text".to_owned());
        }
        look_at(text, &mut faults);
        for word in whole.split_whitespace() {
            faults.extend(fault_of(word, places));
        }
        if faults.is_empty() { Ok(Self(pieces)) } else { Err(faults) }
    }

    pub(super) fn fill(&self, value: impl Fn(Value) -> String) -> String {
        let text = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Value(named) => value(*named),
        };
        self.0.iter().map(text).collect()
    }

    /// With the longest values.
    pub(super) fn most_characters(&self) -> usize {
        self.characters(MOST_OF_VALUE)
    }

    /// With the shortest.
    pub(super) fn least_characters(&self) -> usize {
        self.characters(1)
    }

    /// A line that was not looked at; an empty text stands for the tenant's name.
    #[cfg(test)]
    pub(super) fn unchecked(texts: &[&str]) -> Self {
        let piece = |text: &&str| match *text {
            "" => Piece::Value(Value::Tenant),
            text => Piece::Text(text.to_owned()),
        };
        Self(texts.iter().map(piece).collect())
    }

    fn characters(&self, of_value: usize) -> usize {
        let length = |piece: &Piece| match piece {
            Piece::Text(text) => text.chars().count(),
            Piece::Value(_) => of_value,
        };
        self.0.iter().map(length).sum()
    }
}

fn pieces(text: &str, values: &[Value], faults: &mut Vec<String>) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((name, after)) = after.split_once("}}") else {
            faults.push("{{ is not closed by }}".to_owned());
            break;
        };
        if !before.is_empty() {
            pieces.push(Piece::Text(before.to_owned()));
        }
        match Value::named(name.trim()).filter(|value| values.contains(value)) {
            Some(value) => pieces.push(Piece::Value(value)),
            None => faults.push(misplaced(name.trim(), values)),
        }
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest.to_owned()));
    }
    pieces
}

/// A name that is no placeholder here. A code or link is one elsewhere: alone in its paragraph, and so
/// never in a subject, which lock screens and logs show.
fn misplaced(name: &str, values: &[Value]) -> String {
    if Frame::named(name).is_some() {
        return format!(
            "{{{{ {name} }}}} must be a paragraph of its own; never a part of a subject, heading or text"
        );
    }
    let known: Vec<_> = values.iter().map(|value| format!("{{{{ {} }}}}", value.name())).collect();
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    format!("there is no placeholder {{{{ {} }}}} here; there is {known}", Plain::of(name))
}

/// What no text may hold.
fn look_at(text: &str, faults: &mut Vec<String>) {
    let rest: String = text.replace("{{", "").replace("}}", "");
    if ["{%", "{#", "%}", "#}"].iter().any(|mark| rest.contains(mark)) {
        faults.push("there are placeholders, and no conditions, loops or comments".to_owned());
    }
    if text.contains(char::is_control) || text.contains(is_private) {
        faults.push("there must be no control characters".to_owned());
    }
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '<' && chars.peek().is_some_and(|next| next.is_ascii_alphabetic() || "/!?".contains(*next)) {
            faults.push("the text is plain: HTML would be shown as it is written".to_owned());
            return;
        }
    }
}

fn is_private(c: char) -> bool {
    matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}')
}

/// Why a word cannot stand. It must be what [`Plain`] leaves alone, its brackets and the signs after it aside,
/// or a place of the tenant's; and a value must stand apart from letters, so that the two make nothing new.
fn fault_of(word: &str, places: &Places) -> Option<String> {
    let core = word.trim_start_matches(OPENING).trim_end_matches(CLOSING);
    let chars: Vec<char> = word.chars().collect();
    let touched = |at: usize| {
        let before = at.checked_sub(1).and_then(|at| chars.get(at));
        before.is_some_and(|c| !OPENING.contains(c))
            || chars.get(at + 1).is_some_and(|c| !CLOSING.contains(c) && !"-’'".contains(*c))
    };
    if (0..chars.len()).any(|at| chars[at] == HOLE && touched(at)) {
        return Some(
            "a placeholder must have a space before it, and no letter, digit or sign of a link after it"
                .into(),
        );
    }
    if Plain::of(core).to_string() == core || places.holds(core) {
        return None;
    }
    let shown: String = core.chars().filter(|c| !c.is_control()).take(60).collect();
    Some(if Plain::of(core).to_string() == core.chars().filter(|c| !is_shapeless(*c)).collect::<String>() {
        "there must be no characters without a shape, nor any that turn the direction of the text".to_owned()
    } else {
        format!(
            "mail programs make a link of “{shown}”; a mail links to the tenant's own origins and pages alone, and a \
             notice to none (abbreviations: write “z. B.” with a space)"
        )
    })
}

const OPENING: &[char] = &['(', '[', '"', '“', '„', '«', '‹', '‘', '¿', '¡'];
const CLOSING: &[char] = &[')', ']', '"', '“', '”', '»', '›', '’', '.', ',', ';', ':', '!', '?', '…'];

fn is_shapeless(c: char) -> bool {
    !c.is_control() && Plain::of(&format!("a{c}a")).to_string() == "aa"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Line, Vec<String>> {
        Line::parse(text, &[Value::Tenant], &Places::default())
    }

    #[test]
    fn takes_sentences() {
        for text in [
            "Hello from {{ tenant }}.",
            "{{tenant}}: your code",
            "(from “{{ tenant }}”, as you know)",
            "Ihr {{ tenant }}-Konto – z. B. mit „Umlauten“.",
            "Votre compte chez {{ tenant }}\u{a0}: «\u{a0}oui\u{a0}»\u{a0}!",
            "It is 5 % of { all } that < 7 & more …",
            "He said “stop.” (Really?)",
            "{{ tenant }}’s team, \"{{ tenant }}\"",
        ] {
            assert!(parse(text).is_ok(), "{text}: {:?}", parse(text));
        }
        let line = parse("Hello from {{ tenant }}.").unwrap();
        assert_eq!(line.fill(|_| "Acme".to_owned()), "Hello from Acme.");
        assert_eq!((line.least_characters(), line.most_characters()), (13, 112));
    }

    #[test]
    fn a_value_touches_nothing() {
        for text in [
            "{{ tenant }}.com",
            "www.{{ tenant }}",
            "https://{{ tenant }}",
            "{{ tenant }}{{ tenant }}",
            "a{{ tenant }}",
            "{{ tenant }}a",
            "{{ tenant }}@acme",
            "-{{ tenant }}",
            "a@{{ tenant }}",
            "{{ tenant }}/login",
            "{{ tenant }}:8080",
            "={{ tenant }}",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_linked_turned_or_not_plain() {
        for text in [
            "see evil.example",
            "see https://evil.example/a",
            "write to a@b.c",
            "evil．example",
            r"\\evil\share",
            "tel:1234",
            "=?utf-8?Q?x?=",
            "a\u{202e}b",
            "a\u{200b}b",
            "a\u{e000}b",
            "a\u{1b}b",
            "<b>bold</b>",
            "</p>",
            "<!-- x",
            "{% if x %}",
            "{{ tenant",
            "{{ }}",
            "{{ user }}",
            "{{ tenant | upper }}",
            "{{ code }}",
            "",
            " ",
        ] {
            assert!(parse(text).is_err(), "{text:?}");
        }
    }
}
