//! Tenants' own words for mails. The tenant's record says which there are, so that nobody looks for others.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Store, StoreError,
    dynamo::write,
    keys::Key,
    tenants::next,
    transaction::{Committed, Transaction},
};
use crate::domain::{TemplateName, Tenant, TenantSlug};

/// A template as it was given, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredTemplate {
    pub text: String,
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub changed_at: Timestamp,
}

impl Store {
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn template(
        &self,
        slug: &TenantSlug,
        name: TemplateName,
    ) -> Result<Option<StoredTemplate>, StoreError> {
        self.get(&Key::template(slug, name)).await
    }

    /// Writes a template with the tenant's next revision, which names it; false where another change of the
    /// tenant came first.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn set_template(
        &self,
        tenant: &Tenant,
        name: TemplateName,
        template: &StoredTemplate,
    ) -> Result<bool, StoreError> {
        let transaction = Transaction::default()
            .change(next(tenant)?)
            .put(Key::template(&tenant.slug, name), write(template)?);
        Ok(matches!(self.commit(transaction).await?, Committed::Done))
    }

    /// Deletes a template with the tenant's next revision, which names it no more; false where another change
    /// of the tenant came first.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn clear_template(&self, tenant: &Tenant, name: TemplateName) -> Result<bool, StoreError> {
        let transaction =
            Transaction::default().change(next(tenant)?).delete(Key::template(&tenant.slug, name));
        Ok(matches!(self.commit(transaction).await?, Committed::Done))
    }
}
