//! The command line.

use std::{
    io::{Write, stderr, stdout},
    process::ExitCode,
};

use clap::Parser;

use crate::{Inputs, Report};

/// Says what Latchkey costs a month.
#[derive(Parser)]
#[command(name = "cost", version)]
struct Arguments {
    /// Users of a month
    #[arg(long, value_name = "NUMBER", value_delimiter = ',', default_values_t = [1000, 100_000, 10_000_000])]
    users: Vec<u64>,
    /// A figure of units.toml, prices.toml or profile.toml, such as profile.user.refreshes=200
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = setting)]
    settings: Vec<(String, String)>,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

fn setting(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("must be KEY=VALUE")?;
    Ok((key.trim().to_owned(), value.trim().to_owned()))
}

/// Runs it: 0 when it is done, 2 when what it is asked cannot be.
#[must_use]
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    match Inputs::with(&arguments.settings) {
        Ok(inputs) => {
            let report = Report::of(&inputs, &arguments.users);
            let text = if arguments.json { report.json() + "\n" } else { report.text() };
            // Nobody reads on: nothing is left to do.
            let _ = stdout().write_all(text.as_bytes());
            ExitCode::SUCCESS
        }
        Err(error) => {
            let _ = writeln!(stderr(), "cost: {error}");
            ExitCode::from(2)
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn takes_sizes_and_settings() {
        let line = ["cost", "--users", "5,7", "--set", "prices.ses.mails=0.16", "--json"];
        let arguments = Arguments::try_parse_from(line).unwrap();
        assert_eq!(arguments.users, [5, 7]);
        assert_eq!(arguments.settings, [("prices.ses.mails".to_owned(), "0.16".to_owned())]);
        assert_eq!(Arguments::try_parse_from(["cost"]).unwrap().users, [1000, 100_000, 10_000_000]);
        assert!(Arguments::try_parse_from(["cost", "--set", "x"]).is_err());
    }
}
