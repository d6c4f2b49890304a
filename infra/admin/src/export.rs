//! Users who move out: JSON Lines, as the import reads them.

use std::io::Write;

use latchkey::{
    administration::{AdministrationError, Deed},
    domain::{Tenant, event::Kind},
    store::{Listed, Mark},
    zeroize::Zeroizing,
};
use serde_json::{Map, Value};

use crate::{AdminError, Administrator};

/// Writes a tenant's users, a line each, in no particular order. Without hashes nobody can sign in where they go
/// to, but by a reset. Factors, devices and sessions do not move. Gives how many there were.
///
/// # Errors
/// [`AdminError::Unwritable`]; a hash that does not open; the store's.
pub async fn export(
    by: &Administrator,
    tenant: &Tenant,
    with_hashes: bool,
    output: &mut (dyn Write + Send),
    mut progress: impl FnMut(u64),
) -> Result<u64, AdminError> {
    // Before the first of them is out.
    let kind = if with_hashes { Kind::PasswordHashesExported } else { Kind::UsersExported };
    let parts = &by.parts;
    by.record(tenant, kind, Deed::default()).await?;
    let unwritable = |error: std::io::Error| AdminError::Unwritable(error.to_string());
    let mut count = 0;
    let mut mark = Some(Mark::default());
    while let Some(from) = mark {
        let (users, next) = parts.store.users(tenant.id, from).await?;
        for user in &users {
            let mut row = row(user);
            if with_hashes && user.login.sealed_hash.is_some() {
                let opened = parts.store.open_hash(
                    tenant.id,
                    &user.login,
                    parts.passwords_key().map_err(AdministrationError::from)?,
                );
                let hash = opened.ok_or_else(|| AdminError::Sealed(user.login.user_id.to_string()))?;
                row.insert("password_hash".to_owned(), hash.phc().into());
            }
            let mut line = Zeroizing::new(Value::from(row).to_string());
            line.push('\n');
            output.write_all(line.as_bytes()).map_err(unwritable)?;
            count += 1;
        }
        progress(count);
        mark = next;
    }
    output.flush().map_err(unwritable)?;
    Ok(count)
}

fn row(user: &Listed) -> Map<String, Value> {
    let (login, profile) = (&user.login, &user.profile);
    let mut row = Map::new();
    let mut set = |name: &str, value: Value| row.insert(name.to_owned(), value);
    set("user_id", login.user_id.to_string().into());
    set("email", profile.email.as_str().into());
    set("email_verified", login.standing.is_verified().into());
    // What is as with most people is left out.
    if login.unproven && login.standing.is_verified() {
        set("unproven", true.into());
    }
    if login.standing.is_suspended() {
        set("suspended", true.into());
    }
    set("first_name", profile.first_name.as_str().into());
    set("last_name", profile.last_name.as_str().into());
    if let Some(data) = &profile.custom_data {
        set("custom_data", data.as_object().clone().into());
    }
    set("locale", serde_json::to_value(profile.locale).unwrap_or_default());
    set("created_at", profile.created_at.to_string().into());
    row
}
