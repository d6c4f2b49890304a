//! Administration of tenants, their users and the mailboxes that are not mailed to: the use cases, and the
//! command line on top of them.
//!
//! Every change of a tenant or a user writes an audit event that says who made it.

mod audit;
mod aws;
pub mod captcha;
pub mod cli;
pub mod data_keys;
mod environment;
mod error;
pub mod fence;
pub mod key;
pub mod mailbox;
mod print;
pub mod stage;
mod start;
pub mod tenant;
pub mod user;

pub use error::AdminError;
pub use start::start;
pub use tenant::client_token;
