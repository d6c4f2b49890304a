//! Mails: how they look, and tenants' own words for them.

use latchkey::{
    administration::{AdministrationError, Deed},
    domain::{Fault, Locale, MailKind, TemplateName, Tenant, TenantSlug, event::Kind},
    mail::{Link, Places, PostError, Rendered, Template, Voice, render, sample},
    runtime::{self, Parts},
    store::StoredTemplate,
};

use crate::{AdminError, Administrator, tenant};

/// Who a preview is from where neither the tenant nor the deployment says it: nobody gets it.
const NO_SENDER: &str = "no-reply@localhost";

/// A mail as a tenant's users would get it.
#[derive(Debug, Clone)]
pub struct Preview {
    pub name: TemplateName,
    /// Whether the words are the tenant's.
    pub own: bool,
    pub voice: Voice,
    pub rendered: Rendered,
}

/// A mail with sample data: in the words of `draft`, or else in those that the tenant has, or else in ours.
///
/// # Errors
/// [`AdminError::Template`] with what is wrong with the words; the store.
pub async fn preview(
    parts: &Parts,
    tenant: &Tenant,
    (kind, locale): (MailKind, Option<Locale>),
    draft: Option<&str>,
) -> Result<Preview, AdminError> {
    let locale = locale.unwrap_or(tenant.settings.mail.locale);
    let name = TemplateName { kind, locale };
    let places = Places::new(&tenant.settings);
    let kept = match draft {
        None if tenant.templates.contains(&name) => parts.store.template(&tenant.slug, name).await?,
        _ => None,
    };
    let own = match (draft, kept) {
        (Some(draft), _) => Some(Template::accept(draft, kind, locale, &places)),
        (None, kept) => kept.map(|kept| Template::parse(&kept.text, kind, &places)),
    };
    let own = own.transpose().map_err(AdminError::Template)?;
    let voice = Voice::of(tenant, locale, NO_SENDER);
    let unwritten = |why: String| AdminError::Refused(format!("the preview could not be written: {why}"));
    // No page takes it: what stands for a token is none.
    let link = format!("{}/t/{}/sample#token=sample", parts.base_url, tenant.slug);
    let link = Link::parse(&link).map_err(|error| unwritten(error.to_string()))?;
    let letters = sample::letters(kind, &link, parts.clock.now());
    let letter = letters.first().ok_or_else(|| unwritten("there is no sample".to_owned()))?;
    let rendered = render(letter, &voice, own.as_ref()).map_err(|error| unwritten(error.to_string()))?;
    Ok(Preview { name, own: own.is_some(), voice, rendered })
}

/// Mails a preview, by SES or what stands in its place. `get` gives the variables that the mail worker has.
///
/// # Errors
/// For what is no address; [`AdminError::Start`] for a variable that is missing;
/// [`AdminError::Aws`] where SES does not take it.
pub async fn send(
    get: &dyn Fn(&str) -> Option<String>,
    preview: &Preview,
    to: &str,
) -> Result<(), AdminError> {
    let to = latchkey::domain::Email::parse(to).map_err(AdminError::invalid("address"))?;
    // A stage does not tell the deployment's sender; a tenant's own needs none.
    let own = (preview.voice.from != NO_SENDER).then(|| preview.voice.from.clone());
    let get = |name: &str| get(name).or_else(|| own.clone().filter(|_| name == "LATCHKEY_MAIL_FROM"));
    let post = runtime::post(&get)?;
    let mut voice = preview.voice.clone();
    if voice.from == NO_SENDER {
        post.from().clone_into(&mut voice.from);
    }
    match post.send(&to.address(), &voice, &preview.rendered, "preview").await {
        Ok(_) => Ok(()),
        Err(PostError::Later(why) | PostError::Never(why)) => Err(AdminError::Aws(why)),
    }
}

/// A tenant's own words, as they were given.
///
/// # Errors
/// [`AdminError::Refused`] where it has none; the store.
pub async fn show(parts: &Parts, tenant: &Tenant, name: TemplateName) -> Result<StoredTemplate, AdminError> {
    parts.store.template(&tenant.slug, name).await?.ok_or_else(|| none(&tenant.slug, name))
}

/// Gives a tenant words of its own for a mail in a language. Functions know them after a minute.
///
/// # Errors
/// [`AdminError::Template`] with everything that is wrong with them; no such
/// tenant; a change that came first; the store.
pub async fn set(
    by: &Administrator,
    slug: &TenantSlug,
    name: TemplateName,
    text: &str,
) -> Result<Tenant, AdminError> {
    let parts = &by.parts;
    let mut tenant = tenant::show(parts, slug).await?;
    Template::accept(text, name.kind, name.locale, &Places::new(&tenant.settings))
        .map_err(AdminError::Template)?;
    let template = StoredTemplate { text: text.to_owned(), changed_at: parts.clock.now() };
    tenant.templates.insert(name);
    tenant.revision += 1;
    if !parts.store.set_template(&tenant, name, &template).await? {
        return Err(AdministrationError::Overtaken(slug.to_string()).into());
    }
    by.record(&tenant, Kind::MailTemplateSet, deed(name)).await?;
    Ok(tenant)
}

/// Has a mail in a language go out in the built-in words again.
///
/// # Errors
/// [`AdminError::Refused`] where it does already; no such tenant; a change that came first; the
/// store.
pub async fn clear(by: &Administrator, slug: &TenantSlug, name: TemplateName) -> Result<Tenant, AdminError> {
    let parts = &by.parts;
    let mut tenant = tenant::show(parts, slug).await?;
    if !tenant.templates.remove(&name) {
        return Err(none(slug, name));
    }
    tenant.revision += 1;
    if !parts.store.clear_template(&tenant, name).await? {
        return Err(AdministrationError::Overtaken(slug.to_string()).into());
    }
    by.record(&tenant, Kind::MailTemplateCleared, deed(name)).await?;
    Ok(tenant)
}

fn deed(name: TemplateName) -> Deed {
    Deed::of(format!("{} in {}", name.kind.name(), name.locale.tag()))
}

fn none(slug: &TenantSlug, name: TemplateName) -> AdminError {
    let (kind, locale) = (name.kind.name(), name.locale.tag());
    AdminError::Refused(format!("{slug} has no words of its own for {kind} in {locale}"))
}

/// All faults of a template, one a line.
pub(crate) fn told(faults: &[Fault]) -> String {
    let told: Vec<_> = faults.iter().map(|fault| &*fault.message).collect();
    told.join("\n  ")
}
