//! DynamoDB: dynoxide on `SQLite`, embedded, behind its own HTTP server.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, anyhow};
use dynoxide::Database;
use jiff::Timestamp;
use latchkey::domain::Clock;
use tokio::net::TcpListener;

use crate::serving::Tasks;

/// The file in the data directory.
const FILE: &str = "dynamodb.sqlite";

/// Where the items are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Data {
    /// Nowhere: they go with the stack.
    Memory,
    /// In this directory, made where it is not there.
    Directory(PathBuf),
}

/// Dynoxide's clock, telling the stack's time.
struct StackClock(Arc<dyn Clock>);

impl StackClock {
    fn since_epoch(&self) -> jiff::SignedDuration {
        self.0.now().duration_since(Timestamp::UNIX_EPOCH)
    }
}

impl dynoxide::storage_backend::Clock for StackClock {
    fn now_unix_secs(&self) -> u64 {
        u64::try_from(self.since_epoch().as_secs()).unwrap_or(0)
    }

    fn now_unix_secs_f64(&self) -> f64 {
        self.since_epoch().as_secs_f64()
    }
}

/// Opens the database. One in memory tells `clock`'s time; one on disk can only tell the system's.
///
/// # Errors
/// When the directory or the file cannot be written: the message names it.
pub fn open(data: &Data, clock: Arc<dyn Clock>) -> anyhow::Result<Database> {
    match data {
        Data::Memory => Ok(Database::memory_with_clock(Arc::new(StackClock(clock)))?),
        Data::Directory(directory) => on_disk(directory),
    }
}

fn on_disk(directory: &Path) -> anyhow::Result<Database> {
    std::fs::create_dir_all(directory)
        .with_context(|| format!("the data directory {} cannot be made", directory.display()))?;
    let file = directory.join(FILE);
    let path = file.to_str().ok_or_else(|| anyhow!("the path {} is not UTF-8", file.display()))?;
    Database::new(path).with_context(|| format!("the database {path} cannot be opened for writing"))
}

/// Serves the database on `listener` until the stack ends.
pub(crate) fn serve(tasks: &mut Tasks, listener: TcpListener, database: &Database) {
    let serving = dynoxide::server::serve_with_shutdown(listener, database.clone(), tasks.stopping());
    tasks.run(async move {
        if let Err(error) = serving.await {
            tracing::error!(error, "DynamoDB ended");
        }
    });
}

/// Deletes what has expired, as DynamoDB does some time within two days. Gives how many it were.
///
/// # Errors
/// When the database cannot.
pub async fn sweep(database: &Database) -> anyhow::Result<usize> {
    let database = database.clone();
    // It waits for requests between pages: not on a thread that serves them.
    Ok(tokio::task::spawn_blocking(move || database.sweep_ttl()).await??)
}

#[cfg(test)]
mod tests {
    use super::*;
    use latchkey::domain::clock::WallClock;

    #[test]
    fn a_directory_that_cannot_be_made_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let below = file.path().join("data");
        let error = open(&Data::Directory(below.clone()), Arc::new(WallClock)).err().unwrap();
        assert!(format!("{error:#}").contains(below.to_str().unwrap()), "{error:#}");
    }
}
