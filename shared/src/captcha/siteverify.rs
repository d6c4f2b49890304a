//! Turnstile, hCaptcha and reCAPTCHA: one way of asking, `siteverify`.
//!
//! <https://developers.cloudflare.com/turnstile/get-started/server-side-validation/>,
//! <https://docs.hcaptcha.com/#verify-the-user-response-server-side>,
//! <https://developers.google.com/recaptcha/docs/verify>. A token's single use is the provider's.

use serde::Deserialize;

use crate::{
    domain::{
        Tenant,
        settings::{CaptchaProvider, Origin},
    },
    http::{Code, Problem},
    runtime::Parts,
};

/// Under it, reCAPTCHA v3 holds somebody for a machine.
const LEAST_SCORE: f64 = 0.5;
/// Seconds after which it is worth asking again.
const RETRY_AFTER: u32 = 5;

#[derive(Deserialize)]
struct Verdict {
    success: bool,
    hostname: Option<String>,
    score: Option<f64>,
    #[serde(default, rename = "error-codes")]
    error_codes: Vec<String>,
}

/// Whether the provider vouches for the token.
pub(super) async fn ask(
    parts: &Parts,
    tenant: &Tenant,
    provider: CaptchaProvider,
    token: &str,
) -> Result<bool, Problem> {
    let secret = parts
        .store
        .open_captcha_secret(tenant, parts.passwords_key()?)
        .ok_or_else(|| unavailable("the tenant's secret is missing or does not open"))?;
    let mut form = vec![("secret", secret.as_str()), ("response", token)];
    if let (CaptchaProvider::Hcaptcha, Some(site_key)) = (provider, &tenant.settings.captcha.site_key) {
        form.push(("sitekey", site_key));
    }
    let body = parts.outside.verify_captcha(provider, &form).await.map_err(unavailable)?;
    let verdict: Verdict =
        serde_json::from_slice(&body).map_err(|_| unavailable("an answer that is no verdict"))?;
    if verdict.error_codes.iter().any(|code| is_ours(code)) {
        return Err(unavailable(format!("it answers {}", words(&verdict.error_codes))));
    }
    Ok(verdict.success && verdict.is_human() && verdict.is_at_home(tenant, &parts.base_url))
}

impl Verdict {
    fn is_human(&self) -> bool {
        self.score.is_none_or(|score| score >= LEAST_SCORE)
    }

    /// Whether it was solved on one of the tenant's pages, or on this deployment's; a tenant without
    /// origins has none to compare with.
    fn is_at_home(&self, tenant: &Tenant, base_url: &str) -> bool {
        let origins = &tenant.settings.origins;
        let Some(hostname) = &self.hostname else { return true };
        let host = |url: &str| url::Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned));
        origins.is_empty()
            || origins
                .iter()
                .map(Origin::as_str)
                .chain([base_url])
                .any(|url| host(url).as_ref() == Some(hostname))
    }
}

/// Codes that are no fault of the token's.
fn is_ours(code: &str) -> bool {
    matches!(
        code,
        "missing-input-secret" | "invalid-input-secret" | "sitekey-secret-mismatch" | "internal-error"
    )
}

/// The codes, for the log: of the shape that codes have, whatever was answered.
fn words(codes: &[String]) -> String {
    let shaped =
        |code: &&String| code.len() <= 40 && code.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    codes.iter().filter(shaped).map(String::as_str).collect::<Vec<_>>().join(" ")
}

fn unavailable(cause: impl Into<String>) -> Problem {
    let cause = format!("the captcha's provider: {}", cause.into());
    Problem { retry_after: Some(RETRY_AFTER), cause: Some(cause), ..Code::CaptchaUnavailable.into() }
}
