//! MFA handles.

use super::{
    Store, StoreError,
    dynamo::{Change, Written, number, read, write},
    keys::Key,
};
use crate::{
    domain::{handle::Handle, ids::TenantId},
    tokens::Bearer,
};
use aws_sdk_dynamodb::{primitives::Blob, types::AttributeValue};
use jiff::{Timestamp, ToSpan};

/// What came of asking for a code.
#[derive(Debug)]
pub enum CodeSent {
    Sent(Box<Handle>),
    /// The last one is too fresh.
    TooSoon {
        handle: Box<Handle>,
        retry_after: u32,
    },
    /// No such handle, or it is spent, expired or exhausted.
    Gone,
}

/// What came of spending a handle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spent {
    /// By this attempt; an SDK retry that meets its own write is this, too.
    Now,
    /// By another one, or it has expired.
    Before,
}

pub(super) const LIVE: &str = "attribute_exists(pk) AND expires_at > :now AND attribute_not_exists(spent_by)";

impl Store {
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn open_handle(
        &self,
        tenant: TenantId,
        token: &Bearer,
        handle: &Handle,
    ) -> Result<(), StoreError> {
        self.put(&Key::handle(tenant, token), write(handle)?).await
    }

    /// A live handle, read without a try.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn handle(&self, tenant: TenantId, token: &Bearer) -> Result<Option<Handle>, StoreError> {
        let handle: Option<Handle> = self.get(&Key::handle(tenant, token)).await?;
        Ok(handle.filter(|handle| handle.expires_at > self.clock.now()))
    }

    /// Counts a try on a live handle and reads it; `None` for a handle that is unknown, spent,
    /// expired, or has no try left. Of a thousand parallel tries five get it.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn count_try(&self, tenant: TenantId, token: &Bearer) -> Result<Option<Handle>, StoreError> {
        self.count_on(tenant, token, "tries", Handle::TRIES).await
    }

    /// Counts a WebAuthn challenge on a live handle, likewise.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn count_begin(&self, tenant: TenantId, token: &Bearer) -> Result<Option<Handle>, StoreError> {
        self.count_on(tenant, token, "begins", Handle::BEGINS).await
    }

    async fn count_on(
        &self,
        tenant: TenantId,
        token: &Bearer,
        counter: &str,
        most: u32,
    ) -> Result<Option<Handle>, StoreError> {
        let change = Change::of(Key::handle(tenant, token), "ADD #counter :one")
            .name("#counter", counter)
            .when(format!("{LIVE} AND (attribute_not_exists(#counter) OR #counter < :most)"))
            .number(":one", 1)
            .number(":most", most)
            .time(":now", self.clock.now());
        match self.change(change).await? {
            Written::Done(item) => read(item).map(Some),
            Written::Refused(_) => Ok(None),
        }
    }

    /// Puts a fresh code on a live handle that has tries left; it replaces an older one.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn put_code(
        &self,
        tenant: TenantId,
        token: &Bearer,
        mac: [u8; 32],
        until: Timestamp,
    ) -> Result<CodeSent, StoreError> {
        let now = self.clock.now();
        let change = Change::of(
            Key::handle(tenant, token),
            "SET code_mac = :mac, code_until = :until, code_sent_at = :now",
        )
        // An SDK retry that meets its own write is no second asking.
        .when(format!(
            "{LIVE} AND tries < :most \
             AND (attribute_not_exists(code_sent_at) OR code_sent_at <= :cool OR code_mac = :mac)"
        ))
        .value(":mac", AttributeValue::B(Blob::new(mac)))
        .time(":until", until)
        .number(":most", Handle::TRIES)
        .time(":now", now)
        .time(":cool", now.saturating_sub(Handle::CODE_COOLDOWN_SECONDS.seconds()).unwrap_or(now));
        let refused = match self.change(change).await? {
            Written::Done(item) => return Ok(CodeSent::Sent(Box::new(read(item)?))),
            Written::Refused(refused) => refused,
        };
        let Some(item) = refused else { return Ok(CodeSent::Gone) };
        let sent_at = number(&item, "code_sent_at");
        let live = !item.contains_key("spent_by")
            && number(&item, "expires_at").is_some_and(|at| at > now.as_second())
            && number(&item, "tries").is_some_and(|tries| tries < i64::from(Handle::TRIES));
        match sent_at {
            Some(sent_at) if live => {
                let wait = sent_at + Handle::CODE_COOLDOWN_SECONDS - now.as_second();
                let retry_after = u32::try_from(wait.max(1)).unwrap_or(1);
                Ok(CodeSent::TooSoon { handle: Box::new(read(item)?), retry_after })
            }
            _ => Ok(CodeSent::Gone),
        }
    }

    /// Ends the wait for another code, where this one may not be mailed. It stays good, for it may be.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn forget_code_sent(
        &self,
        tenant: TenantId,
        token: &Bearer,
        mac: [u8; 32],
    ) -> Result<(), StoreError> {
        let change = Change::of(Key::handle(tenant, token), "REMOVE code_sent_at")
            .when("code_mac = :mac")
            .value(":mac", AttributeValue::B(Blob::new(mac)));
        self.change(change).await.map(|_| ())
    }

    /// Spends a handle; of a hundred at once one does. `attempt` names the request.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn spend_handle(
        &self,
        tenant: TenantId,
        token: &Bearer,
        attempt: &str,
    ) -> Result<Spent, StoreError> {
        let change = Change::of(Key::handle(tenant, token), "SET spent_by = :attempt")
            .when(
                "attribute_exists(pk) AND expires_at > :now \
                 AND (attribute_not_exists(spent_by) OR spent_by = :attempt)",
            )
            .text(":attempt", attempt)
            .time(":now", self.clock.now());
        Ok(if self.change(change).await?.is_done() { Spent::Now } else { Spent::Before })
    }

    /// Undoes what this attempt spent, so that the person can try again what could not be done.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn unspend_handle(
        &self,
        tenant: TenantId,
        token: &Bearer,
        attempt: &str,
    ) -> Result<(), StoreError> {
        self.unspend(Key::handle(tenant, token), attempt).await
    }

    /// Likewise, whatever it spent.
    pub(super) async fn unspend(&self, key: Key, attempt: &str) -> Result<(), StoreError> {
        let change = Change::of(key, "REMOVE spent_by").when("spent_by = :attempt").text(":attempt", attempt);
        self.change(change).await.map(|_| ())
    }
}
