//! Tenants' signing keys.

use super::{AdministrationError, Administrator, administrator::Deed, tenant};
use crate::{
    domain::{Tenant, TenantKeys, TenantSlug, event::Kind, jwk::PublicJwk, tenant_keys::Rotating},
    runtime::Parts,
    store::SealedKey,
    tokens::SigningKey,
};

/// When a new key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rotation {
    /// Once verifiers can have seen it; the old ones stay until what they signed has run out.
    Announced,
    /// At once; the old ones work no more, and no access token that they signed.
    AtOnce,
}

/// A fresh key of the tenant's algorithm: its public half, and its private one sealed.
pub fn fresh(
    parts: &Parts,
    slug: &TenantSlug,
    algorithm: crate::domain::jwk::Algorithm,
) -> Result<(PublicJwk, SealedKey), AdministrationError> {
    let (pkcs8, jwk) =
        SigningKey::generate(algorithm).map_err(|error| AdministrationError::Keys(error.to_string()))?;
    let sealed = SealedKey::seal(slug, &jwk.kid, algorithm, &pkcs8, parts.signing_key()?);
    Ok((jwk, sealed))
}

/// Gives a tenant a new signing key.
///
/// # Errors
/// [`AdministrationError::Rotating`] where one waits already; [`AdministrationError::NoTenant`]; [`AdministrationError::Overtaken`];
/// the store's.
pub async fn rotate(
    by: &Administrator,
    slug: &TenantSlug,
    rotation: Rotation,
) -> Result<Tenant, AdministrationError> {
    let parts = &by.parts;
    let tenant = tenant::show(parts, slug).await?;
    let now = parts.clock.now();
    let (jwk, sealed) = fresh(parts, slug, tenant.settings.tokens.algorithm)?;
    let (keys, kind) = match rotation {
        Rotation::AtOnce => (TenantKeys::of(jwk, now), Kind::SigningKeyReplaced),
        Rotation::Announced => {
            let waits = |Rotating(at)| AdministrationError::Rotating(slug.to_string(), at);
            (tenant.keys.rotated(jwk, now).map_err(waits)?, Kind::SigningKeyRotated)
        }
    };
    let next = Tenant { keys, revision: tenant.revision + 1, ..tenant.clone() };
    if !parts.store.change_signing_keys(&next, &sealed).await? {
        return Err(AdministrationError::Overtaken(slug.to_string()));
    }
    // A function that read the tenant a moment ago signs with the former keys for a minute.
    parts.store.forget_signing_keys(slug, [&tenant.keys, &next.keys]).await?;
    by.record(&next, kind, Deed::default()).await?;
    Ok(next)
}
