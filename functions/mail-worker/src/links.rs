//! Where mails lead: the tenant's own page, or the hosted one. Built from settings alone, never from
//! a request; a token stands in the fragment, which no scanner, proxy or log is sent.

use latchkey::{
    domain::{Tenant, settings::PageUrl},
    mail::{Link, NotALink},
    tokens::Bearer,
};

#[derive(Debug, Clone, Copy)]
pub enum Page {
    Verify,
    Reset,
    Forgot,
}

/// A page of the tenant, with a token where it needs one.
pub fn link(base_url: &str, tenant: &Tenant, page: Page, token: Option<&Bearer>) -> Result<Link, NotALink> {
    let pages = &tenant.settings.pages;
    let (own, name): (Option<&PageUrl>, _) = match page {
        Page::Verify => (pages.verify.as_ref(), "verify"),
        Page::Reset => (pages.reset.as_ref(), "reset"),
        Page::Forgot => (pages.forgot.as_ref(), "forgot"),
    };
    let page = match own {
        Some(own) => own.as_str().to_owned(),
        None => format!("{base_url}/t/{}/{name}", tenant.slug),
    };
    match token {
        Some(token) => Link::parse(&format!("{page}#token={}", token.expose())),
        None => Link::parse(&page),
    }
}
