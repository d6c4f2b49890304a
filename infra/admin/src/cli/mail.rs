//! `admin mail`.

use std::{
    io::Read,
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};
use latchkey::{
    domain::{Locale, MailKind, TemplateName, Tenant},
    mail::{Frame, Template, Value},
    runtime::Parts,
    store::StoredTemplate,
};
use serde_json::{Value as Json, json};

use super::{load, parse};
use crate::{
    AdminError, administrator, mail,
    mail::Preview,
    print::{second, table},
};

#[derive(Subcommand)]
pub enum MailCommand {
    /// List the kinds of mails, and what a tenant's own words for each must and may have
    Kinds,
    /// Show a mail as a tenant's users would get it, with sample data
    Preview {
        tenant: String,
        #[arg(value_parser = kind)]
        kind: MailKind,
        /// en, de, fr, es or it; the tenant's if none is given
        #[arg(long, value_parser = locale)]
        locale: Option<Locale>,
        /// Words to try, as template set takes them; - for standard input
        #[arg(long, value_name = "FILE")]
        template: Option<PathBuf>,
        /// Write it to a file: the HTML if its name ends in .html, else the text
        #[arg(long, value_name = "FILE")]
        to: Option<PathBuf>,
        /// Mail it to an address; with infra/local/lambda.env it comes to the local inbox
        #[arg(long, value_name = "ADDRESS")]
        send: Option<String>,
    },
    /// A tenant's own words for mails
    #[command(subcommand)]
    Template(TemplateCommand),
}

#[derive(Subcommand)]
pub enum TemplateCommand {
    /// Check words and put them in force, within a minute
    Set {
        #[command(flatten)]
        named: Named,
        /// Where the words are; standard input if none is given
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Show the words that a tenant has of its own
    Show(Named),
    /// List the mails that a tenant has words of its own for
    List { tenant: String },
    /// Go back to the built-in words
    Clear(Named),
}

#[derive(Args)]
pub struct Named {
    tenant: String,
    #[arg(value_parser = kind)]
    kind: MailKind,
    /// en, de, fr, es or it; the tenant's if none is given
    #[arg(long, value_parser = locale)]
    locale: Option<Locale>,
}

impl Named {
    fn of(&self, tenant: &Tenant) -> TemplateName {
        TemplateName { kind: self.kind, locale: self.locale.unwrap_or(tenant.settings.mail.locale) }
    }
}

fn kind(text: &str) -> Result<MailKind, String> {
    MailKind::named(text)
        .ok_or_else(|| format!("must be one of {}", MailKind::ALL.map(MailKind::name).join(", ")))
}

fn locale(text: &str) -> Result<Locale, String> {
    Locale::tagged(text).ok_or_else(|| format!("must be one of {}", Locale::ALL.map(Locale::tag).join(", ")))
}

impl MailCommand {
    /// `get` gives the variables that the mail worker has.
    pub async fn run(
        self,
        parts: &Parts,
        get: &dyn Fn(&str) -> Option<String>,
        as_json: bool,
    ) -> Result<String, AdminError> {
        match self {
            Self::Kinds => Ok(kinds(as_json)),
            Self::Preview { tenant, kind, locale, template, to, send } => {
                let tenant = load(parts, &tenant).await?;
                let draft = template.as_deref().map(read).transpose()?;
                let preview = mail::preview(parts, &tenant, (kind, locale), draft.as_deref()).await?;
                let mut done = Vec::new();
                if let Some(file) = to {
                    write(&file, &preview)?;
                    done.push(format!("written to {}", file.display()));
                }
                if let Some(address) = send {
                    mail::send(get, &preview, &address).await?;
                    done.push(format!("mailed to {address}"));
                }
                Ok(shown(&preview, &done, as_json))
            }
            Self::Template(command) => command.run(parts, as_json).await,
        }
    }
}

impl TemplateCommand {
    async fn run(self, parts: &Parts, as_json: bool) -> Result<String, AdminError> {
        match self {
            Self::Set { named, file } => {
                let tenant = load(parts, &named.tenant).await?;
                let text = read(file.as_deref().unwrap_or(Path::new("-")))?;
                let changed =
                    mail::set(&administrator(parts.clone()), &tenant.slug, named.of(&tenant), &text).await?;
                Ok(list(&changed, as_json))
            }
            Self::Show(named) => {
                let tenant = load(parts, &named.tenant).await?;
                let name = named.of(&tenant);
                Ok(words(name, &mail::show(parts, &tenant, name).await?, as_json))
            }
            Self::List { tenant } => Ok(list(&load(parts, &tenant).await?, as_json)),
            Self::Clear(named) => {
                let tenant = load(parts, &named.tenant).await?;
                Ok(list(
                    &mail::clear(&administrator(parts.clone()), &parse(&named.tenant)?, named.of(&tenant))
                        .await?,
                    as_json,
                ))
            }
        }
    }
}

/// A file, or standard input; not more of it than a template may have.
fn read(file: &Path) -> Result<String, AdminError> {
    let most = u64::try_from(Template::MOST_BYTES + 1).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    let done = if file == Path::new("-") {
        std::io::stdin().take(most).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(file).and_then(|file| file.take(most).read_to_end(&mut bytes))
    };
    let named = |why: String| AdminError::Unreadable(format!("{}: {why}", file.display()));
    done.map_err(|error| named(error.to_string()))?;
    if bytes.len() > Template::MOST_BYTES {
        return Err(named(format!("a template has at most {} bytes", Template::MOST_BYTES)));
    }
    String::from_utf8(bytes).map_err(|_| named("it is not UTF-8".to_owned()))
}

fn write(file: &Path, preview: &Preview) -> Result<(), AdminError> {
    let html = file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("html"));
    let text = if html { preview.rendered.html.clone() } else { as_text(preview) };
    std::fs::write(file, text).map_err(|error| AdminError::Unreadable(format!("{}: {error}", file.display())))
}

