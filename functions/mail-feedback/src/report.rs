//! What SES tells of a mail: as much of its event as there is a use for.

use latchkey::domain::{Email, undeliverable::Reason};
use serde::Deserialize;

/// One report.
#[derive(Debug, PartialEq, Eq)]
pub struct Report {
    /// SES's id of the mail; an operator finds the rest with it.
    pub message: String,
    /// The address that is not to be mailed to, and why.
    pub against: Option<(Email, Reason)>,
}

/// An event of EventBridge, of the types `Email Bounced` and `Email Complaint Received`.
#[derive(Deserialize)]
struct Event {
    detail: Detail,
}

#[derive(Deserialize)]
#[serde(tag = "eventType")]
enum Detail {
    Bounce { mail: Mail, bounce: Bounce },
    Complaint { mail: Mail, complaint: Complaint },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Mail {
    message_id: String,
    destination: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bounce {
    bounce_type: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Complaint {
    complaint_feedback_type: Option<String>,
}

impl Report {
    /// Reads an event. The address is the one that the mail went to: those in `bouncedRecipients` are what a
    /// receiver's answer says (RFC 3464 §2.3.2), who could name somebody else's to have them cut off.
    ///
    /// # Errors
    /// What is wrong with it, in words of ours: an event holds addresses, and no log does.
    pub fn parse(event: &[u8]) -> Result<Self, &'static str> {
        let event: Event =
            serde_json::from_slice(event).map_err(|_| "no event of SES about a bounce or a complaint")?;
        let (mail, reason) = match event.detail {
            Detail::Bounce { mail, bounce } => (mail, bounce.reason()),
            Detail::Complaint { mail, complaint } => (mail, complaint.reason()),
        };
        let Mail { message_id: message, destination } = mail;
        let Some(reason) = reason else { return Ok(Self { message, against: None }) };
        // The worker mails to one at a time.
        let [address] = &*destination else { return Err("a mail to other than one address") };
        let email = Email::parse(address).map_err(|_| "a mail to what is no address")?;
        Ok(Self { message, against: Some((email, reason)) })
    }
}

impl Bounce {
    /// `Transient` and `Undetermined` may pass.
    fn reason(&self) -> Option<Reason> {
        (self.bounce_type == "Permanent").then_some(Reason::Bounced)
    }
}

impl Complaint {
    /// Some reports are none of a person who wants no mail: that it is no spam after all, and that a signature
    /// did not verify (RFC 5965 §7.3, RFC 6591).
    fn reason(&self) -> Option<Reason> {
        let of_nobody = matches!(self.complaint_feedback_type.as_deref(), Some("not-spam" | "auth-failure"));
        (!of_nobody).then_some(Reason::Complained)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const BOUNCE: &str = include_str!("../../../events/mail-feedback.bounce.json");
    const COMPLAINT: &str = include_str!("../../../events/mail-feedback.complaint.json");

    fn parse(event: &Value) -> Result<Report, &'static str> {
        Report::parse(event.to_string().as_bytes())
    }

    fn changed(event: &str, pointer: &str, value: Value) -> Value {
        let mut event: Value = serde_json::from_str(event).unwrap();
        *event.pointer_mut(pointer).unwrap() = value;
        event
    }

    #[test]
    fn a_permanent_bounce_and_a_complaint_are_against_the_address_that_was_mailed_to() {
        for (event, address, reason) in [
            (BOUNCE, "bounce@simulator.amazonses.com", Reason::Bounced),
            (COMPLAINT, "complaint@simulator.amazonses.com", Reason::Complained),
        ] {
            let report = Report::parse(event.as_bytes()).unwrap();
            assert!(!report.message.is_empty());
            assert_eq!(report.against, Some((Email::parse(address).unwrap(), reason)));
        }
    }

    #[test]
    fn what_may_pass_and_what_nobody_complained_of_stops_nothing() {
        for kind in ["Transient", "Undetermined"] {
            let event = changed(BOUNCE, "/detail/bounce/bounceType", kind.into());
            assert_eq!(parse(&event).unwrap().against, None, "{kind}");
        }
        for (kind, against) in [
            (json!("not-spam"), false),
            (json!("auth-failure"), false),
            (json!("abuse"), true),
            (json!("fraud"), true),
            (Value::Null, true),
        ] {
            let event = changed(COMPLAINT, "/detail/complaint/complaintFeedbackType", kind);
            assert_eq!(parse(&event).unwrap().against.is_some(), against, "{event}");
        }
    }

    #[test]
    fn a_receiver_that_names_another_recipient_cuts_nobody_else_off() {
        let event =
            changed(BOUNCE, "/detail/bounce/bouncedRecipients/0/emailAddress", "eve@example.com".into());
        let (email, _) = parse(&event).unwrap().against.unwrap();
        assert_eq!(email.address(), "bounce@simulator.amazonses.com");
    }

    #[test]
    fn what_is_malformed_is_told_without_what_it_held() {
        let malformed = [
            json!(null),
            json!({ "detail-type": "Scheduled Event", "detail": {} }),
            changed(BOUNCE, "/detail/eventType", "Delivery".into()),
            changed(BOUNCE, "/detail/bounce", "ada@example.com".into()),
            changed(BOUNCE, "/detail/mail/destination", json!([])),
            changed(BOUNCE, "/detail/mail/destination", json!(["a@example.com", "b@example.com"])),
            changed(BOUNCE, "/detail/mail/destination", json!(["ada@example"])),
        ];
        for event in malformed {
            let why = parse(&event).unwrap_err();
            assert!(!why.contains('@'), "{why}");
        }
        assert!(Report::parse(b"{").is_err());
    }
}
