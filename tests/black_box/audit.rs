//! One audit event for every decision.

use std::collections::BTreeSet;

use latchkey::{
    administration::{audit, fence::restore_fence, key},
    domain::{
        Locale, MailKind, TemplateName, Tenant,
        event::{Event, Kind},
        ids::EventId,
    },
    jiff::SignedDuration,
};
use serde_json::{Value, json};
use tests::{
    Client, House, PASSWORD, Person,
    factors::{settings, token_of},
    people::registration,
};

/// What only a race or a hundred tries bring about; the tests of these names drive it.
const ELSEWHERE: [(Kind, &str); 6] = [
    (Kind::UsersImported, "moving"),
    (Kind::TenantDeleted, "removal"),
    (Kind::FactorDisabled, "totp::a_hundred_wrong_codes_disable_an_app_until_it_is_enrolled_anew"),
    (Kind::DeviceRotationLost, "devices::a_trusted_devices_token_that_was_exchanged_is_on_record"),
    (Kind::SignatureCounterFell, "webauthn::a_counter_that_does_not_rise_is_refused"),
    (Kind::AdministratorRead, "administration::a_tenant_is_made_changed_suspended_and_found_in_the_record"),
];

/// Reads a tenant's record as it grows.
struct Record<'a> {
    house: &'a House,
    tenant: &'a Tenant,
    seen: BTreeSet<EventId>,
    kinds: BTreeSet<Kind>,
}

impl Record<'_> {
    /// What was written since the last look is exactly this.
    #[track_caller]
    fn told(&mut self, decision: &str, events: &[Event], wanted: &[Kind]) {
        let fresh = events.iter().filter(|event| self.seen.insert(event.event_id));
        let mut fresh: Vec<_> = fresh.map(|event| event.kind).collect();
        fresh.sort_unstable();
        let mut wanted = wanted.to_vec();
        wanted.sort_unstable();
        assert_eq!(fresh, wanted, "{decision}");
        println!("{decision:<55} {fresh:?}");
        self.kinds.extend(fresh);
    }

    async fn all(&self) -> Vec<Event> {
        let wanted = audit::Wanted::default();
        audit::page(&self.house.parts, self.tenant, &wanted, (None, 1000)).await.unwrap().events
    }
}

macro_rules! told {
    ($record:ident, $decision:literal, [$($kind:ident),*]) => {{
        let events = $record.all().await;
        $record.told($decision, &events, &[$(Kind::$kind),*]);
    }};
}

#[tokio::test(flavor = "multi_thread")]
async fn every_decision_is_one_event() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let mut wanted = settings("required", &["totp", "email", "backup_code"]);
    wanted["mail"] = json!({ "new_sign_in": false });
    let tenant = house.tenant("acme", wanted).await;
    let mut record = Record { house: &house, tenant: &tenant, seen: BTreeSet::new(), kinds: BTreeSet::new() };
    let client = house.client(2);
    told!(record, "a tenant is made", [TenantCreated]);

    let record = &mut record;
    let ada = registers(record, &client).await;
    let first = signs_in(record, &client, &ada).await;
    let token = has_factors(record, &client, &ada, first).await;
    owns_an_account(record, &client, &ada, token).await;
    is_helped(record, &client, &ada).await;
    is_administered(record).await;

    let elsewhere: BTreeSet<_> = ELSEWHERE.iter().map(|(kind, _)| *kind).collect();
    let driven: BTreeSet<_> = record.kinds.union(&elsewhere).copied().collect();
    let missing: Vec<_> = Kind::ALL.iter().filter(|kind| !driven.contains(kind)).collect();
    assert!(missing.is_empty(), "no decision brings about {missing:?}");
    println!(
        "{} kinds of events by their decisions, {} by tests of their own",
        record.kinds.len(),
        ELSEWHERE.len()
    );
}

