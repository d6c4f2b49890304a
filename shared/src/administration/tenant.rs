//! Tenants.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::{AdministrationError, Administrator, administrator::Deed, captcha, key};
use crate::{
    domain::{
        Fault, Settings, Tenant, TenantKeys, TenantSlug,
        event::Kind,
        ids::{EventId, TenantId},
        settings::SettingFaults,
        tenant::TenantStatus,
    },
    runtime::Parts,
    tokens,
};

/// Makes a tenant and its first signing key.
///
/// # Errors
/// [`AdministrationError::SlugTaken`]; the wrong data keys; the store.
pub async fn create(
    by: &Administrator,
    slug: &TenantSlug,
    name: &str,
    settings: Settings,
) -> Result<Tenant, AdministrationError> {
    captcha::check(&settings, false)?;
    let parts = &by.parts;
    // Every start compares; only where nothing was written yet is there something to write down.
    if parts.store.key_check().await?.is_none() {
        parts.store.settle_keys(&parts.keys).await?;
    }
    let (jwk, sealed) = key::fresh(parts, slug, settings.tokens.algorithm)?;
    let now = parts.clock.now();
    let tenant = Tenant {
        id: TenantId::fresh(&*parts.clock, &*parts.entropy),
        slug: slug.clone(),
        display_name: name.to_owned(),
        standing: TenantStatus::Active,
        settings,
        keys: TenantKeys::of(jwk, now),
        templates: BTreeSet::new(),
        sealed_captcha: None,
        not_before: Timestamp::UNIX_EPOCH,
        created_at: now,
        revision: 1,
    };
    if !parts.store.create_tenant(&tenant, &sealed).await? {
        return Err(AdministrationError::SlugTaken(slug.to_string()));
    }
    by.record(&tenant, Kind::TenantCreated, Deed::default()).await?;
    Ok(tenant)
}

/// # Errors
/// [`AdministrationError::NoTenant`]; the store.
pub async fn show(parts: &Parts, slug: &TenantSlug) -> Result<Tenant, AdministrationError> {
    let tenant = parts.store.tenant(slug).await?;
    let tenant = tenant.filter(|tenant| tenant.standing != TenantStatus::Deleted);
    tenant.ok_or_else(|| AdministrationError::NoTenant(slug.to_string()))
}

/// Up to `most` tenants after this slug, by slug; fewer only at the end.
///
/// # Errors
/// The store's.
pub async fn page(
    parts: &Parts,
    after: Option<&TenantSlug>,
    most: usize,
) -> Result<Vec<Tenant>, AdministrationError> {
    Ok(parts.store.tenants_after(after, most).await?)
}

/// Every tenant, by slug: it reads the whole table, so it is for the command line.
///
/// # Errors
/// The store's.
pub async fn list(parts: &Parts) -> Result<Vec<Tenant>, AdministrationError> {
    Ok(parts.store.tenants().await?)
}

/// Changes settings, all or none; the captcha's secret is taken among them.
///
/// # Errors
/// [`AdministrationError::Settings`] with every fault; [`AdministrationError::Overtaken`]; the store.
pub async fn set(
    by: &Administrator,
    slug: &TenantSlug,
    changes: &[(String, Value)],
) -> Result<Tenant, AdministrationError> {
    let keys: Vec<_> = changes.iter().map(|(key, _)| key.as_str()).collect();
    let deed = Deed::of(keys.join(", "));
    let (secret, changes) = captcha::taken_from(changes).map_err(AdministrationError::Settings)?;
    change(by, slug, (Kind::TenantChanged, deed), |tenant| {
        tenant.settings = with(&tenant.settings, &changes).map_err(AdministrationError::Settings)?;
        secret.put(&by.parts, tenant)
    })
    .await
}

/// The settings with several changed at once: only the whole must hold, so their order says nothing.
///
/// # Errors
/// Every fault at once, unknown keys included.
pub fn with(settings: &Settings, changes: &[(String, Value)]) -> Result<Settings, SettingFaults> {
    let mut faults = SettingFaults::new();
    let mut whole = serde_json::to_value(settings).unwrap_or_default();
    let known = Settings::table();
    for (key, value) in changes {
        let place = known.iter().any(|setting| setting.key == key).then(|| key.replace('.', "/"));
        match place.and_then(|place| whole.pointer_mut(&format!("/{place}"))) {
            Some(place) => *place = value.clone(),
            None if key == captcha::SECRET => {
                faults.push((key.clone(), Fault::value("is set with tenant set, once the tenant is there")));
            }
            None => faults.extend(settings.set(key, value.clone()).err().unwrap_or_default()),
        }
    }
    match Settings::parse(whole) {
        Ok(whole) if faults.is_empty() => Ok(whole),
        Ok(_) => Err(faults),
        Err(more) => {
            faults.extend(more);
            Err(faults)
        }
    }
}

