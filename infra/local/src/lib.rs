//! The local stack: the whole product on one machine, without AWS, Docker or anything installed.
//!
//! - [`gateway`]: HTTP → an API Gateway event → a function → HTTP.
//! - [`dynamodb`]: the tables, embedded, behind the interface that the AWS SDK speaks.
//! - [`stream`] and [`schedule`]: what wakes the mail worker; [`feedback`]: what wakes the mail feedback.
//! - [`mail`]: SES's `SendEmail`, and an inbox to read what it was given.
//! - [`stack`]: all of them together, for [`cli`] and for tests.
//!
//! It stands in for AWS, so it decides nothing: no rule of the product is in here. It is not safe
//! to offer to a network: its keys are well known and its inbox is open. It binds loopback.

pub mod cli;
pub mod demo;
pub mod dynamodb;
pub mod environment;
mod eventbridge;
pub mod feedback;
pub mod functions;
pub mod gateway;
pub mod invoke;
pub mod mail;
pub mod overview;
pub mod roles;
pub mod schedule;
mod serving;
pub mod stack;
pub mod stacks;
pub mod stream;
pub mod tables;

pub use stack::{Options, Stack};
