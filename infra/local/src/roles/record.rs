//! Which grants were made use of, so that a test can say which were not.

use std::{
    collections::BTreeSet,
    fs::OpenOptions,
    io::Write,
    sync::{LazyLock, Mutex, PoisonError},
};

/// The variable that names the file; without it nothing is recorded.
pub const FILE: &str = "LATCHKEY_USED_GRANTS";

/// One thing that a role allows: an action on a resource, in one pattern of partitions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grant {
    pub function: String,
    pub action: String,
    pub resource: String,
    /// Empty where any partition may be touched.
    pub partition: String,
}

impl std::fmt::Display for Grant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {} {}", self.function, self.action, self.resource, self.partition)
    }
}

/// What this process has written already.
static WRITTEN: LazyLock<Mutex<BTreeSet<Grant>>> = LazyLock::new(Mutex::default);

/// Writes down that a grant was made use of, once a process.
pub fn used(grant: &Grant) {
    let Some(path) = std::env::var_os(FILE) else { return };
    let mut written = WRITTEN.lock().unwrap_or_else(PoisonError::into_inner);
    if written.contains(grant) {
        return;
    }
    let line = format!("{grant}\n");
    let appended = OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .and_then(|mut file| file.write_all(line.as_bytes()));
    match appended {
        Ok(()) => drop(written.insert(grant.clone())),
        Err(error) => tracing::error!(%error, "a used grant cannot be written down"),
    }
}
