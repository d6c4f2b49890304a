//! The command line.

mod arguments;
mod mail;
mod moving;
mod removing;

use std::{
    io::{Read, Write},
    process::ExitCode,
};

use clap::{CommandFactory, Parser};
use latchkey::{
    administration::AdministrationError,
    domain::{Settings, Tenant, TenantSlug},
    keys::Purpose,
    runtime::{Parts, Patience, World},
};

use self::mail::MailCommand;
use crate::{
    AdminError, administrator,
    audit::{self, Wanted},
    captcha, data_keys,
    environment::Variables,
    fence, invitation,
    key::{self, Rotation},
    overview::Overview,
    print,
    stage::Stage,
    tenant, user,
};
use arguments::{Arguments, Audit, Command, DataKeysCommand, KeyCommand, TenantCommand, UserCommand};

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
            say(&text);
            ExitCode::SUCCESS
        }
        Err(error @ AdminError::Partly(_)) => {
            say(&error.to_string());
            ExitCode::from(error.exit_code())
        }
        Err(error) => fail(&error.to_string(), error.exit_code()),
    }
}

/// Nothing where the command has written its output itself.
fn say(text: &str) {
    if !text.is_empty() {
        // A closed output is no failure of the command.
        let _ = writeln!(std::io::stdout(), "{}", text.trim_end());
    }
}

fn fail(why: &str, code: u8) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "error: {why}");
    ExitCode::from(code)
}

async fn execute(arguments: Arguments) -> Result<String, AdminError> {
    let json = arguments.json;
    let given = Variables::read(arguments.env_file.as_deref(), arguments.endpoint_url)?;
    let stage = arguments.stage.as_ref();
    match arguments.command {
        Command::Completions { shell } => Ok(completions(shell)),
        Command::Tenant(TenantCommand::Settings) => Ok(print::settings(json)),
        Command::Tenant(command) => on_tenant(&start(given, stage).await?, command, json).await,
        Command::User(command) => on_user(&start(given, stage).await?, command, json).await,
        Command::Mail(MailCommand::Kinds) => Ok(mail::kinds(json)),
        Command::Mail(command) => {
            let variables = resolve(given, stage).await?;
            let get = |name: &str| variables.get(name);
            let parts = crate::start(&get, World::real().waiting(Patience::FAR)).await?;
            command.run(&parts, &get, json).await
        }
        Command::Mailbox(command) => command.run(&start(given, stage).await?, json).await,
        Command::ClientToken { tenant, name, minutes } => {
            let parts = start(given, stage).await?;
            let tenant = load(&parts, &tenant).await?;
            let token = tenant::client_token(&administrator(parts), &tenant, &name, minutes).await?;
            Ok(if json { serde_json::json!({ "client_token": token }).to_string() } else { token })
        }
        Command::Key(command) => on_key(&start(given, stage).await?, command, json).await,
        Command::DataKeys(command) => on_data_keys(given, stage, command, json).await,
        Command::Audit(asked) => on_audit(&start(given, stage).await?, asked, json).await,
        Command::Overview { tenant, at } => {
            let parts = start(given, stage).await?;
            let tenant = load(&parts, &tenant).await?;
            let overview = Overview::start(administrator(parts), &tenant, at).await?;
            say(&print::address(&overview.url(), json));
            overview.serve(interrupted()).await.map(|()| String::new())
        }
        Command::AuditKinds => Ok(print::kinds(json)),
        Command::RestoreFence { tenant } => {
            let slug = tenant.as_deref().map(parse).transpose()?;
            let fenced =
                fence::restore_fence(&administrator(start(given, stage).await?), slug.as_ref()).await?;
            Ok(print::fenced(&fenced, json))
        }
    }
}

/// When somebody presses Ctrl-C. Where that cannot be told, never.
async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// What a shell reads to complete our commands.
fn completions(shell: clap_complete::Shell) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "admin", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

async fn start(given: Variables, stage: Option<&Stage>) -> Result<Parts, AdminError> {
    let variables = resolve(given, stage).await?;
    Ok(crate::start(&|name| variables.get(name), World::real().waiting(Patience::FAR)).await?)
}

async fn resolve(given: Variables, stage: Option<&Stage>) -> Result<Variables, AdminError> {
    match stage {
        None => Ok(given),
        Some(stage) => given.of_stage(stage).await,
    }
}

async fn on_key(parts: &Parts, command: KeyCommand, json: bool) -> Result<String, AdminError> {
    let by = administrator(parts.clone());
    let tenant = match command {
        KeyCommand::List { tenant } => load(parts, &tenant).await?,
        KeyCommand::Rotate { tenant, now } => {
            let rotation = if now { Rotation::AtOnce } else { Rotation::Announced };
            key::rotate(&by, &parse(&tenant)?, rotation).await?
        }
    };
    Ok(print::keys(&tenant, parts.clock.now(), json))
}