/// Somebody gets an account.
async fn registers(record: &mut Record<'_>, client: &Client) -> Person {
    let house = record.house;
    client.post("acme", "register", &registration("ada@example.com", PASSWORD)).await.data();
    told!(record, "somebody registers", [RegistrationRequested]);
    client.post("acme", "verify-email/resend", &json!({ "email": "ada@example.com" })).await.data();
    told!(record, "and asks for the link again", [VerificationRequested]);
    let token = house.mailed_token("ada@example.com", "lk_vfy_").await;
    let bad = json!({ "token": "lk_vfy_AAAA", "password": PASSWORD });
    assert_eq!(client.post("acme", "verify-email", &bad).await.status, 400);
    told!(record, "a made-up link is refused", []);
    let verified =
        client.post("acme", "verify-email", &json!({ "token": token, "password": PASSWORD })).await;
    let user_id = verified.data()["user_id"].as_str().unwrap().to_owned();
    told!(record, "the address is proven", [UserActivated]);
    Person { email: "ada@example.com".into(), user_id, slug: "acme".into() }
}

/// Signs in, by mailed codes and a trusted device: the refresh token.
async fn signs_in(record: &mut Record<'_>, client: &Client, ada: &Person) -> Value {
    let house = record.house;
    assert_eq!(ada.login_with(client, "not it at all").await.status, 401);
    told!(record, "a wrong password", [LoginFailed]);
    let nobody = json!({ "email": "nobody@example.com", "password": PASSWORD });
    assert_eq!(client.post("acme", "login", &nobody).await.status, 401);
    told!(record, "an address that nobody has", [LoginFailed]);
    let login = ada.login(client).await;
    let handle = login.data()["mfa_token"].as_str().unwrap().to_owned();
    told!(record, "a right password, with a factor due", [MfaDue]);
    let code = ada.code(house, client, &handle).await;
    told!(record, "a code is asked for", [MfaCodeRequested]);
    let wrong = if code == "000000" { "000001" } else { "000000" };
    ada.verify(client, &handle, wrong).await.data();
    told!(record, "a wrong one is shown", [MfaFailed]);
    let body = json!({ "mfa_token": handle, "method": "email", "code": code, "trust_device": true });
    let shown = client.post("acme", "mfa/verify", &body).await;
    let device = shown.data()["trusted_device_token"].clone();
    told!(record, "the right one is shown, and the device trusted", [MfaSucceeded]);
    let trusted = json!({ "email": ada.email, "password": PASSWORD, "trusted_device_token": device });
    let signed_in = client.post("acme", "login", &trusted).await;
    let token = token_of(signed_in.data());
    told!(record, "a right password on a trusted device", [LoginSucceeded]);
    let devices = client.get_as("/api/v1/me/devices", &token).await.data()["devices"].clone();
    let path = format!("/api/v1/me/devices/{}", devices[0]["device_id"].as_str().unwrap());
    client.delete_as(&path, &token).await.data();
    told!(record, "a device is forgotten", [DeviceForgotten]);
    signed_in.data()["tokens"]["refresh_token"].clone()
}

