//! What an administrator ends: users, tenants, and everything that was issued.

use admin::removal;
use latchkey::{administration::AdministrationError, domain::Email, jiff::SignedDuration};
use serde_json::json;
use tests::{House, PASSWORD, people::registration};

#[tokio::test(flavor = "multi_thread")]
async fn a_user_who_is_deleted_is_told_and_leaves_nothing() {
    let house = House::start().await;
    let (ada, client) = house.ada_at_acme(json!({})).await;
    let slug = latchkey::domain::TenantSlug::parse(&ada.slug).unwrap();
    let tenant = admin::tenant::show(&house.parts, &slug).await.unwrap();
    let tokens = ada.sign_in(&house, &client).await;
    let user = admin::user::find(&house.parts, &tenant, &ada.email).await.unwrap();
    admin::user::delete(&house.by, &tenant, user).await.unwrap();
    let me = client.get_as("/api/v1/me", tokens["access_token"].as_str().unwrap()).await;
    assert_eq!(me.status, 401);
    assert_eq!(ada.login(&client).await.problem(), (401, "invalid_credentials"));
    let mails = house.mails_to(&ada.email).await;
    assert!(mails.last().unwrap().contains("An administrator of Acme Works"), "{mails:#?}");
    assert!(house.parts.store.sessions(tenant.id, user).await.unwrap().is_empty());
    let gone = admin::user::delete(&house.by, &tenant, user).await;
    assert!(matches!(gone, Err(AdministrationError::NoUser(_))), "{gone:?}");
    // The address is free again.
    let again = house.person(&tenant, &ada.email).await;
    assert_ne!(again.user_id, ada.user_id);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_is_deleted_is_as_one_that_never_was() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let (ada, client) = house.ada_at_acme(json!({})).await;
    let other = house.tenant("other", json!({})).await;
    let bob = house.person(&other, "ada@example.com").await;
    let acme = latchkey::domain::TenantSlug::parse(&ada.slug).unwrap();
    let tenant = admin::tenant::show(&house.parts, &acme).await.unwrap();
    for index in 0..70 {
        let person = admin::user::NewPerson {
            email: format!("p{index}@example.com"),
            password: None,
            first_name: "P".to_owned(),
            last_name: "Q".to_owned(),
            verified: true,
        };
        admin::user::create(&house.by, &tenant, person).await.unwrap();
    }
    let tokens = ada.sign_in(&house, &client).await;
    let mut told = 0;
    let users = removal::delete_tenant(&house.by, &acme, |users| told = users).await.unwrap();
    assert_eq!((users, told), (71, 71));
    house.advance(SignedDuration::from_secs(61));
    for (path, body) in [
        ("login", json!({ "email": ada.email, "password": PASSWORD })),
        ("register", registration("new@example.com", PASSWORD)),
        ("session/refresh", json!({ "refresh_token": tokens["refresh_token"] })),
    ] {
        let gone = client.post(acme.as_str(), path, &body).await;
        let never = client.post("never-was", path, &body).await;
        assert_eq!(gone.problem(), (404, "tenant_not_found"), "{path}");
        assert_eq!(gone.problem(), never.problem());
    }
    let me = client.get_as("/api/v1/me", tokens["access_token"].as_str().unwrap()).await;
    assert_eq!(me.problem(), (401, "bearer_invalid"));
    assert_eq!(client.get(acme.as_str(), ".well-known/jwks.json").await.status, 404);
    // Nothing of it is left but the slug, which is not used again.
    assert!(house.parts.store.users_after(tenant.id, None, 100).await.unwrap().is_empty());
    let email = Email::parse(&ada.email).unwrap();
    assert!(house.parts.store.login(tenant.id, email.key()).await.unwrap().is_none());
    let user = ada.user_id.parse().unwrap();
    assert!(house.parts.store.profile(tenant.id, user).await.unwrap().is_none());
    assert!(house.parts.store.sessions(tenant.id, user).await.unwrap().is_empty());
    let kid = tenant.keys.kids().next().unwrap().to_owned();
    let key = house.parts.signing_key().unwrap();
    assert!(house.parts.store.signing_key(&acme, &kid, key).await.is_err());
    let taken = admin::tenant::create(&house.by, &acme, "X", tenant.settings.clone()).await;
    assert!(matches!(taken, Err(AdministrationError::SlugTaken(_))));
    for done in [
        admin::tenant::show(&house.parts, &acme).await,
        admin::tenant::resume(&house.by, &acme).await,
        admin::tenant::set(&house.by, &acme, &[]).await,
    ] {
        assert!(matches!(done, Err(AdministrationError::NoTenant(_))), "{done:?}");
    }
    // The neighbour with the same address is as before, and a second run finds nobody.
    assert_eq!(bob.login(&house.client(3)).await.data()["status"], "authenticated");
    assert_eq!(removal::delete_tenant(&house.by, &acme, |_| ()).await.unwrap(), 0);
    assert_eq!(admin::fence::restore_fence(&house.by, None).await.unwrap().len(), 1);
}