async fn on_audit(parts: &Parts, asked: Audit, json: bool) -> Result<String, AdminError> {
    let tenant = load(parts, &asked.tenant).await?;
    let user = match &asked.user {
        None => None,
        Some(named) => Some(user::find(parts, &tenant, named).await?),
    };
    let wanted = Wanted { user, kind: asked.kind, from: asked.from, until: asked.until };
    let (mut events, mut cursor) = (Vec::new(), None);
    while events.len() < asked.most {
        let page = audit::page(parts, &tenant, &wanted, (cursor, asked.most - events.len())).await?;
        events.extend(page.events);
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    Ok(print::events(&events, json))
}

async fn on_data_keys(
    given: Variables,
    stage: Option<&Stage>,
    command: DataKeysCommand,
    json: bool,
) -> Result<String, AdminError> {
    let get = |name: &str| given.get(name);
    let named = || stage.ok_or(AdminError::NoStage);
    match command {
        DataKeysCommand::Create => Ok(print::made(&data_keys::create(&get, named()?).await?, json)),
        DataKeysCommand::Rotate { purposes } => {
            let purposes = if purposes.is_empty() { Purpose::ALL.to_vec() } else { purposes };
            let changed = data_keys::rotate(&get, named()?, &purposes).await?;
            Ok(print::changed(&changed, print::AFTER_ROTATION, json))
        }
        DataKeysCommand::Promote => {
            Ok(print::changed(&data_keys::promote(&get, named()?).await?, print::AFTER_PROMOTION, json))
        }
        DataKeysCommand::Reseal => {
            let parts = start(given, stage).await?;
            Ok(print::seals(&data_keys::reseal(&parts).await?, json))
        }
        DataKeysCommand::Retire => {
            let parts = start(given.clone(), Some(named()?)).await?;
            let changed = data_keys::retire(&parts, &get, named()?).await?;
            Ok(print::changed(&changed, print::AFTER_RETIREMENT, json))
        }
    }
}

async fn on_tenant(parts: &Parts, command: TenantCommand, json: bool) -> Result<String, AdminError> {
    let by = administrator(parts.clone());
    let tenant = match command {
        TenantCommand::Settings => return Ok(print::settings(json)),
        TenantCommand::List => return Ok(print::tenants(&tenant::list(parts).await?, json)),
        TenantCommand::Create { slug, name, settings } => {
            let slug = parse(&slug)?;
            let wanted =
                tenant::with(&Settings::default(), &settings).map_err(AdministrationError::Settings)?;
            tenant::create(&by, &slug, name.as_deref().unwrap_or(slug.as_str()), wanted).await?
        }
        TenantCommand::Show { slug } => tenant::show(parts, &parse(&slug)?).await?,
        TenantCommand::Set { slug, mut settings } => {
            for (key, value) in &mut settings {
                if key == captcha::SECRET && value == "-" {
                    *value = read_password()?.into();
                }
            }
            tenant::set(&by, &parse(&slug)?, &settings).await?
        }
        TenantCommand::Suspend { slug } => tenant::suspend(&by, &parse(&slug)?).await?,
        TenantCommand::Resume { slug } => tenant::resume(&by, &parse(&slug)?).await?,
        TenantCommand::RevokeAll { slug } => {
            let fenced = fence::restore_fence(&by, Some(&parse(&slug)?)).await?;
            return Ok(print::fenced(&fenced, json));
        }
        TenantCommand::Delete { slug, yes } => {
            return removing::delete_tenant(&by, &parse(&slug)?, yes, json).await;
        }
    };
    Ok(print::tenant(&tenant, json))
}

async fn on_user(parts: &Parts, command: UserCommand, json: bool) -> Result<String, AdminError> {
    let by = administrator(parts.clone());
    let (named, change) = match command {
        UserCommand::Create { tenant, email, first_name, last_name, password_stdin, verified } => {
            let tenant = load(parts, &tenant).await?;
            let password = if password_stdin { Some(read_password()?) } else { None };
            let person = user::NewPerson { email, password, first_name, last_name, verified };
            let user = user::create(&by, &tenant, person).await?;
            return Ok(print::user(&user::show(parts, &tenant, user).await?, json));
        }
        UserCommand::List { tenant, most } => {
            let tenant = load(parts, &tenant).await?;
            return Ok(print::users(&user::list(parts, &tenant, (None, most)).await?, json));
        }
        UserCommand::Import(import) => return import.run(&by, json).await,
        UserCommand::Export(export) => return export.run(&by, json).await,
        UserCommand::Invite { tenant, email, first_name, last_name, resend } => {
            let tenant = load(parts, &tenant).await?;
            let user = match (first_name, last_name) {
                (Some(first_name), Some(last_name)) if !resend => {
                    let person =
                        user::NewPerson { email, password: None, first_name, last_name, verified: false };
                    invitation::invite(&by, &tenant, person).await?
                }
                _ => invitation::resend(&by, &tenant, &email).await?,
            };
            return Ok(print::user(&user::show(parts, &tenant, user).await?, json));
        }
        UserCommand::Withdraw { tenant, email } => {
            let tenant = load(parts, &tenant).await?;
            return Ok(print::gone(invitation::withdraw(&by, &tenant, &email).await?, json));
        }
        UserCommand::Delete(named) => {
            let tenant = load(parts, &named.tenant).await?;
            let user = user::find(parts, &tenant, &named.user).await?;
            user::delete(&by, &tenant, user).await?;
            return Ok(print::gone(user, json));
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
        Some(Change::Suspend) => user::suspend(&by, &tenant, user).await?,
        Some(Change::Resume) => user::resume(&by, &tenant, user).await?,
        Some(Change::Revoke) => user::revoke_sessions(&by, &tenant, user).await?,
        Some(Change::ResetMfa) => user::reset_mfa(&by, &tenant, user).await?,
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
    TenantSlug::parse(slug).map_err(AdminError::invalid("slug"))
}

async fn load(parts: &Parts, slug: &str) -> Result<Tenant, AdminError> {
    Ok(tenant::show(parts, &parse(slug)?).await?)
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
mod tests;
