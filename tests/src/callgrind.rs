//! Instructions, counted by valgrind: the same on every machine, whatever else it does.

use std::{ffi::OsString, fs, path::Path, process::Output};

use tempfile::TempDir;
use tokio::process::Command;

/// A count of one command.
pub struct Callgrind(TempDir);

impl Callgrind {
    #[must_use]
    #[expect(clippy::new_without_default, reason = "it makes a folder")]
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// The command that counts while it runs `binary`.
    #[must_use]
    pub fn of(&self, binary: &Path) -> Vec<OsString> {
        vec![
            "valgrind".into(),
            "--quiet".into(),
            "--tool=callgrind".into(),
            format!("--callgrind-out-file={}", self.0.path().join("out").display()).into(),
            binary.into(),
        ]
    }

    /// Has it write down what it has counted in this process until now, and count anew.
    pub async fn dump(process: u32) {
        let dump = Command::new("vgdb").args([&format!("--pid={process}"), "dump"]).output().await.unwrap();
        assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
    }

    /// What was counted, once the command has ended. In millions.
    #[must_use]
    pub fn millions(&self) -> f64 {
        self.read("out")
    }

    /// What was counted from the first dump to the second. In millions.
    #[must_use]
    pub fn millions_between_dumps(&self) -> f64 {
        self.read("out.2")
    }

    fn read(&self, file: &str) -> f64 {
        let counted = fs::read_to_string(self.0.path().join(file)).unwrap();
        let totals = counted.lines().find_map(|line| line.strip_prefix("totals: ")).unwrap();
        totals.trim().parse::<f64>().unwrap() / 1e6
    }
}

/// Millions of instructions of a command that ends by itself.
pub async fn of(binary: &Path, arguments: &[&str]) -> f64 {
    let callgrind = Callgrind::new();
    let command = callgrind.of(binary);
    let Output { status, stderr, .. } =
        Command::new(&command[0]).args(&command[1..]).args(arguments).output().await.unwrap();
    assert!(status.success(), "{}: {}", binary.display(), String::from_utf8_lossy(&stderr));
    callgrind.millions()
}
