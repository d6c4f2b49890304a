//! The environment, start-up, and how a function is run.

mod aws;
mod connector;
mod environment;
mod function;
mod kms;
mod lean;
mod outside;
mod parts;
mod post;
mod run;
mod sigv4;
mod trace;
mod world;

pub use aws::{Aws, endpoint};
pub use connector::{Patience, connector, http_client, plain_connector};
pub use environment::{Environment, EnvironmentFault};
pub use function::Function;
pub use kms::{CONTEXT, UnwrapFault};
pub use outside::Outside;
pub use parts::{Parts, StartError};
pub use post::post;
pub use run::{mount, run, run_worker};
pub use trace::{subscriber, trace};
pub use world::{Gate, World};
