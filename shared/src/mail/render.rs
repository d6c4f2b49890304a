//! From a letter and a voice to a mail.

use std::fmt;

use askama::Template;

use super::{
    letter::Letter,
    template::Template as OwnWords,
    words::{self, Block, Words},
};
use crate::domain::{Email, Locale, Tenant, settings::Colour};

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
    /// The colour of the button.
    pub colour: Colour,
}

impl Voice {
    /// A tenant's voice; `from` is the deployment's sender, where the tenant has none.
    #[must_use]
    pub fn of(tenant: &Tenant, locale: Locale, from: &str) -> Self {
        let mail = &tenant.settings.mail;
        Self {
            tenant_name: tenant.name().to_owned(),
            locale,
            from: mail.sender.as_deref().map_or_else(|| from.to_owned(), sendable),
            reply_to: mail.reply_to.as_deref().map(sendable),
            colour: tenant.settings.branding.primary_colour,
        }
    }
}

/// An address of the settings as SES takes it: its domain in ASCII.
fn sendable(address: &str) -> String {
    Email::parse(address).map_or_else(|_| address.to_owned(), |email| email.address())
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
    button: Colour,
    words: &'a Words<'a>,
}

#[derive(Template)]
#[template(path = "mail/letter.txt")]
struct Text<'a> {
    words: &'a Words<'a>,
}

/// Writes the mail, in the tenant's own words where it has some for this letter.
///
/// # Errors
/// [`RenderError`] if a template cannot be filled, which no input brings about.
pub fn render(letter: &Letter, voice: &Voice, own: Option<&OwnWords>) -> Result<Rendered, RenderError> {
    let tenant = words::tenant(&voice.tenant_name, voice.locale);
    let mut words = words::of(letter, &tenant, voice.locale, voice.reply_to.is_some());
    if let Some(own) = own {
        words = own.fill(words, |value| words::value(value, letter, &tenant, voice.locale));
    }
    Ok(Rendered {
        text: Text { words: &words }.render()?,
        html: Html { lang: voice.locale.tag(), button: voice.colour, words: &words }.render()?,
        subject: words.subject,
    })
}