/// Suspends a tenant: it answers nobody, at the latest after a minute.
///
/// # Errors
/// [`AdministrationError::NoTenant`]; the store.
pub async fn suspend(by: &Administrator, slug: &TenantSlug) -> Result<Tenant, AdministrationError> {
    change(by, slug, (Kind::TenantSuspended, Deed::default()), |tenant| {
        tenant.standing = TenantStatus::Suspended;
        Ok(())
    })
    .await
}

/// # Errors
/// [`AdministrationError::NoTenant`]; the store.
pub async fn resume(by: &Administrator, slug: &TenantSlug) -> Result<Tenant, AdministrationError> {
    change(by, slug, (Kind::TenantResumed, Deed::default()), |tenant| {
        tenant.standing = TenantStatus::Active;
        Ok(())
    })
    .await
}

/// Edits the very revision that was read: what another changes meanwhile is never undone.
async fn change(
    by: &Administrator,
    slug: &TenantSlug,
    (kind, deed): (Kind, Deed),
    edit: impl FnOnce(&mut Tenant) -> Result<(), AdministrationError>,
) -> Result<Tenant, AdministrationError> {
    let mut tenant = show(&by.parts, slug).await?;
    edit(&mut tenant)?;
    tenant.revision += 1;
    if !by.parts.store.change_tenant(&tenant).await? {
        return Err(AdministrationError::Overtaken(slug.to_string()));
    }
    by.record(&tenant, kind, deed).await?;
    Ok(tenant)
}

/// Makes a token for a service that calls the open endpoints in a tenant's name.
///
/// # Errors
/// The signing key's and the store's.
pub async fn client_token(
    by: &Administrator,
    tenant: &Tenant,
    client: &str,
    minutes: i64,
) -> Result<String, AdministrationError> {
    let parts = &by.parts;
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
    let token = key.sign("at+jwt", &claims).map_err(|error| AdministrationError::Keys(error.to_string()))?;
    by.record(tenant, Kind::ClientTokenMade, Deed::of(client)).await?;
    Ok(token.to_string())
}

#[cfg(test)]
mod tests {
    use crate::domain::settings::RedirectUri;
    use serde_json::json;

    use super::*;

    fn change(changes: &[(&str, Value)]) -> Result<Settings, Vec<String>> {
        let changes: Vec<_> = changes.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
        with(&Settings::default(), &changes)
            .map_err(|faults| faults.into_iter().map(|(key, _)| key).collect())
    }

    #[test]
    fn settings_that_need_each_other_come_in_any_order() {
        let uri = "https://acme.test/in";
        let (one, other) = (("default_redirect_uri", json!(uri)), ("redirect_uris", json!([uri])));
        let settings = change(&[one.clone(), other.clone()]).unwrap();
        assert_eq!(settings.default_redirect_uri.as_ref().map(RedirectUri::as_str), Some(uri));
        assert_eq!(change(&[other, one.clone()]), Ok(settings));
        assert_eq!(change(&[one]), Err(vec!["default_redirect_uri".to_owned()]));
    }

    #[test]
    fn what_is_not_named_stays() {
        let before = change(&[("mfa.policy", json!("off"))]).unwrap();
        let after = with(&before, &[("mail.locale".to_owned(), json!("de"))]).unwrap();
        assert_eq!(after.mfa, before.mfa);
        assert_eq!(with(&before, &[]), Ok(before));
    }

    #[test]
    fn every_fault_is_told() {
        let faults = change(&[
            ("mfa", json!("required")),
            ("no.such", json!(1)),
            ("mfa.policy", json!("sometimes")),
            ("trusted_device_days", json!(1000)),
            ("mail.locale", json!("de")),
        ])
        .unwrap_err();
        assert_eq!(faults, ["mfa", "no.such", "mfa.policy", "trusted_device_days"]);
    }
}
