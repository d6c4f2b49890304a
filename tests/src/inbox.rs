//! What others keep of the mails.

use local::mail::Email;
use serde_json::{Value, json};

/// The mails in the listing of the local stack (`/store`), or of ministack (`/_ministack/ses/messages`).
pub fn read(listing: &Value) -> Vec<Email> {
    if let Some(emails) = listing["emails"].as_array() {
        return emails.iter().map(|email| serde_json::from_value(email.clone()).unwrap()).collect();
    }
    let accounts = listing["messages"].as_object().unwrap();
    accounts.values().flat_map(|mails| mails.as_array().unwrap()).map(of_ministack).collect()
}

fn of_ministack(mail: &Value) -> Email {
    let email = json!({
        "messageId": mail["MessageId"],
        "from": mail["Source"],
        "replyTo": [],
        "destination": { "to": mail["To"], "cc": mail["CC"], "bcc": mail["BCC"] },
        "subject": mail["Subject"],
        "body": { "text": mail["BodyText"], "html": mail["BodyHtml"] },
        "headers": [],
        "attachments": [],
        "configurationSet": null,
        "tags": [],
        "at": 0,
    });
    serde_json::from_value(email).unwrap()
}

/// The token with this prefix in a text.
#[must_use]
pub fn token_in(text: &str, prefix: &str) -> Option<String> {
    let rest = &text[text.find(prefix)?..];
    let end = rest.find(|character: char| !character.is_ascii_alphanumeric() && !"_-".contains(character));
    Some(rest[..end.unwrap_or(rest.len())].to_owned())
}

/// The line of a text that is a code: six digits, or twelve.
#[must_use]
pub fn code_in(text: &str) -> Option<String> {
    text.lines()
        .map(|line| line.chars().filter(|character| !character.is_whitespace()).collect::<String>())
        .find(|line| matches!(line.len(), 6 | 12) && line.bytes().all(|byte| byte.is_ascii_digit()))
}
