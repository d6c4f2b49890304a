//! Administration of tenants and their users: the use cases, and the command line on top of them.
//!
//! Every change writes an audit event that says who made it.

mod audit;
mod aws;
pub mod cli;
pub mod data_keys;
mod environment;
mod error;
pub mod fence;
pub mod key;
mod print;
pub mod stage;
mod start;
pub mod tenant;
pub mod user;

pub use error::AdminError;
pub use start::start;
pub use tenant::client_token;
