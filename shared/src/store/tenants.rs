//! Tenants.

use super::{
    Store, StoreError,
    dynamo::{Change, read, write},
    keys::{Key, Table},
    signing_keys::SealedKey,
    transaction::{Committed, Transaction},
};
use crate::domain::{Tenant, TenantSlug};

impl Store {
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn tenant(&self, slug: &TenantSlug) -> Result<Option<Tenant>, StoreError> {
        self.get(&Key::tenant(slug)).await
    }

    /// Makes a tenant with its first signing key; false where the slug is taken. A slug is never
    /// used again: a tenant is suspended, its item stays.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn create_tenant(&self, tenant: &Tenant, key: &SealedKey) -> Result<bool, StoreError> {
        let transaction = Transaction::default()
            .put_new(Key::tenant(&tenant.slug), write(tenant)?)
            .put_new(Key::signing_key(&tenant.slug, &key.kid), write(key)?);
        Ok(matches!(self.commit(transaction).await?, Committed::Done))
    }

    /// Replaces a tenant's record by its next revision; false where another change came first.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn change_tenant(&self, tenant: &Tenant) -> Result<bool, StoreError> {
        Ok(self.change(next(tenant)?).await?.is_done())
    }

    /// Replaces a tenant's record by its next revision, which has a new signing key; false where another
    /// change came first.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn change_signing_keys(&self, tenant: &Tenant, key: &SealedKey) -> Result<bool, StoreError> {
        let transaction = Transaction::default()
            .change(next(tenant)?)
            .put_new(Key::signing_key(&tenant.slug, &key.kid), write(key)?);
        Ok(matches!(self.commit(transaction).await?, Committed::Done))
    }

    /// Every tenant, by slug. For administration: it reads the whole table.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn tenants(&self) -> Result<Vec<Tenant>, StoreError> {
        let mut tenants = Vec::new();
        let mut from = None;
        loop {
            let answer = self
                .dynamo
                .scan()
                .table_name(self.tables.name(Table::Tenants))
                .filter_expression("sk = :sk")
                .expression_attribute_values(
                    ":sk",
                    aws_sdk_dynamodb::types::AttributeValue::S("TENANT".to_owned()),
                )
                .set_exclusive_start_key(from)
                .send()
                .await
                .map_err(|error| StoreError::of("Scan", &error))?;
            for item in answer.items.unwrap_or_default() {
                tenants.push(read::<Tenant>(item)?);
            }
            from = answer.last_evaluated_key;
            if from.is_none() {
                tenants.sort_unstable_by(|one, two| one.slug.cmp(&two.slug));
                return Ok(tenants);
            }
        }
    }
}

/// The change to a tenant's next revision.
fn next(tenant: &Tenant) -> Result<Change, StoreError> {
    let item = write(tenant)?;
    let secret = if tenant.sealed_captcha.is_some() {
        ", sealed_captcha = :captcha"
    } else {
        " REMOVE sealed_captcha"
    };
    let mut change = Change::of(
        Key::tenant(&tenant.slug),
        format!(
            "SET display_name = :name, standing = :standing, settings = :settings, jwks = :jwks, \
             not_before = :not_before, revision = :revision{secret}"
        ),
    )
    .when("attribute_exists(pk) AND revision = :previous")
    .number(":previous", i64::try_from(tenant.revision).unwrap_or(i64::MAX) - 1);
    for (placeholder, name) in [
        (":name", "display_name"),
        (":standing", "standing"),
        (":settings", "settings"),
        (":jwks", "jwks"),
        (":not_before", "not_before"),
        (":revision", "revision"),
        (":captcha", "sealed_captcha"),
    ] {
        if let Some(value) = item.get(name) {
            change = change.value(placeholder, value.clone());
        }
    }
    Ok(change)
}