/// Goes on with a session, and enrols, uses and removes factors: the token of a session.
async fn has_factors(record: &mut Record<'_>, client: &Client, ada: &Person, first: Value) -> String {
    let house = record.house;
    let refresh = async |token: &Value| {
        client.post("acme", "session/refresh", &json!({ "refresh_token": token })).await
    };
    let second = refresh(&first).await.data()["tokens"]["refresh_token"].clone();
    refresh(&second).await.data();
    told!(record, "a session goes on", []);
    assert_eq!(refresh(&first).await.status, 401);
    told!(record, "a refresh token is used again", [RefreshReused]);

    let handle = ada.handle(client).await;
    let code = ada.code(house, client, &handle).await;
    let token = token_of(ada.verify(client, &handle, &code).await.data());
    told!(record, "another sign-in by a mailed code", [MfaDue, MfaCodeRequested, MfaSucceeded]);
    let (app, enrolled) = ada.enroll_app(house, client, &token).await;
    told!(record, "an app is enrolled", [FactorEnrolled]);
    let token = ada.token_by_app(house, client, &app).await;
    told!(record, "and signs in", [MfaDue, MfaSucceeded]);
    let factors = client.get_as("/api/v1/me/mfa", &token).await.data().clone();
    let path = format!("/api/v1/me/mfa/{}", factors["factors"][0]["factor_id"].as_str().unwrap());
    client.as_user(reqwest::Method::PATCH, &path, &token, Some(&json!({ "name": "Old" }))).await.data();
    told!(record, "a factor is renamed", [FactorRenamed]);
    let codes = client.post_as("/api/v1/me/mfa/backup-codes/regenerate", &token, &json!({})).await;
    told!(record, "backup codes are replaced", [BackupCodesReplaced]);
    drop(enrolled);
    let code = codes.data()["backup_codes"][0].as_str().unwrap().to_owned();
    let handle = ada.handle(client).await;
    let token = token_of(ada.show(client, &handle, "backup_code", &code).await.data());
    told!(record, "a backup code signs in", [MfaDue, BackupCodeUsed, MfaSucceeded]);
    let removed = client.delete_as(&path, &token).await;
    let token = removed.data()["tokens"]["access_token"].as_str().map_or(token, str::to_owned);
    told!(record, "a factor is removed", [FactorRemoved]);
    token
}

/// Changes everything of the own account.
async fn owns_an_account(record: &mut Record<'_>, client: &Client, ada: &Person, token: String) {
    let house = record.house;
    let names = json!({ "first_name": "Augusta" });
    client.as_user(reqwest::Method::PATCH, "/api/v1/me", &token, Some(&names)).await.data();
    told!(record, "a profile is changed", [ProfileChanged]);
    client.get_as("/api/v1/me/export", &token).await;
    told!(record, "an account is exported", [AccountExported]);
    let passwords = json!({ "current_password": PASSWORD, "new_password": "another fine long password 7" });
    let changed = client.post_as("/api/v1/me/password", &token, &passwords).await;
    changed.data();
    told!(record, "a password is changed", [PasswordChanged]);
    let login = ada.login_with(client, "another fine long password 7").await;
    let handle = login.data()["mfa_token"].as_str().unwrap().to_owned();
    let code = ada.code(house, client, &handle).await;
    let token = token_of(ada.verify(client, &handle, &code).await.data());
    told!(record, "and signs in", [MfaDue, MfaCodeRequested, MfaSucceeded]);
    client.post_as("/api/v1/me/email", &token, &json!({ "email": "ada@example.org" })).await.data();
    let code = house.mailed_code("ada@example.org").await;
    client.post_as("/api/v1/me/email/confirm", &token, &json!({ "code": code })).await.data();
    told!(record, "an address is changed", [EmailChanged]);
    let undo = house.mailed_token("ada@example.com", "lk_und_").await;
    client.post("acme", "email/undo", &json!({ "token": undo })).await.data();
    told!(record, "and the change undone from the old one", [EmailRestored]);
    client.post("acme", "forgot-password", &json!({ "email": ada.email })).await.data();
    told!(record, "a reset is asked for", [ResetRequested]);
    let reset = house.mailed_token(&ada.email, "lk_rst_").await;
    ada.reset(client, &reset, PASSWORD).await.data();
    told!(record, "and made", [PasswordReset]);
}

