//! A tenant's own words for a mail.
//!
//! A template is a text of a few fields, an empty line, and paragraphs with empty lines between them:
//!
//! ```text
//! Subject: Your code for {{ tenant }}
//! Heading: Hello from {{ tenant }}
//!
//! Somebody, and we hope it is you, is signing in …
//!
//! {{ code }}
//!
//! It works for {{ expires_in }}.
//! ```
//!
//! It says what is said; the form stays ours. The same words become the plain text and the HTML, where
//! everything is escaped, and the footer is ours. `{{ link }}`, `{{ code }}` and `{{ facts }}` are paragraphs
//! of their own: the button with the link written out, the code, the list of when and where.
//!
//! There are no conditions, loops, filters or expressions, and so no template engine: a template that could
//! decide anything could leave its link out for somebody, and no rehearsal would notice. [`Template::parse`]
//! knows every text that a template can become; what the values do to it is rehearsed besides
//! ([`Template::accept`]).
//!
//! Whatever a mail program would make a link of is refused but for what is the tenant's own ([`Places`]).
//! Settings change, so the worker parses again: words that link to a place which the tenant gave up are
//! not used any more.

mod line;
mod places;
mod rehearsal;

use std::collections::BTreeMap;

use self::line::Line;
pub use self::places::Places;
use super::words::{Block, Words};
use crate::domain::{Fault, Locale, MailKind};

/// What is wrong with a template, all of it.
pub type TemplateFaults = Vec<Fault>;

/// A tenant's own words for a kind of mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    subject: Line,
    heading: Option<Line>,
    button: Option<Line>,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Paragraph(Line),
    Frame(Frame),
}

/// A paragraph that is ours; the template only says where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frame {
    Link,
    Code,
    Facts,
}

impl Frame {
    const ALL: [Self; 3] = [Self::Link, Self::Code, Self::Facts];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::Code => "code",
            Self::Facts => "facts",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|frame| frame.name() == name)
    }

    fn is(self, block: &Block<'_>) -> bool {
        matches!(
            (self, block),
            (Self::Link, Block::Action { .. })
                | (Self::Code, Block::Code(_))
                | (Self::Facts, Block::Facts(_))
        )
    }

    /// What a mail of this kind must have, each once: it is of no use without.
    #[must_use]
    pub fn of(kind: MailKind) -> &'static [Self] {
        match kind {
            MailKind::VerifyAddress
            | MailKind::AccountExists
            | MailKind::ResetPassword
            | MailKind::Invited => &[Self::Link],
            MailKind::Code | MailKind::AddressCode => &[Self::Code],
            MailKind::EmailChanged => &[Self::Facts, Self::Link],
            MailKind::FactorUnderAttack => &[],
            MailKind::PasswordChanged
            | MailKind::NewSignIn
            | MailKind::FactorAdded
            | MailKind::FactorRemoved
            | MailKind::FactorReplaced
            | MailKind::FactorsReset
            | MailKind::BackupCodeUsed
            | MailKind::EmailRestored
            | MailKind::AccountDeleted
            | MailKind::AccountRemoved => &[Self::Facts],
        }
    }
}

/// A placeholder within a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    Tenant,
    /// `5 minutes`.
    ExpiresIn,
    /// A second factor, without an article.
    Factor,
    Failures,
    /// Backup codes that still work.
    Left,
}

impl Value {
    const ALL: [Self; 5] = [Self::Tenant, Self::ExpiresIn, Self::Factor, Self::Failures, Self::Left];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::ExpiresIn => "expires_in",
            Self::Factor => "factor",
            Self::Failures => "failures",
            Self::Left => "left",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|value| value.name() == name)
    }

    /// What the sentences of a kind of mail may have.
    #[must_use]
    pub fn of(kind: MailKind) -> &'static [Self] {
        match kind {
            MailKind::VerifyAddress
            | MailKind::ResetPassword
            | MailKind::Code
            | MailKind::AddressCode
            | MailKind::EmailChanged
            | MailKind::Invited => &[Self::Tenant, Self::ExpiresIn],
            MailKind::FactorUnderAttack => &[Self::Tenant, Self::Factor, Self::Failures],
            MailKind::FactorAdded | MailKind::FactorRemoved | MailKind::FactorReplaced => {
                &[Self::Tenant, Self::Factor]
            }
            MailKind::BackupCodeUsed => &[Self::Tenant, Self::Left],
            MailKind::AccountExists
            | MailKind::PasswordChanged
            | MailKind::NewSignIn
            | MailKind::FactorsReset
            | MailKind::EmailRestored
            | MailKind::AccountDeleted
            | MailKind::AccountRemoved => &[Self::Tenant],
        }
    }
}

