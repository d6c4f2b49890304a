//! Mail feedback: EventBridge wakes it with what SES's configuration set tells of bounces and complaints, and it
//! marks the address, so that the mail worker does not go on mailing to it.
//!
//! A permanent bounce stops every mail for 30 days, and each new one renews it; a bounce that may pass stops
//! nothing. A complaint stops for 400 days what strangers can trigger, but no code and no security notice
//! ([`Undeliverable::stops`](latchkey::domain::undeliverable::Undeliverable::stops)).
//!
//! The mark stands for the exact address, since who holds `a+x@` need not hold `a@`, and for every tenant: SES
//! does not say whose mail it was, and for want of a tenant there is no audit event either.
//!
//! An event that cannot be read is written down and dropped, for it would read no better a second time; where the
//! store does not answer the invocation fails, and Lambda comes again.

mod report;

use async_trait::async_trait;
use latchkey::{
    http::Route,
    metrics::Metric,
    runtime::{Function, Parts, StartError, World},
    store::StoreError,
};

use report::Report;

pub const NAME: &str = "mail-feedback";

pub struct MailFeedback {
    parts: Parts,
}

impl MailFeedback {
    /// # Errors
    /// [`StartError`]: the function must not run.
    pub async fn start(get: &dyn Fn(&str) -> Option<String>, world: World) -> Result<Self, StartError> {
        Ok(Self { parts: Parts::start(get, &[], false, world).await? })
    }

    async fn hear(&self, event: &[u8]) -> Result<(), StoreError> {
        match Report::parse(event) {
            Ok(Report { message, against: None }) => {
                tracing::info!(message, "a report that stops no mail");
            }
            Ok(Report { message, against: Some((email, reason)) }) => {
                self.parts.store.mark_undeliverable(email.key(), reason).await?;
                self.parts.meters.count(Metric::UndeliverableAddresses);
                tracing::warn!(message, reason = reason.name(), "an address is undeliverable");
            }
            Err(why) => tracing::error!(why, "a report is dropped"),
        }
        Ok(())
    }
}

#[async_trait]
impl Function for MailFeedback {
    fn name(&self) -> &'static str {
        NAME
    }

    fn routes(&self) -> &'static [Route] {
        &[]
    }

    async fn invoke(&self, event: &[u8]) -> Result<Vec<u8>, String> {
        let heard = self.hear(event).await;
        self.parts.meters.print();
        heard.map(|()| b"{}".to_vec()).map_err(|error| error.to_string())
    }
}