/// Is suspended and helped, and goes.
async fn is_helped(record: &mut Record<'_>, client: &Client, ada: &Person) {
    let (house, tenant) = (record.house, record.tenant);
    let user = ada.user_id.parse().unwrap();
    admin::user::suspend(&house.by, tenant, user).await.unwrap();
    told!(record, "a user is suspended", [UserSuspended]);
    admin::user::resume(&house.by, tenant, user).await.unwrap();
    told!(record, "a user is let in again", [UserResumed]);
    admin::user::revoke_sessions(&house.by, tenant, user).await.unwrap();
    told!(record, "a user's sessions are ended", [SessionsRevoked]);
    admin::user::reset_mfa(&house.by, tenant, user).await.unwrap();
    told!(record, "a user's factors are taken away", [FactorsReset]);
    let handle = ada.handle(client).await;
    let code = ada.code(house, client, &handle).await;
    let token = token_of(ada.verify(client, &handle, &code).await.data());
    told!(record, "the user signs in again", [MfaDue, MfaCodeRequested, MfaSucceeded]);
    client.delete_as("/api/v1/me/sessions", &token).await.data();
    told!(record, "no other session is ended", []);
    let sessions = client.get_as("/api/v1/me/sessions", &token).await.data()["sessions"].clone();
    let own = format!("/api/v1/me/sessions/{}", sessions[0]["session_id"].as_str().unwrap());
    client.delete_as(&own, &token).await.data();
    told!(record, "the own session is ended", [SessionEnded]);
    let handle = ada.handle(client).await;
    let code = ada.code(house, client, &handle).await;
    let token = token_of(ada.verify(client, &handle, &code).await.data());
    client.delete_as("/api/v1/me", &token).await.data();
    told!(record, "an account is deleted", [MfaDue, MfaCodeRequested, MfaSucceeded, AccountDeleted]);
}

/// What administrators do to a tenant.
async fn is_administered(record: &mut Record<'_>) {
    let (house, tenant) = (record.house, record.tenant);
    let person = admin::user::NewPerson {
        email: "bob@example.com".into(),
        password: None,
        first_name: "Bob".into(),
        last_name: "B".into(),
        verified: true,
    };
    admin::user::create(&house.by, tenant, person).await.unwrap();
    told!(record, "an administrator makes an account", [UserCreated]);
    admin::tenant::client_token(&house.by, tenant, "backend", 10).await.unwrap();
    told!(record, "a client token is made", [ClientTokenMade]);
    admin::tenant::set(&house.by, &tenant.slug, &[("mail.locale".into(), json!("de"))]).await.unwrap();
    told!(record, "a setting is changed", [TenantChanged]);
    let name = TemplateName { kind: MailKind::ResetPassword, locale: Locale::En };
    let words = "Subject: A new password\n\nYou want another password.\n\n{{ link }}\n";
    admin::mail::set(&house.by, &tenant.slug, name, words).await.unwrap();
    told!(record, "the tenant has words of its own", [MailTemplateSet]);
    admin::mail::clear(&house.by, &tenant.slug, name).await.unwrap();
    told!(record, "and takes them back", [MailTemplateCleared]);
    let person = admin::user::NewPerson {
        email: "eve@example.com".into(),
        password: None,
        first_name: "Eve".into(),
        last_name: "E".into(),
        verified: false,
    };
    admin::invitation::invite(&house.by, tenant, person).await.unwrap();
    told!(record, "somebody is invited", [UserCreated, UserInvited]);
    admin::invitation::withdraw(&house.by, tenant, "eve@example.com").await.unwrap();
    told!(record, "an invitation is withdrawn", [InvitationWithdrawn]);
    for (with_hashes, kind) in [(false, Kind::UsersExported), (true, Kind::PasswordHashesExported)] {
        admin::export::export(&house.by, tenant, with_hashes, &mut Vec::new(), |_| {}).await.unwrap();
        let events = record.all().await;
        record.told("the users are exported", &events, &[kind]);
    }
    admin::tenant::suspend(&house.by, &tenant.slug).await.unwrap();
    told!(record, "a tenant is suspended", [TenantSuspended]);
    admin::tenant::resume(&house.by, &tenant.slug).await.unwrap();
    told!(record, "a tenant is served again", [TenantResumed]);
    key::rotate(&house.by, &tenant.slug, key::Rotation::Announced).await.unwrap();
    told!(record, "a signing key is rotated", [SigningKeyRotated]);
    key::rotate(&house.by, &tenant.slug, key::Rotation::AtOnce).await.unwrap();
    told!(record, "a signing key is replaced", [SigningKeyReplaced]);
    restore_fence(&house.by, Some(&tenant.slug)).await.unwrap();
    house.advance(SignedDuration::from_secs(1));
    told!(record, "whatever was issued is declared dead", [TenantFenced]);
}
