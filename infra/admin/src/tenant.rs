//! Tenants.

use latchkey::{
    domain::{
        Fault, Settings, Tenant, TenantKeys, TenantSlug,
        event::Kind,
        ids::{EventId, TenantId},
        settings::SettingFaults,
        tenant::TenantStatus,
    },
    jiff::{SignedDuration, Timestamp},
    runtime::Parts,
    tokens,
};
use serde_json::Value;

use crate::{AdminError, audit::record, captcha, key};

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
    captcha::check(&settings, false)?;
    parts.store.settle_keys(&parts.keys).await?;
    let (jwk, sealed) = key::fresh(parts, slug, settings.tokens.algorithm)?;
    let now = parts.clock.now();
    let tenant = Tenant {
        id: TenantId::fresh(&*parts.clock, &*parts.entropy),
        slug: slug.clone(),
        display_name: name.to_owned(),
        standing: TenantStatus::Active,
        settings,
        keys: TenantKeys::of(jwk, now),
        sealed_captcha: None,
        not_before: Timestamp::UNIX_EPOCH,
        created_at: now,
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

/// Changes settings, all or none; the captcha's secret is taken among them.
///
/// # Errors
/// [`AdminError::Settings`] with every fault; [`AdminError::Overtaken`]; the store.
pub async fn set(
    parts: &Parts,
    slug: &TenantSlug,
    changes: &[(String, Value)],
) -> Result<Tenant, AdminError> {
    let (secret, changes) = captcha::taken_from(changes).map_err(AdminError::Settings)?;
    change(parts, slug, Kind::TenantChanged, |tenant| {
        tenant.settings = with(&tenant.settings, &changes).map_err(AdminError::Settings)?;
        secret.put(parts, tenant)
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
/// [`AdminError::NoTenant`]; the store.
pub async fn suspend(parts: &Parts, slug: &TenantSlug) -> Result<Tenant, AdminError> {
    change(parts, slug, Kind::TenantSuspended, |tenant| {
        tenant.standing = TenantStatus::Suspended;
        Ok(())
    })
    .await
}

/// # Errors
/// [`AdminError::NoTenant`]; the store.
pub async fn resume(parts: &Parts, slug: &TenantSlug) -> Result<Tenant, AdminError> {
    change(parts, slug, Kind::TenantResumed, |tenant| {
        tenant.standing = TenantStatus::Active;
        Ok(())
    })
    .await
}

/// Edits the very revision that was read: what another changes meanwhile is never undone.
async fn change(
    parts: &Parts,
    slug: &TenantSlug,
    kind: Kind,
    edit: impl FnOnce(&mut Tenant) -> Result<(), AdminError>,
) -> Result<Tenant, AdminError> {
    let mut tenant = show(parts, slug).await?;
    edit(&mut tenant)?;
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
    record(parts, tenant, Kind::ClientTokenMade, None).await?;
    Ok(token.to_string())
}

#[cfg(test)]
mod tests {
    use latchkey::domain::settings::RedirectUri;
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
