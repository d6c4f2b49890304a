//! The mail worker: woken by the tables' streams and once a minute, it sends what the outbox holds.
//!
//! A record is a name alone: the entry is read again, claimed for a minute, decided, rendered,
//! handed to SES, and taken out. A mail that fails goes back to its entry, and the record succeeds.

mod account;
mod decide;
mod delivery;
mod invitation;
mod links;

use async_trait::async_trait;
use aws_lambda_events::event::dynamodb::Event;
use latchkey::{
    http::Route,
    keys::Purpose,
    mail::Post,
    runtime::{self, Function, Parts, StartError, World},
    store::Due,
};
use serde::Deserialize;
use serde_json::{Value, json};

pub struct MailWorker {
    parts: Parts,
    post: Post,
}

impl MailWorker {
    /// The data keys it is given: what registrations mail is sealed with the passwords' key.
    pub const KEYS: &'static [Purpose] = &[Purpose::Passwords, Purpose::Factors];

    /// # Errors
    /// [`StartError`]: the worker must not run.
    pub async fn start(get: &dyn Fn(&str) -> Option<String>, world: World) -> Result<Self, StartError> {
        let post = runtime::post(get)?;
        Ok(Self { parts: Parts::start(get, Self::KEYS, false, world).await?, post })
    }

    /// Gives the numbers of the records that could not even be put back.
    async fn of_stream(&self, event: Event) -> Vec<String> {
        let mut failed = Vec::new();
        for record in event.records {
            let Some(due) = due_of(record.change.keys) else { continue };
            if let Err(error) = delivery::deliver(self, &due).await {
                tracing::error!(%error, entry = due.place(), "an outbox entry could not be handled");
                failed.extend(record.change.sequence_number);
            }
        }
        failed
    }

    /// # Errors
    /// When an entry could not even be put back, after all others: Lambda counts it, and an alarm rings.
    async fn of_minute(&self) -> Result<(), String> {
        let due = self.parts.store.due().await.map_err(|error| error.to_string())?;
        let mut handled = Ok(());
        for due in due {
            if let Err(error) = delivery::deliver(self, &due).await {
                tracing::error!(%error, entry = due.place(), "an outbox entry could not be handled");
                handled = Err("an outbox entry could not be handled".to_owned());
            }
        }
        handled
    }

    async fn work(&self, event: &[u8]) -> Result<Value, String> {
        let event: Value = serde_json::from_slice(event).map_err(|error| error.to_string())?;
        if event.get("Records").is_none() {
            self.of_minute().await?;
            return Ok(json!({}));
        }
        let event: Event = serde_json::from_value(event).map_err(|error| error.to_string())?;
        let failed = self.of_stream(event).await;
        let failed: Vec<_> = failed.into_iter().map(|number| json!({ "itemIdentifier": number })).collect();
        Ok(json!({ "batchItemFailures": failed }))
    }
}

#[async_trait]
impl Function for MailWorker {
    fn name(&self) -> &'static str {
        "mail-worker"
    }

    fn routes(&self) -> &'static [Route] {
        &[]
    }

    async fn invoke(&self, event: &[u8]) -> Result<Vec<u8>, String> {
        let answer = self.work(event).await;
        self.parts.meters.print();
        serde_json::to_vec(&answer?).map_err(|error| error.to_string())
    }
}

#[derive(Deserialize)]
struct Keys {
    pk: String,
    sk: String,
}

fn due_of(keys: serde_dynamo::Item) -> Option<Due> {
    let keys: Keys = serde_dynamo::from_item(keys).ok()?;
    Due::of_stream(&keys.pk, &keys.sk)
}
