//! The administrator's API: who may call what, and what comes of it.

use latchkey::{administration::audit, domain::event::Kind, jiff::SignedDuration, runtime::World};
use reqwest::Method;
use serde_json::{Value, json};
use tests::{House, PASSWORD, signature};

const OWNER: &str = "local-owner";
const TENANTS: &str = "/api/v1/admin/tenants";

/// The calls of `events/` on administrators' paths: method, route, path with its query, body.
fn calls() -> Vec<(Method, String, String, Option<Value>)> {
    let mut calls = Vec::new();
    for file in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../events")).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let event: Value = serde_json::from_str(&text).unwrap();
        let Some((method, route)) = event["routeKey"].as_str().and_then(|key| key.split_once(' ')) else {
            continue;
        };
        if route.starts_with("/api/v1/admin/") {
            let query = event["rawQueryString"].as_str().unwrap();
            let path = event["rawPath"].as_str().unwrap();
            let path = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
            let body = event["body"].as_str().map(|body| serde_json::from_str(body).unwrap());
            calls.push((method.parse::<Method>().unwrap(), route.to_owned(), path, body));
        }
    }
    calls.sort_by(|one, other| (&one.1, one.0.as_str()).cmp(&(&other.1, other.0.as_str())));
    calls
}

async fn owner(house: &House, method: Method, path: &str, body: Option<Value>) -> tests::Answer {
    house.administer(OWNER, method, path, body.as_ref()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_role_may_call_what_its_policy_names_and_no_stranger_anything() {
    let house = House::start().await;
    house.tenant("acme", json!({})).await;
    let calls = calls();
    let (mut admitted, mut refused) = (0, 0);
    for (method, route, path, body) in &calls {
        let is_read = *method == Method::GET;
        let is_help = route.contains("/users/{user_id}/") && *method == Method::POST;
        let roles = [("local-read", is_read), ("local-support", is_read || is_help), ("nobody", false)];
        for (key, may) in roles {
            let answer = house.administer(key, method.clone(), path, body.as_ref()).await;
            assert_eq!(answer.status != 403, may, "{key}: {method} {route}: {}", answer.text);
            if may { admitted += 1 } else { refused += 1 }
        }
        let bearer = [("authorization", "Bearer eyJ0eXAiOiJhdCtqd3QifQ.e30.c2ln")];
        for headers in [&[][..], &bearer] {
            let answer = house.client(2).send(method.clone(), path, headers, Vec::new()).await;
            assert_eq!(answer.status, 403, "{method} {route} unsigned: {}", answer.text);
            refused += 1;
        }
    }
    println!("{} guarded routes: {admitted} calls admitted, {refused} refused", calls.len());
    assert_eq!(calls.len(), 19);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bent_signature_is_refused() {
    let house = House::start().await;
    house.tenant("acme", json!({})).await;
    let (client, now) = (house.client(2), house.parts.clock.now());
    let path = format!("{TENANTS}/{}", house.slug("acme"));
    let credentials = (OWNER, local::gateway::iam::SECRET);
    let get = || (Method::GET, path.as_str());
    assert_eq!(client.signed(credentials, now, get(), None).await.status, 200);
    assert_eq!(client.signed((OWNER, "guessed"), now, get(), None).await.status, 403, "another secret");
    for minutes in [-6, 6] {
        let at = now.saturating_add(SignedDuration::from_mins(minutes)).unwrap();
        assert_eq!(client.signed(credentials, at, get(), None).await.status, 403, "of another time");
    }
    let body = json!({ "settings": { "mail.locale": "de" } }).to_string();
    let url = format!("{}{path}", house.gateway());
    let headers = signature(credentials, now, ("PATCH", &url), body.as_bytes());
    let mut headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    headers.push(("content-type", "application/json"));
    let send = |method: Method, path: String, body: String| {
        let (client, headers) = (&client, &headers);
        async move { client.send(method, &path, headers, body.into_bytes()).await.status }
    };
    assert_eq!(send(Method::PATCH, path.clone(), body.replace("de", "en")).await, 403, "another body");
    assert_eq!(send(Method::GET, path.clone(), body.clone()).await, 403, "another method");
    assert_eq!(send(Method::PATCH, format!("{path}?x=1"), body.clone()).await, 403, "another query");
    assert_eq!(send(Method::PATCH, path.clone(), body).await, 200);
}

/// API Gateway asks for the signature; a function that is reached without one refuses all the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_function_takes_nobody_for_an_administrator_whom_iam_did_not_name() {
    let house = House::start_here().await;
    let functions = local::functions::mount(house.stack().environment(), World::real()).await.unwrap();
    let mut asked = 0;
    for file in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../events")).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().split('.').next().unwrap().to_owned();
        if !name.starts_with("admin-") {
            continue;
        }
        let mut event: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let function = functions.iter().find(|function| function.name() == name).unwrap();
        let status = async |event: &Value| {
            let answer = function.invoke(event.to_string().as_bytes()).await.unwrap();
            serde_json::from_slice::<Value>(&answer).unwrap()["statusCode"].as_u64().unwrap()
        };
        assert_ne!(status(&event).await, 403, "{path:?}");
        let context = event["requestContext"].as_object_mut().unwrap();
        context.remove("authorizer");
        context.get_mut("identity").map(|identity| identity["userArn"].take());
        event["headers"]["x-latchkey-user-arn"] = "arn:aws:iam::123456789012:user/ops".into();
        assert_eq!(status(&event).await, 403, "{path:?}");
        asked += 1;
    }
    assert_eq!(asked, 38);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_is_made_changed_suspended_and_found_in_the_record() {
    let house = House::start().await;
    house.tenant("acme", json!({})).await;
    let slug = house.slug("globex");
    let wanted = json!({
        "slug": slug, "display_name": "Globex",
        "settings": { "mfa.policy": "off", "tokens.algorithm": "ES256", "tokens.delivery": "body" },
    });
    let made = owner(&house, Method::POST, TENANTS, Some(wanted.clone())).await;
    assert_eq!(made.data()["settings"]["mfa"]["policy"], "off");
    assert_eq!(owner(&house, Method::POST, TENANTS, Some(wanted)).await.problem(), (409, "slug_taken"));

    let one = format!("{TENANTS}/{slug}");
    let change = json!({ "settings": { "self_registration": false, "mail.locale": "de" } });
    let changed = owner(&house, Method::PATCH, &one, Some(change)).await;
    assert_eq!(changed.data()["settings"]["self_registration"], false);
    assert_eq!(owner(&house, Method::GET, &one, None).await.data(), changed.data());
    let faults = json!({ "settings": { "mfa.policy": "sometimes", "no.such": 1 } });
    let refused = owner(&house, Method::PATCH, &one, Some(faults)).await;
    let places: Vec<_> = refused.faults().into_iter().map(|(place, _)| place).collect();
    assert_eq!(places, ["body.settings.mfa.policy", "body.settings.no.such"]);

    let suspended = owner(&house, Method::POST, &format!("{one}/suspend"), None).await;
    assert_eq!(suspended.data()["status"], "suspended");
    assert_eq!(owner(&house, Method::POST, &format!("{one}/resume"), None).await.data()["status"], "active");
    let revoked = owner(&house, Method::POST, &format!("{one}/revoke-all"), None).await;
    assert_ne!(revoked.data()["not_before"], "1970-01-01T00:00:00Z");
    let unknown = owner(&house, Method::GET, &format!("{TENANTS}/nobody"), None).await;
    assert_eq!(unknown.problem(), (404, "tenant_not_found"));

    let record = owner(&house, Method::GET, &format!("{one}/audit"), None).await;
    let events = record.data()["events"].as_array().unwrap();
    let mut told: Vec<_> = events.iter().map(|event| event["kind"].as_str().unwrap()).collect();
    told.sort_unstable();
    assert_eq!(
        told,
        [
            "administrator_read",
            "tenant_changed",
            "tenant_created",
            "tenant_fenced",
            "tenant_resumed",
            "tenant_suspended"
        ]
    );
    for event in events {
        assert_eq!(event["agent"], "arn:aws:iam::000000000000:user/local-owner");
    }
    let changed = events.iter().find(|event| event["kind"] == "tenant_changed").unwrap();
    assert_eq!(changed["detail"], "mail.locale, self_registration");
}

#[tokio::test(flavor = "multi_thread")]
async fn tenants_are_listed_a_page_at_a_time() {
    let Some(house) = House::with_its_own_clock().await else { return };
    for name in ["delta", "alpha", "charlie", "bravo"] {
        house.tenant(name, json!({})).await;
    }
    let page = async |query: &str| {
        let answer = owner(&house, Method::GET, &format!("{TENANTS}?{query}"), None).await;
        let slugs = answer.data()["tenants"].as_array().unwrap().iter();
        let slugs: Vec<_> = slugs.map(|tenant| tenant["slug"].as_str().unwrap().to_owned()).collect();
        (slugs, answer.data()["next_cursor"].as_str().map(str::to_owned))
    };
    assert_eq!(page("limit=2").await, (vec!["alpha".into(), "bravo".into()], Some("bravo".into())));
    assert_eq!(
        page("limit=2&cursor=bravo").await,
        (vec!["charlie".into(), "delta".into()], Some("delta".into()))
    );
    assert_eq!(page("limit=2&cursor=delta").await, (vec![], None));
    assert_eq!(page("").await.0.len(), 4);
    for bad in ["limit=0", "limit=101", "limit=x", "cursor=%00"] {
        assert_eq!(owner(&house, Method::GET, &format!("{TENANTS}?{bad}"), None).await.status, 422, "{bad}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn users_are_made_found_suspended_and_helped_in_their_own_tenant_alone() {
    let house = House::start().await;
    let acme = house.tenant("acme", json!({ "mfa": { "policy": "off" } })).await;
    let other = house.tenant("other", json!({})).await;
    let users = format!("{TENANTS}/{}/users", acme.slug);
    let person = json!({ "email": "Grace@Example.com", "first_name": "Grace", "last_name": "Hopper" });
    let made = owner(&house, Method::POST, &users, Some(person.clone())).await;
    assert_eq!(made.data()["status"], "unverified");
    assert_eq!(owner(&house, Method::POST, &users, Some(person)).await.problem(), (409, "email_taken"));

    let ada = house.person(&acme, "ada@example.com").await;
    let found = owner(&house, Method::GET, &format!("{users}?email=ADA@example.com"), None).await;
    assert_eq!(found.data()["users"][0]["user_id"], ada.user_id);
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = owner(&house, Method::GET, &format!("{users}?limit=1{cursor}"), None).await;
        seen.extend(page.data()["users"].as_array().unwrap().iter().map(|user| user["email"].to_string()));
        let Some(next) = page.data()["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    seen.sort_unstable();
    assert_eq!(seen, ["\"ada@example.com\"", "\"grace@example.com\""]);

    let client = house.client(3);
    let session = ada.token(&client).await;
    let one = format!("{users}/{}", ada.user_id);
    assert_eq!(owner(&house, Method::GET, &one, None).await.data()["sessions"], 2);
    let ended = owner(&house, Method::POST, &format!("{one}/revoke-sessions"), None).await;
    assert_eq!(ended.data()["sessions"], 0);
    assert_eq!(client.get_as("/api/v1/me", &session).await.status, 401);
    let suspended = owner(&house, Method::POST, &format!("{one}/suspend"), None).await;
    assert_eq!(suspended.data()["status"], "suspended");
    let login = json!({ "email": ada.email, "password": PASSWORD });
    assert_eq!(client.post("acme", "login", &login).await.problem(), (403, "account_suspended"));
    owner(&house, Method::POST, &format!("{one}/resume"), None).await.data();
    client.post("acme", "login", &login).await.data();
    let reset = owner(&house, Method::POST, &format!("{one}/reset-mfa"), None).await;
    assert_eq!(reset.data()["factors"], json!([]));

    let person = json!({ "email": "eve@example.com", "first_name": "Eve", "last_name": "E", "invite": true });
    let invited = owner(&house, Method::POST, &users, Some(person)).await;
    let eve = format!("{users}/{}", invited.data()["user_id"].as_str().unwrap());
    let first = house.mailed_token("eve@example.com", "lk_rst_").await;
    owner(&house, Method::POST, &format!("{eve}/invite"), None).await.data();
    let second = house.mailed_token("eve@example.com", "lk_rst_").await;
    let choose = async |token: &str| {
        client.post("acme", "password/reset", &json!({ "token": token, "new_password": PASSWORD })).await
    };
    assert_eq!(choose(&first).await.problem(), (400, "token_invalid"));
    choose(&second).await.data();
    let again = owner(&house, Method::POST, &format!("{eve}/invite"), None).await;
    assert_eq!(again.problem(), (409, "no_invitation"));
    assert_eq!(owner(&house, Method::DELETE, &eve, None).await.data()["status"], "deleted");
    assert_eq!(owner(&house, Method::GET, &eve, None).await.problem(), (404, "not_found"));

    let foreign = format!("{TENANTS}/{}/users/{}", other.slug, ada.user_id);
    for (method, path) in [
        (Method::GET, foreign.clone()),
        (Method::DELETE, foreign.clone()),
        (Method::POST, format!("{foreign}/invite")),
        (Method::POST, format!("{foreign}/suspend")),
        (Method::POST, format!("{foreign}/resume")),
        (Method::POST, format!("{foreign}/revoke-sessions")),
        (Method::POST, format!("{foreign}/reset-mfa")),
        (Method::GET, format!("{users}/usr_x")),
    ] {
        assert_eq!(owner(&house, method, &path, None).await.problem(), (404, "not_found"), "{path}");
    }
    client.post("acme", "login", &login).await.data();
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_listed_and_rotated() {
    let house = House::start().await;
    let tenant = house.tenant("acme", json!({})).await;
    let keys = format!("{TENANTS}/{}/keys", tenant.slug);
    let states = |answer: &tests::Answer| {
        let keys = answer.data()["keys"].as_array().unwrap().clone();
        keys.iter().map(|key| key["state"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(states(&owner(&house, Method::GET, &keys, None).await), ["signing"]);
    let rotate = format!("{keys}/rotate");
    let rotated = owner(&house, Method::POST, &rotate, Some(json!({}))).await;
    assert_eq!(states(&rotated), ["waiting", "signing"]);
    let again = owner(&house, Method::POST, &rotate, Some(json!({}))).await;
    assert_eq!(again.problem(), (409, "rotation_under_way"));
    for _ in 0..2 {
        let replaced = owner(&house, Method::POST, &rotate, Some(json!({ "now": true }))).await;
        assert_eq!(states(&replaced), ["signing"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_record_is_found_by_user_kind_and_time_a_page_at_a_time() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let tenant = house.tenant("acme", json!({ "mfa": { "policy": "off" } })).await;
    let client = house.client(3);
    let ada = house.person(&tenant, "ada@example.com").await;
    let bob = house.person(&tenant, "bob@example.com").await;
    house.advance(SignedDuration::from_hours(24));
    let second_day = house.parts.clock.now();
    for _ in 0..3 {
        ada.login(&client).await.data();
    }
    house.advance(SignedDuration::from_hours(24 * 40));
    bob.login(&client).await.data();

    let audit = format!("{TENANTS}/acme/audit");
    let all = async |query: &str| {
        let (mut kinds, mut pages, mut cursor) = (Vec::new(), 0, String::new());
        loop {
            let answer = owner(&house, Method::GET, &format!("{audit}?{query}{cursor}"), None).await;
            let events = answer.data()["events"].as_array().unwrap();
            kinds.extend(events.iter().map(|event| event["kind"].as_str().unwrap().to_owned()));
            pages += 1;
            let Some(next) = answer.data()["next_cursor"].as_str() else { return (kinds, pages) };
            cursor = format!("&cursor={next}");
        }
    };
    let logins = |count| vec!["login_succeeded".to_owned(); count];
    let (found, pages) = all("kind=login_succeeded&limit=2").await;
    assert_eq!((found, pages > 2), (logins(4), true));
    assert_eq!(all(&format!("kind=login_succeeded&user_id={}", bob.user_id)).await.0, logins(1));
    let until = second_day.saturating_add(SignedDuration::from_hours(1)).unwrap();
    assert_eq!(all(&format!("kind=login_succeeded&from={second_day}&until={until}")).await.0, logins(3));
    assert_eq!(all(&format!("kind=login_failed&from={second_day}")).await.0, logins(0));
    for bad in ["kind=nonsense", "user_id=ada", "from=yesterday", "cursor=x", "limit=0"] {
        assert_eq!(owner(&house, Method::GET, &format!("{audit}?{bad}"), None).await.status, 422, "{bad}");
    }
    let wanted = audit::Wanted { kind: Some(Kind::LoginSucceeded), ..audit::Wanted::default() };
    let page = audit::page(&house.parts, &tenant, &wanted, (None, 10)).await.unwrap();
    assert_eq!(page.events.len(), 1, "a page looks through a month");
    assert!(page.next.is_some());
}
