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
        let (tenant, user) = (alteration.tenant, alteration.from.user_id);
        let email = &alteration.login.email_key;
        let mut state = alteration.of_state()?;
        // What the change would have set is not set.
        for unused in [":to", ":standing", ":revision"] {
            state.values.remove(unused);
        }
        let transaction = Transaction::default()
            .delete_if(state)
            .delete(Key::login(tenant, email))
            .delete(Key::profile(tenant, user))
            .delete(Failures::of_account(tenant, email).key);
        let keys = self.factor_keys(tenant, user).await?;
        let transaction = keys.into_iter().fold(transaction, Transaction::delete);
        self.alter(alteration.rest(self, transaction)?).await
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
