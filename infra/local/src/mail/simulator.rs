//! SES's mailbox simulator: `bounce@simulator.amazonses.com` and `complaint@simulator.amazonses.com`, with any
//! `+label`, take a mail and have SES tell of it.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Email;
use crate::environment::{ACCOUNT, REGION};

/// What SES tells of a mail: the type and the detail of its event.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    pub detail_type: &'static str,
    pub detail: Value,
}

impl Report {
    /// What there is to tell of a mail at once; most mails just arrive.
    pub(super) fn of(email: &Email, at: Timestamp) -> Option<Self> {
        let (address, kind) = email.destination.to.iter().find_map(|to| Some((to, simulated(to)?)))?;
        let timestamp = at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
        let feedback_id = format!("{}-000000", email.message_id);
        let (detail_type, name, told) = match kind {
            Kind::Bounce => (
                "Email Bounced",
                "Bounce",
                json!({
                    "bounceType": "Permanent",
                    "bounceSubType": "General",
                    "bouncedRecipients": [{
                        "emailAddress": address,
                        "action": "failed",
                        "status": "5.1.1",
                        "diagnosticCode": "smtp; 550 5.1.1 user unknown",
                    }],
                    "timestamp": timestamp,
                    "feedbackId": feedback_id,
                    "reportingMTA": format!("dns; smtp-out.{REGION}.amazonses.com"),
                }),
            ),
            Kind::Complaint => (
                "Email Complaint Received",
                "Complaint",
                json!({
                    "complainedRecipients": [{ "emailAddress": address }],
                    "complaintSubType": null,
                    "complaintFeedbackType": "abuse",
                    "userAgent": "Amazon SES Mailbox Simulator",
                    "timestamp": timestamp,
                    "feedbackId": feedback_id,
                }),
            ),
        };
        let mut detail = json!({ "eventType": name, "mail": mail(email, &timestamp) });
        detail[name.to_lowercase()] = told;
        Some(Self { detail_type, detail })
    }
}

enum Kind {
    Bounce,
    Complaint,
}

fn simulated(address: &str) -> Option<Kind> {
    let (local, domain) = address.rsplit_once('@')?;
    if !domain.eq_ignore_ascii_case("simulator.amazonses.com") {
        return None;
    }
    match local.split('+').next()?.to_ascii_lowercase().as_str() {
        "bounce" => Some(Kind::Bounce),
        "complaint" => Some(Kind::Complaint),
        _ => None,
    }
}

fn mail(email: &Email, timestamp: &str) -> Value {
    json!({
        "timestamp": timestamp,
        "source": email.from,
        "sourceArn": format!("arn:aws:ses:{REGION}:{ACCOUNT}:identity/local"),
        "sendingAccountId": ACCOUNT,
        "messageId": email.message_id,
        "destination": email.destination.to,
        "headersTruncated": false,
        "headers": email.headers,
        "commonHeaders": { "to": email.destination.to, "subject": email.subject },
        "tags": { "ses:configuration-set": email.configuration_set.as_slice() },
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::mail::{Body, Destination};

    fn sent_to(address: &str) -> Option<Report> {
        let email = Email {
            message_id: "1".to_owned(),
            from: "a@b.test".to_owned(),
            reply_to: Vec::new(),
            destination: Destination { to: vec![address.to_owned()], ..Destination::default() },
            subject: "Hello".to_owned(),
            body: Body::default(),
            headers: Vec::new(),
            attachments: Vec::new(),
            configuration_set: None,
            tags: Vec::new(),
            at: 1000,
        };
        Report::of(&email, Timestamp::from_second(1000).unwrap())
    }

    /// Every name in a document, by the objects around it.
    fn names(value: &Value, at: &str, into: &mut BTreeSet<String>) {
        for (name, value) in value.as_object().into_iter().flatten() {
            let at = format!("{at}/{name}");
            names(value, &at, into);
            into.insert(at);
        }
    }

    #[test]
    fn reports_are_shaped_as_those_that_the_function_is_tested_with() {
        for (address, fixture) in [
            ("bounce@simulator.amazonses.com", include_str!("../../../../events/mail-feedback.bounce.json")),
            (
                "complaint@simulator.amazonses.com",
                include_str!("../../../../events/mail-feedback.complaint.json"),
            ),
        ] {
            let report = sent_to(address).unwrap();
            let fixture: Value = serde_json::from_str(fixture).unwrap();
            assert_eq!(fixture["detail-type"], report.detail_type);
            let (mut ours, mut meant) = (BTreeSet::new(), BTreeSet::new());
            names(&report.detail, "", &mut ours);
            names(&fixture["detail"], "", &mut meant);
            assert_eq!(ours, meant);
        }
    }

    #[test]
    fn only_the_simulators_addresses_answer() {
        for address in ["Bounce+a@simulator.amazonses.com", "complaint+x+y@SIMULATOR.amazonses.com"] {
            assert!(sent_to(address).is_some(), "{address}");
        }
        for address in ["success@simulator.amazonses.com", "bounce@example.com", "bounce"] {
            assert_eq!(sent_to(address), None, "{address}");
        }
    }
}
