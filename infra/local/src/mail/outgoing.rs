//! The request of SES v2's `SendEmail`.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde::Deserialize;

use super::{Attachment, Body, Destination, Email, NameValue};

/// `SendEmail`'s request: as much of it as an inbox shows.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SendEmail {
    from_email_address: Option<String>,
    #[serde(default)]
    reply_to_addresses: Vec<String>,
    #[serde(default)]
    destination: Addresses,
    content: Content,
    configuration_set_name: Option<String>,
    #[serde(default)]
    email_tags: Vec<NameValue>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Addresses {
    #[serde(rename = "ToAddresses")]
    to: Vec<String>,
    #[serde(rename = "CcAddresses")]
    cc: Vec<String>,
    #[serde(rename = "BccAddresses")]
    bcc: Vec<String>,
}

/// One of the three is there.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Content {
    simple: Option<Simple>,
    raw: Option<Data>,
    template: Option<Template>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Simple {
    subject: Data,
    body: SimpleBody,
    #[serde(default)]
    headers: Vec<NameValue>,
    #[serde(default)]
    attachments: Vec<Attachment>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SimpleBody {
    text: Option<Data>,
    html: Option<Data>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Data {
    data: String,
}

#[derive(Debug, Deserialize)]
struct Template {
    #[serde(rename = "TemplateName")]
    name: Option<String>,
    #[serde(rename = "TemplateData")]
    data: Option<String>,
    #[serde(rename = "Headers", default)]
    headers: Vec<NameValue>,
}

/// What the three kinds of content come to.
struct Said {
    subject: String,
    body: Body,
    headers: Vec<NameValue>,
    attachments: Vec<Attachment>,
}

impl SendEmail {
    /// The mail that is sent with this. A raw one is shown as it is, a template by its data.
    ///
    /// # Errors
    /// What SES would call a bad request.
    pub fn email(self, message_id: String, at: i64) -> Result<Email, String> {
        let said = self.content.said()?;
        let Addresses { to, cc, bcc } = self.destination;
        let destination = Destination { to, cc, bcc };
        let from = self
            .from_email_address
            .or_else(|| value_of(&said.headers, "from"))
            .ok_or("FromEmailAddress is missing.")?;
        let recipients = destination.to.len() + destination.cc.len() + destination.bcc.len();
        if recipients == 0 && value_of(&said.headers, "to").is_none() {
            return Err("There is no recipient.".to_owned());
        }
        if recipients > 50 {
            return Err("Recipient count exceeds 50.".to_owned());
        }
        Ok(Email {
            message_id,
            from,
            reply_to: self.reply_to_addresses,
            destination,
            subject: said.subject,
            body: said.body,
            headers: said.headers,
            attachments: said.attachments,
            configuration_set: self.configuration_set_name,
            tags: self.email_tags,
            at,
        })
    }
}

impl Content {
    fn said(self) -> Result<Said, String> {
        match (self.simple, self.raw, self.template) {
            (Some(simple), None, None) => Ok(Said {
                subject: simple.subject.data,
                body: Body {
                    text: simple.body.text.map(|text| text.data),
                    html: simple.body.html.map(|html| html.data),
                },
                headers: simple.headers,
                attachments: simple.attachments,
            }),
            (None, Some(raw), None) => said_raw(&raw.data),
            (None, None, Some(template)) => Ok(Said {
                subject: template.name.unwrap_or_default(),
                body: Body { text: template.data, html: None },
                headers: template.headers,
                attachments: Vec::new(),
            }),
            _ => Err("Content has to be one of Simple, Raw and Template.".to_owned()),
        }
    }
}

/// A whole message: its headers are read, its body is not.
fn said_raw(data: &str) -> Result<Said, String> {
    let message = BASE64_STANDARD.decode(data).map_err(|error| format!("Raw.Data: {error}"))?;
    let message = String::from_utf8_lossy(&message).replace("\r\n", "\n");
    let (head, text) = message.split_once("\n\n").unwrap_or((&message, ""));
    let unfolded = head.replace("\n ", " ").replace("\n\t", " ");
    let headers: Vec<NameValue> = unfolded
        .lines()
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| NameValue { name: name.trim().to_owned(), value: value.trim().to_owned() })
        .collect();
    Ok(Said {
        subject: value_of(&headers, "subject").unwrap_or_default(),
        body: Body { text: Some(text.to_owned()), html: None },
        headers,
        attachments: Vec::new(),
    })
}

fn value_of(headers: &[NameValue], name: &str) -> Option<String> {
    headers.iter().find(|header| header.name.eq_ignore_ascii_case(name)).map(|header| header.value.clone())
}
