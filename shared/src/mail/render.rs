//! From a letter and a voice to a mail.

use std::fmt;

use askama::Template;

use super::{
    letter::Letter,
    plain::Plain,
    words::{self, Block, Words},
};
use crate::domain::Locale;

/// Who speaks, and in which language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Voice {
    /// The tenant's name, as it is; [`render`] makes it harmless.
    pub tenant_name: String,
    pub locale: Locale,
    /// The `From` of the mail: the deployment's sender, or the tenant's verified one.
    pub from: String,
    /// The `Reply-To`. Without one, the mail says that replies are not read.
    pub reply_to: Option<String>,
}

/// A mail, ready to be sent. Its `Debug` shows no body, since a body may hold a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Rendered {
    /// One line, without any secret.
    pub subject: String,
    pub text: String,
    pub html: String,
}

impl fmt::Debug for Rendered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rendered").field("subject", &self.subject).finish_non_exhaustive()
    }
}

/// A template could not be filled. The text is for the log and holds nothing of the letter.
#[derive(Debug, thiserror::Error)]
#[error("the mail could not be written: {0}")]
pub struct RenderError(#[from] askama::Error);

#[derive(Template)]
#[template(path = "mail/letter.html")]
struct Html<'a> {
    lang: &'static str,
    words: &'a Words<'a>,
}

#[derive(Template)]
#[template(path = "mail/letter.txt")]
struct Text<'a> {
    words: &'a Words<'a>,
}

/// Writes the mail.
///
/// # Errors
/// [`RenderError`] if a template cannot be filled, which no input brings about.
pub fn render(letter: &Letter, voice: &Voice) -> Result<Rendered, RenderError> {
    let tenant = Plain::of(&voice.tenant_name);
    let words = words::of(letter, tenant, voice.locale, voice.reply_to.is_some());
    let lang = match voice.locale {
        Locale::En => "en",
        Locale::De => "de",
    };
    Ok(Rendered {
        text: Text { words: &words }.render()?,
        html: Html { lang, words: &words }.render()?,
        subject: words.subject,
    })
}
