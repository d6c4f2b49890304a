//! Tenants.

use aws_sdk_dynamodb::types::AttributeValue;

use super::{
    Store, StoreError,
    dynamo::{Change, Item, attributes, key_of, read, write},
    keys::{Key, Table},
    schema::LISTING_INDEX,
    signing_keys::SealedKey,
    transaction::{Committed, Transaction},
};
use crate::domain::{Tenant, TenantSlug};

/// The partition of the index of tenants. One: they are few beside what one partition holds.
const LISTED: &str = "tenants";

/// So many items at once: a page of DynamoDB's own size takes longer than a request may.
const PAGE: i32 = 100;

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
            .put_new(Key::tenant(&tenant.slug), listed(&tenant.slug, write(tenant)?))
            .put_new(Key::signing_key(&tenant.slug, &key.kid), write(key)?);
        Ok(matches!(self.commit(transaction).await?, Committed::Done))
    }

    /// Replaces a tenant's record by its next revision; false where another change came first.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn change_tenant(&self, tenant: &Tenant) -> Result<bool, StoreError> {
        Ok(self.change_once(next(tenant)?).await?.is_done())
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

    /// Up to `most` tenants after this slug, by slug; fewer only at the end. Eventually consistent: one that was just
    /// made may be missing.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn tenants_after(
        &self,
        after: Option<&TenantSlug>,
        most: usize,
    ) -> Result<Vec<Tenant>, StoreError> {
        let from = after.map(|slug| listed(slug, attributes(&Key::tenant(slug))));
        let wanted = i32::try_from(most).unwrap_or(i32::MAX);
        let partition = ("listing_shard", LISTED);
        let (items, _) = self.indexed(Table::Tenants, LISTING_INDEX, partition, None, (from, wanted)).await?;
        let keys: Vec<_> = items.iter().map(|item| key_of(Table::Tenants, item)).collect::<Result<_, _>>()?;
        let tenants = futures::future::try_join_all(keys.iter().map(|key| self.get::<Tenant>(key))).await?;
        Ok(tenants.into_iter().flatten().collect())
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
                .limit(PAGE)
                .filter_expression("sk = :sk")
                .expression_attribute_values(":sk", AttributeValue::S("TENANT".to_owned()))
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

/// Enters a tenant in the index of all.
fn listed(slug: &TenantSlug, mut item: Item) -> Item {
    item.insert("listing_shard".to_owned(), AttributeValue::S(LISTED.to_owned()));
    item.insert("listing_key".to_owned(), AttributeValue::S(slug.to_string()));
    item
}

/// The change to a tenant's next revision.
pub(super) fn next(tenant: &Tenant) -> Result<Change, StoreError> {
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
             templates = :templates, not_before = :not_before, revision = :revision{secret}"
        ),
    )
    .when("attribute_exists(pk) AND revision = :previous")
    .number(":previous", i64::try_from(tenant.revision).unwrap_or(i64::MAX) - 1);
    for (placeholder, name) in [
        (":name", "display_name"),
        (":standing", "standing"),
        (":settings", "settings"),
        (":jwks", "jwks"),
        (":templates", "templates"),
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
