//! The command line.

use std::{
    io::{Read, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Args, Parser, Subcommand};
use latchkey::{
    domain::{Settings, Tenant, TenantSlug},
    runtime::{Parts, World},
};
use serde_json::Value;

use crate::{AdminError, environment::Variables, mailbox, print, tenant, user};

/// Administers Latchkey's tenants and their users.
#[derive(Parser)]
#[command(name = "admin", version)]
struct Arguments {
    /// DynamoDB's address, where it is not AWS's
    #[arg(long, global = true, value_name = "URL")]
    endpoint_url: Option<String>,
    /// Variables for what the environment does not say, such as infra/local/lambda.env
    #[arg(long, global = true, value_name = "FILE")]
    env_file: Option<PathBuf>,
    /// Answer in JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
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
}

#[derive(Subcommand)]
enum TenantCommand {
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
    /// Change settings, all or none
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
enum UserCommand {
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
struct Named {
    tenant: String,
    /// An e-mail address or a `usr_` id
    user: String,
}

/// `key=value`; the value is JSON, or else a text.
fn setting(text: &str) -> Result<(String, Value), String> {
    let (key, value) = text.split_once('=').ok_or("must be KEY=VALUE")?;
    let value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
    Ok((key.to_owned(), value))
}

/// Runs a command: what `main` does.
#[must_use]
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error.to_string(), 3),
    };
    match runtime.block_on(execute(arguments)) {
        Ok(text) => {
            // A closed output is no failure of the command.
            let _ = writeln!(std::io::stdout(), "{}", text.trim_end());
            ExitCode::SUCCESS
        }
        Err(error) => fail(&error.to_string(), error.exit_code()),
    }
}

fn fail(why: &str, code: u8) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "error: {why}");
    ExitCode::from(code)
}

async fn execute(arguments: Arguments) -> Result<String, AdminError> {
    if let Command::Tenant(TenantCommand::Settings) = arguments.command {
        return Ok(print::settings(arguments.json));
    }
    let parts = start(&arguments).await?;
    let json = arguments.json;
    match arguments.command {
        Command::Tenant(command) => on_tenant(&parts, command, json).await,
        Command::User(command) => on_user(&parts, command, json).await,
        Command::Mailbox(command) => command.run(&parts, json).await,
        Command::ClientToken { tenant, name, minutes } => {
            let tenant = load(&parts, &tenant).await?;
            let token = tenant::client_token(&parts, &tenant, &name, minutes).await?;
            Ok(if json { serde_json::json!({ "client_token": token }).to_string() } else { token })
        }
    }
}

async fn start(arguments: &Arguments) -> Result<Parts, AdminError> {
    let variables = Variables::read(arguments.env_file.as_deref(), arguments.endpoint_url.clone())?;
    Ok(crate::start(&|name| variables.get(name), World::real()).await?)
}

async fn on_tenant(parts: &Parts, command: TenantCommand, json: bool) -> Result<String, AdminError> {
    let tenant = match command {
        TenantCommand::Settings => return Ok(print::settings(json)),
        TenantCommand::List => return Ok(print::tenants(&tenant::list(parts).await?, json)),
        TenantCommand::Create { slug, name, settings } => {
            let slug = parse(&slug)?;
            let wanted = tenant::with(&Settings::default(), &settings).map_err(AdminError::Settings)?;
            tenant::create(parts, &slug, name.as_deref().unwrap_or(slug.as_str()), wanted).await?
        }
        TenantCommand::Show { slug } => tenant::show(parts, &parse(&slug)?).await?,
        TenantCommand::Set { slug, settings } => tenant::set(parts, &parse(&slug)?, &settings).await?,
        TenantCommand::Suspend { slug } => tenant::suspend(parts, &parse(&slug)?).await?,
        TenantCommand::Resume { slug } => tenant::resume(parts, &parse(&slug)?).await?,
    };
    Ok(print::tenant(&tenant, json))
}