fn as_text(preview: &Preview) -> String {
    format!("Subject: {}\n\n{}\n", preview.rendered.subject, preview.rendered.text.trim_end())
}

fn shown(preview: &Preview, done: &[String], as_json: bool) -> String {
    if as_json {
        return json!({
            "kind": preview.name.kind.name(),
            "locale": preview.name.locale,
            "own_words": preview.own,
            "subject": preview.rendered.subject,
            "text": preview.rendered.text,
            "html": preview.rendered.html,
            "done": done,
        })
        .to_string();
    }
    if done.is_empty() { as_text(preview) } else { done.join("\n") }
}

fn words(name: TemplateName, template: &StoredTemplate, as_json: bool) -> String {
    if as_json {
        return json!({
            "kind": name.kind.name(),
            "locale": name.locale,
            "changed_at": second(template.changed_at),
            "template": template.text,
        })
        .to_string();
    }
    template.text.clone()
}

fn list(tenant: &Tenant, as_json: bool) -> String {
    if as_json {
        let of = |name: &TemplateName| json!({ "kind": name.kind.name(), "locale": name.locale });
        return Json::from(tenant.templates.iter().map(of).collect::<Vec<_>>()).to_string();
    }
    if tenant.templates.is_empty() {
        return format!("{} has the built-in words", tenant.slug);
    }
    table(tenant.templates.iter().map(|name| [name.kind.name().to_owned(), name.locale.tag().to_owned()]))
}

pub fn kinds(as_json: bool) -> String {
    let musts = |kind| Frame::of(kind).iter().map(|frame| frame.name()).collect::<Vec<_>>();
    let mays = |kind| Value::of(kind).iter().map(|value| value.name()).collect::<Vec<_>>();
    if as_json {
        let of = |kind: MailKind| json!({ "kind": kind.name(), "about": kind.about(), "must": musts(kind), "may": mays(kind) });
        return Json::from(MailKind::ALL.map(of).to_vec()).to_string();
    }
    let row = |kind: MailKind| {
        let [must, may] = [musts(kind).join(", "), mays(kind).join(", ")];
        [kind.name().to_owned(), format!("must: {must}"), format!("may: {may}"), kind.about().to_owned()]
    };
    table(MailKind::ALL.into_iter().map(row))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_listed() {
        let list: Json = serde_json::from_str(&kinds(true)).unwrap();
        assert_eq!(list.as_array().unwrap().len(), MailKind::ALL.len());
        assert_eq!(list[0]["must"], json!(["link"]));
        assert_eq!(kinds(false).lines().count(), MailKind::ALL.len());
        assert!(kind("kode").unwrap_err().contains("verify_address, account_exists"));
        assert!(locale("pt").unwrap_err().ends_with("en, de, fr, es, it"));
    }

    #[test]
    fn no_more_is_read_than_a_template_may_have() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.lock");
        let error = read(&file).unwrap_err().to_string();
        assert!(error.ends_with("a template has at most 8192 bytes"), "{error}");
        assert!(read(Path::new("/no/such.txt")).unwrap_err().to_string().starts_with("/no/such.txt: "));
    }
}
