//! What a command shows: text for people, JSON for programs.

use std::fmt::Write;

use latchkey::domain::{
    Settings, Tenant,
    user::{UserState, UserStatus},
};
use serde_json::{Value, json};

use crate::user::Shown;

pub fn tenant(tenant: &Tenant, as_json: bool) -> String {
    let document = tenant_document(tenant);
    if as_json { document.to_string() } else { lines(&document) }
}

pub fn tenants(tenants: &[Tenant], as_json: bool) -> String {
    if as_json {
        return Value::from(tenants.iter().map(tenant_document).collect::<Vec<_>>()).to_string();
    }
    table(tenants.iter().map(|tenant| {
        let standing = json!(tenant.standing).as_str().unwrap_or_default().to_owned();
        [tenant.slug.to_string(), standing, tenant.id.to_string(), tenant.display_name.clone()]
    }))
}

pub fn user(user: &Shown, as_json: bool) -> String {
    let mut document = user_document(&user.state);
    document["sessions"] = user.sessions.into();
    if let Some(profile) = &user.profile {
        document["first_name"] = profile.first_name.as_str().into();
        document["last_name"] = profile.last_name.as_str().into();
        document["created_at"] = profile.created_at.to_string().into();
    }
    if as_json { document.to_string() } else { lines(&document) }
}

pub fn users(users: &[UserState], as_json: bool) -> String {
    if as_json {
        return Value::from(users.iter().map(user_document).collect::<Vec<_>>()).to_string();
    }
    table(users.iter().map(|user| {
        [user.user_id.to_string(), status(user.standing).to_owned(), user.email_key.as_str().to_owned()]
    }))
}

/// The documentation of the settings.
pub fn settings() -> String {
    let mut text = "| setting | kind | default | what it does |\n| --- | --- | --- | --- |\n".to_owned();
    for setting in Settings::table() {
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "| `{}` | {} | `{}` | {} |",
            setting.key, setting.kind, setting.default, setting.about
        );
    }
    text
}

fn tenant_document(tenant: &Tenant) -> Value {
    json!({
        "slug": tenant.slug,
        "tenant_id": tenant.id,
        "name": tenant.display_name,
        "status": tenant.standing,
        "created_at": tenant.created_at.to_string(),
        "keys": tenant.jwks.iter().map(|key| key.kid.as_str()).collect::<Vec<_>>(),
        "settings": tenant.settings,
    })
}

fn user_document(user: &UserState) -> Value {
    json!({
        "user_id": user.user_id,
        "email": user.email_key.as_str(),
        "status": status(user.standing),
        "epoch": user.epoch,
    })
}

fn status(standing: UserStatus) -> &'static str {
    match standing {
        UserStatus::Active => "active",
        UserStatus::Unverified => "unverified",
        UserStatus::Suspended => "suspended",
        UserStatus::SuspendedUnverified => "suspended, unverified",
    }
}

fn lines(document: &Value) -> String {
    let mut text = String::new();
    for (name, value) in document.as_object().into_iter().flatten() {
        let shown = match value {
            Value::String(text) => text.clone(),
            Value::Object(_) => serde_json::to_string_pretty(value).unwrap_or_default(),
            other => other.to_string(),
        };
        let _ = writeln!(text, "{name:<12} {shown}");
    }
    text
}

/// Columns as wide as their widest value.
fn table<const N: usize>(rows: impl Iterator<Item = [String; N]>) -> String {
    let rows: Vec<_> = rows.collect();
    let widths: Vec<_> =
        (0..N).map(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0)).collect();
    let mut text = String::new();
    for row in &rows {
        let line: Vec<_> = row.iter().zip(&widths).map(|(value, width)| format!("{value:<width$}")).collect();
        let _ = writeln!(text, "{}", line.join("  ").trim_end());
    }
    text
}
