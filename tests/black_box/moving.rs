//! Moving in and out: users of other systems, with the hashes that those made.

use std::io::Cursor;

use admin::import::{Format, Imported, News, Options};
use latchkey::domain::{Email, Tenant, user::UserStatus};
use serde_json::{Value, json};
use tests::{House, PASSWORD};

/// Of [`PASSWORD`]; made by the Python packages bcrypt 4.0, passlib 1.7, Werkzeug 3 and argon2-cffi 25, and by
/// Python's hashlib.
const HASHES: [&str; 10] = [
    "$2b$05$Un8vi01yq/HH1Xk1GNSgFu793v.QSQizqksO1ATA7ep515sHET6W2",
    "$2a$05$ecJ/ek6w39zVfIrUZNn39ucDBzJm.IikGAEX2.raEv3VpdYfhxA0y",
    "$2y$05$tpbODsE16FFb9Gsfb320U.uu0VWj/SemyGpk1CqJqmPKkIkBA7w1S",
    "$scrypt$ln=10,r=8,p=1$ag0h5FzLuZdSKiVEiJGylg$yXAXA55yNCXyCiMU+jdUvuUhGIW3esYrp5pEi1pS5R8",
    "$scrypt$N=1024,r=8,p=1$ag0h5FzLuZdSKiVEiJGylg$yXAXA55yNCXyCiMU+jdUvuUhGIW3esYrp5pEi1pS5R8",
    "$pbkdf2-sha256$1000$f4/R.n.vldKaU4rxfg.htA$3lVOX0Cgm3mOWqV1HSFHc3yGVRBQpXqu8psdRazr1hg",
    "$pbkdf2-sha512$1000$IgSg1FrrPSdk7H3P.R.jdA$l8Tj2U4T0HAOj.bTx6Q5sfZz.n.ymxu8TzQ.yn6RsTGU9OSs.GI1fct.gJXBxC6cWEz9eFrubWlKAddTlmqQDg",
    "$argon2id$v=19$m=128,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaY",
    "$argon2i$v=19$m=64,t=1,p=1$Mpw0Nt3/DOI14uKNTXcIIg$HpkMj8oq/KnPJ82khFqKmmEEEcRev3tneicY/ru20lk",
    "$argon2id$v=19$m=64,t=2,p=2$SXe4nf7W2ufY5HTwO1M4pA$WZDA2opZArdQ4c5KImPskEarUyjb6t7Y",
];

const AUTH0: &str = include_str!("moving/auth0.ndjson");
const COGNITO_CSV: &str = include_str!("moving/cognito.csv");
const COGNITO_JSON: &str = include_str!("moving/cognito.json");
const KEYCLOAK: &str = include_str!("moving/keycloak.json");

pub fn plain(format: Format) -> Options {
    Options { format, dry_run: false, resume: false, missing_name: None }
}

pub async fn import(
    house: &House,
    tenant: &Tenant,
    text: &str,
    options: &Options,
) -> (Imported, Vec<(u64, String)>) {
    let mut refused = Vec::new();
    let tell = |news: News<'_>| {
        if let News::Refused(line, why) = news {
            refused.push((line, why.to_owned()));
        }
        Ok(())
    };
    let input = Box::new(Cursor::new(text.to_owned()));
    let imported = admin::import::import(&house.by, tenant, input, options, tell).await.unwrap();
    assert_eq!(imported.read, imported.imported + imported.present + imported.refused);
    assert_eq!(refused.len() as u64, imported.refused);
    refused.sort_unstable();
    (imported, refused)
}

pub fn row(name: &str, more: &Value) -> String {
    let mut row = json!({
        "email": format!("{name}@example.com"),
        "email_verified": true,
        "first_name": name,
        "last_name": "Lovelace",
    });
    row.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    row.to_string()
}

async fn exported(house: &House, tenant: &Tenant, with_hashes: bool) -> Vec<Value> {
    let mut output = Vec::new();
    let count = admin::export::export(&house.by, tenant, with_hashes, &mut output, |_| ()).await.unwrap();
    let text = String::from_utf8(output).unwrap();
    let mut rows: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.len() as u64, count);
    rows.sort_by_key(|row| row["email"].to_string());
    rows
}

