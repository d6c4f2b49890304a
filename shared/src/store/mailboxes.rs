//! Mailboxes that signed-in users are proving.

use jiff::ToSpan;

use super::{
    Alteration, Altered, Failures, Store, StoreError,
    dynamo::{Change, Written, number, read, write},
    keys::Key,
};
use crate::domain::{
    ids::{TenantId, UserId},
    mailbox::{Aim, MailboxProof},
    settings::Method,
};

/// What came of beginning a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProofBegun {
    Begun,
    /// The last code is too fresh.
    TooSoon {
        retry_after: u32,
    },
}

impl Store {
    /// Begins a proof in place of an older one; not within half a minute of it.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn begin_proof(
        &self,
        tenant: TenantId,
        user: UserId,
        aim: Aim,
        proof: &MailboxProof,
    ) -> Result<ProofBegun, StoreError> {
        let cool = proof.sent_at.saturating_sub(MailboxProof::COOLDOWN_SECONDS.seconds());
        let mut names = Vec::new();
        let mut change = Change::of(Key::begun(tenant, user, aim.name()), String::new())
            .when("attribute_not_exists(sent_at) OR sent_at <= :cool")
            .time(":cool", cool.unwrap_or(proof.sent_at));
        for (index, (name, value)) in write(proof)?.into_iter().enumerate() {
            names.push(format!("#p{index} = :p{index}"));
            change = change.name(&format!("#p{index}"), name).value(&format!(":p{index}"), value);
        }
        change.expression = format!("SET {}", names.join(", "));
        Ok(match self.change_once(change).await? {
            Written::Done(_) => ProofBegun::Begun,
            Written::Refused(item) => {
                let sent_at = item.as_ref().and_then(|item| number(item, "sent_at")).unwrap_or(0);
                let wait = sent_at + MailboxProof::COOLDOWN_SECONDS - proof.sent_at.as_second();
                ProofBegun::TooSoon { retry_after: u32::try_from(wait.max(1)).unwrap_or(1) }
            }
        })
    }

    /// Counts a try on a proof that stands, and reads it; `None` where there is none or no try left.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn count_proof_try(
        &self,
        tenant: TenantId,
        user: UserId,
        aim: Aim,
    ) -> Result<Option<MailboxProof>, StoreError> {
        let change = Change::of(Key::begun(tenant, user, aim.name()), "ADD tries :one")
            .when("attribute_exists(pk) AND expires_at > :now AND tries < :most")
            .number(":one", 1)
            .number(":most", MailboxProof::TRIES)
            .time(":now", self.clock.now());
        match self.change(change).await? {
            Written::Done(item) => read(item).map(Some),
            Written::Refused(_) => Ok(None),
        }
    }

    /// Makes the proven mailbox a second factor.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn enroll_mailbox(
        &self,
        alteration: &Alteration<'_>,
        proof: &MailboxProof,
    ) -> Result<Altered, StoreError> {
        let (tenant, user) = (alteration.tenant, alteration.from.user_id);
        let transaction = alteration
            .transaction(self)?
            .change(self.spend_proof(tenant, user, Aim::Factor, proof))
            .delete(Failures::of_factor(tenant, user, Method::Email.name()).key);
        self.alter(transaction).await
    }

    /// The mailbox is a second factor no more.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn remove_mailbox(&self, alteration: &Alteration<'_>) -> Result<Altered, StoreError> {
        self.alter(alteration.transaction(self)?).await
    }

    /// A proof is spent by what it proves; one that was begun anew meanwhile is another.
    pub(super) fn spend_proof(
        &self,
        tenant: TenantId,
        user: UserId,
        aim: Aim,
        proof: &MailboxProof,
    ) -> Change {
        let now = self.clock.now();
        // Nothing is left to try; the time of the last code stays, so that the next must wait.
        Change::of(Key::begun(tenant, user, aim.name()), "SET expires_at = :now")
            .when("expires_at > :now AND sent_at = :sent")
            .time(":sent", proof.sent_at)
            .time(":now", now)
    }
}
