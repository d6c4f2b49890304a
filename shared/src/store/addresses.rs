//! An account's address: changed, and brought back.

use serde_bytes::ByteBuf;

use super::{
    Alteration, Altered, Failures, MadeSince, Store, StoreError,
    dynamo::{Change, write},
    keys::Key,
    transaction::{Committed, Transaction},
    users::LoginRow,
};
use crate::{
    domain::{
        EmailKey,
        ids::{TenantId, UserId},
        mailbox::{Aim, FormerAddress, MailboxProof},
        registration::Reset,
        settings::Method,
    },
    keys::{DataKey, StoredHash},
    tokens::Bearer,
};

/// An address that comes back, and what its holder is handed.
#[derive(Debug)]
pub struct Restored<'a> {
    pub former: &'a FormerAddress,
    /// Every token that dies with it: its own, and those of all later changes.
    pub hashes: Vec<String>,
    /// The factors that go with them.
    pub factors: &'a MadeSince,
    /// The password is gone; this chooses another.
    pub reset: (&'a Bearer, &'a Reset),
    /// The account that has the address now, and yields.
    pub over: Option<&'a Alteration<'a>>,
}

impl Store {
    /// Moves an account to a proven address. The old one may undo it by the token whose hash is given.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn change_address(
        &self,
        alteration: &Alteration<'_>,
        (proof, hash): (&MailboxProof, Option<&StoredHash>),
        (token_hash, former): (&str, &FormerAddress),
        key: &DataKey,
    ) -> Result<Altered, StoreError> {
        let (tenant, user) = (alteration.tenant, alteration.from.user_id);
        let sealed = hash.map(|hash| Self::seal_hash(tenant, &proof.email_key, hash, key));
        let to = (&proof.email_key, proof.address.clone(), proof.email.as_str());
        let transaction = moved(alteration, to, (sealed, false), None)?
            .put(Key::former_address(tenant, user, token_hash), write(former)?)
            .change(self.spend_proof(tenant, user, Aim::Address, proof))
            .delete(Failures::of_account(tenant, &proof.email_key).key)
            .delete(Failures::of_factor(tenant, user, Method::Email.name()).key);
        self.claim_address(alteration.rest(self, transaction)?).await
    }

    /// A user's former addresses that may still come back, with the hashes of their tokens.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn former_addresses(
        &self,
        tenant: TenantId,
        user: UserId,
    ) -> Result<Vec<(String, FormerAddress)>, StoreError> {
        let mut found = Vec::new();
        for item in self.query_items(&Key::former_addresses(tenant, user)).await? {
            let key = super::dynamo::key_of(super::keys::Table::Users, &item)?;
            let hash = key.sort.strip_prefix("FORMER#").unwrap_or_default().to_owned();
            let former: FormerAddress = super::dynamo::read(item)?;
            if former.expires_at > self.clock.now() {
                found.push((hash, former));
            }
        }
        Ok(found)
    }

    /// Brings an address back, without a password.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn restore_address(
        &self,
        alteration: &Alteration<'_>,
        restored: &Restored<'_>,
        factors: &DataKey,
    ) -> Result<Altered, StoreError> {
        let (tenant, user) = (alteration.tenant, alteration.from.user_id);
        let former = restored.former;
        let to = (&former.email_key, former.address.clone(), former.email.as_str());
        let mut transaction = moved(alteration, to, (None, former.unproven), restored.over)?;
        if let Some(over) = restored.over {
            transaction = self.without(over, transaction).await?;
        }
        for key in &restored.factors.keys {
            transaction = transaction.delete(key.clone());
        }
        for hash in &restored.hashes {
            transaction = transaction.delete(Key::former_address(tenant, user, hash));
        }
        let (token, reset) = restored.reset;
        let reset_item = Self::reset_item(tenant, token, reset, factors)?;
        transaction = transaction
            .put(Key::reset(tenant, token), reset_item)
            .delete(Failures::of_account(tenant, &former.email_key).key)
            .delete(Failures::of_factor(tenant, user, Method::Email.name()).key);
        self.claim_address(alteration.rest(self, transaction)?).await
    }

    /// Forgets the former addresses: none of them comes back.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn forget_former_addresses(&self, tenant: TenantId, user: UserId) -> Result<(), StoreError> {
        for (hash, _) in self.former_addresses(tenant, user).await? {
            self.delete(&Key::former_address(tenant, user, &hash)).await?;
        }
        Ok(())
    }

    async fn claim_address(&self, transaction: Transaction) -> Result<Altered, StoreError> {
        Ok(match self.commit(transaction).await? {
            Committed::Done => Altered::Done,
            Committed::Refused { index: 0, .. } => Altered::EmailTaken,
            Committed::Refused { .. } => Altered::Overtaken,
        })
    }
}

/// The items of an account at another address. The first write claims it, free or from who has it.
fn moved(
    alteration: &Alteration<'_>,
    (email_key, address, email): (&EmailKey, String, &str),
    (sealed_hash, unproven): (Option<ByteBuf>, bool),
    over: Option<&Alteration<'_>>,
) -> Result<Transaction, StoreError> {
    let tenant = alteration.tenant;
    let user = alteration.from.user_id;
    let mut login = LoginRow::fresh(user, email_key, address, alteration.to.standing);
    login.sealed_hash = sealed_hash;
    login.unproven = unproven;
    login.epoch = alteration.to.epoch;
    login.revision = alteration.to.revision;
    login.methods.clone_from(&alteration.methods);
    let mut state = alteration.of_state()?.text(":email", email_key.as_str());
    state.expression.push_str(", email_key = :email");
    let profile = Change::of(Key::profile(tenant, user), "SET email = :email")
        .when("attribute_exists(pk)")
        .text(":email", email);
    let (key, login) = (Key::login(tenant, email_key), write(&login)?);
    let claimed = match over {
        Some(over) => Transaction::default().put_over(over.basis(key)?, login),
        None => Transaction::default().put_new(key, login),
    };
    Ok(claimed.change(state).delete(Key::login(tenant, &alteration.login.email_key)).change(profile))
}