pub async fn hash_of(house: &House, tenant: &Tenant, email: &str) -> Option<String> {
    let login =
        house.parts.store.login(tenant.id, Email::parse(email).unwrap().key()).await.unwrap().unwrap();
    let key = house.parts.passwords_key().unwrap();
    house.parts.store.open_hash(tenant.id, &login, key).map(|hash| hash.phc().to_owned())
}

/// Somebody who moved in with bcrypt's hash of the usual password: the address, and the hash.
pub async fn moved_in(house: &House, tenant: &Tenant) -> (String, String) {
    let row = row("bcrypt", &json!({ "password_hash": HASHES[0] }));
    assert_eq!(import(house, tenant, &row, &plain(Format::Jsonl)).await.0.imported, 1);
    ("bcrypt@example.com".to_owned(), HASHES[0].to_owned())
}

async fn log_in(house: &House, tenant: &Tenant, from: u8, email: &str, password: &str) -> tests::Answer {
    let body = json!({ "email": email, "password": password });
    house.client(from).post(tenant.slug.as_str(), "login", &body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_moves_in_signs_in_as_before_and_is_hashed_anew() {
    let house = House::start().await;
    let tenant = house.tenant("acme", json!({})).await;
    let rows: Vec<_> =
        (0..).zip(HASHES).map(|(n, hash)| row(&format!("p{n}"), &json!({ "password_hash": hash }))).collect();
    let (imported, refused) = import(&house, &tenant, &rows.join("\n"), &plain(Format::Jsonl)).await;
    assert_eq!((imported.imported, refused), (HASHES.len() as u64, Vec::new()));
    let (imported, refused) = import(&house, &tenant, KEYCLOAK, &plain(Format::Keycloak)).await;
    assert_eq!(imported.imported, 5, "{refused:?}");
    let keycloaks = ["grace", "alan", "edsger"].map(|name| format!("{name}@example.com"));
    let all = (0..HASHES.len()).map(|n| format!("p{n}@example.com")).chain(keycloaks);
    let mut formats = 0;
    for (email, from) in all.zip(10..) {
        let brought = hash_of(&house, &tenant, &email).await.unwrap();
        let wrong = log_in(&house, &tenant, from, &email, "correct horse battery staple 43").await;
        assert_eq!(wrong.problem(), (401, "invalid_credentials"), "{email}");
        assert_eq!(hash_of(&house, &tenant, &email).await.unwrap(), brought);
        if email.starts_with("p7@") {
            // It is of the kind in force and of no password at all: nobody gets in by what looks like a hash.
            let nobody = log_in(&house, &tenant, from, &email, PASSWORD).await;
            assert_eq!(nobody.problem(), (401, "invalid_credentials"));
            continue;
        }
        let right = log_in(&house, &tenant, from, &email, PASSWORD).await;
        assert_eq!(right.data()["status"], "authenticated", "{email} {brought}");
        let now = hash_of(&house, &tenant, &email).await.unwrap();
        assert!(now.starts_with("$argon2id$v=19$m=64,t=1,p=1$") && now != brought, "{email} {now}");
        assert_eq!(log_in(&house, &tenant, from, &email, PASSWORD).await.data()["status"], "authenticated");
        formats += 1;
    }
    println!("{formats} kinds of hashes signed in with, and found hashed anew");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_moved_in_can_be_changed_by_itself() {
    let house = House::start().await;
    let tenant = house.tenant("acme", json!({})).await;
    import(&house, &tenant, &row("ada", &json!({ "password_hash": HASHES[3] })), &plain(Format::Jsonl)).await;
    let signed_in = log_in(&house, &tenant, 2, "ada@example.com", PASSWORD).await;
    let token = signed_in.data()["tokens"]["access_token"].as_str().unwrap().to_owned();
    // As if the login had not hashed anew.
    let email = Email::parse("ada@example.com").unwrap();
    let login = house.parts.store.login(tenant.id, email.key()).await.unwrap().unwrap();
    let foreign = latchkey::keys::StoredHash::import(HASHES[0]).unwrap();
    let key = house.parts.passwords_key().unwrap();
    house.parts.store.rehash(tenant.id, &login, &foreign, key).await.unwrap();
    let change =
        |old: &str| json!({ "current_password": old, "new_password": "another horse battery staple 43" });
    let client = house.client(2);
    assert_eq!(client.post_as("/api/v1/me/password", &token, &change("not it at all, no")).await.status, 422);
    client.post_as("/api/v1/me/password", &token, &change(PASSWORD)).await.data();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_is_wrong_is_refused_with_its_line_and_never_its_hash() {
    let house = House::start().await;
    let tenant = house.tenant("acme", json!({})).await;
    let secret = "c2VjcmV0c2VjcmV0c2VjcmV0";
    let hash = |hash: &str| json!({ "password_hash": hash });
    let rows = [
        (
            row("a", &hash(&format!("$scrypt$ln=18,r=8,p=1${secret}${secret}"))),
            "password_hash: the hash costs too much",
        ),
        (row("b", &hash(&HASHES[0].replace("$05$", "$15$"))), "password_hash: the hash costs too much"),
        (
            row("c", &hash(&format!("$pbkdf2-sha256$2000001${secret}${secret}"))),
            "password_hash: the hash costs too much",
        ),
        (
            row("d", &hash(&format!("$argon2id$v=19$m=131073,t=1,p=1${secret}${secret}"))),
            "password_hash: the hash costs too much",
        ),
        (row("e", &hash(secret)), "password_hash: the hash is of no kind that is known"),
        (row("f", &json!({ "password": secret })), "unknown field `password`"),
        (row("g", &json!({ "email_verified": secret })), "a value is of the wrong type"),
        (row("h", &json!({ "email": "no address" })), "email: value is not a valid email address"),
        (
            row("i", &json!({ "first_name": "a\nb", "last_name": null })),
            "first_name: a name must not contain control characters; last_name: Field required",
        ),
        (
            row("j", &json!({ "custom_data": { "x": "y".repeat(4096) } })),
            "custom_data: must be at most 4096 bytes",
        ),
        (row("k", &json!({ "custom_data": [1] })), "custom_data: Input should be a valid dictionary"),
        (
            row("l", &json!({ "created_at": "2199-01-01T00:00:00Z" })),
            "created_at: must not lie in the future",
        ),
        (row("m", &json!({ "created_at": "yesterday" })), "created_at: must be a time"),
        (row("n", &json!({ "user_id": "42" })), "user_id: must be a usr_ id"),
        (row("o", &json!({ "locale": "tlh" })), "locale: is no language"),
        (format!("{secret}\""), "this is not JSON"),
        ("[]".to_owned(), "a value is of the wrong type"),
        (row("r", &json!({})), ""),
        (row("R", &json!({})), "email: an earlier row has this address"),
    ];
    let text: Vec<_> = rows.iter().map(|(text, _)| text.as_str()).collect();
    let (imported, refused) = import(&house, &tenant, &text.join("\n"), &plain(Format::Jsonl)).await;
    assert_eq!((imported.imported, imported.refused), (1, rows.len() as u64 - 1));
    let wrong = (1..).zip(&rows).filter(|(_, (_, why))| !why.is_empty());
    for ((line, told), (wanted, (_, why))) in refused.iter().zip(wrong) {
        assert_eq!(*line, wanted);
        assert!(told.contains(why), "line {line}: {told}, not {why}");
        assert!(!told.contains(secret) && !told.contains(HASHES[0]), "line {line}: {told}");
    }
    assert_eq!(admin::user::list(&house.parts, &tenant, (None, 100)).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_who_is_there_is_touched_and_an_import_goes_on() {
    let house = House::start().await;
    let tenant = house.tenant("acme", json!({})).await;
    let ada = house.person(&tenant, "ada@example.com").await;
    let before = exported(&house, &tenant, true).await;
    let text: Vec<_> =
        (0..150).map(|n| row(&format!("p{n}"), &json!({ "password_hash": HASHES[0] }))).collect();
    let text = format!("{}\n\n{}\n", row("ADA", &json!({ "password_hash": HASHES[0] })), text.join("\n"));

    let dry = Options { dry_run: true, ..plain(Format::Jsonl) };
    let (would, refused) = import(&house, &tenant, &text, &dry).await;
    assert_eq!((would.imported, would.refused), (150, 1));
    assert_eq!(refused, [(1, "email: there is an account with this address".to_owned())]);
    assert_eq!(exported(&house, &tenant, true).await, before);

    // Cut off after some rows, of which the first is at line 3.
    let part: Vec<_> = text.lines().take(60).collect();
    let (first, _) = import(&house, &tenant, &part.join("\n"), &plain(Format::Jsonl)).await;
    assert_eq!((first.imported, first.refused), (58, 1));
    let resumed = Options { resume: true, ..plain(Format::Jsonl) };
    let (rest, refused) = import(&house, &tenant, &text, &resumed).await;
    assert_eq!((rest.imported, rest.present, refused.len()), (150 - 58, 59, 0));
    // Again without: every row is refused, and nothing changes.
    let after = exported(&house, &tenant, true).await;
    let (again, _) = import(&house, &tenant, &text, &plain(Format::Jsonl)).await;
    assert_eq!((again.imported, again.refused), (0, 151));
    assert_eq!(exported(&house, &tenant, true).await, after);
    let still: Vec<_> = after.into_iter().filter(|row| row["email"] == "ada@example.com").collect();
    assert_eq!(still, before);

    // An id that is another's.
    let taken = row("eve", &json!({ "user_id": ada.user_id }));
    let (imported, refused) = import(&house, &tenant, &taken, &plain(Format::Jsonl)).await;
    assert_eq!((imported.imported, refused), (0, vec![(1, "user_id: it is another user's".to_owned())]));
    assert_eq!(log_in(&house, &tenant, 3, "eve@example.com", PASSWORD).await.status, 401);
    assert_eq!(ada.login(&house.client(3)).await.data()["status"], "authenticated");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_no_refusal() {
    let (house, faults) = House::on_a_bad_day().await;
    let tenant = house.tenant("acme", json!({})).await;
    let text: Vec<_> = (0..5).map(|n| row(&format!("p{n}"), &json!({}))).collect();
    // As often as the SDK tries by itself: the next try meets what the lost ones made.
    faults.lose(3);
    let (imported, refused) = import(&house, &tenant, &text.join("\n"), &plain(Format::Jsonl)).await;
    assert_eq!((imported.imported, refused), (5, Vec::new()));
    assert_eq!(exported(&house, &tenant, false).await.len(), 5);
    // A conflict with others is tried again as well.
    faults.conflict(2);
    let other = row("other", &json!({}));
    assert_eq!(import(&house, &tenant, &other, &plain(Format::Jsonl)).await.0.imported, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn imports_at_once_make_everybody_once() {
    let house = House::start().await;
    let tenant = house.tenant("acme", json!({})).await;
    let text: Vec<_> = (0..200).map(|n| row(&format!("p{n}"), &json!({}))).collect();
    let text = text.join("\n");
    let options = plain(Format::Jsonl);
    let (one, two) =
        futures::join!(import(&house, &tenant, &text, &options), import(&house, &tenant, &text, &options));
    assert_eq!(one.0.imported + two.0.imported, 200);
    assert_eq!(exported(&house, &tenant, false).await.len(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_status_is_kept() {
    let house = House::start().await;
    let tenant = house.tenant("acme", json!({})).await;
    let hash = json!({ "password_hash": HASHES[1] });
    let with = |more: Value| {
        let mut all = hash.clone();
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all
    };
    let rows = [
        row("unverified", &with(json!({ "email_verified": false }))),
        row("suspended", &with(json!({ "suspended": true }))),
        row("without", &json!({})),
    ];
    import(&house, &tenant, &rows.join("\n"), &plain(Format::Jsonl)).await;
    for (name, code) in [("unverified", "email_not_verified"), ("suspended", "account_suspended")] {
        let email = format!("{name}@example.com");
        assert_eq!(log_in(&house, &tenant, 2, &email, PASSWORD).await.problem(), (403, code));
        let wrong = log_in(&house, &tenant, 2, &email, "something else 12345").await;
        assert_eq!(wrong.problem(), (401, "invalid_credentials"));
    }
    let without = "without@example.com";
    assert_eq!(log_in(&house, &tenant, 2, without, PASSWORD).await.problem(), (401, "invalid_credentials"));
    // Who has no password chooses one by a reset.
    let body = json!({ "email": without });
    house.client(4).post(tenant.slug.as_str(), "forgot-password", &body).await.data();
    let token = house.mailed_token(without, "lk_rst_").await;
    let body = json!({ "token": token, "new_password": PASSWORD });
    house.client(4).post(tenant.slug.as_str(), "password/reset", &body).await.data();
    assert_eq!(log_in(&house, &tenant, 2, without, PASSWORD).await.data()["status"], "authenticated");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_shape_is_read() {
    let house = House::start().await;
    for (name, format, text, refusals) in [
        ("auth0", Format::Auth0, AUTH0, &["first_name: Field required; last_name: Field required"][..]),
        ("csv", Format::Cognito, COGNITO_CSV, &["email: Field required"][..]),
        ("list", Format::Cognito, COGNITO_JSON, &["email: Field required"][..]),
        (
            "keycloak",
            Format::Keycloak,
            KEYCLOAK,
            &["email: Field required", "password_hash: the hash is of no kind that is known"][..],
        ),
    ] {
        let tenant = house.tenant(name, json!({})).await;
        let (imported, refused) = import(&house, &tenant, text, &plain(format)).await;
        assert!(imported.imported >= 2, "{name}: {imported:?} {refused:?}");
        assert_eq!(refused.len(), refusals.len(), "{name}: {refused:?}");
        for ((_, told), why) in refused.iter().zip(refusals) {
            assert!(told.starts_with(why), "{name}: {told}");
        }
        let rows = exported(&house, &tenant, false).await;
        let of = |email: &str| rows.iter().find(|row| row["email"] == email).unwrap();
        let ada = of("ada@example.com");
        assert_eq!(
            (ada["first_name"].as_str(), ada["last_name"].as_str()),
            (Some("Ada"), Some("Lovelace")),
            "{name}"
        );
        assert_eq!(ada["email_verified"], true);
        assert!(ada["custom_data"][admin::import::LEGACY_ID].is_string(), "{name}: {ada}");
        assert_eq!(
            ada["custom_data"]["plan"].as_str().or(ada["custom_data"]["plan"][0].as_str()),
            Some("pro"),
            "{name}"
        );
        if name != "csv" {
            assert_eq!(ada["created_at"], "2024-02-03T04:05:06Z", "{name}");
        }
        let verified = of("barbara@example.com");
        assert_eq!(
            (&verified["email_verified"], verified["suspended"] == true),
            (&json!(false), name != "csv"),
            "{name}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_are_missing_can_be_stood_in_for() {
    let house = House::start().await;
    let tenant = house.tenant("acme", json!({})).await;
    let options = Options { missing_name: Some("–".to_owned()), ..plain(Format::Auth0) };
    let (_, refused) = import(&house, &tenant, AUTH0, &options).await;
    assert!(refused.is_empty(), "{refused:?}");
    let rows = exported(&house, &tenant, false).await;
    assert!(rows.iter().any(|row| row["first_name"] == "–" && row["last_name"] == "–"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_moves_out_moves_in_as_it_was() {
    let house = House::start().await;
    let (one, two) = (house.tenant("one", json!({})).await, house.tenant("two", json!({})).await);
    let ada = house.person(&one, "ada+x@example.com").await;
    let rows = [
        row("b", &json!({ "email_verified": false, "custom_data": { "a": [1, 2.5, null] }, "id": "old-1" })),
        row(
            "c",
            &json!({ "suspended": true, "password_hash": HASHES[5], "created_at": "2020-01-02 03:04:05" }),
        ),
        row("d", &json!({ "unproven": true, "locale": "de" })),
    ];
    import(&house, &one, &rows.join("\n"), &plain(Format::Jsonl)).await;
    let rows = exported(&house, &one, true).await;
    assert_eq!(rows.len(), 4);
    let text: Vec<_> = rows.iter().map(Value::to_string).collect();
    let (imported, refused) = import(&house, &two, &text.join("\n"), &plain(Format::Jsonl)).await;
    assert_eq!((imported.imported, refused), (4, Vec::new()));
    assert_eq!(exported(&house, &two, true).await, rows);
    let bare = exported(&house, &two, false).await;
    assert!(bare.iter().all(|row| row.get("password_hash").is_none()));
    // She signs in there with her password, under her id; and what she has here is not of use there.
    let there = log_in(&house, &two, 2, &ada.email, PASSWORD).await;
    assert_eq!(there.data()["user_id"], ada.user_id.as_str());
    let here = ada.sign_in(&house, &house.client(3)).await;
    let refresh = json!({ "refresh_token": here["refresh_token"] });
    assert_eq!(house.client(3).post(two.slug.as_str(), "session/refresh", &refresh).await.status, 401);
    let state = house.parts.store.user_state(two.id, ada.user_id.parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(state.standing, UserStatus::Active);
    // Only who opened the seals can have had the hashes.
    assert!(rows[0]["password_hash"].as_str().unwrap().starts_with("$argon2id$"));
}
