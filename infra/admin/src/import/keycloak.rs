//! A realm as Keycloak exports it: `kc.sh export`, in one file or as `<realm>-users-<n>.json`.

use std::collections::HashMap;

use latchkey::keys::{Cost, HashRefused, StoredHash};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::row::{Given, Row, fault_of, millis};

#[derive(Deserialize)]
struct Realm {
    users: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct User {
    id: Option<String>,
    email: Option<String>,
    #[serde(default)]
    email_verified: bool,
    #[serde(default)]
    enabled: bool,
    first_name: Option<String>,
    last_name: Option<String>,
    created_timestamp: Option<i64>,
    #[serde(default)]
    attributes: Map<String, Value>,
    #[serde(default)]
    credentials: Vec<Credential>,
}

#[derive(Deserialize)]
struct Credential {
    #[serde(rename = "type")]
    kind: String,
    #[serde(rename = "secretData")]
    secret: Option<String>,
    #[serde(rename = "credentialData")]
    data: Option<String>,
}

#[derive(Deserialize)]
struct SecretData {
    value: String,
    salt: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CredentialData {
    hash_iterations: u32,
    algorithm: String,
    #[serde(default)]
    additional_parameters: HashMap<String, Vec<String>>,
}

/// Every user of a realm.
///
/// # Errors
/// The whole is no realm.
pub fn realm(text: &str) -> Result<Vec<Row>, String> {
    let realm: Realm = serde_json::from_str(text).map_err(|error| fault_of(&error))?;
    let row = |(at, user): (u64, Value)| Row { at, given: given(user) };
    Ok((1..).zip(realm.users).map(row).collect())
}

fn given(user: Value) -> Result<Given, String> {
    let user: User = serde_json::from_value(user).map_err(|error| fault_of(&error))?;
    let password = user.credentials.iter().find(|credential| credential.kind == "password");
    Ok(Given {
        email: user.email,
        email_verified: user.email_verified,
        suspended: !user.enabled,
        first_name: user.first_name,
        last_name: user.last_name,
        hash: password.map(hash),
        custom_data: (!user.attributes.is_empty()).then(|| user.attributes.into()),
        legacy_id: user.id,
        created_at: user.created_timestamp.map(millis),
        ..Given::default()
    })
}

/// The texts in a credential are JSON once more.
fn hash(credential: &Credential) -> Result<StoredHash, HashRefused> {
    let malformed = HashRefused::Malformed("a credential of Keycloak");
    let secret = credential.secret.as_deref().unwrap_or_default();
    let secret: SecretData = serde_json::from_str(secret).map_err(|_| malformed.clone())?;
    let data = credential.data.as_deref().unwrap_or_default();
    let data: CredentialData = serde_json::from_str(data).map_err(|_| malformed.clone())?;
    let of = |name: &str| data.additional_parameters.get(name).and_then(|values| values.first());
    let number = |name: &str| of(name).and_then(|value| value.parse().ok()).ok_or(malformed.clone());
    if data.algorithm != "argon2" {
        return StoredHash::pbkdf2(&data.algorithm, data.hash_iterations, &secret.salt, &secret.value);
    }
    let version = match of("version").map(String::as_str) {
        Some("1.0") => 16,
        Some("1.3") => 19,
        _ => return Err(malformed),
    };
    let kind = of("type").map_or("", String::as_str);
    let cost =
        Cost { memory_kib: number("memory")?, passes: data.hash_iterations, lanes: number("parallelism")? };
    StoredHash::argon2((kind, version), cost, &secret.salt, &secret.value)
}
