//! The mails that people get, and SES.
//!
//! A [`Letter`] is what is to be said; a [`Voice`] is who says it, and in which language;
//! [`render`] makes the mail of the two, and [`Post`] hands it to SES. The prose is in `words/`,
//! one module a language; the form is in `templates/mail/`, one template for HTML and one for plain
//! text. Both forms are made of the same words, so that neither says less than the other.
//!
//! A tenant may have words of its own for a mail: a [`Template`], which says what is said and leaves the
//! form to us.
//!
//! # Text that others wrote
//!
//! Four values in a mail are not ours: the tenant's name, a client's network and its `User-Agent`, and
//! what the mask leaves of an address that somebody gave to an account. They pass through one gate,
//! which leaves one short line in which nothing is a control, nothing turns the direction of the text,
//! and nothing looks to a mail client like something to link: see the `plain` module for the rules and
//! their reasons. A browser that we know is named by our own words ("Firefox on Windows") instead. In
//! HTML everything is escaped besides.
//!
//! # What is deliberately absent
//!
//! - The person's own name. Whoever registers an address types it, and that need not be the person
//!   who gets the mail: a name would let a stranger write a line of his own into our mail.
//!   [`Voice`] and [`Letter`] have no field for one.
//! - Any part of a secret in a subject. Lock screens show it. In a mail with a code, the first
//!   paragraph is long enough to fill the preview that they show next.
//! - Links in security notices: what they advise can be done from the tenant's own sign-in page, so
//!   nobody learns to follow a link in an alarming mail. The one exception is the notice to an address
//!   that an account has given up: no sign-in page knows that address any more, so only what is in the
//!   mail can bring it back.
//! - A template engine for tenants: see the `template` module.
//! - `List-Unsubscribe`: nobody can unsubscribe from a code or a notice.
//! - Pictures, tracking, external resources.
//! - The tenant's name as the sender's display name. On a shared sender, a tenant that calls itself
//!   a bank would look like one; `From` is what the deployment or the verified tenant set.

mod letter;
mod plain;
mod post;
mod render;
pub mod sample;
mod template;
mod words;

#[cfg(test)]
mod tests;

pub use letter::{Letter, Link, MailedCode, NotALink};
pub use post::{Post, PostError};
pub use render::{RenderError, Rendered, Voice, render};
pub use template::{Frame, Places, Template, TemplateFaults, Value};
