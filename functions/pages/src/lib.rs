//! GET `/t/{tenant_slug}/{page}` and `/assets/{version}/{asset}`: the hosted pages.
//!
//! A page is words and forms; its scripts do the rest by the same API that everybody calls, from the same origin. So
//! this function reads a tenant and nothing else. No visit spends a link: what it carries stands in the fragment, which
//! is not sent before a button is pressed. (The sign-in page begins a passkey's challenge, where the tenant offers them.)

mod assets;
mod brand;
mod document;
mod language;
mod page;
mod policy;
mod words;

use async_trait::async_trait;
use http::header;
use latchkey::{
    domain::{Locale, Tenant},
    http::{Code, Endpoint, Operation, Problem, Request, Response, Route, describe::Security, form},
    keys::Purpose,
    runtime::Parts,
};

use self::{assets::Assets, document::Document, page::Page, policy::Policy};

pub struct Pages {
    parts: Parts,
    assets: Assets,
}

const PAGE: &str = "/t/{tenant_slug}/{page}";
const ASSET: &str = "/assets/{version}/{asset}";

#[async_trait]
impl Endpoint for Pages {
    const NAME: &'static str = "pages";
    const ROUTES: &'static [Route] = &[Route::get(PAGE), Route::get(ASSET)];
    const KEYS: &'static [Purpose] = &[];

    fn new(parts: Parts) -> Self {
        Self { parts, assets: Assets::new() }
    }

    fn describe() -> Vec<Operation> {
        vec![
            Operation::new(
                "page",
                "Page",
                "A hosted page: sign-in, register, verify, forgot, reset, invite, undo-email or account.",
            )
            .query("lang", false)
            .query("redirect_uri", false)
            .page()
            .secured(Security::Public),
            Operation::new("asset", "Asset", "A script or style of the hosted pages, to be kept for good.")
                .page()
                .secured(Security::Public),
        ]
    }

    async fn call(&self, request: &Request) -> Result<Response, Problem> {
        if let Some(name) = request.parameter("asset") {
            return self.assets.answer(request, name).ok_or_else(|| Code::NotFound.into());
        }
        match self.page(request).await {
            Ok(response) => Ok(response),
            Err(Refused { locale, problem }) => self.refuse(request, locale, &problem),
        }
    }
}

/// A page that is not shown, and the language to say so in.
struct Refused {
    locale: Locale,
    problem: Problem,
}

impl Pages {
    async fn page(&self, request: &Request) -> Result<Response, Refused> {
        let asked = language::asked(request);
        let refused = |problem| Refused { locale: asked.unwrap_or_default(), problem };
        let tenant = self.parts.tenants.public(request).await.map_err(refused)?;
        let locale = asked.unwrap_or(tenant.settings.mail.locale);
        let refused = |problem| Refused { locale, problem };
        let page = request.parameter("page").and_then(Page::named);
        let page = page.ok_or_else(|| refused(Code::NotFound.into()))?;
        let onward = onward(request, &tenant).map_err(refused)?;
        let document = Document::of(page, locale, &tenant, &self.parts.base_url, &self.assets, onward);
        let policy = Policy::of(&tenant, &document.brand);
        html(200, &document, &policy).map_err(refused)
    }

    /// A refusal is a page as well: a person reads it.
    fn refuse(&self, request: &Request, locale: Locale, problem: &Problem) -> Result<Response, Problem> {
        if let Some(cause) = &problem.cause {
            tracing::warn!(request = request.id, code = problem.code.word(), cause, "a page is not shown");
        }
        let document = document::Refusal::of(problem.code, locale, &self.assets);
        let policy = Policy::plain(&document.brand);
        let response = html(problem.code.status(), &document, &policy)?;
        Ok(match problem.retry_after {
            Some(seconds) => response.with_header(header::RETRY_AFTER, &seconds.to_string()),
            None => response,
        })
    }
}

/// Where the person is to go once signed in, if the link says so; and whether to the account before.
fn onward(request: &Request, tenant: &Tenant) -> Result<(Option<String>, bool), Problem> {
    let mut form = request.query();
    let values = (
        form.optional_text("redirect_uri", |text| tenant.settings.allowed_redirect(text)),
        form.optional_text("next", form::any),
    );
    let (back, next) = form.finish(values)?;
    Ok((back.map(|uri| uri.as_str().to_owned()), next.as_deref() == Some("account")))
}

fn html(status: u16, page: &impl askama::Template, policy: &Policy) -> Result<Response, Problem> {
    let text = page.render().map_err(|error| Problem::internal(format!("a page: {error}")))?;
    Ok(Response::text(status, "text/html; charset=utf-8", text)
        .with_header(header::CONTENT_SECURITY_POLICY, policy.as_str())
        .with_header(header::X_FRAME_OPTIONS, "DENY")
        .with_header(header::HeaderName::from_static("cross-origin-opener-policy"), "same-origin")
        .with_header(header::HeaderName::from_static("cross-origin-resource-policy"), "same-origin"))
}
