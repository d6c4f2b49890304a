//! Row 4: a token of one kind, tenant or user works nowhere else.

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Client, House, below, people::registration};

/// Every endpoint that takes a bearer secret: a name, and how a token is put to it.
const TAKERS: [&str; 10] =
    ["verify-get", "verify-post", "reset", "send", "begin", "mfa", "refresh", "undo", "enroll", "device"];
/// The paths of a user's own that take an enrolment token, too.
const ENROLLING: [&str; 4] = [
    "/api/v1/me/mfa/totp/enroll",
    "/api/v1/me/mfa/totp/confirm",
    "/api/v1/me/mfa/webauthn/register/begin",
    "/api/v1/me/mfa/webauthn/register/finish",
];

/// A token's tenant, kind, text and user.
type Held = (&'static str, &'static str, String, String);

/// Puts a token to an endpoint; true where it is taken for what it is not refused as.
async fn put(client: &Client, slug: &str, taker: &str, token: &str, user: &str) -> bool {
    let email = "ada@example.com";
    let answer = match taker {
        "verify-get" => client.get(slug, &format!("verify-email?token={token}")).await,
        "verify-post" => {
            let body = json!({ "token": token, "password": "something else entirely" });
            client.post(slug, "verify-email", &body).await
        }
        "reset" => {
            let body = json!({ "token": token, "new_password": "something else entirely" });
            client.post(slug, "password/reset", &body).await
        }
        "send" => {
            client.post(slug, &format!("mfa/email/send?mfa_token={token}&user_id={user}"), &json!({})).await
        }
        "begin" => {
            client
                .post(slug, &format!("mfa/webauthn/begin?mfa_token={token}&user_id={user}"), &json!({}))
                .await
        }
        "mfa" => {
            let body = json!({ "mfa_token": token, "method": "email", "code": "000000" });
            client.post(slug, "mfa/verify", &body).await
        }
        "undo" => client.post(slug, "email/undo", &json!({ "token": token })).await,
        // A path that names no tenant: the token does.
        "enroll" => {
            let answer = client.post_as("/api/v1/me/mfa/totp/enroll", token, &json!({})).await;
            return answer.status != 401;
        }
        "refresh" => client.post(slug, "session/refresh", &json!({ "refresh_token": token })).await,
        _ => {
            let body = json!({ "email": email, "password": tests::PASSWORD, "trusted_device_token": token });
            let answer = client.post(slug, "login", &body).await;
            return answer.data()["status"] == "authenticated";
        }
    };
    !matches!(answer.problem(), (400, "token_invalid") | (401, "mfa_token_invalid" | "session_invalid"))
}

/// Which kinds each endpoint is for.
fn belongs(kind: &str, taker: &str) -> bool {
    matches!(
        (kind, taker),
        ("vfy", "verify-get" | "verify-post")
            | ("rst", "reset")
            | ("mfa", "send" | "begin" | "mfa")
            | ("rt", "refresh")
            | ("dev", "device")
            | ("und", "undo")
            | ("enr" | "jwt", "enroll")
    )
}

/// One of each kind of two tenants, and an enrolment token of a third.
async fn gather(house: &House, client: &Client) -> Vec<Held> {
    let mut tokens = Vec::new();
    for slug in ["one", "two"] {
        let tenant = house.tenant(slug, crate::mfa::settings()).await;
        let ada = house.person(&tenant, "ada@example.com").await;
        let handle = ada.handle(client).await;
        let code = ada.code(house, client, &handle).await;
        let body = json!({ "mfa_token": handle, "method": "email", "code": code, "trust_device": true });
        let signed_in = client.post(slug, "mfa/verify", &body).await.data().clone();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        client.post(slug, "register", &registration("bob@example.com", tests::PASSWORD)).await.data();
        let cleo = house.person(&tenant, "cleo@example.com").await;
        let by_mail = cleo.sign_in(house, client).await["access_token"].as_str().unwrap().to_owned();
        client.post_as("/api/v1/me/email", &by_mail, &json!({ "email": "cleo@example.org" })).await.data();
        let code = house.mailed_code("cleo@example.org").await;
        client.post_as("/api/v1/me/email/confirm", &by_mail, &json!({ "code": code })).await.data();
        let undo = house.mailed_token("cleo@example.com", "lk_und_").await;
        tokens.push((slug, "und", undo, cleo.user_id.clone()));
        for (kind, token) in [
            ("vfy", house.mailed_token("bob@example.com", "lk_vfy_").await),
            ("rst", ada.reset_token(house, client).await),
            ("mfa", ada.handle(client).await),
            ("rt", text(&signed_in["tokens"]["refresh_token"])),
            ("dev", text(&signed_in["trusted_device_token"])),
            ("jwt", text(&signed_in["tokens"]["access_token"])),
        ] {
            tokens.push((slug, kind, token, ada.user_id.clone()));
        }
        let client_token = admin::tenant::client_token(&house.by, &tenant, "backend", 60).await.unwrap();
        tokens.push((slug, "client", client_token, ada.user_id.clone()));
    }
    // Enrolment is for who has no factor, where the mailbox is none; the third to share the address.
    let tenant = house.tenant("three", json!({ "mfa": { "policy": "required", "methods": ["totp"] } })).await;
    let ada = house.person(&tenant, "ada@example.com").await;
    let login = ada.login(client).await;
    let enrollment = login.data()["enrollment_token"].as_str().unwrap().to_owned();
    tokens.push(("three", "enr", enrollment, ada.user_id.clone()));
    tokens
}

