//! The command line.

use std::{fs, path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};
use latchkey::domain::jwk::Algorithm;
use serde::Serialize;

use crate::{
    Figure, endpoints, figure,
    first::{self, First},
    functions::{self, Binary},
    guard, handshake,
    latency::{self, Level},
    money, peers, plot, scale,
    work::{self, Work},
};

/// Measures how fast and how cheap Latchkey is.
#[derive(Parser)]
#[command(name = "bench", version)]
struct Arguments {
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Measures all, and prints it as a table
    All {
        /// How often
        #[arg(long, default_value_t = 2)]
        runs: usize,
        /// A folder for figures.json, latency.svg and cost.svg
        #[arg(long)]
        out: PathBuf,
    },
    /// Compares the instructions of each endpoint with those written down
    Guard {
        /// Write down what is counted
        #[arg(long)]
        update: bool,
    },
    /// Does one piece of work so many times, for who counts
    #[command(hide = true)]
    Work { what: String, times: u32 },
    /// Signs so many tokens with the key in a file, for who counts
    #[command(hide = true)]
    Sign {
        #[arg(value_parser = |name: &str| serde_json::from_value::<Algorithm>(name.into()))]
        algorithm: Algorithm,
        key: PathBuf,
        times: u32,
    },
    /// Shakes hands so often, for who counts
    #[command(hide = true)]
    Handshake { times: u32, url: String, root: PathBuf },
}

/// Runs it: 0 when it is done and holds, 1 when something is off, 2 when it could not be measured.
#[must_use]
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return fault(&error.into()),
    };
    match runtime.block_on(perform(arguments.command)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => fault(&error),
    }
}

fn fault(error: &anyhow::Error) -> ExitCode {
    eprintln!("bench: {error:#}");
    ExitCode::from(2)
}

async fn perform(task: Task) -> anyhow::Result<bool> {
    match task {
        Task::All { runs, out } => all(runs, &out).await.map(|()| true),
        Task::Guard { update } => guard::run(update).await,
        Task::Work { what, times } => work::run(&what, times).await.map(|()| true),
        Task::Sign { algorithm, key, times } => work::sign(algorithm, &key, times).map(|()| true),
        Task::Handshake { times, url, root } => handshake::run(times, &url, &root).await.map(|()| true),
    }
}

/// One run.
#[derive(Serialize)]
struct Run {
    figures: Vec<Figure>,
    functions: Vec<Binary>,
    first: Vec<First>,
    levels: Vec<Level>,
}

async fn once() -> anyhow::Result<Run> {
    let work = Work::count().await?;
    let (hash, mut figures) = work.figures().await?;
    figures.extend(endpoints::measure(&work).await?);
    let (functions, of_functions) = functions::measure().await?;
    figures.extend(of_functions);
    let (first, of_first) = first::measure().await?;
    figures.extend(of_first);
    figures.extend(handshake::measure().await?);
    let (levels, of_latency) = latency::measure(hash).await?;
    figures.extend(of_latency);
    figures.extend(peers::measure().await?);
    figures.extend(money::measure()?);
    Ok(Run { figures, functions, first, levels })
}

async fn all(runs: usize, out: &std::path::Path) -> anyhow::Result<()> {
    let mut done = Vec::new();
    for run in 0..runs {
        eprintln!("bench: run {} of {runs}", run + 1);
        done.push(once().await?);
    }
    fs::create_dir_all(out)?;
    fs::write(out.join("figures.json"), serde_json::to_vec_pretty(&done)?)?;
    let figures: Vec<_> = done.iter().map(|run| run.figures.clone()).collect();
    println!("{}", figure::table(&figures));
    if let Some(run) = done.last() {
        println!("{}", functions::table(&run.functions));
        println!("{}", first::table(&run.first));
        plot::latency(&out.join("latency.svg"), &run.levels)?;
    }
    plot::cost(&out.join("cost.svg"), &money::by_size()?)?;
    println!("{}", money::table()?);
    println!("{}", scale::table(&scale::observe().await?));
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }
}
