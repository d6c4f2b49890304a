//! The command line on top of the use cases of `latchkey::administration`, and what it alone does: data keys, the
//! mailboxes that are not mailed to.
//!
//! Every change of a tenant or a user writes an audit event that says who made it.

mod aws;
pub mod cli;
pub mod data_keys;
mod environment;
mod error;
pub mod export;
pub mod import;
pub mod mail;
pub mod mailbox;
pub mod overview;
mod print;
pub mod removal;
pub mod stage;
mod start;

pub use error::AdminError;
pub use latchkey::administration::{Administrator, audit, captcha, fence, invitation, key, tenant, user};
pub use start::{administrator, start};
