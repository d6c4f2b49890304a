//! A page's HTML.

use askama::Template;
use latchkey::{
    authenticators::webauthn::RelyingParty,
    domain::{
        Locale, Tenant,
        settings::{Branding, CaptchaProvider, Method},
    },
    http::Code,
};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{assets::Assets, brand::Brand, page::Page, words::Words};

/// A page of a tenant.
#[derive(Template)]
#[template(path = "page.html")]
pub struct Document<'a> {
    page: Page,
    locale: Locale,
    words: &'static Words,
    tenant: &'a Tenant,
    assets: &'a str,
    pub brand: Brand,
    /// For the page's scripts, as JSON that no element ends.
    script: String,
    languages: [Language; Locale::ALL.len()],
    offers: Offers,
    least_length: String,
    /// Where the person goes once signed in: where the link to this page says, or the tenant's own place.
    back: Option<String>,
    /// What every link to another page carries.
    query: String,
}

/// This page in a language.
struct Language {
    tag: &'static str,
    name: &'static str,
    href: String,
}

/// What a tenant lets people use.
struct Offers {
    /// The second factors that can be enrolled, with a space between.
    methods: String,
    passkeys: bool,
    captcha: Option<&'static str>,
}

impl<'a> Document<'a> {
    pub fn of(
        page: Page,
        locale: Locale,
        tenant: &'a Tenant,
        base_url: &str,
        assets: &'a Assets,
        (back, to_account): (Option<String>, bool),
    ) -> Self {
        let (words, settings) = (Words::of(locale), &tenant.settings);
        let passkeys =
            settings.offers(Method::Webauthn) && RelyingParty::takes_hosted_pages(tenant, base_url);
        let mut query =
            back.as_deref().map(|back| format!("&redirect_uri={}", urlencoded(back))).unwrap_or_default();
        if to_account {
            query.push_str("&next=account");
        }
        Self {
            page,
            locale,
            words,
            tenant,
            assets: assets.base(),
            brand: Brand::of(&settings.branding),
            script: json(&words.script),
            languages: Locale::ALL.map(|language| Language {
                tag: language.tag(),
                name: Words::of(language).language,
                href: format!("/t/{}/{}?lang={}{query}", tenant.slug, page.name(), language.tag()),
            }),
            offers: Offers {
                methods: [Method::Totp, Method::Webauthn, Method::Email]
                    .into_iter()
                    .filter(|method| settings.offers(*method) && (*method != Method::Webauthn || passkeys))
                    .map(Method::name)
                    .collect::<Vec<_>>()
                    .join(" "),
                passkeys,
                captcha: settings.captcha.provider.map(CaptchaProvider::name),
            },
            least_length: words
                .notes
                .rule_length
                .replace("{}", &settings.password_rules().min_length.to_string()),
            back: back.or_else(|| settings.default_redirect_uri.as_ref().map(|uri| uri.as_str().to_owned())),
            query,
        }
    }

    /// Another page of this tenant's, in this language.
    fn href(&self, page: Page) -> String {
        format!("/t/{}/{}?lang={}{}", self.tenant.slug, page.name(), self.locale.tag(), self.query)
    }
}

/// A page that says why there is none.
#[derive(Template)]
#[template(path = "refusal.html")]
pub struct Refusal<'a> {
    locale: Locale,
    words: &'static Words,
    assets: &'a str,
    pub brand: Brand,
    sentence: &'static str,
}

impl<'a> Refusal<'a> {
    pub fn of(code: Code, locale: Locale, assets: &'a Assets) -> Self {
        let words = Words::of(locale);
        let notes = &words.notes;
        let sentence = match code {
            Code::TenantNotFound => notes.tenant_not_found,
            Code::TenantSuspended => notes.suspended,
            Code::NotFound => notes.page_not_found,
            Code::Invalid => notes.bad_return,
            _ => notes.unavailable,
        };
        Self { locale, words, assets: assets.base(), brand: Brand::of(&Branding::default()), sentence }
    }
}

fn urlencoded(text: &str) -> impl std::fmt::Display + '_ {
    utf8_percent_encode(text, NON_ALPHANUMERIC)
}

/// JSON inside a `<script>`: nothing in it ends the element or begins a comment.
fn json(value: &impl serde::Serialize) -> String {
    // Texts of our own always serialise.
    serde_json::to_string(value).unwrap_or_default().replace('<', "\\u003c")
}
