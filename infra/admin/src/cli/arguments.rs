//! What can be typed.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand};
use latchkey::{domain::event::Kind, jiff::Timestamp, keys::Purpose};
use serde_json::Value;

use super::{
    mail::MailCommand,
    moving::{Export, Import},
};
use crate::{mailbox, stage::Stage};

const EXIT_CODES: &str = "Exit codes:
  0  done
  1  refused: what was asked for is not possible
  2  the command line is wrong
  3  DynamoDB, AWS, a key, a file or the environment is at fault
  4  done in part: some rows of an import were refused";

/// Administers Latchkey's tenants and their users.
#[derive(Parser)]
#[command(name = "admin", version, after_help = EXIT_CODES)]
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
    /// Mails: how they look, and tenants' own words for them
    #[command(subcommand)]
    Mail(MailCommand),
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
    /// A tenant's audit record, the newest first
    Audit(Audit),
    /// A page on this machine, to look at a tenant's users, events and settings
    Overview {
        tenant: String,
        /// Where the page is served; port 0 takes any free one
        #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
        at: SocketAddr,
    },
    /// The kinds of audit events, as a Markdown table
    AuditKinds,
    /// Print what a shell needs to complete these commands
    Completions { shell: clap_complete::Shell },
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
    /// Declare dead every session, token and link that was issued until now
    RevokeAll { slug: String },
    /// Delete a tenant with all its users; its slug is never used again
    Delete {
        slug: String,
        /// Do not ask for the slug once more
        #[arg(long)]
        yes: bool,
    },
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
    /// Make a user, who is mailed a link to choose a password by
    Invite {
        tenant: String,
        email: String,
        #[arg(long, required_unless_present = "resend")]
        first_name: Option<String>,
        #[arg(long, required_unless_present = "resend")]
        last_name: Option<String>,
        /// Mail another link to who was invited; the older one is dead
        #[arg(long, conflicts_with_all = ["first_name", "last_name"])]
        resend: bool,
    },
    /// Take an invitation back that was not accepted
    Withdraw { tenant: String, email: String },
    /// Delete a user, who is told
    Delete(Named),
    /// Take in users from a file; nobody who is there is touched
    Import(Import),
    /// Write a tenant's users out, as JSON Lines that import reads
    Export(Export),
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

#[derive(Args)]
pub struct Audit {
    pub tenant: String,
    /// An e-mail address or a `usr_` id
    #[arg(long)]
    pub user: Option<String>,
    /// One that audit-kinds lists
    #[arg(long, value_parser = kind)]
    pub kind: Option<Kind>,
    /// A time such as 2026-06-01T12:00:00Z
    #[arg(long, value_name = "TIME")]
    pub from: Option<Timestamp>,
    #[arg(long, value_name = "TIME")]
    pub until: Option<Timestamp>,
    #[arg(long, default_value_t = 100)]
    pub most: usize,
}

fn kind(text: &str) -> Result<Kind, String> {
    Kind::named(text).ok_or_else(|| "is no kind of event: audit-kinds lists them".to_owned())
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
