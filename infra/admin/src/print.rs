//! What a command shows: text for people, JSON for programs.

use std::fmt::Write;

use latchkey::{
    administration::EventShown,
    domain::{
        Settings, Tenant,
        event::{Event, Kind},
        ids::UserId,
        settings::SettingDoc,
        undeliverable::Reason,
        user::UserState,
    },
    jiff::Timestamp,
    store::Seals,
};
use serde_json::{Value, json};

use crate::{
    data_keys::{Changed, Made},
    mailbox::Mailbox,
    user::Shown,
};

pub fn tenant(tenant: &Tenant, as_json: bool) -> String {
    let document = tenant_document(tenant);
    if as_json { document.to_string() } else { lines(&document) }
}

pub fn tenants(tenants: &[Tenant], as_json: bool) -> String {
    if as_json {
        return Value::from(tenants.iter().map(tenant_document).collect::<Vec<_>>()).to_string();
    }
    table(tenants.iter().map(|tenant| {
        let standing = word(&json!(tenant.standing));
        [tenant.slug.to_string(), standing, tenant.id.to_string(), tenant.display_name.clone()]
    }))
}

pub fn user(user: &Shown, as_json: bool) -> String {
    let mut document = user_document(&user.state);
    document["sessions"] = user.sessions.into();
    document["factors"] = json!(user.methods);
    if let Some(profile) = &user.profile {
        document["first_name"] = profile.first_name.as_str().into();
        document["last_name"] = profile.last_name.as_str().into();
        document["created_at"] = second(profile.created_at).into();
    }
    if as_json { document.to_string() } else { lines(&document) }
}

pub fn users(users: &[UserState], as_json: bool) -> String {
    if as_json {
        return Value::from(users.iter().map(user_document).collect::<Vec<_>>()).to_string();
    }
    table(users.iter().map(|user| {
        [user.user_id.to_string(), word(&json!(user.standing)), user.email_key.as_str().to_owned()]
    }))
}

/// A user who is no more.
pub fn gone(user: UserId, as_json: bool) -> String {
    if as_json { json!({ "deleted": user }).to_string() } else { format!("{user} is deleted") }
}

/// The status is the reason that stops more.
pub fn mailbox(mailbox: &Mailbox, as_json: bool) -> String {
    let mut document = json!({ "address": mailbox.email.address(), "status": "deliverable" });
    for reason in [Reason::Complained, Reason::Bounced] {
        if let Some(at) = mailbox.found.since(reason, mailbox.at) {
            let name = reason.name();
            document["status"] = name.into();
            document[format!("{name}_at")] = second(at).into();
            document[format!("{name}_until")] = second(reason.until(at)).into();
        }
    }
    if as_json { document.to_string() } else { lines(&document) }
}

/// A tenant's signing keys, the newest first.
pub fn keys(tenant: &Tenant, now: Timestamp, as_json: bool) -> String {
    let documents = tenant.keys.states(now).map(|(key, state)| {
        json!({
            "kid": key.jwk.kid,
            "algorithm": key.jwk.alg.name(),
            "state": state,
            "signs_from": second(key.signs_from),
            "published_until": key.published_until.map(second),
        })
    });
    if as_json {
        return Value::from(documents.collect::<Vec<_>>()).to_string();
    }
    table(documents.map(|key| {
        let until = key["published_until"].as_str().map_or(String::new(), |until| format!("until {until}"));
        let from = format!("signs from {}", word(&key["signs_from"]));
        [word(&key["kid"]), word(&key["algorithm"]), word(&key["state"]), from, until]
    }))
}

/// Audit events, in their order.
pub fn events(events: &[Event], as_json: bool) -> String {
    if as_json {
        return json!(events.iter().map(EventShown::of).collect::<Vec<_>>()).to_string();
    }
    table(events.iter().map(|event| {
        let user = event.user_id.map(|user| user.to_string()).unwrap_or_default();
        let detail = event.detail.clone().unwrap_or_default();
        let from = format!("{} {}", event.origin.network, event.origin.agent);
        [second(event.at), word(&json!(event.kind)), user, detail, from]
    }))
}

/// The documentation of the kinds of events: a Markdown table, or a list.
pub fn kinds(as_json: bool) -> String {
    let kinds = Kind::ALL.iter().map(|kind| (word(&json!(kind)), kind.about()));
    if as_json {
        return json!(kinds.map(|(kind, about)| json!({ "kind": kind, "about": about })).collect::<Vec<_>>())
            .to_string();
    }
    let rows = kinds.map(|(kind, about)| format!("| `{kind}` | {about} |\n"));
    format!("| kind | what was decided |\n| --- | --- |\n{}", rows.collect::<String>())
}

/// The tenants whose tokens are dead.
pub fn fenced(tenants: &[Tenant], as_json: bool) -> String {
    let slugs: Vec<_> = tenants.iter().map(|tenant| tenant.slug.as_str()).collect();
    if as_json { json!({ "fenced": slugs }).to_string() } else { format!("{} tenants fenced", slugs.len()) }
}

const AFTER_CREATION: &str = "deploy the stage. Never delete the KMS key: nothing opens without it";
pub const AFTER_ROTATION: &str = "deploy the stage; then data-keys promote";
pub const AFTER_PROMOTION: &str = "deploy the stage; then data-keys reseal, and after a day data-keys retire";
pub const AFTER_RETIREMENT: &str = "deploy the stage";

