//! The command line.

use std::{
    collections::HashMap,
    io::{Read, Write},
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
};

use clap::{Args, Parser, Subcommand};
use latchkey::{
    domain::{Settings, Tenant, TenantSlug, clock::WallClock, entropy::SystemEntropy},
    keys::Purpose,
    runtime::Parts,
};
use serde_json::Value;

use crate::{AdminError, print, tenant, user};

/// Administers Latchkey's tenants and their users.
#[derive(Parser)]
#[command(name = "admin", version)]
struct Arguments {
    /// `DynamoDB`'s address, where it is not AWS's
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
        return Ok(print::settings());
    }
    let parts = start(&arguments).await?;
    let json = arguments.json;
    match arguments.command {
        Command::Tenant(command) => on_tenant(&parts, command, json).await,
        Command::User(command) => on_user(&parts, command, json).await,
        Command::ClientToken { tenant, name, minutes } => {
            let tenant = load(&parts, &tenant).await?;
            let token = tenant::client_token(&parts, &tenant, &name, minutes).await?;
            Ok(if json { serde_json::json!({ "client_token": token }).to_string() } else { token })
        }
    }
}

async fn start(arguments: &Arguments) -> Result<Parts, AdminError> {
    let mut beneath = HashMap::new();
    if let Some(path) = &arguments.env_file {
        let unread = |error: dotenvy::Error| AdminError::Keys(format!("{}: {error}", path.display()));
        for pair in dotenvy::from_path_iter(path).map_err(unread)? {
            let (name, value) = pair.map_err(unread)?;
            beneath.insert(name, value);
        }
    }
    let endpoint = arguments.endpoint_url.clone();
    let get = |name: &str| match (name, &endpoint) {
        ("AWS_ENDPOINT_URL_DYNAMODB", Some(url)) => Some(url.clone()),
        _ => std::env::var(name).ok().or_else(|| beneath.get(name).cloned()),
    };
    let from = (Arc::new(WallClock) as _, Arc::new(SystemEntropy::default()) as _);
    Ok(Parts::start(&get, &Purpose::ALL, true, from).await?)
}

async fn on_tenant(parts: &Parts, command: TenantCommand, json: bool) -> Result<String, AdminError> {
    let tenant = match command {
        TenantCommand::Settings => return Ok(print::settings()),
        TenantCommand::List => return Ok(print::tenants(&tenant::list(parts).await?, json)),
        TenantCommand::Create { slug, name, settings } => {
            let slug = parse(&slug)?;
            let mut wanted = Settings::default();
            for (key, value) in settings {
                wanted = wanted.set(&key, value).map_err(AdminError::Settings)?;
            }
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
    };
    let tenant = load(parts, &named.tenant).await?;
    let user = user::find(parts, &tenant, &named.user).await?;
    match change {
        None => {}
        Some(Change::Suspend) => user::suspend(parts, &tenant, user).await?,
        Some(Change::Resume) => user::resume(parts, &tenant, user).await?,
        Some(Change::Revoke) => user::revoke_sessions(parts, &tenant, user).await?,
    }
    Ok(print::user(&user::show(parts, &tenant, user).await?, json))
}

enum Change {
    Suspend,
    Resume,
    Revoke,
}

fn parse(slug: &str) -> Result<TenantSlug, AdminError> {
    TenantSlug::parse(slug).map_err(AdminError::invalid("the slug"))
}

async fn load(parts: &Parts, slug: &str) -> Result<Tenant, AdminError> {
    tenant::show(parts, &parse(slug)?).await
}

/// One line, without its end.
fn read_password() -> Result<String, AdminError> {
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .map_err(|error| AdminError::Keys(format!("standard input: {error}")))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
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
}
