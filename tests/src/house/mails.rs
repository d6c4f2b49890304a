//! The mails of a house.

use std::time::Duration;

use local::mail::Email;
use tokio::time::Instant;

use super::{House, Place};
use crate::inbox::{code_in, read, token_in};

/// Elsewhere, so long what waits to be mailed is waited for, looked for so often.
const PATIENCE: Duration = Duration::from_mins(1);
const PAUSE: Duration = Duration::from_millis(200);

impl House {
    /// Has all that is due sent; elsewhere, waits for it.
    pub async fn settle(&self) {
        match &self.place {
            Place::Here { stack, .. } => stack.settle().await.unwrap(),
            Place::Elsewhere { tomorrow, .. } => {
                // What waits now: others have more mailed meanwhile.
                let waiting = tomorrow.store.due().await.unwrap();
                let until = Instant::now() + PATIENCE;
                loop {
                    let left = tomorrow.store.due().await.unwrap();
                    if !waiting.iter().any(|entry| left.contains(entry)) {
                        return;
                    }
                    // A mail that is absent must not pass for one that was never to be.
                    assert!(
                        Instant::now() < until,
                        "the outbox still has some of {waiting:?} after {PATIENCE:?}"
                    );
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    /// This house's mails, the oldest first, once all that is due has been sent.
    pub async fn mails(&self) -> Vec<Email> {
        self.settle().await;
        match &self.place {
            Place::Here { stack, .. } => stack.inbox().emails(),
            Place::Elsewhere { mail, http, .. } => self.of_this_house(listing(http, mail).await),
        }
    }

    /// The texts of this house's mails to an address, as [`mails`](Self::mails).
    pub async fn mails_to(&self, address: &str) -> Vec<String> {
        let mut mails = self.mails().await;
        mails.retain(|mail: &Email| mail.destination.to.iter().any(|to| to == address));
        mails.into_iter().map(|mail| mail.body.text.unwrap_or_default()).collect()
    }

    fn of_this_house(&self, mut mails: Vec<Email>) -> Vec<Email> {
        mails.retain(|mail| mail.subject.contains(&self.mark));
        mails
    }

    /// The last token of a kind that was mailed to an address.
    pub async fn mailed_token(&self, address: &str, prefix: &str) -> String {
        self.mailed(address, prefix, |text| token_in(text, prefix)).await
    }

    /// The last code that was mailed to an address.
    pub async fn mailed_code(&self, address: &str) -> String {
        self.mailed(address, "code", code_in).await
    }

    async fn mailed(&self, address: &str, what: &str, find: impl Fn(&str) -> Option<String>) -> String {
        let mails = self.mails_to(address).await;
        let found = mails.iter().rev().find_map(|text| find(text));
        found.unwrap_or_else(|| panic!("no {what} in the mails to {address}: {mails:#?}"))
    }
}

async fn listing(http: &reqwest::Client, mail: &str) -> Vec<Email> {
    let kept = http.get(mail).send().await.unwrap().text().await.unwrap();
    read(&serde_json::from_str(&kept).unwrap())
}
