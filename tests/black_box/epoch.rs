//! Row 26: after a reset everything that was issued before is dead at the next request.

use serde_json::json;
use tests::House;

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_kills_sessions_devices_handles_and_other_resets() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let mut settings = crate::mfa::settings();
    settings["origins"] = json!([tests::authenticator::ORIGIN]);
    let (ada, client) = house.ada_at_acme(settings).await;
    let mut old = Vec::new();
    let mut known_device = None;
    for _ in 0..3 {
        let handle = ada.handle(&client).await;
        let code = ada.code(&house, &client, &handle).await;
        let body = json!({
            "mfa_token": handle, "method": "email", "code": code, "trust_device": true, "remember_device": true,
        });
        let answer = client.post("acme", "mfa/verify", &body).await;
        old.push(answer.data().clone());
        known_device = answer.cookie("__Host-lk_d_tnt_");
    }
    let handle = ada.handle(&client).await;
    let code = ada.code(&house, &client, &handle).await;
    house.advance(latchkey::jiff::SignedDuration::from_secs(1));
    let others = [ada.reset_token(&house, &client).await, ada.reset_token(&house, &client).await];
    let new = "an entirely new pass phrase 7";
    ada.reset(&client, &others[1], new).await.data();

    let mut alive = 0;
    for session in &old {
        let tokens = &session["tokens"];
        let me = client.get_as("/api/v1/me", tokens["access_token"].as_str().unwrap()).await;
        let body = json!({ "refresh_token": tokens["refresh_token"] });
        let refreshed = client.post("acme", "session/refresh", &body).await;
        let body = json!({
            "email": ada.email, "password": new, "trusted_device_token": session["trusted_device_token"],
        });
        let trusted = client.post("acme", "login", &body).await;
        assert_eq!(trusted.data()["status"], "mfa_required");
        alive += usize::from(me.status != 401) + usize::from(refreshed.status != 401);
    }
    // A known device is let in where the account waits for strangers' failures: this one no more.
    for last in 10..20 {
        ada.login_with(&house.client(last), "not the password at all").await;
    }
    let (cookie, _) = known_device.unwrap();
    let headers = [("cookie", cookie.as_str()), ("origin", tests::authenticator::ORIGIN)];
    let body = json!({ "email": ada.email, "password": new });
    let known = client.post_with("acme", "login", &body, &headers).await;
    assert_eq!(known.problem(), (429, "too_many_attempts"));
    house.advance(latchkey::jiff::SignedDuration::from_hours(2));
    assert_eq!(ada.verify(&client, &handle, &code).await.problem(), (401, "mfa_token_invalid"));
    let path = format!("mfa/email/send?mfa_token={handle}&user_id={}", ada.user_id);
    assert_eq!(client.post("acme", &path, &json!({})).await.problem(), (401, "mfa_token_invalid"));
    let reset = ada.reset(&client, &others[0], tests::PASSWORD).await;
    assert_eq!(reset.problem(), (400, "token_invalid"));
    println!(
        "row 26: {alive} of {} old sessions alive after a reset; devices, handle, other reset dead",
        old.len() * 2
    );
    assert_eq!(alive, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspension_and_a_revocation_do_the_same() {
    let house = House::start().await;
    let tenant = house.tenant("acme", json!({})).await;
    let ada = house.person(&tenant, "ada@example.com").await;
    let user = ada.user_id.parse().unwrap();
    let client = house.client(2);
    let tokens = ada.sign_in(&house, &client).await;
    let me = |tokens: &serde_json::Value| {
        let (client, access) = (client.clone(), tokens["access_token"].as_str().unwrap().to_owned());
        async move { client.get_as("/api/v1/me", &access).await.status }
    };
    admin::user::revoke_sessions(&house.by, &tenant, user).await.unwrap();
    assert_eq!(me(&tokens).await, 401);
    let tokens = ada.sign_in(&house, &client).await;
    assert_eq!(me(&tokens).await, 200);
    admin::user::suspend(&house.by, &tenant, user).await.unwrap();
    assert_eq!(me(&tokens).await, 401);
    admin::user::resume(&house.by, &tenant, user).await.unwrap();
    assert_eq!(me(&tokens).await, 401, "what was dead stays dead");
    assert_eq!(ada.login(&client).await.data()["status"], "authenticated");
}

/// Every change that takes a way in away kills what was issued before it.
#[tokio::test(flavor = "multi_thread")]
async fn what_moves_the_epoch_kills_sessions_devices_handles_and_resets() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let settings = tests::factors::settings("optional", &["totp", "webauthn", "email", "backup_code"]);
    let tenant = house.tenant("acme", settings).await;
    let client = house.client(2);
    for change in ["password", "remove_key", "replace_app", "disable_email", "email", "reset_mfa"] {
        let ada = house.person(&tenant, &format!("{}@example.com", change.replace('_', "-"))).await;
        let token = ada.token(&client).await;
        client.post_as("/api/v1/me/mfa/email/enable", &token, &json!({})).await.data();
        let code = house.mailed_code(&ada.email).await;
        client.post_as("/api/v1/me/mfa/email/confirm", &token, &json!({ "code": code })).await.data();
        let by_mail = ada.sign_in(&house, &client).await["access_token"].as_str().unwrap().to_owned();
        let (app, _) = ada.enroll_app(&house, &client, &by_mail).await;
        let own = ada.token_by_app(&house, &client, &app).await;
        let (_, key) = ada.enroll_key(&client, &own).await;
        house.advance(latchkey::jiff::SignedDuration::from_secs(30));
        let handle = ada.handle(&client).await;
        let body = json!({
            "mfa_token": handle, "method": "totp", "code": app.code(&house, 0), "trust_device": true,
        });
        let old = client.post("acme", "mfa/verify", &body).await.data().clone();
        let handle = ada.handle(&client).await;
        let reset = ada.reset_token(&house, &client).await;
        let mut person = ada.clone();
        match change {
            "password" => {
                let body = json!({ "current_password": tests::PASSWORD, "new_password": tests::PASSWORD });
                client.post_as("/api/v1/me/password", &own, &body).await.data();
            }
            "remove_key" => {
                let path = format!("/api/v1/me/mfa/{}", key["factor_id"].as_str().unwrap());
                client.delete_as(&path, &own).await.data();
            }
            "replace_app" => drop(ada.enroll_app(&house, &client, &own).await),
            "disable_email" => {
                client.post_as("/api/v1/me/mfa/email/disable", &own, &json!({})).await.data();
            }
            "email" => {
                let new = "moved@example.org";
                client.post_as("/api/v1/me/email", &own, &json!({ "email": new })).await.data();
                let code = house.mailed_code(new).await;
                client.post_as("/api/v1/me/email/confirm", &own, &json!({ "code": code })).await.data();
                new.clone_into(&mut person.email);
            }
            _ => admin::user::reset_mfa(&house.by, &tenant, ada.user_id.parse().unwrap()).await.unwrap(),
        }
        let access = old["tokens"]["access_token"].as_str().unwrap();
        assert_eq!(client.get_as("/api/v1/me", access).await.status, 401, "{change}");
        assert_eq!(client.get_as("/api/v1/me", &own).await.status, 401, "{change}: the own is issued anew");
        let body = json!({ "refresh_token": old["tokens"]["refresh_token"] });
        let refreshed = client.post("acme", "session/refresh", &body).await;
        assert_eq!(refreshed.problem(), (401, "session_invalid"), "{change}");
        let shown = ada.show(&client, &handle, "totp", "123456").await;
        assert_eq!(shown.problem(), (401, "mfa_token_invalid"), "{change}");
        let spent = ada.reset(&client, &reset, "an entirely new pass phrase 7").await;
        assert_eq!(spent.problem(), (400, "token_invalid"), "{change}");
        let body = json!({
            "email": person.email, "password": tests::PASSWORD,
            "trusted_device_token": old["trusted_device_token"],
        });
        let trusted = client.post("acme", "login", &body).await;
        let expected = if change == "reset_mfa" { "authenticated" } else { "mfa_required" };
        assert_eq!(trusted.data()["status"], expected, "{change}");
        assert!(trusted.data().get("trusted_device_token").is_none(), "{change}");
        house.advance(latchkey::jiff::SignedDuration::from_hours(1));
    }
    println!("row 26: after each of 6 changes the old sessions, device, handle and reset are dead");
}