impl Template {
    /// The whole text, in bytes.
    pub const MOST_BYTES: usize = 8 * 1024;
    const MOST_PARAGRAPHS: usize = 20;
    const MOST_OF_PARAGRAPH: usize = 1000;
    /// Subject and heading, with the longest name that a tenant may have.
    const MOST_OF_TITLE: usize = 200;
    const MOST_OF_BUTTON: usize = 60;
    /// So much stands before a code: a lock screen's preview must not get that far.
    const BEFORE_A_CODE: usize = 200;

    /// Reads a template.
    ///
    /// # Errors
    /// Every fault of it, with its line.
    pub fn parse(text: &str, kind: MailKind, places: &Places) -> Result<Self, TemplateFaults> {
        if text.len() > Self::MOST_BYTES {
            return Err(vec![Fault::value(format!("the text has at most {} bytes", Self::MOST_BYTES))]);
        }
        let mut faults = TemplateFaults::new();
        let mut lines = (1..).zip(text.strip_prefix('\u{feff}').unwrap_or(text).lines());
        let mut fields = fields(&mut lines, &mut faults);
        if !fields.contains_key("Subject") {
            faults.push(Fault::value("Subject: is missing; it comes first, and after it an empty line"));
        }
        let reading = Reading { kind, places };
        let mut title = |name: &str, most, values: &[Value], faults: &mut TemplateFaults| {
            let (number, text) = fields.remove(name)?;
            reading.line((number, &text), (name, most, false), values, faults)
        };
        let subject = title("Subject", Self::MOST_OF_TITLE, Value::of(kind), &mut faults);
        let heading = title("Heading", Self::MOST_OF_TITLE, Value::of(kind), &mut faults);
        let button = title("Button", Self::MOST_OF_BUTTON, &[], &mut faults);
        let parts = reading.parts(lines, &mut faults);
        if button.is_some() && !Frame::of(kind).contains(&Frame::Link) {
            faults.push(Fault::value("Button: this mail has none"));
        }
        reading.check(heading.as_ref(), &parts, &mut faults);
        match subject {
            Some(subject) if faults.is_empty() => Ok(Self { subject, heading, button, parts }),
            _ => Err(faults),
        }
    }

    /// Reads a template that is to be kept, and rehearses it with hostile names.
    ///
    /// # Errors
    /// Every fault of it, with its line.
    pub fn accept(
        text: &str,
        kind: MailKind,
        locale: Locale,
        places: &Places,
    ) -> Result<Self, TemplateFaults> {
        let template = Self::parse(text, kind, places)?;
        rehearsal::rehearse(&template, kind, locale).map_err(|fault| vec![fault])?;
        Ok(template)
    }

    /// These words in the place of the built-in ones, whose frames they keep.
    pub(super) fn fill<'a>(&'a self, built_in: Words<'a>, value: impl Fn(Value) -> String) -> Words<'a> {
        let mut frames = built_in.blocks;
        frames.retain(|block| !matches!(block, Block::Paragraph(_)));
        let mut blocks = Vec::with_capacity(self.parts.len());
        for part in &self.parts {
            match part {
                Part::Paragraph(line) => blocks.push(Block::Paragraph(line.fill(&value))),
                Part::Frame(frame) => {
                    let Some(at) = frames.iter().position(|block| frame.is(block)) else { continue };
                    let mut block = frames.remove(at);
                    if let (Block::Action { label, .. }, Some(own)) = (&mut block, &self.button) {
                        *label = own.fill(&value).into();
                    }
                    blocks.push(block);
                }
            }
        }
        Words {
            subject: self.subject.fill(&value),
            heading: self.heading.as_ref().map_or(built_in.heading, |line| line.fill(&value).into()),
            blocks,
            footer: built_in.footer,
            colon: built_in.colon,
        }
    }
}

