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
    UndoEmail,
    Invite,
}

/// A page of the tenant, with a token where it needs one.
pub fn link(base_url: &str, tenant: &Tenant, page: Page, token: Option<&Bearer>) -> Result<Link, NotALink> {
    Link::parse(&text(base_url, tenant, page, token.map(Bearer::expose)))
}

fn text(base_url: &str, tenant: &Tenant, page: Page, token: Option<&str>) -> String {
    let pages = &tenant.settings.pages;
    let (own, name): (Option<&PageUrl>, _) = match page {
        Page::Verify => (pages.verify.as_ref(), "verify"),
        Page::Reset => (pages.reset.as_ref(), "reset"),
        Page::Forgot => (pages.forgot.as_ref(), "forgot"),
        Page::UndoEmail => (pages.undo_email.as_ref(), "undo-email"),
        Page::Invite => (pages.invite.as_ref(), "invite"),
    };
    let page = match own {
        Some(own) => own.as_str().to_owned(),
        None => format!("{base_url}/t/{}/{name}", tenant.slug),
    };
    match token {
        Some(token) => format!("{page}#token={token}"),
        None => page,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use latchkey::{
        domain::{Settings, TenantKeys, TenantSlug, ids::TenantId, tenant::TenantStatus},
        jiff::Timestamp,
    };

    use super::*;

    fn tenant() -> Tenant {
        Tenant {
            id: TenantId::from_bytes([1; 16]),
            slug: TenantSlug::parse("acme").unwrap(),
            display_name: "Acme".to_owned(),
            standing: TenantStatus::Active,
            settings: Settings::default(),
            keys: TenantKeys::default(),
            templates: BTreeSet::new(),
            sealed_captcha: None,
            not_before: Timestamp::UNIX_EPOCH,
            created_at: Timestamp::UNIX_EPOCH,
            revision: 1,
        }
    }

    #[test]
    fn a_tenant_without_pages_has_the_hosted_ones() {
        let of = |page, token| text("https://auth.example", &tenant(), page, token);
        assert_eq!(of(Page::Verify, Some("lk_vfy_x")), "https://auth.example/t/acme/verify#token=lk_vfy_x");
        assert_eq!(of(Page::Reset, Some("lk_rst_x")), "https://auth.example/t/acme/reset#token=lk_rst_x");
        assert_eq!(of(Page::Forgot, None), "https://auth.example/t/acme/forgot");
    }

    #[test]
    fn a_tenants_own_pages_keep_their_query_and_get_the_token_in_the_fragment() {
        let mut tenant = tenant();
        tenant.settings.pages.verify = Some(PageUrl::parse("https://acme.example/in?step=verify").unwrap());
        let own = text("https://auth.example", &tenant, Page::Verify, Some("lk_vfy_x"));
        assert_eq!(own, "https://acme.example/in?step=verify#token=lk_vfy_x");
        let hosted = text("https://auth.example", &tenant, Page::Reset, Some("lk_rst_x"));
        assert_eq!(hosted, "https://auth.example/t/acme/reset#token=lk_rst_x");
    }
}
