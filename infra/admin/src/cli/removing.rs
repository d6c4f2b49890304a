//! The end of a tenant, by the command line: asked for twice, and followed on a terminal.

use std::io::{self, Write};

use indicatif::ProgressBar;
use latchkey::domain::TenantSlug;
use serde_json::json;

use super::moving::styled;
use crate::{AdminError, Administrator, removal};

pub async fn delete_tenant(
    by: &Administrator,
    slug: &TenantSlug,
    sure: bool,
    as_json: bool,
) -> Result<String, AdminError> {
    if !sure && !is_meant(slug)? {
        return Err(AdminError::Refused(format!("{slug} is not deleted: another slug was typed")));
    }
    let bar = styled(ProgressBar::new_spinner(), "{spinner} {msg}");
    let users = removal::delete_tenant(by, slug, |users| bar.set_message(format!("{users} users"))).await?;
    bar.finish_and_clear();
    Ok(if as_json {
        json!({ "deleted": slug, "users": users }).to_string()
    } else {
        format!(
            "{slug} is deleted with {users} users. Run this again in a minute: functions may have served it until then"
        )
    })
}

/// Whether the slug is typed once more.
fn is_meant(slug: &TenantSlug) -> Result<bool, AdminError> {
    let fault = |error: io::Error| AdminError::Unreadable(format!("standard input: {error}"));
    write!(io::stderr(), "{slug} and all its users will be gone for ever. Type its slug: ").map_err(fault)?;
    let mut typed = String::new();
    io::stdin().read_line(&mut typed).map_err(fault)?;
    Ok(typed.trim() == slug.as_str())
}