pub fn made(made: &Made, as_json: bool) -> String {
    let mut document = json!({ "kms_key": made.kms_key, "written": made.written, "next": AFTER_CREATION });
    if made.written.is_empty() {
        document["next"] = "nothing: all was there already".into();
    }
    if as_json { document.to_string() } else { lines(&document) }
}

/// The rings that were changed, and what is to be done next.
pub fn changed(changed: &[Changed], next: &str, as_json: bool) -> String {
    let mut document =
        json!({ "next": if changed.is_empty() { "nothing: all is as it should be" } else { next } });
    for ring in changed {
        document[ring.purpose.name()] = ring.ids.clone().into();
    }
    if as_json { document.to_string() } else { lines(&document) }
}

pub fn seals(seals: &Seals, as_json: bool) -> String {
    let document = json!({
        "examined": seals.examined,
        "resealed": seals.resealed,
        "overtaken": seals.overtaken,
        "unreadable": seals.unreadable,
    });
    if as_json { document.to_string() } else { lines(&document) }
}

/// The documentation of the settings: a Markdown table, or a list.
pub fn settings(as_json: bool) -> String {
    let table = Settings::table();
    if as_json {
        let of = |doc: &SettingDoc| json!({ "setting": doc.key, "kind": doc.kind, "default": doc.default, "about": doc.about });
        return Value::from(table.iter().map(of).collect::<Vec<_>>()).to_string();
    }
    let mut text = "| setting | kind | default | what it does |\n| --- | --- | --- | --- |\n".to_owned();
    for doc in table {
        let [kind, default, about] = [doc.kind, &*doc.default, doc.about].map(cell);
        // Writing to a string does not fail.
        let _ = writeln!(text, "| `{}` | {kind} | `{default}` | {about} |", doc.key);
    }
    text
}

/// Where something is served until it is interrupted.
pub fn address(url: &str, as_json: bool) -> String {
    if as_json { json!({ "url": url }).to_string() } else { format!("{url}\nCtrl-C ends it.") }
}

/// A bar would end the cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn tenant_document(tenant: &Tenant) -> Value {
    json!({
        "slug": tenant.slug,
        "tenant_id": tenant.id,
        "name": tenant.display_name,
        "status": tenant.standing,
        "created_at": second(tenant.created_at),
        "keys": tenant.keys.kids().collect::<Vec<_>>(),
        "settings": tenant.settings,
    })
}

fn user_document(user: &UserState) -> Value {
    json!({
        "user_id": user.user_id,
        "email": user.email_key.as_str(),
        "status": user.standing,
        "epoch": user.epoch,
    })
}

/// A standing as it is stored, for people and programs alike.
fn word(standing: &Value) -> String {
    standing.as_str().unwrap_or_default().to_owned()
}

/// As the store keeps it, so that what was just made shows as it will later.
pub fn second(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn lines(document: &Value) -> String {
    let mut text = String::new();
    let width = document.as_object().into_iter().flatten().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (name, value) in document.as_object().into_iter().flatten() {
        let shown = match value {
            Value::String(text) => text.clone(),
            Value::Object(_) => serde_json::to_string_pretty(value).unwrap_or_default(),
            other => other.to_string(),
        };
        let _ = writeln!(text, "{name:<width$}  {shown}");
    }
    text
}

/// Columns as wide as their widest value.
pub fn table<const N: usize>(rows: impl Iterator<Item = [String; N]>) -> String {
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

#[cfg(test)]
mod tests {
    use latchkey::domain::Email;

    use super::*;

    #[test]
    fn a_mailbox_shows_what_still_holds_against_it() {
        let found = json!({ "bounced_at": 0, "complained_at": 864_000 });
        let shown = |day: i64| {
            let mailbox = Mailbox {
                email: Email::parse("Ada@example.com").unwrap(),
                found: serde_json::from_value(found.clone()).unwrap(),
                at: Timestamp::from_second(86_400 * day).unwrap(),
            };
            super::mailbox(&mailbox, false)
        };
        let bounced = "bounced_at        1970-01-01T00:00:00Z\nbounced_until     1970-01-31T00:00:00Z\n";
        let complained = "complained_at     1970-01-11T00:00:00Z\ncomplained_until  1971-02-15T00:00:00Z\n";
        let address = "address           Ada@example.com\n";
        assert_eq!(shown(29), format!("{address}{bounced}{complained}status            bounced\n"));
        assert_eq!(shown(30), format!("{address}{complained}status            complained\n"));
        assert_eq!(shown(410), "address  Ada@example.com\nstatus   deliverable\n");
    }

    #[test]
    fn every_row_of_the_settings_has_four_cells() {
        let table = settings(false);
        assert_eq!(table.lines().count(), Settings::table().len() + 2);
        for row in table.lines() {
            assert_eq!(row.replace("\\|", "").matches('|').count(), 5, "{row}");
        }
    }

    #[test]
    fn settings_are_documented_for_programs_too() {
        let list: Value = serde_json::from_str(&settings(true)).unwrap();
        assert_eq!(list[0]["setting"], "self_registration");
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_value() {
        let rows = [["a", "é"], ["bbb", "c"]].map(|row| row.map(str::to_owned));
        assert_eq!(table(rows.into_iter()), "a    é\nbbb  c\n");
        assert_eq!(table(std::iter::empty::<[String; 2]>()), "");
    }
}
