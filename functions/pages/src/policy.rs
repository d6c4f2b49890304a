//! The Content-Security-Policy: what a page may load, and from where.

use aws_lc_rs::digest;
use base64::{Engine, prelude::BASE64_STANDARD};
use latchkey::domain::{Tenant, settings::LogoUrl};

use crate::brand::Brand;

/// A policy (CSP Level 3). Nothing inline but the brand's style, which is named by its hash; nothing of others but the
/// tenant's own logo.
pub struct Policy(String);

impl Policy {
    pub fn of(tenant: &Tenant, brand: &Brand) -> Self {
        Self::with(brand, tenant.settings.branding.logo_url.as_ref().map(LogoUrl::as_str))
    }

    /// Of a page that is no tenant's.
    pub fn plain(brand: &Brand) -> Self {
        Self::with(brand, None)
    }

    fn with(brand: &Brand, logo: Option<&str>) -> Self {
        let style = BASE64_STANDARD.encode(digest::digest(&digest::SHA256, brand.as_str().as_bytes()));
        let logo = logo.map(|url| format!(" {}", source(url))).unwrap_or_default();
        // No form is sent without its script: a password in a query would be the price.
        Self(format!(
            "default-src 'none'; script-src 'self'; style-src 'self' 'sha256-{style}'; img-src 'self' data:{logo}; \
             connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; \
             require-trusted-types-for 'script'; trusted-types 'none'"
        ))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A URL as a source: without its query, which a source does not have, and without what ends one.
fn source(url: &str) -> String {
    let end = url.find(['?', '#']).unwrap_or(url.len());
    url[..end].replace(';', "%3B").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use latchkey::domain::settings::Branding;

    use super::*;

    #[test]
    fn a_logo_adds_its_own_address_and_no_directive() {
        let brand = Brand::of(&Branding::default());
        let of = |logo| Policy::with(&brand, logo).as_str().to_owned();
        let logo = of(Some("https://cdn.acme.test/a;script-src,x.svg?size=1"));
        assert!(
            logo.contains("img-src 'self' data: https://cdn.acme.test/a%3Bscript-src%2Cx.svg; connect-src")
        );
        assert_eq!(logo.matches(';').count(), of(None).matches(';').count());
        assert!(!of(None).contains("unsafe"));
    }
}
