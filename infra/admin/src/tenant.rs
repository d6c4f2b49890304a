//! Tenants.

use latchkey::{
    domain::{
        Settings, Tenant, TenantSlug,
        event::Kind,
        ids::{EventId, TenantId},
        tenant::TenantStatus,
    },
    jiff::{SignedDuration, Timestamp},
    runtime::Parts,
    store::SealedKey,
    tokens::{self, SigningKey},
};
use serde_json::Value;

use crate::{AdminError, audit::record};

/// Makes a tenant and its first signing key.
///
/// # Errors
/// [`AdminError::SlugTaken`]; the wrong data keys; the store.
pub async fn create(
    parts: &Parts,
    slug: &TenantSlug,
    name: &str,
    settings: Settings,
) -> Result<Tenant, AdminError> {
    parts.store.settle_keys(&parts.keys).await?;
    let algorithm = settings.tokens.algorithm;
    let (pkcs8, jwk) =
        SigningKey::generate(algorithm).map_err(|error| AdminError::Keys(error.to_string()))?;
    let sealed = SealedKey::seal(slug, &jwk.kid, algorithm, &pkcs8, parts.signing_key()?);
    let tenant = Tenant {
        id: TenantId::fresh(&*parts.clock, &*parts.entropy),
        slug: slug.clone(),
        display_name: name.to_owned(),
        standing: TenantStatus::Active,
        settings,
        jwks: vec![jwk],
        not_before: Timestamp::UNIX_EPOCH,
        created_at: parts.clock.now(),
        revision: 1,
    };
    if !parts.store.create_tenant(&tenant, &sealed).await? {
        return Err(AdminError::SlugTaken(slug.to_string()));
    }
    record(parts, &tenant, Kind::TenantCreated, None).await?;
    Ok(tenant)
}

/// # Errors
/// [`AdminError::NoTenant`]; the store.
pub async fn show(parts: &Parts, slug: &TenantSlug) -> Result<Tenant, AdminError> {
    parts.store.tenant(slug).await?.ok_or_else(|| AdminError::NoTenant(slug.to_string()))
}

/// # Errors
/// The store's.
pub async fn list(parts: &Parts) -> Result<Vec<Tenant>, AdminError> {
    Ok(parts.store.tenants().await?)
}

/// Changes settings, all or none.
///
/// # Errors
/// [`AdminError::Settings`] with every fault of the first value that is at fault; the store.
pub async fn set(
    parts: &Parts,
    slug: &TenantSlug,
    changes: &[(String, Value)],
) -> Result<Tenant, AdminError> {
    let mut settings = show(parts, slug).await?.settings;
    for (key, value) in changes {
        settings = settings.set(key, value.clone()).map_err(AdminError::Settings)?;
    }
    change(parts, slug, Kind::TenantChanged, |tenant| tenant.settings = settings).await
}

/// Suspends a tenant: it answers nobody, at the latest after a minute.
///
/// # Errors
/// [`AdminError::NoTenant`]; the store.
pub async fn suspend(parts: &Parts, slug: &TenantSlug) -> Result<Tenant, AdminError> {
    change(parts, slug, Kind::TenantSuspended, |tenant| tenant.standing = TenantStatus::Suspended).await
}

/// # Errors
/// [`AdminError::NoTenant`]; the store.
pub async fn resume(parts: &Parts, slug: &TenantSlug) -> Result<Tenant, AdminError> {
    change(parts, slug, Kind::TenantResumed, |tenant| tenant.standing = TenantStatus::Active).await
}

async fn change(
    parts: &Parts,
    slug: &TenantSlug,
    kind: Kind,
    edit: impl FnOnce(&mut Tenant),
) -> Result<Tenant, AdminError> {
    let mut tenant = show(parts, slug).await?;
    edit(&mut tenant);
    tenant.revision += 1;
    if !parts.store.change_tenant(&tenant).await? {
        return Err(AdminError::Overtaken(slug.to_string()));
    }
    record(parts, &tenant, kind, None).await?;
    Ok(tenant)
}

/// Makes a token for a service that calls the open endpoints in a tenant's name.
///
/// # Errors
/// The signing key's and the store's.
pub async fn client_token(
    parts: &Parts,
    tenant: &Tenant,
    client: &str,
    minutes: i64,
) -> Result<String, AdminError> {
    let now = parts.clock.now();
    let until = now.saturating_add(SignedDuration::from_mins(minutes)).unwrap_or(now);
    let jti = EventId::fresh(&*parts.clock, &*parts.entropy).to_string();
    let claims = tokens::client_claims(
        &parts.base_url,
        &tenant.slug,
        tenant.id,
        tenant.audience(),
        client,
        jti,
        (now, until),
    );
    let key = parts.signers.of(tenant, parts).await?;
    let token = key.sign("at+jwt", &claims).map_err(|error| AdminError::Keys(error.to_string()))?;
    Ok(token.to_string())
}
