//! The end of an account.

use super::{
    Alteration, Altered, Failures, Store, StoreError,
    dynamo::key_of,
    keys::{Key, Table},
    transaction::Transaction,
};
use crate::domain::ids::{TenantId, UserId};

impl Store {
    /// Deletes an account: its address is free, and nothing of it lets anybody in. What is left, which
    /// runs out by itself, the worker takes away that the errand wakes.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn delete_account(&self, alteration: &Alteration<'_>) -> Result<Altered, StoreError> {
        let (tenant, email) = (alteration.tenant, &alteration.login.email_key);
        let transaction = Transaction::default()
            .delete(Key::login(tenant, email))
            .delete(Failures::of_account(tenant, email).key);
        self.alter(self.without(alteration, transaction).await?).await
    }

    /// A transaction that leaves nothing of an account, but for what stands under its address.
    pub(super) async fn without(
        &self,
        alteration: &Alteration<'_>,
        transaction: Transaction,
    ) -> Result<Transaction, StoreError> {
        let (tenant, user) = (alteration.tenant, alteration.from.user_id);
        let state = alteration.basis(Key::state(tenant, user))?;
        let transaction = transaction.delete_if(state).delete(Key::profile(tenant, user));
        let keys = self.factor_keys(tenant, user).await?;
        alteration.rest(self, keys.into_iter().fold(transaction, Transaction::delete))
    }

    /// Takes away what is left of a user who is no more; somebody who is there is left alone.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn sweep_user(&self, tenant: TenantId, user: UserId) -> Result<(), StoreError> {
        if self.user_state(tenant, user).await?.is_some() {
            return Ok(());
        }
        for item in self.query_items(&Key::whole_user(tenant, user)).await? {
            self.delete(&key_of(Table::Users, &item)?).await?;
        }
        Ok(())
    }
}
