//! Addresses that bounced or complained, and so are not mailed to.

use clap::Subcommand;
use latchkey::{
    domain::{Email, undeliverable::Undeliverable},
    jiff::Timestamp,
    runtime::Parts,
};

use crate::{AdminError, print};

#[derive(Subcommand)]
pub enum Command {
    /// Whether an address is mailed to
    Show { address: String },
    /// Mail to it again: it works by now, or its owner asks for that
    Clear { address: String },
}

/// An address, and what is known against it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    pub email: Email,
    pub found: Undeliverable,
    /// When it was looked at.
    pub at: Timestamp,
}

impl Command {
    pub(crate) async fn run(self, parts: &Parts, as_json: bool) -> Result<String, AdminError> {
        let mailbox = match self {
            Self::Show { address } => show(parts, &address).await?,
            Self::Clear { address } => clear(parts, &address).await?,
        };
        Ok(print::mailbox(&mailbox, as_json))
    }
}

/// # Errors
/// [`AdministrationError::Invalid`](latchkey::administration::AdministrationError::Invalid) for what is no address; the
/// store.
pub async fn show(parts: &Parts, address: &str) -> Result<Mailbox, AdminError> {
    let email = Email::parse(address).map_err(AdminError::invalid("address"))?;
    let found = parts.store.undeliverable(email.key()).await?;
    Ok(Mailbox { email, found, at: parts.clock.now() })
}

/// Forgets what is known against an address, for every tenant: there is none whose audit record it would
/// belong in.
///
/// # Errors
/// [`AdministrationError::Invalid`](latchkey::administration::AdministrationError::Invalid) for what is no address; the
/// store.
pub async fn clear(parts: &Parts, address: &str) -> Result<Mailbox, AdminError> {
    let email = Email::parse(address).map_err(AdminError::invalid("address"))?;
    parts.store.mark_deliverable(email.key()).await?;
    Ok(Mailbox { email, found: Undeliverable::default(), at: parts.clock.now() })
}
