//! What must not leak: every secret that a test holds is written down, and so are the places where none may be.
//! `tests/secrets.rs` looks for the ones in the others.

use std::{
    fs::{self, File, OpenOptions},
    io::Write,
    path::PathBuf,
    sync::{LazyLock, Mutex},
};

use dynoxide::{AttributeValue, Database, actions::scan::ScanRequest};
use latchkey::runtime;
use serde_json::Value;

/// Names the directory that all of it goes to; nothing is written where it is not set.
pub const DIRECTORY: &str = "LATCHKEY_CANARIES";
/// The file of secrets, and that of addresses, which no log has.
pub const SECRETS: &str = "secrets";
pub const ADDRESSES: &str = "addresses";

/// The members of requests and answers that are secrets.
const NAMES: [&str; 20] = [
    "password",
    "new_password",
    "current_password",
    "token",
    "mfa_token",
    "access_token",
    "refresh_token",
    "reset_token",
    "enrollment_token",
    "trusted_device_token",
    "captcha_token",
    "code",
    "secret",
    "otpauth_uri",
    "backup_codes",
    "codes",
    "signature",
    "salt",
    "undo_token",
    "device_token",
];

struct Files {
    directory: PathBuf,
    open: Mutex<Vec<(String, File)>>,
}

static FILES: LazyLock<Option<Files>> = LazyLock::new(|| {
    let directory = PathBuf::from(std::env::var_os(DIRECTORY)?);
    fs::create_dir_all(&directory).unwrap();
    let files = Files { directory, open: Mutex::default() };
    let log = files.file("log");
    // The local stack, whose inbox tells addresses, is no part of what is deployed.
    let everything = "trace,local=off,dynoxide=off".parse().unwrap();
    tracing::subscriber::set_global_default(runtime::subscriber(everything, Mutex::new(log))).unwrap();
    Some(files)
});

impl Files {
    fn file(&self, name: &str) -> File {
        OpenOptions::new().create(true).append(true).open(self.directory.join(name)).unwrap()
    }

    fn write(&self, name: &str, line: &str) {
        let mut open = self.open.lock().unwrap();
        let index = open.iter().position(|(there, _)| there == name).unwrap_or_else(|| {
            open.push((name.to_owned(), self.file(name)));
            open.len() - 1
        });
        open[index].1.write_all(format!("{line}\n").as_bytes()).unwrap();
    }
}

/// Begins to write, logs among the rest.
pub(crate) fn begin() {
    LazyLock::force(&FILES);
}

/// Notes what a request holds.
pub(crate) fn note_request(path: &str, headers: &[(&str, &str)], body: &[u8]) {
    let Some(files) = &*FILES else { return };
    let query = path.split_once('?').map_or("", |(_, query)| query);
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        files.note_member(&name, &value);
    }
    for (name, value) in headers {
        if ["authorization", "cookie"].contains(name) {
            files.note_words(value);
        }
    }
    files.note(&serde_json::from_slice(body).unwrap_or_default());
}

/// Notes what an answer holds; a refusal is a place where no secret may be.
pub(crate) fn note_answer(status: u16, cookies: &[&str], text: &str, body: &Value) {
    let Some(files) = &*FILES else { return };
    for cookie in cookies {
        files.note_words(cookie.split(';').next().unwrap());
    }
    if status >= 400 {
        files.write("refusals", text);
    } else {
        files.note(body);
    }
}

/// Notes a metric's line, where no secret may be.
pub(crate) fn note_metric(line: &str) {
    if let Some(files) = &*FILES {
        files.write("metrics", line);
    }
}

/// Notes what is in the tables at the end, where no secret may be in the clear.
pub(crate) fn note_tables(database: &Database) {
    let Some(files) = &*FILES else { return };
    for table in database
        .list_tables(dynoxide::actions::list_tables::ListTablesRequest::default())
        .unwrap()
        .table_names
    {
        let mut from = None;
        loop {
            let request = ScanRequest {
                table_name: table.clone(),
                exclusive_start_key: from,
                ..ScanRequest::default()
            };
            let page = database.scan(request).unwrap();
            for item in page.items.unwrap_or_default() {
                let is_event = matches!(item.get("pk"), Some(AttributeValue::S(pk)) if pk.starts_with("A#"));
                let line = serde_json::to_string(&item).unwrap();
                files.write(if is_event { "audit" } else { "tables" }, &line);
            }
            from = page.last_evaluated_key;
            if from.is_none() {
                break;
            }
        }
    }
}

impl Files {
    fn note(&self, value: &Value) {
        match value {
            Value::Object(members) => {
                for (name, value) in members {
                    match value {
                        Value::String(text) => self.note_member(name, text),
                        Value::Array(all) if NAMES.contains(&name.as_str()) => {
                            all.iter().filter_map(Value::as_str).for_each(|text| self.note_secret(text));
                        }
                        _ => self.note(value),
                    }
                }
            }
            Value::Array(all) => all.iter().for_each(|value| self.note(value)),
            _ => {}
        }
    }

    fn note_member(&self, name: &str, text: &str) {
        if NAMES.contains(&name) {
            self.note_secret(text);
        } else if name == "email" && text.contains('@') {
            self.write(ADDRESSES, &Value::from(text).to_string());
        }
    }

    /// `Bearer …`, `name=…; name=…`.
    fn note_words(&self, text: &str) {
        for word in text.split([' ', ';']).filter(|word| word.len() > 20) {
            self.note_secret(word.split_once('=').map_or(word, |(_, value)| value));
        }
    }

    fn note_secret(&self, text: &str) {
        self.write(SECRETS, &Value::from(text).to_string());
    }
}
