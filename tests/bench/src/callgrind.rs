//! Instructions, counted by valgrind: the same on every machine, whatever else it does.

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, ensure};
use tempfile::TempDir;
use tokio::process::Command;

/// A count of one command.
pub struct Callgrind {
    directory: TempDir,
}

impl Callgrind {
    /// # Errors
    /// When there is no place for what it writes.
    pub fn new() -> anyhow::Result<Self> {
        Ok(Self { directory: tempfile::tempdir()? })
    }

    fn out(&self) -> PathBuf {
        self.directory.path().join("out")
    }

    /// The command that counts while it runs `binary`.
    #[must_use]
    pub fn of(&self, binary: &Path) -> Vec<OsString> {
        vec![
            "valgrind".into(),
            "--quiet".into(),
            "--tool=callgrind".into(),
            format!("--callgrind-out-file={}", self.out().display()).into(),
            binary.into(),
        ]
    }

    /// What was counted, once the command has ended. In millions.
    ///
    /// # Errors
    /// When nothing was.
    pub fn millions(&self) -> anyhow::Result<f64> {
        let counted = fs::read_to_string(self.out()).context("valgrind wrote nothing down")?;
        let totals = counted.lines().find_map(|line| line.strip_prefix("totals: ")).context("no totals")?;
        Ok(totals.trim().parse::<f64>()? / 1e6)
    }
}

/// Millions of instructions of a command that ends by itself.
///
/// # Errors
/// When it fails.
pub async fn of(binary: &Path, arguments: &[&str]) -> anyhow::Result<f64> {
    let callgrind = Callgrind::new()?;
    let command = callgrind.of(binary);
    let ran = Command::new(&command[0]).args(&command[1..]).args(arguments).output().await?;
    ensure!(ran.status.success(), "{}: {}", binary.display(), String::from_utf8_lossy(&ran.stderr));
    callgrind.millions()
}
