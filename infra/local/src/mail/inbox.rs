//! What was sent.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde::{Deserialize, Serialize};

use super::{Faults, Report};

/// The inbox forgets the oldest mail beyond so many.
const MOST: usize = 5000;

/// One mail, as `GET /store` gives it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Email {
    pub message_id: String,
    pub from: String,
    pub reply_to: Vec<String>,
    pub destination: Destination,
    pub subject: String,
    pub body: Body,
    pub headers: Vec<NameValue>,
    pub attachments: Vec<Attachment>,
    pub configuration_set: Option<String>,
    pub tags: Vec<NameValue>,
    /// Unix seconds.
    pub at: i64,
}

/// Whom a mail is for.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destination {
    pub to: Vec<String>,
    pub cc: Vec<String>,
    pub bcc: Vec<String>,
}

/// What a mail says.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Body {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub html: Option<String>,
}

/// A header or a tag. Read in SES's spelling.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameValue {
    #[serde(alias = "Name")]
    pub name: String,
    #[serde(alias = "Value")]
    pub value: String,
}

/// That something was attached. Read in SES's spelling.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attachment {
    #[serde(alias = "FileName")]
    pub filename: String,
    #[serde(alias = "ContentType", default)]
    pub content_type: Option<String>,
}

/// Every mail since the start, oldest first, what there is to tell of them, and what happens to the next.
#[derive(Debug, Default)]
pub struct Inbox {
    emails: Mutex<VecDeque<Email>>,
    faults: Mutex<Faults>,
    reports: Mutex<VecDeque<Report>>,
}

impl Inbox {
    /// Every mail, oldest first.
    #[must_use]
    pub fn emails(&self) -> Vec<Email> {
        lock(&self.emails).iter().cloned().collect()
    }

    /// Forgets every mail.
    pub fn clear(&self) {
        lock(&self.emails).clear();
    }

    /// Has the next calls of `SendEmail` go wrong.
    pub fn fail(&self, faults: Faults) {
        *lock(&self.faults) = faults;
    }

    /// The oldest report that nobody has taken yet.
    pub(crate) fn next_report(&self) -> Option<Report> {
        lock(&self.reports).pop_front()
    }

    pub(super) fn report(&self, report: Option<Report>) {
        lock(&self.reports).extend(report);
    }

    pub(super) fn hit(&self) -> Option<Faults> {
        lock(&self.faults).hit()
    }

    pub(super) fn keep(&self, email: Email) {
        let mut emails = lock(&self.emails);
        if emails.len() == MOST {
            emails.pop_front();
        }
        emails.push_back(email);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