/// Puts every kind but the access token to every path of a user's own, as the bearer's: what was taken, and how many
/// were tried.
async fn put_to_own_paths(client: &Client, tokens: &[Held]) -> (Vec<String>, usize) {
    let (mut off, mut tried) = (Vec::new(), 0);
    for (method, path, body) in crate::authorization::own_calls() {
        for (home, kind, token, _) in tokens {
            if *kind == "jwt" {
                continue;
            }
            let bearer = format!("Bearer {token}");
            let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
            let answer = client.send(method.clone(), &path, &headers, body.clone()).await;
            if *kind == "enr" && ENROLLING.contains(&path.as_str()) {
                assert!(matches!(answer.status, 200 | 409 | 422), "{method} {path}: {}", answer.text);
                continue;
            }
            tried += 1;
            if answer.problem() != (401, "bearer_invalid") {
                off.push(format!("{kind} of {home} at {method} {path}: {}", answer.text));
            }
        }
    }
    (off, tried)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_at_every_endpoint_in_two_tenants_that_share_an_address() {
    let house = House::start().await;
    let client = house.client(2);
    let tokens = gather(&house, &client).await;
    let (mut off, mut tried) = (Vec::new(), 0_usize);
    for (home, kind, token, user) in &tokens {
        for slug in ["one", "two", "three"] {
            for taker in TAKERS {
                if (*home == slug || taker == "enroll") && belongs(kind, taker) {
                    continue;
                }
                // From ever new networks, so that no throttle answers in place of the endpoint.
                tried += 1;
                let octet = u8::try_from(tried % 250 + 1).unwrap();
                let client = house.client_at(std::net::Ipv4Addr::new(127, 1, 0, octet));
                if put(&client, slug, taker, token, user).await {
                    off.push(format!("{kind} of {home} at {taker} of {slug}"));
                }
            }
        }
    }
    for (home, kind, token, _) in &tokens {
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str())];
        for slug in ["one", "two", "three"] {
            if *kind == "jwt" && *home == slug {
                continue;
            }
            tried += 1;
            let answer = client.send(Method::POST, &below(slug, "logout"), &headers, Vec::new()).await;
            if answer.problem() != (401, "bearer_invalid") {
                off.push(format!("{kind} of {home} at logout of {slug}"));
            }
        }
    }
    let (taken, own) = put_to_own_paths(&client, &tokens).await;
    off.extend(taken);
    tried += own;
    println!("row 4: {} of {tried} off the diagonal, {own} of the tries at paths of a user's own", off.len());
    assert!(off.is_empty(), "{off:#?}");
    // The diagonal itself: the tokens were good all along. The reset comes last, for it kills the rest.
    for (_, _, token, _) in tokens.iter().filter(|(_, kind, ..)| *kind == "jwt") {
        client.get_as("/api/v1/me", token).await.data();
    }
    let diagonal = [
        ("vfy", "verify-get"),
        ("mfa", "mfa"),
        ("rt", "refresh"),
        ("und", "undo"),
        ("enr", "enroll"),
        ("dev", "device"),
        ("rst", "reset"),
    ];
    for (wanted, taker) in diagonal {
        for (slug, kind, token, user) in &tokens {
            if *kind == wanted {
                assert!(put(&client, slug, taker, token, user).await, "{kind} at {taker} of {slug}");
            }
        }
    }
}
