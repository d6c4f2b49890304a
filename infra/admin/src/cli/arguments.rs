//! What can be typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use latchkey::keys::Purpose;
use serde_json::Value;

use crate::{mailbox, stage::Stage};

/// Administers Latchkey's tenants and their users.
#[derive(Parser)]
#[command(name = "admin", version)]
pub struct Arguments {
    /// DynamoDB's address, where it is not AWS's
    #[arg(long, global = true, value_name = "URL")]
    pub endpoint_url: Option<String>,
    /// Variables for what the environment does not say, such as infra/local/lambda.env
    #[arg(long, global = true, value_name = "FILE")]
    pub env_file: Option<PathBuf>,
    /// The deployed stage whose tables, data keys and address are meant
    #[arg(long, global = true, value_name = "NAME", value_parser = Stage::parse)]
    pub stage: Option<Stage>,
    /// Answer in JSON
    #[arg(long, global = true)]
    pub json: bool,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Tenants
    #[command(subcommand)]
    Tenant(TenantCommand),
    /// Users of a tenant
    #[command(subcommand)]
    User(UserCommand),
    /// Addresses that are not mailed to
    #[command(subcommand)]
    Mailbox(mailbox::Command),
    /// Make a token for a service that calls in a tenant's name
    ClientToken {
        tenant: String,
        /// The service's name
        name: String,
        #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(i64).range(1..=525_600))]
        minutes: i64,
    },
    /// A tenant's signing keys
    #[command(subcommand)]
    Key(KeyCommand),
    /// The data keys of a stage
    #[command(subcommand)]
    DataKeys(DataKeysCommand),
    /// Declare dead whatever was issued before now: a restored table brings spent tokens back
    RestoreFence {
        /// This tenant alone
        #[arg(long, value_name = "SLUG")]
        tenant: Option<String>,
    },
}

#[derive(Subcommand)]
pub enum KeyCommand {
    /// List them, the newest first
    List { tenant: String },
    /// Make a new one, which signs in 2 h 15 min; a client token dies with the key that signed it
    Rotate {
        tenant: String,
        /// Sign with it at once, and drop the others: every access token dies
        #[arg(long)]
        now: bool,
    },
}

#[derive(Subcommand)]
pub enum DataKeysCommand {
    /// Make a stage's KMS key and data keys; what is there stays
    Create,
    /// Add a new key, which opens and does not seal yet
    Rotate {
        /// passwords, factors or signing; all if none is given
        #[arg(value_parser = purpose)]
        purposes: Vec<Purpose>,
    },
    /// Put the newest keys in force, once every function has them; the old ones still open
    Promote,
    /// Seal anew what older keys have sealed, once every function has the new ones
    Reseal,
    /// Drop the keys that are not in force any more, once nothing is sealed by them
    Retire,
}

#[derive(Subcommand)]
pub enum TenantCommand {
    /// Make a tenant
    Create {
        slug: String,
        /// The name that its users read; the slug if none is given
        #[arg(long)]
        name: Option<String>,
        /// A setting, such as mfa.policy=required
        #[arg(long = "set", value_name = "KEY=VALUE", value_parser = setting)]
        settings: Vec<(String, Value)>,
    },
    /// Show one
    Show { slug: String },
    /// List all
    List,
    /// Change settings, all or none; captcha.secret=- reads that from standard input
    Set {
        slug: String,
        #[arg(required = true, value_name = "KEY=VALUE", value_parser = setting)]
        settings: Vec<(String, Value)>,
    },
    /// Answer nobody any more
    Suspend { slug: String },
    /// Answer again
    Resume { slug: String },
    /// What can be set, as a Markdown table
    Settings,
}

#[derive(Subcommand)]
pub enum UserCommand {
    /// Make a user
    Create {
        tenant: String,
        email: String,
        #[arg(long)]
        first_name: String,
        #[arg(long)]
        last_name: String,
        /// Read the password from standard input
        #[arg(long)]
        password_stdin: bool,
        /// Vouch for the address
        #[arg(long)]
        verified: bool,
    },
    /// Show one
    Show(Named),
    /// List a tenant's
    List {
        tenant: String,
        #[arg(long, default_value_t = 100)]
        most: usize,
    },
    /// Let in no more, and end every session
    Suspend(Named),
    /// Let in again
    Resume(Named),
    /// End every session, device and reset
    RevokeSessions(Named),
    /// Take every second factor away, for somebody who has lost them
    ResetMfa(Named),
}

#[derive(Args)]
pub struct Named {
    pub tenant: String,
    /// An e-mail address or a `usr_` id
    pub user: String,
}

/// `key=value`; the value is JSON, or else a text.
pub fn setting(text: &str) -> Result<(String, Value), String> {
    let (key, value) = text.split_once('=').ok_or("must be KEY=VALUE")?;
    let value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
    Ok((key.to_owned(), value))
}

fn purpose(text: &str) -> Result<Purpose, String> {
    let named = Purpose::ALL.into_iter().find(|purpose| purpose.name() == text);
    named.ok_or_else(|| "must be passwords, factors or signing".to_owned())
}
