//! The end of a tenant.

use std::collections::{BTreeSet, HashSet};

use latchkey::{
    administration::{AdministrationError, Deed},
    domain::{Settings, Tenant, TenantKeys, TenantSlug, event::Kind, ids::UserId, tenant::TenantStatus},
    jiff::SignedDuration,
    runtime::Parts,
    store::{Mark, StoreError},
};
use tokio::task::JoinSet;

use crate::{AdminError, Administrator};

/// So many users are taken away at once.
const AT_ONCE: usize = 16;
/// The list of users is a moment behind: it is gone through until it is empty, but not for ever.
const ROUNDS: usize = 10;

/// Deletes a tenant: it answers nobody any more, at the latest after a minute; its signing keys and its users are
/// taken away. Its slug is never used again, its audit record runs out by itself. One that was cut off is run
/// again. Gives how many users there were.
///
/// # Errors
/// [`AdministrationError::NoTenant`]; [`AdministrationError::Overtaken`]; the store's.
pub async fn delete_tenant(
    by: &Administrator,
    slug: &TenantSlug,
    mut progress: impl FnMut(usize),
) -> Result<usize, AdminError> {
    let parts = &by.parts;
    let tenant =
        parts.store.tenant(slug).await?.ok_or_else(|| AdministrationError::NoTenant(slug.to_string()))?;
    if tenant.standing != TenantStatus::Deleted {
        bury(by, &tenant).await?;
    }
    let none = TenantKeys::default();
    parts.store.forget_signing_keys(slug, [&none, &none]).await?;
    let mut gone = HashSet::new();
    for _ in 0..ROUNDS {
        let before = gone.len();
        let found = erase_all(parts, &tenant, &mut gone, &mut progress).await?;
        if !found || gone.len() == before {
            break;
        }
    }
    Ok(gone.len())
}

/// Leaves of a tenant what keeps its slug.
async fn bury(by: &Administrator, tenant: &Tenant) -> Result<(), AdminError> {
    let parts = &by.parts;
    let now = parts.clock.now();
    let buried = Tenant {
        standing: TenantStatus::Deleted,
        display_name: tenant.slug.to_string(),
        settings: Settings::default(),
        keys: TenantKeys::default(),
        templates: BTreeSet::new(),
        sealed_captcha: None,
        not_before: now.saturating_add(SignedDuration::from_secs(1)).unwrap_or(now),
        revision: tenant.revision + 1,
        ..tenant.clone()
    };
    if !parts.store.change_tenant(&buried).await? {
        return Err(AdministrationError::Overtaken(tenant.slug.to_string()).into());
    }
    Ok(by.record(&buried, Kind::TenantDeleted, Deed::default()).await?)
}

/// Goes through the list once; whether there was anybody.
async fn erase_all(
    parts: &Parts,
    tenant: &Tenant,
    gone: &mut HashSet<UserId>,
    progress: &mut impl FnMut(usize),
) -> Result<bool, AdminError> {
    let mut found = false;
    let mut mark = Some(Mark::default());
    while let Some(from) = mark {
        let (users, next) = parts.store.user_ids(tenant.id, from).await?;
        let mut erasing = JoinSet::new();
        for user in users {
            found = true;
            if erasing.len() >= AT_ONCE {
                erased(erasing.join_next().await, gone)?;
            }
            let (store, tenant) = (parts.store.clone(), tenant.id);
            erasing.spawn(async move { store.erase_user(tenant, user).await.map(|()| user) });
        }
        while let Some(done) = erasing.join_next().await {
            erased(Some(done), gone)?;
        }
        progress(gone.len());
        mark = next;
    }
    Ok(found)
}

fn erased(
    done: Option<Result<Result<UserId, StoreError>, tokio::task::JoinError>>,
    gone: &mut HashSet<UserId>,
) -> Result<(), AdminError> {
    let ended = || Err(StoreError::Broken("the removal of a user ended early".to_owned()));
    if let Some(done) = done {
        gone.insert(done.unwrap_or_else(|_| ended())?);
    }
    Ok(())
}
