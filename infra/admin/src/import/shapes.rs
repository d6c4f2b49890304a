//! The shapes that are read line by line, and Cognito's list: what their rows give.

use latchkey::keys::StoredHash;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::row::{Given, Row, fault_of, time};

/// A row of our own.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Own {
    email: Option<String>,
    #[serde(default)]
    email_verified: bool,
    #[serde(default)]
    unproven: bool,
    #[serde(default)]
    suspended: bool,
    first_name: Option<String>,
    last_name: Option<String>,
    password_hash: Option<String>,
    custom_data: Option<Value>,
    created_at: Option<String>,
    id: Option<String>,
    user_id: Option<String>,
    locale: Option<String>,
}

/// A row as `admin user export` writes it.
pub fn own(text: &str) -> Result<Given, String> {
    let row: Own = serde_json::from_str(text).map_err(|error| fault_of(&error))?;
    Ok(Given {
        email: row.email,
        email_verified: row.email_verified,
        unproven: row.unproven,
        suspended: row.suspended,
        first_name: row.first_name,
        last_name: row.last_name,
        hash: row.password_hash.as_deref().map(StoredHash::import),
        custom_data: row.custom_data,
        legacy_id: row.id,
        user_id: row.user_id,
        locale: row.locale,
        created_at: row.created_at.as_deref().map(time),
        ..Given::default()
    })
}

/// A line of Auth0's bulk export, or of the one with hashes that its support makes.
#[derive(Deserialize)]
struct Auth0 {
    email: Option<String>,
    #[serde(default)]
    email_verified: bool,
    #[serde(rename = "passwordHash")]
    password_hash: Option<String>,
    #[serde(alias = "givenName")]
    given_name: Option<String>,
    #[serde(alias = "familyName")]
    family_name: Option<String>,
    name: Option<String>,
    user_id: Option<String>,
    #[serde(rename = "_id")]
    id: Option<ObjectId>,
    created_at: Option<String>,
    user_metadata: Option<Value>,
    #[serde(default)]
    blocked: bool,
}

#[derive(Deserialize)]
struct ObjectId {
    #[serde(rename = "$oid")]
    oid: String,
}

pub fn auth0(text: &str) -> Result<Given, String> {
    let row: Auth0 = serde_json::from_str(text).map_err(|error| fault_of(&error))?;
    // The export with hashes leaves out what every id begins with.
    let legacy_id = row.user_id.or(row.id.map(|id| format!("auth0|{}", id.oid)));
    // Where no name was given, Auth0 has the address for one.
    let whole_name = row.name.filter(|name| !name.contains('@'));
    Ok(Given {
        email: row.email,
        email_verified: row.email_verified,
        suspended: row.blocked,
        first_name: row.given_name,
        last_name: row.family_name,
        whole_name,
        hash: row.password_hash.as_deref().map(StoredHash::import),
        custom_data: row.user_metadata.filter(|data| !data.is_null()),
        legacy_id,
        created_at: row.created_at.as_deref().map(time),
        ..Given::default()
    })
}

/// What `aws cognito-idp list-users` prints.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CognitoList {
    users: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CognitoUser {
    username: Option<String>,
    #[serde(default)]
    attributes: Vec<CognitoAttribute>,
    user_create_date: Option<Value>,
    #[serde(default = "yes")]
    enabled: bool,
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CognitoAttribute {
    name: String,
    #[serde(default)]
    value: String,
}

/// Every user of a list.
///
/// # Errors
/// The whole is no list.
pub fn cognito_list(text: &str) -> Result<Vec<Row>, String> {
    let list: CognitoList = serde_json::from_str(text).map_err(|error| fault_of(&error))?;
    let row = |(at, user): (u64, Value)| Row { at, given: cognito_user(user) };
    Ok((1..).zip(list.users).map(row).collect())
}

fn cognito_user(user: Value) -> Result<Given, String> {
    let user: CognitoUser = serde_json::from_value(user).map_err(|error| fault_of(&error))?;
    let mut given = Given { suspended: !user.enabled, ..Given::default() };
    given.legacy_id = user.username;
    given.created_at = user.user_create_date.map(|at| match &at {
        Value::String(text) => time(text),
        // The older command line prints seconds.
        other => {
            let millis = other.as_f64().map(|seconds| seconds * 1000.0).filter(|at| at.abs() < 1e15);
            #[expect(clippy::cast_possible_truncation, reason = "it is below 1e15")]
            millis.map_or(Err("must be a time"), |at| super::row::millis(at as i64))
        }
    });
    attribute_all(&mut given, user.attributes.into_iter().map(|attribute| (attribute.name, attribute.value)));
    Ok(given)
}

/// A row of the CSV that Cognito imports, by the names of its header.
pub fn cognito_row(header: &csv::StringRecord, row: &csv::StringRecord) -> Given {
    let mut given = Given::default();
    let filled = header.iter().zip(row.iter()).filter(|(_, value)| !value.is_empty());
    attribute_all(&mut given, filled.map(|(name, value)| (name.to_owned(), value.to_owned())));
    given
}

/// Custom attributes become custom data, by their own names.
fn attribute_all(given: &mut Given, attributes: impl Iterator<Item = (String, String)>) {
    let mut custom = Map::new();
    for (name, value) in attributes {
        match name.as_str() {
            "email" => given.email = Some(value),
            "email_verified" => given.email_verified = value.eq_ignore_ascii_case("true"),
            "given_name" => given.first_name = Some(value),
            "family_name" => given.last_name = Some(value),
            "name" => given.whole_name = Some(value),
            "sub" | "cognito:username" => given.legacy_id = Some(value),
            _ => {
                if let Some(own) = name.strip_prefix("custom:") {
                    custom.insert(own.to_owned(), value.into());
                }
            }
        }
    }
    if !custom.is_empty() {
        given.custom_data = Some(custom.into());
    }
}
