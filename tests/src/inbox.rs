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