/// The fields before the first empty line, by name, with their lines.
fn fields<'a>(
    lines: &mut impl Iterator<Item = (usize, &'a str)>,
    faults: &mut TemplateFaults,
) -> BTreeMap<&'static str, (usize, String)> {
    const FIELDS: [&str; 3] = ["Subject", "Heading", "Button"];
    let mut fields = BTreeMap::new();
    for (number, line) in lines.by_ref().take_while(|(_, line)| !line.trim().is_empty()) {
        let named = line.split_once(':').and_then(|(name, text)| {
            let known = FIELDS.into_iter().find(|known| known.eq_ignore_ascii_case(name.trim()))?;
            Some((known, text.trim().to_owned()))
        });
        match named {
            None => {
                faults.push(at(number, "before the first empty line stand Subject:, Heading: and Button:"));
            }
            Some((name, text)) => {
                if fields.insert(name, (number, text)).is_some() {
                    faults.push(at(number, format!("{name}: stands here twice")));
                }
            }
        }
    }
    fields
}

fn at(number: usize, why: impl std::fmt::Display) -> Fault {
    Fault::value(format!("line {number}: {why}"))
}

/// How a template of a kind is read.
struct Reading<'a> {
    kind: MailKind,
    places: &'a Places,
}

impl Reading<'_> {
    fn parts<'a>(
        &self,
        lines: impl Iterator<Item = (usize, &'a str)>,
        faults: &mut TemplateFaults,
    ) -> Vec<Part> {
        let mut paragraphs: Vec<(usize, String)> = Vec::new();
        let mut open = false;
        for (number, line) in lines {
            let line = line.trim();
            match paragraphs.last_mut().filter(|_| open) {
                _ if line.is_empty() => open = false,
                Some((_, paragraph)) => {
                    paragraph.push(' ');
                    paragraph.push_str(line);
                }
                None => {
                    paragraphs.push((number, line.to_owned()));
                    open = true;
                }
            }
        }
        if paragraphs.len() > Template::MOST_PARAGRAPHS {
            faults.push(Fault::value(format!("there are at most {} paragraphs", Template::MOST_PARAGRAPHS)));
            return Vec::new();
        }
        paragraphs.iter().filter_map(|(number, text)| self.part(*number, text, faults)).collect()
    }

    fn part(&self, number: usize, text: &str, faults: &mut TemplateFaults) -> Option<Part> {
        let inner = text.strip_prefix("{{").and_then(|text| text.strip_suffix("}}")).map(str::trim);
        match inner.and_then(Frame::named) {
            Some(frame) if Frame::of(self.kind).contains(&frame) => Some(Part::Frame(frame)),
            Some(frame) => {
                faults.push(at(number, format!("this mail has no {{{{ {} }}}}", frame.name())));
                None
            }
            None => {
                let rules = ("a paragraph", Template::MOST_OF_PARAGRAPH, true);
                self.line((number, text), rules, Value::of(self.kind), faults).map(Part::Paragraph)
            }
        }
    }

    /// `(what it is, its most characters, whether it may link to the tenant's own places)`.
    fn line(
        &self,
        (number, text): (usize, &str),
        (what, most, links): (&str, usize, bool),
        values: &[Value],
        faults: &mut TemplateFaults,
    ) -> Option<Line> {
        let places = if links { self.places.of(self.kind) } else { Places::default() };
        match Line::parse(text, values, &places) {
            Ok(line) if line.most_characters() > most => {
                faults.push(at(number, format!("{what} has at most {most} characters, names filled in")));
                None
            }
            Ok(line) => Some(line),
            Err(why) => {
                faults.extend(why.into_iter().map(|why| at(number, why)));
                None
            }
        }
    }

    /// What the mail must have, and in what order.
    fn check(&self, heading: Option<&Line>, parts: &[Part], faults: &mut TemplateFaults) {
        let whole = faults.is_empty();
        for &frame in Frame::of(self.kind) {
            let name = frame.name();
            match parts.iter().filter(|part| **part == Part::Frame(frame)).count() {
                1 => {}
                0 => faults.push(Fault::value(format!(
                    "{{{{ {name} }}}} is missing: it must stand in this mail, as a paragraph of its own"
                ))),
                _ => faults.push(Fault::value(format!("{{{{ {name} }}}} must stand in this mail once"))),
            }
        }
        let code = parts.iter().position(|part| *part == Part::Frame(Frame::Code));
        if let Some(code) = code.filter(|_| whole) {
            let before = parts[..code].iter().map(|part| match part {
                Part::Paragraph(line) => line.least_characters(),
                Part::Frame(_) => 0,
            });
            let before: usize = before.sum::<usize>() + heading.map_or(0, Line::least_characters);
            if before < Template::BEFORE_A_CODE {
                faults.push(Fault::value(format!(
                    "before {{{{ code }}}} must stand {} characters at least, so that no lock screen shows it; there \
                     are {before}",
                    Template::BEFORE_A_CODE
                )));
            }
        }
    }
}
