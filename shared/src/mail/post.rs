//! SES.

use aws_sdk_sesv2::{
    Client,
    error::{BuildError, ProvideErrorMetadata, SdkError},
    operation::send_email::SendEmailError,
    types::{Body, Content, Destination, EmailContent, Message, MessageHeader},
};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use super::{Rendered, Voice};

/// Why a mail was not taken. The texts are for the log; they name SES's code, never an address, a
/// sender or a word of the mail. SES's own messages are left out because they quote addresses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PostError {
    /// SES is busy, away or not set up; the same mail may go later. A mail may have gone already
    /// where the answer was lost.
    #[error("the mail goes later: {0}")]
    Later(String),
    /// SES refuses this mail, and will each time.
    #[error("the mail never goes: {0}")]
    Never(String),
}

/// Hands mails to SES.
#[derive(Debug, Clone)]
pub struct Post {
    client: Client,
    from: String,
    configuration_set: Option<String>,
}

impl Post {
    #[must_use]
    pub fn new(client: Client, from: String, configuration_set: Option<String>) -> Self {
        Self { client, from, configuration_set }
    }

    /// Who sends where a tenant has no sender of its own.
    #[must_use]
    pub fn from(&self) -> &str {
        &self.from
    }

    /// Sends a mail to one address and returns SES's message id.
    ///
    /// `reference` is the outbox entry's id: mails with different ones are not folded into one
    /// conversation by the mail client. The headers keep auto-responders from answering (RFC 3834).
    ///
    /// # Errors
    /// [`PostError`]; what is not known to be this mail's own fault is [`PostError::Later`], so that
    /// a misconfigured or paused account delays mails until their deadline instead of losing them.
    pub async fn send(
        &self,
        to: &str,
        voice: &Voice,
        rendered: &Rendered,
        reference: &str,
    ) -> Result<String, PostError> {
        let message = message(rendered, reference)
            .map_err(|_| PostError::Never("the message could not be built".to_owned()))?;
        self.client
            .send_email()
            .from_email_address(&voice.from)
            .set_reply_to_addresses(voice.reply_to.clone().map(|address| vec![address]))
            .destination(Destination::builder().to_addresses(to).build())
            .content(EmailContent::builder().simple(message).build())
            .set_configuration_set_name(self.configuration_set.clone())
            .send()
            .await
            .map(|sent| sent.message_id.unwrap_or_default())
            .map_err(|error| sort(&error))
    }
}

fn message(rendered: &Rendered, reference: &str) -> Result<Message, BuildError> {
    let utf8 = |data: &str| Content::builder().data(data).charset("UTF-8").build();
    let header = |name: &str, value: &str| MessageHeader::builder().name(name).value(value).build();
    let body = Body::builder().text(utf8(&rendered.text)?).html(utf8(&rendered.html)?).build();
    Ok(Message::builder()
        .subject(utf8(&rendered.subject)?)
        .body(body)
        .headers(header("Auto-Submitted", "auto-generated")?)
        .headers(header("X-Auto-Response-Suppress", "All")?)
        .headers(header("X-Entity-Ref-ID", reference)?)
        .build())
}

/// Sorts an SDK error by whether the same mail can go later.
fn sort(error: &SdkError<SendEmailError, HttpResponse>) -> PostError {
    match error {
        SdkError::ServiceError(service) => {
            let text = format!(
                "SES: {} {}",
                service.raw().status().as_u16(),
                service.err().code().unwrap_or("unknown")
            );
            match service.err() {
                // Not `MessageRejected`: in SES's sandbox, or before an identity is proved, every mail is.
                SendEmailError::BadRequestException(_) => PostError::Never(text),
                _ => PostError::Later(text),
            }
        }
        SdkError::TimeoutError(_) => PostError::Later("SES: no answer in time".to_owned()),
        SdkError::DispatchFailure(_) => PostError::Later("SES: no connection".to_owned()),
        SdkError::ResponseError(_) => PostError::Later("SES: the answer was cut off".to_owned()),
        SdkError::ConstructionFailure(_) => PostError::Never("SES: the request could not be made".to_owned()),
        _ => PostError::Later("SES: a fault of a new kind".to_owned()),
    }
}