async fn on_user(parts: &Parts, command: UserCommand, json: bool) -> Result<String, AdminError> {
    let (named, change) = match command {
        UserCommand::Create { tenant, email, first_name, last_name, password_stdin, verified } => {
            let tenant = load(parts, &tenant).await?;
            let password = if password_stdin { Some(read_password()?) } else { None };
            let person = user::NewPerson { email, password, first_name, last_name, verified };
            let user = user::create(parts, &tenant, person).await?;
            return Ok(print::user(&user::show(parts, &tenant, user).await?, json));
        }
        UserCommand::List { tenant, most } => {
            let tenant = load(parts, &tenant).await?;
            return Ok(print::users(&user::list(parts, &tenant, most).await?, json));
        }
        UserCommand::Show(named) => (named, None),
        UserCommand::Suspend(named) => (named, Some(Change::Suspend)),
        UserCommand::Resume(named) => (named, Some(Change::Resume)),
        UserCommand::RevokeSessions(named) => (named, Some(Change::Revoke)),
        UserCommand::ResetMfa(named) => (named, Some(Change::ResetMfa)),
    };
    let tenant = load(parts, &named.tenant).await?;
    let user = user::find(parts, &tenant, &named.user).await?;
    match change {
        None => {}
        Some(Change::Suspend) => user::suspend(parts, &tenant, user).await?,
        Some(Change::Resume) => user::resume(parts, &tenant, user).await?,
        Some(Change::Revoke) => user::revoke_sessions(parts, &tenant, user).await?,
        Some(Change::ResetMfa) => user::reset_mfa(parts, &tenant, user).await?,
    }
    Ok(print::user(&user::show(parts, &tenant, user).await?, json))
}

enum Change {
    Suspend,
    Resume,
    Revoke,
    ResetMfa,
}

fn parse(slug: &str) -> Result<TenantSlug, AdminError> {
    TenantSlug::parse(slug).map_err(AdminError::invalid("the slug"))
}

async fn load(parts: &Parts, slug: &str) -> Result<Tenant, AdminError> {
    tenant::show(parts, &parse(slug)?).await
}

/// All of standard input, without one line end: a password is taken whole (ASVS 5.0 V6.2.8).
fn read_password() -> Result<String, AdminError> {
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .map_err(|error| AdminError::Unreadable(format!("standard input: {error}")))?;
    Ok(without_line_end(&text).to_owned())
}

fn without_line_end(text: &str) -> &str {
    let line = text.strip_suffix('\n');
    line.map_or(text, |line| line.strip_suffix('\r').unwrap_or(line))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;
    use serde_json::json;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_setting_is_json_or_else_a_text() {
        assert_eq!(setting("a.b=true").unwrap(), ("a.b".to_owned(), json!(true)));
        assert_eq!(setting("a=required").unwrap(), ("a".to_owned(), json!("required")));
        assert_eq!(setting("a=[\"x=y\"]").unwrap(), ("a".to_owned(), json!(["x=y"])));
        assert!(setting("a").is_err());
    }

    fn parsed(line: &str) -> Result<Arguments, clap::Error> {
        Arguments::try_parse_from(std::iter::once("admin").chain(line.split(' ')))
    }

    #[test]
    fn takes_every_command() {
        for line in [
            "tenant create acme --name Acme --set mfa.policy=required --set tokens.access_minutes=5",
            "tenant show acme --json",
            "tenant list --env-file infra/local/lambda.env",
            "tenant set acme mfa.policy=off mail.locale=de",
            "--endpoint-url http://127.0.0.1:8000 tenant suspend acme",
            "tenant resume acme",
            "tenant settings",
            "user create acme a@b.test --first-name A --last-name B --password-stdin --verified",
            "user show acme a@b.test",
            "user list acme --most 5",
            "user suspend acme a@b.test",
            "user resume acme a@b.test",
            "user revoke-sessions acme a@b.test --json",
            "client-token acme backend --minutes 5",
            "mailbox show a@b.test --json",
            "mailbox clear a@b.test",
        ] {
            assert!(parsed(line).is_ok(), "{line}");
        }
    }

    #[test]
    fn what_is_no_command_is_a_usage_error() {
        for line in [
            "tenant",
            "tenant create",
            "tenant set acme",
            "tenant set acme mfa.policy",
            "tenant create acme --set mfa.policy",
            "user create acme a@b.test",
            "user create acme a@b.test --first-name A --last-name B --password secret",
            "user show acme",
            "client-token acme",
            "client-token acme backend --minutes 0",
        ] {
            assert_eq!(parsed(line).err().map(|error| error.exit_code()), Some(2), "{line}");
        }
    }

    #[test]
    fn a_client_token_lives_an_hour_unless_told() {
        let command = parsed("client-token acme backend").unwrap().command;
        assert!(matches!(command, Command::ClientToken { minutes: 60, .. }));
    }

    #[test]
    fn a_password_loses_one_line_end_and_nothing_else() {
        for (text, password) in
            [("a b \n", "a b "), ("a\r\n", "a"), ("a\n\n", "a\n"), ("a\r", "a\r"), ("", "")]
        {
            assert_eq!(without_line_end(text), password, "{text:?}");
        }
    }
}
