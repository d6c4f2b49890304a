//! A row of an import, as every shape gives it, and the user that it comes to.

use latchkey::{
    domain::{
        CustomData, Email, Locale, PersonName, Tenant,
        ids::UserId,
        user::{Profile, UserStatus},
    },
    jiff::Timestamp,
    keys::{HashRefused, StoredHash},
    runtime::Parts,
    store::ImportedUser,
};
use serde_json::{Map, Value};

/// A row: the line or the place in a list that it stands at, from 1 on, and what it gives. A fault never holds
/// what was given.
pub struct Row {
    pub at: u64,
    pub given: Result<Given, String>,
}

/// What a row gives.
#[derive(Default)]
pub struct Given {
    pub email: Option<String>,
    pub email_verified: bool,
    /// Nobody has shown that the address is theirs, and they may sign in all the same.
    pub unproven: bool,
    pub suspended: bool,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    /// Both names in one, for what has no others.
    pub whole_name: Option<String>,
    pub hash: Option<Result<StoredHash, HashRefused>>,
    pub custom_data: Option<Value>,
    /// What the other system calls the user; kept in the custom data.
    pub legacy_id: Option<String>,
    /// What Latchkey called the user, where it was one of ours.
    pub user_id: Option<String>,
    pub locale: Option<String>,
    pub created_at: Option<Result<Timestamp, &'static str>>,
}

/// The name in the custom data of what the other system called the user.
pub const LEGACY_ID: &str = "legacy_id";

/// What rows are checked with.
pub struct Rules<'a> {
    pub parts: &'a Parts,
    pub tenant: &'a Tenant,
    /// In the place of a name that is missing.
    pub missing_name: Option<&'a str>,
}

impl Given {
    /// The user, under the same rules as a registration.
    ///
    /// # Errors
    /// Every fault of the row, by field.
    pub fn check(self, rules: &Rules<'_>) -> Result<ImportedUser, String> {
        let mut faults = Faults::default();
        let email = match &self.email {
            None => faults.note("email", "Field required"),
            Some(text) => faults.of("email", Email::parse(text).map_err(|fault| fault.message.into_owned())),
        };
        let (first, last) = self.names(rules.missing_name);
        let mut name = |field, text: Option<&str>| match text {
            None => faults.note(field, "Field required"),
            Some(text) => {
                faults.of(field, PersonName::parse(text).map_err(|fault| fault.message.into_owned()))
            }
        };
        let (first_name, last_name) = (name("first_name", first), name("last_name", last));
        let hash = match self.hash.clone() {
            None => None,
            Some(hash) => faults.of("password_hash", hash.map_err(|refused| refused.to_string())),
        };
        let now = rules.parts.clock.now();
        let created_at = match self.created_at {
            None => Some(now),
            Some(Ok(at)) if at > now => faults.note("created_at", "must not lie in the future"),
            Some(at) => faults.of("created_at", at.map_err(str::to_owned)),
        };
        let user_id = match &self.user_id {
            None => Some(UserId::fresh(&*rules.parts.clock, &*rules.parts.entropy)),
            Some(text) => faults.of("user_id", text.parse().map_err(|_| "must be a usr_ id".to_owned())),
        };
        let locale = match &self.locale {
            None => Some(rules.tenant.settings.mail.locale),
            Some(text) => {
                let locale = serde_json::from_value::<Locale>(Value::from(text.as_str()));
                faults.of("locale", locale.map_err(|_| "is no language of the mails".to_owned()))
            }
        };
        let standing = self.standing();
        let unproven = self.unproven || !self.email_verified;
        let custom_data = match with_legacy_id(self.custom_data, self.legacy_id) {
            None => None,
            Some(value) => {
                faults.of("custom_data", CustomData::parse(value).map_err(|fault| fault.message.into_owned()))
            }
        };
        match (email, first_name, last_name, created_at, user_id, locale) {
            (
                Some(email),
                Some(first_name),
                Some(last_name),
                Some(created_at),
                Some(user_id),
                Some(locale),
            ) if faults.0.is_empty() => {
                let email_typed = email.as_typed().to_owned();
                let profile =
                    Profile { email: email_typed, first_name, last_name, custom_data, locale, created_at };
                Ok(ImportedUser { user_id, email, hash, standing, unproven, profile })
            }
            _ => Err(faults.0.join("; ")),
        }
    }

    fn standing(&self) -> UserStatus {
        match (self.email_verified, self.suspended) {
            (true, false) => UserStatus::Active,
            (true, true) => UserStatus::Suspended,
            (false, false) => UserStatus::Unverified,
            (false, true) => UserStatus::SuspendedUnverified,
        }
    }

    /// First and last name: of the whole one where there are none, and else what stands in for a missing one.
    fn names<'a>(&'a self, missing: Option<&'a str>) -> (Option<&'a str>, Option<&'a str>) {
        let given = |name: &'a Option<String>| name.as_deref().filter(|name| !name.trim().is_empty());
        let (mut first, mut last) = (given(&self.first_name), given(&self.last_name));
        if let (None, None, Some(whole)) = (first, last, given(&self.whole_name)) {
            (first, last) = match whole.trim().rsplit_once(' ') {
                Some((first, last)) => (Some(first), Some(last)),
                None => (Some(whole), None),
            };
        }
        (first.or(missing), last.or(missing))
    }
}

fn with_legacy_id(custom_data: Option<Value>, legacy_id: Option<String>) -> Option<Value> {
    let Some(legacy_id) = legacy_id else { return custom_data };
    let mut custom_data = custom_data.unwrap_or_else(|| Value::Object(Map::new()));
    if let Some(object) = custom_data.as_object_mut() {
        object.entry(LEGACY_ID).or_insert_with(|| legacy_id.into());
    }
    Some(custom_data)
}

#[derive(Default)]
struct Faults(Vec<String>);

impl Faults {
    fn note<T>(&mut self, field: &str, why: &str) -> Option<T> {
        self.0.push(format!("{field}: {why}"));
        None
    }

    fn of<T>(&mut self, field: &str, value: Result<T, String>) -> Option<T> {
        value.map_err(|why| self.0.push(format!("{field}: {why}"))).ok()
    }
}

/// RFC 3339, or without a zone, which then is UTC.
pub fn time(text: &str) -> Result<Timestamp, &'static str> {
    let zoned = || text.parse::<Timestamp>().ok();
    let civil = || {
        let at = text.replacen(' ', "T", 1).parse::<latchkey::jiff::civil::DateTime>().ok()?;
        latchkey::jiff::tz::TimeZone::UTC.to_timestamp(at).ok()
    };
    zoned().or_else(civil).ok_or("must be a time as in RFC 3339")
}

/// Milliseconds since 1970.
pub fn millis(millis: i64) -> Result<Timestamp, &'static str> {
    Timestamp::from_millisecond(millis).map_err(|_| "must be milliseconds since 1970")
}

/// In our words: the library's may repeat what was given, and that may be a hash.
pub fn fault_of(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let ours = ["missing field", "unknown field", "duplicate field"];
    if error.is_data() && ours.iter().any(|begins| text.starts_with(begins)) {
        return text.split(" at line ").next().unwrap_or_default().to_owned();
    }
    let what = if error.is_data() { "a value is of the wrong type" } else { "this is not JSON" };
    format!("{what}, at column {}", error.column())
}
