//! The overview's HTML.

use askama::Template;
use latchkey::{
    administration::{EventShown, TenantShown, UserListed, audit},
    domain::{Settings, Tenant, user::UserState},
};
use serde_json::Value;

#[derive(Template)]
#[template(path = "overview.html")]
pub struct Page {
    tenant: TenantShown,
    status: String,
    users: Vec<UserListed>,
    next_user: Option<String>,
    events: Vec<EventShown>,
    next_event: Option<String>,
    settings: Vec<Setting>,
}

struct Setting {
    key: &'static str,
    value: String,
    /// Not the default.
    own: bool,
    about: &'static str,
}

impl Page {
    pub fn of(tenant: &Tenant, users: &[UserState], events: &audit::Page, most: usize) -> Self {
        let tenant = TenantShown::of(tenant);
        let next_user = users.last().filter(|_| users.len() == most).map(|user| user.user_id.to_string());
        Self {
            status: word(&tenant.status),
            settings: settings(&tenant.settings),
            users: users.iter().map(UserListed::of).collect(),
            next_user,
            events: events.events.iter().map(EventShown::of).collect(),
            next_event: events.next.as_ref().map(ToString::to_string),
            tenant,
        }
    }
}

fn settings(set: &Value) -> Vec<Setting> {
    let table = Settings::table().into_iter();
    table
        .map(|doc| {
            let value =
                set.pointer(&format!("/{}", doc.key.replace('.', "/"))).unwrap_or(&Value::Null).to_string();
            Setting { own: value != doc.default, key: doc.key, value, about: doc.about }
        })
        .collect()
}

/// A word as JSON has it, without its quotes.
fn word(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
