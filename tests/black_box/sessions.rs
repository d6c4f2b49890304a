//! Refresh, logout, the own account, keys and cookies.

use latchkey::jiff::SignedDuration;
use serde_json::{Value, json};
use tests::{Client, House};

async fn refresh(client: &Client, token: &Value) -> tests::Answer {
    client.post("acme", "session/refresh", &json!({ "refresh_token": token })).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_rotates_has_half_a_minute_of_grace_and_a_later_reuse_ends_the_session() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let (ada, client) = house.ada_at_acme(json!({})).await;
    let first = ada.sign_in(&house, &client).await["refresh_token"].clone();
    let second = refresh(&client, &first).await.data()["tokens"]["refresh_token"].clone();
    assert_ne!(first, second);
    house.advance(SignedDuration::from_secs(30));
    assert_eq!(refresh(&client, &first).await.data()["tokens"]["refresh_token"], second, "grace");
    let third = refresh(&client, &second).await.data()["tokens"]["refresh_token"].clone();
    house.advance(SignedDuration::from_secs(31));
    assert_eq!(refresh(&client, &second).await.problem(), (401, "session_invalid"), "reused");
    assert_eq!(refresh(&client, &third).await.problem(), (401, "session_invalid"), "the session is over");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_whose_successor_was_used_has_no_grace() {
    let house = House::start().await;
    let (ada, client) = house.ada_at_acme(json!({})).await;
    let first = ada.sign_in(&house, &client).await["refresh_token"].clone();
    let second = refresh(&client, &first).await.data()["tokens"]["refresh_token"].clone();
    let third = refresh(&client, &second).await.data()["tokens"]["refresh_token"].clone();
    assert_eq!(refresh(&client, &first).await.problem(), (401, "session_invalid"));
    assert_eq!(refresh(&client, &third).await.problem(), (401, "session_invalid"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_ends_a_session_by_naming_it() {
    let house = House::start().await;
    let (ada, client) = house.ada_at_acme(json!({})).await;
    let token = ada.sign_in(&house, &client).await["refresh_token"].clone();
    let mut forged = token.as_str().unwrap().to_owned();
    forged.replace_range(60..64, "AAAA");
    assert_eq!(refresh(&client, &forged.into()).await.problem(), (401, "session_invalid"));
    assert_eq!(refresh(&client, &token).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_end_by_idleness_by_age_and_by_logout() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let settings = json!({ "sessions": { "idle_minutes": 60, "absolute_minutes": 120 } });
    let (ada, client) = house.ada_at_acme(settings).await;
    let idle = ada.sign_in(&house, &client).await["refresh_token"].clone();
    house.advance(SignedDuration::from_mins(60));
    assert_eq!(refresh(&client, &idle).await.problem(), (401, "session_invalid"));
    let mut token = ada.sign_in(&house, &client).await["refresh_token"].clone();
    for _ in 0..2 {
        house.advance(SignedDuration::from_mins(50));
        token = refresh(&client, &token).await.data()["tokens"]["refresh_token"].clone();
    }
    house.advance(SignedDuration::from_mins(20));
    assert_eq!(refresh(&client, &token).await.problem(), (401, "session_invalid"));
    let tokens = ada.sign_in(&house, &client).await;
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    let without = client.post("acme", "logout", &json!({})).await;
    assert_eq!(without.problem(), (401, "bearer_invalid"));
    let ended = client.post_with("acme", "logout", &json!({}), &[("authorization", &bearer)]).await;
    assert_eq!(ended.data()["status"], "logged_out");
    let me = client.get_as("/api/v1/me", tokens["access_token"].as_str().unwrap()).await;
    assert_eq!(me.problem(), (401, "bearer_invalid"));
    assert_eq!(refresh(&client, &tokens["refresh_token"]).await.problem(), (401, "session_invalid"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_token_says_who_and_verifies_with_the_published_keys() {
    let Some(house) = House::with_its_own_clock().await else { return };
    for (slug, algorithm) in [("rsa", "RS256"), ("ec", "ES256")] {
        let tenant = house.tenant(slug, json!({ "tokens": { "algorithm": algorithm } })).await;
        let ada = house.person(&tenant, "ada@example.com").await;
        let client = house.client(2);
        let tokens = ada.sign_in(&house, &client).await;
        let access = tokens["access_token"].as_str().unwrap();
        let discovery = client.get(slug, ".well-known/openid-configuration").await.body;
        let issuer = format!("{}/api/v1/auth/tenants/{}", house.parts.base_url, tenant.slug);
        assert_eq!(discovery["issuer"], issuer);
        let jwks = client.get(slug, ".well-known/jwks.json").await.body;
        let set: jsonwebtoken::jwk::JwkSet = serde_json::from_value(jwks.clone()).unwrap();
        assert!(jwks["keys"][0].get("d").is_none(), "no private half");
        let header = jsonwebtoken::decode_header(access).unwrap();
        let jwk = set.find(header.kid.as_deref().unwrap()).unwrap();
        let key = jsonwebtoken::DecodingKey::from_jwk(jwk).unwrap();
        let mut validation = jsonwebtoken::Validation::new(header.alg);
        validation.set_audience(&[tenant.slug.as_str()]);
        validation.set_issuer(&[&issuer]);
        validation.validate_exp = false;
        let claims = jsonwebtoken::decode::<Value>(access, &key, &validation).unwrap().claims;
        assert_eq!(claims["sub"], ada.user_id);
        assert_eq!(claims["tenant_id"], tenant.id.to_string());
        assert_eq!(claims["amr"], json!(["pwd"]));
        assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 900);
        for name in ["sid", "client_id", "scope", "acr", "auth_time", "jti"] {
            assert!(!claims[name].is_null(), "{name}");
        }
        house.advance(SignedDuration::from_mins(5));
        let again =
            client.post(slug, "session/refresh", &json!({ "refresh_token": tokens["refresh_token"] })).await;
        let access = again.data()["tokens"]["access_token"].as_str().unwrap();
        let later = jsonwebtoken::decode::<Value>(access, &key, &validation).unwrap().claims;
        assert_eq!(later["auth_time"], claims["auth_time"], "a refresh proves nothing");
        assert!(later["iat"].as_i64() > claims["iat"].as_i64());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cookie_tenant_keeps_the_refresh_token_from_scripts_and_other_sites() {
    let house = House::start().await;
    let settings = json!({ "tokens": { "delivery": "cookie" }, "origins": ["https://app.example"] });
    let tenant = house.tenant("acme", settings).await;
    let ada = house.person(&tenant, "ada@example.com").await;
    let client = house.client(2);
    let login = ada.login(&client).await;
    assert!(login.data()["tokens"].get("refresh_token").is_none());
    let (cookie, attributes) = login.cookie("__Host-lk_s_").unwrap();
    assert!(cookie.starts_with(&format!("__Host-lk_s_{}=lk_rt_", tenant.id)));
    for wanted in ["HttpOnly", "Secure", "SameSite=Strict", "Path=/"] {
        assert!(attributes.contains(wanted), "{attributes}");
    }
    assert!(!attributes.contains("Max-Age"), "not remembered: {attributes}");
    let refresh = |cookie: String, origin: &'static str| {
        let client = client.clone();
        async move {
            let headers = [("cookie", cookie.as_str()), ("origin", origin)];
            client.post_with("acme", "session/refresh", &json!({}), &headers).await
        }
    };
    let evil = refresh(cookie.clone(), "https://evil.example").await;
    assert_eq!(evil.problem(), (403, "origin_not_allowed"));
    let foreign = cookie.replace(&tenant.id.to_string(), "tnt_00000000000000000000000000");
    let ignored = refresh(foreign, "https://app.example").await;
    assert_eq!(ignored.problem(), (401, "session_invalid"));
    let good = refresh(cookie, "https://app.example").await;
    assert_eq!(good.data()["status"], "refreshed");
    assert!(good.cookie("__Host-lk_s_").is_some());
    let body = json!({ "email": ada.email, "password": tests::PASSWORD, "remember_me": true });
    let remembered = client.post("acme", "login", &body).await.cookie("__Host-lk_s_").unwrap();
    assert!(remembered.1.contains("Max-Age=2592000"), "{}", remembered.1);
}

/// ASVS V3.5.2: what a form of another site can send without asking is not taken.
#[tokio::test(flavor = "multi_thread")]
async fn a_cookie_is_taken_from_a_named_origin_and_with_json_alone() {
    let house = House::start().await;
    let settings = json!({ "tokens": { "delivery": "cookie" }, "origins": ["https://app.example"] });
    let (ada, client) = house.ada_at_acme(settings).await;
    let (cookie, _) = ada.login(&client).await.cookie("__Host-lk_s_").unwrap();
    let path = tests::below("acme", "session/refresh");
    let refresh = async |more: &[(&'static str, &'static str)]| {
        let headers = [&[("cookie", cookie.as_str())], more].concat();
        client.send(reqwest::Method::POST, &path, &headers, b"{}".to_vec()).await
    };
    let origin = ("origin", "https://app.example");
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"] {
        let refused = refresh(&[origin, ("content-type", kind)]).await;
        assert!(matches!(refused.status, 403 | 415), "{kind}: {}", refused.text);
        assert!(refused.cookie("__Host-").is_none(), "{kind}");
    }
    let json = ("content-type", "application/json");
    for others in
        [&[json][..], &[json, ("origin", "null")], &[json, ("origin", "https://app.example.org")], &[origin]]
    {
        assert_eq!(refresh(others).await.problem(), (403, "origin_not_allowed"), "{others:?}");
    }
    assert_eq!(refresh(&[origin, json]).await.data()["status"], "refreshed");
}
