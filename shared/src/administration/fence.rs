//! The fence after a restore: a table as it was brings back tokens that were spent or revoked since.

use jiff::SignedDuration;

use super::{AdministrationError, Administrator, administrator::Deed, tenant};
use crate::domain::{Tenant, TenantSlug, event::Kind, tenant::TenantStatus};

/// So often a tenant is fenced beside other changes of it.
const TRIES: usize = 5;

/// Declares dead whatever was issued by now, of one tenant or of all. Times are whole seconds, so that
/// what is issued in the rest of this one is dead as well. A function knows of it after a minute at most.
///
/// # Errors
/// [`AdministrationError::NoTenant`]; [`AdministrationError::Overtaken`] with the tenant that others keep changing; the
/// store's. The tenants before it are fenced.
pub async fn restore_fence(
    by: &Administrator,
    slug: Option<&TenantSlug>,
) -> Result<Vec<Tenant>, AdministrationError> {
    let tenants = match slug {
        Some(slug) => vec![tenant::show(&by.parts, slug).await?],
        None => tenant::list(&by.parts).await?,
    };
    let tenants = tenants.into_iter().filter(|tenant| tenant.standing != TenantStatus::Deleted);
    let mut fenced = Vec::new();
    for tenant in tenants {
        fenced.push(fence(by, tenant).await?);
    }
    Ok(fenced)
}

async fn fence(by: &Administrator, mut tenant: Tenant) -> Result<Tenant, AdministrationError> {
    for _ in 0..TRIES {
        let parts = &by.parts;
        let now = parts.clock.now();
        let next = now.saturating_add(SignedDuration::from_secs(1)).unwrap_or(now);
        tenant.not_before = tenant.not_before.max(next);
        tenant.revision += 1;
        if parts.store.change_tenant(&tenant).await? {
            by.record(&tenant, Kind::TenantFenced, Deed::default()).await?;
            return Ok(tenant);
        }
        tenant = tenant::show(parts, &tenant.slug).await?;
    }
    Err(AdministrationError::Overtaken(tenant.slug.to_string()))
}
