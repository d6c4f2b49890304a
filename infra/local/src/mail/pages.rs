//! The inbox's pages.

use askama::Template;
use axum::{
    http::{StatusCode, header::CONTENT_SECURITY_POLICY},
    response::{Html, IntoResponse, Response},
};
use jiff::Timestamp;

use super::{Email, NameValue, POLICY};

/// Every mail, newest first.
#[derive(Template)]
#[template(path = "inbox.html")]
pub struct List {
    pub emails: Vec<Line>,
}

/// A mail in the list.
pub struct Line {
    id: String,
    to: String,
    subject: String,
    at: String,
}

/// One mail.
#[derive(Template)]
#[template(path = "mail.html")]
pub struct Mail {
    line: Line,
    from: String,
    reply_to: String,
    headers: Vec<NameValue>,
    links: Vec<String>,
    text: Option<String>,
    html: Option<String>,
}

impl Line {
    pub fn of(email: &Email) -> Self {
        let to = &email.destination;
        Self {
            id: email.message_id.clone(),
            to: [&to.to[..], &to.cc, &to.bcc].concat().join(", "),
            subject: email.subject.clone(),
            at: Timestamp::from_second(email.at).map(|at| at.to_string()).unwrap_or_default(),
        }
    }
}

impl Mail {
    pub fn of(email: &Email) -> Self {
        Self {
            line: Line::of(email),
            from: email.from.clone(),
            reply_to: email.reply_to.join(", "),
            headers: email.headers.clone(),
            links: links(email.body.text.as_deref().unwrap_or_default()),
            text: email.body.text.clone(),
            html: email.body.html.clone(),
        }
    }
}

/// The links in a text, each once.
fn links(text: &str) -> Vec<String> {
    let mut links = Vec::new();
    for word in text.split(|c: char| c.is_whitespace() || "<>\"()".contains(c)) {
        let link = word.trim_end_matches(['.', ',', ';', ':', '!']);
        let is_link = link.starts_with("https://") || link.starts_with("http://");
        if is_link && !links.iter().any(|known| known == link) {
            links.push(link.to_owned());
        }
    }
    links
}

pub fn page(template: &impl Template) -> Response {
    match template.render() {
        Ok(page) => ([(CONTENT_SECURITY_POLICY, POLICY)], Html(page)).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found_once_and_without_what_ends_a_sentence() {
        let text = "Open https://a.test/x#token=1. Or <http://b.test/>, or https://a.test/x#token=1\nftp://c";
        assert_eq!(links(text), ["https://a.test/x#token=1", "http://b.test/"]);
    }
}
