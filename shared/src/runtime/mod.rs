//! The environment, start-up, and how a function is run.

mod aws;
mod environment;
mod function;
mod parts;
mod run;
mod trace;

pub use environment::{Environment, EnvironmentFault};
pub use function::Function;
pub use parts::{Parts, StartError};
pub use run::{mount, run, run_worker};
pub use trace::trace;
