//! What hosted pages are served, and what their scripts are handed.

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Answer, Client, House, Person, factors};

const NOTHING: Vec<u8> = Vec::new();

async fn page(client: &Client, path: &str) -> Answer {
    client.send(Method::GET, path, &[], NOTHING).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_its_tenants_and_a_refusal_is_a_page() {
    let house = House::start().await;
    let settings = json!({
        "branding": {
            "name": "Acme <b>Works</b>", "logo_url": "https://cdn.acme.test/logo.svg",
            "background_colour": "#fdf6e3",
        },
        "redirect_uris": ["https://app.example/in"],
    });
    let acme = house.tenant("acme", settings).await;
    house.tenant("other", json!({ "branding": { "name": "Somebody Else" } })).await;
    let gone = house.tenant("gone", json!({})).await;
    admin::tenant::suspend(&house.by, &gone.slug).await.unwrap();
    let (client, at) = (house.client(2), |slug: &str, page: &str| format!("/t/{}/{page}", house.slug(slug)));

    let shown = page(&client, &at("acme", "sign-in")).await;
    assert_eq!((shown.status, shown.header("content-type")), (200, Some("text/html; charset=utf-8")));
    assert!(shown.text.contains("Acme &#60;b&#62;Works&#60;/b&#62;"), "{}", shown.text);
    assert!(shown.text.contains("<img class=\"logo\" src=\"https://cdn.acme.test/logo.svg\""));
    assert!(shown.text.contains("--page:#fdf6e3"));
    assert!(!shown.text.contains("Somebody Else"));
    assert!(!shown.text.contains(&acme.id.to_string()), "what only tokens say");
    let back = page(&client, &(at("acme", "sign-in") + "?redirect_uri=https%3A%2F%2Fapp.example%2Fin")).await;
    assert!(back.text.contains("data-back=\"https://app.example/in\""));

    let evil = at("acme", "sign-in") + "?redirect_uri=https%3A%2F%2Fapp.example%2Fin%2F..%2F";
    for (path, status) in [
        (at("acme", "nothing"), 404),
        (at("nobody", "sign-in"), 404),
        (at("gone", "sign-in"), 403),
        (evil, 422),
    ] {
        let refused = page(&client, &path).await;
        let kind = refused.header("content-type");
        assert_eq!((refused.status, kind), (status, Some("text/html; charset=utf-8")), "{path}");
        assert!(refused.header("content-security-policy").unwrap().contains("default-src 'none'"));
        assert!(!refused.text.contains("<form"), "{path}");
    }
}

/// A login as a script of `origin` sends it.
async fn login(client: &Client, person: &Person, origin: &str, cookie: &str, more: Value) -> Answer {
    let mut body = json!({ "email": person.email, "password": tests::PASSWORD });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    client.post_with("acme", "login", &body, &[("origin", origin), ("cookie", cookie)]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hosted_page_never_sees_a_token_that_outlives_it() {
    let house = House::start().await;
    let (ada, client) = house.ada_at_acme(json!({ "origins": ["https://app.example"] })).await;
    let hosted = house.parts.base_url.clone();
    let elsewhere = login(&client, &ada, "https://app.example", "", json!({})).await;
    assert!(elsewhere.data()["tokens"]["refresh_token"].is_string(), "as the tenant has it");
    assert!(elsewhere.cookie("__Host-lk_s_").is_none());

    let here = login(&client, &ada, &hosted, "", json!({})).await;
    assert!(here.data()["tokens"].get("refresh_token").is_none(), "{}", here.text);
    let (cookie, attributes) = here.cookie("__Host-lk_s_").unwrap();
    for attribute in ["HttpOnly", "Secure", "SameSite=Strict", "Path=/"] {
        assert!(attributes.contains(attribute), "{attributes}");
    }
    let refresh = |origin: String| {
        let (client, cookie) = (client.clone(), cookie.clone());
        async move {
            let headers = [("cookie", cookie.as_str()), ("origin", origin.as_str())];
            client.post_with("acme", "session/refresh", &json!({}), &headers).await
        }
    };
    for evil in ["https://evil.example".to_owned(), format!("{hosted}.evil.example"), "null".to_owned()] {
        assert_eq!(refresh(evil.clone()).await.problem(), (403, "origin_not_allowed"), "{evil}");
    }
    // What came in a cookie goes back in one, whichever allowed page asks: else it would be read there, and the browser
    // would keep a spent one.
    for allowed in ["https://app.example", &hosted] {
        let renewed = refresh(allowed.to_owned()).await;
        assert!(renewed.data()["tokens"].get("refresh_token").is_none(), "{allowed}");
        assert!(renewed.cookie("__Host-lk_s_").is_some(), "{allowed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_trusted_at_a_hosted_page_is_in_a_cookie_and_can_be_left_aside() {
    let house = House::start().await;
    let (ada, client) = house.ada_at_acme(factors::settings("optional", &["totp", "backup_code"])).await;
    let (_, enrolled) = ada.enroll_app(&house, &client, &ada.token(&client).await).await;
    let hosted = house.parts.base_url.clone();
    let handle = login(&client, &ada, &hosted, "", json!({})).await.data()["mfa_token"].clone();
    let body = json!({
        "mfa_token": handle, "method": "backup_code", "code": enrolled["backup_codes"][0], "trust_device": true,
    });
    let verified = client.post_with("acme", "mfa/verify", &body, &[("origin", &hosted)]).await;
    assert!(verified.data().get("trusted_device_token").is_none(), "{}", verified.text);
    let (device, attributes) = verified.cookie("__Host-lk_d_").unwrap();
    assert!(attributes.contains("HttpOnly") && attributes.contains("Max-Age=2592000"), "{attributes}");

    let asked = login(&client, &ada, &hosted, &device, json!({ "reauthenticate": true })).await;
    assert_eq!(asked.data()["status"], "mfa_required");
    let spared = login(&client, &ada, &hosted, &device, json!({})).await;
    assert_eq!(spared.data()["status"], "authenticated");
    assert!(spared.data().get("trusted_device_token").is_none());
    let (next, _) = spared.cookie("__Host-lk_d_").unwrap();
    assert_ne!(next, device, "each use has its successor");
    let again = login(&client, &ada, &hosted, &next, json!({})).await;
    assert_eq!(again.data()["status"], "authenticated");
    let foreign = login(&client, &ada, "https://evil.example", &next, json!({})).await;
    assert_eq!(foreign.problem(), (403, "origin_not_allowed"));
}
