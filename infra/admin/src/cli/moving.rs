//! Users who move in and out: files, and what is shown meanwhile.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufWriter, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use latchkey::administration::Administrator;
use serde_json::json;

use crate::{
    AdminError, export,
    import::{self, Format, Imported, News},
};

#[derive(Args)]
pub struct Import {
    pub tenant: String,
    /// A file, or - for standard input
    pub file: PathBuf,
    #[arg(long, value_enum, default_value_t = Format::Jsonl)]
    pub format: Format,
    /// Check every row, and make nobody
    #[arg(long)]
    pub dry_run: bool,
    /// Go on with an import that was cut off: a row whose address has an account is done
    #[arg(long)]
    pub resume: bool,
    /// Write the refused rows into this file, a JSON object a line, and not to standard error
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// Stands in for a first or last name that a row does not have; without it such a row is refused
    #[arg(long, value_name = "TEXT")]
    pub missing_name: Option<String>,
}

#[derive(Args)]
pub struct Export {
    pub tenant: String,
    /// With the password hashes, unsealed: keep the file as you would keep the passwords
    #[arg(long)]
    pub with_hashes: bool,
    /// A file that is not there yet; standard output if none is given
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

impl Import {
    pub async fn run(self, by: &Administrator, json: bool) -> Result<String, AdminError> {
        let tenant = super::load(&by.parts, &self.tenant).await?;
        let (input, bar) = self.input()?;
        let mut report: Option<Box<dyn Write>> = None;
        if let Some(path) = &self.report {
            let file = File::create(path).map_err(|error| unwritable(path, &error))?;
            report = Some(Box::new(BufWriter::new(file)));
        }
        let options = import::Options {
            format: self.format,
            dry_run: self.dry_run,
            resume: self.resume,
            missing_name: self.missing_name,
        };
        let tell = |news: News<'_>| match news {
            News::Progress(so_far) => {
                bar.set_message(format!("{} rows, {} refused", so_far.read, so_far.refused));
                Ok(())
            }
            News::Refused(line, reason) => match &mut report {
                Some(report) => writeln!(report, "{}", json!({ "line": line, "reason": reason }))
                    .map_err(|error| AdminError::Unwritable(format!("the report: {error}"))),
                // A closed output is no failure of the import.
                None => bar.suspend(|| {
                    let _ = writeln!(io::stderr(), "line {line}: {reason}");
                    Ok(())
                }),
            },
        };
        let imported = import::import(by, &tenant, input, &options, tell).await?;
        if let Some(report) = &mut report {
            report.flush().map_err(|error| AdminError::Unwritable(format!("the report: {error}")))?;
        }
        bar.finish_and_clear();
        let text = summary(&imported, options.dry_run, json);
        if imported.refused > 0 { Err(AdminError::Partly(text)) } else { Ok(text) }
    }

    /// The input, and a bar that follows it on a terminal.
    fn input(&self) -> Result<(Box<dyn Read + Send>, ProgressBar), AdminError> {
        if self.file == Path::new("-") {
            let bar = styled(ProgressBar::new_spinner(), "{spinner} {msg}");
            return Ok((Box::new(io::stdin()), bar));
        }
        let unreadable =
            |error: io::Error| AdminError::Unreadable(format!("{}: {error}", self.file.display()));
        let file = File::open(&self.file).map_err(unreadable)?;
        let size = file.metadata().map_err(unreadable)?.len();
        let bar = styled(ProgressBar::new(size), "{wide_bar} {percent}% {msg}, {eta} left");
        Ok((Box::new(bar.wrap_read(file)), bar))
    }
}

impl Export {
    pub async fn run(self, by: &Administrator, json: bool) -> Result<String, AdminError> {
        let tenant = super::load(&by.parts, &self.tenant).await?;
        let bar = styled(ProgressBar::new_spinner(), "{spinner} {msg}");
        let progress = |count: u64| bar.set_message(format!("{count} users"));
        let with_hashes = self.with_hashes;
        let count = match &self.output {
            None => {
                let mut output = BufWriter::new(io::stdout());
                export::export(by, &tenant, with_hashes, &mut output, progress).await?
            }
            Some(path) => {
                let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
                let mut output = BufWriter::new(file.map_err(|error| unwritable(path, &error))?);
                export::export(by, &tenant, with_hashes, &mut output, progress).await?
            }
        };
        bar.finish_and_clear();
        let text = if json {
            json!({ "exported": count, "with_hashes": with_hashes }).to_string()
        } else {
            format!("{count} users exported")
        };
        if self.output.is_some() {
            return Ok(text);
        }
        // Standard output has the users. A closed error output is no failure.
        let _ = writeln!(io::stderr(), "{text}");
        Ok(String::new())
    }
}

/// Nothing is drawn where there is no terminal.
pub fn styled(bar: ProgressBar, template: &str) -> ProgressBar {
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

fn summary(imported: &Imported, dry_run: bool, json: bool) -> String {
    let Imported { read, imported, present, refused } = *imported;
    if json {
        let document = json!({
            "dry_run": dry_run,
            "read": read,
            "imported": imported,
            "present": present,
            "refused": refused,
        });
        return document.to_string();
    }
    let done = if dry_run { "would be imported" } else { "imported" };
    format!("{read} rows: {imported} {done}, {present} there already, {refused} refused")
}

fn unwritable(path: &Path, error: &io::Error) -> AdminError {
    AdminError::Unwritable(format!("{}: {error}", path.display()))
}
