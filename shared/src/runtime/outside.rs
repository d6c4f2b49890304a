//! Services that are not AWS's, which only some tenants have asked: the providers of captchas, and the
//! range of breached passwords. Nothing is made for them before the first call.

use std::{sync::OnceLock, time::Duration};

use aws_smithy_runtime_api::client::{
    http::{HttpConnector, SharedHttpConnector},
    orchestrator::HttpRequest,
};
use aws_smithy_types::{body::SdkBody, byte_stream::ByteStream};

use super::{Patience, environment::optional};
use crate::domain::settings::CaptchaProvider;

/// For a whole call.
const LONGEST: Duration = Duration::from_secs(2);
/// <https://haveibeenpwned.com/API/v3#PwnedPasswords>
const BREACHES: &str = "https://api.pwnedpasswords.com";
/// Of an answer.
const MOST_BYTES: usize = 256 * 1024;

/// Calls to these services. Errors are sentences for the log, without anything that was sent.
pub struct Outside {
    captcha_url: Option<String>,
    breaches_url: String,
    by_tls: OnceLock<Result<SharedHttpConnector, String>>,
    /// For an address that a test has in a service's place.
    plain: OnceLock<Result<SharedHttpConnector, String>>,
}

impl Outside {
    /// Reads where they answer, if not at their own addresses.
    pub(super) fn read(get: &dyn Fn(&str) -> Option<String>) -> Self {
        Self {
            captcha_url: optional(get, "LATCHKEY_CAPTCHA_URL"),
            breaches_url: optional(get, "LATCHKEY_HIBP_URL").unwrap_or_else(|| BREACHES.to_owned()),
            by_tls: OnceLock::new(),
            plain: OnceLock::new(),
        }
    }

    /// Asks a provider about a token by `siteverify`; its answer's body.
    pub(crate) async fn verify_captcha(
        &self,
        provider: CaptchaProvider,
        form: &[(&str, &str)],
    ) -> Result<Vec<u8>, String> {
        let url = match (&self.captcha_url, provider) {
            (Some(url), _) => format!("{url}/{}/siteverify", provider.name()),
            (None, CaptchaProvider::Hcaptcha) => "https://api.hcaptcha.com/siteverify".to_owned(),
            (None, CaptchaProvider::Recaptcha) => {
                "https://www.google.com/recaptcha/api/siteverify".to_owned()
            }
            (None, CaptchaProvider::Turnstile | CaptchaProvider::Altcha) => {
                "https://challenges.cloudflare.com/turnstile/v0/siteverify".to_owned()
            }
        };
        let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let mut request = HttpRequest::new(SdkBody::from(form));
        request.set_method("POST").map_err(|_| "no method")?;
        request.set_uri(url).map_err(|_| "no address")?;
        request.headers_mut().insert("content-type", "application/x-www-form-urlencoded");
        self.call(request).await
    }

    /// The breached passwords whose hashes begin with these five digits: a line each, the rest of the
    /// hash and a count, padded with lines that count nought.
    pub(crate) async fn breached_range(&self, prefix: &str) -> Result<Vec<u8>, String> {
        let url = format!("{}/range/{prefix}", self.breaches_url);
        let mut request = HttpRequest::get(url).map_err(|_| "no address")?;
        request.headers_mut().insert("add-padding", "true");
        self.call(request).await
    }

    async fn call(&self, mut request: HttpRequest) -> Result<Vec<u8>, String> {
        request.headers_mut().insert("user-agent", "latchkey");
        let url = request.uri();
        let kept = if url.starts_with("http://") { &self.plain } else { &self.by_tls };
        let connector = kept.get_or_init(|| connector(url)).clone()?;
        let exchange = async {
            let answer = connector.call(request).await.map_err(|_| "no connection")?;
            let status = answer.status().as_u16();
            if status != 200 {
                return Err(format!("it answers {status}"));
            }
            let mut body = ByteStream::new(answer.into_body());
            let mut bytes = Vec::new();
            while let Some(some) = body.try_next().await.map_err(|_| "the answer was cut off")? {
                bytes.extend_from_slice(&some);
                if bytes.len() > MOST_BYTES {
                    return Err("the answer is too long".to_owned());
                }
            }
            Ok(bytes)
        };
        tokio::time::timeout(LONGEST, exchange).await.map_err(|_| "no answer in time")?
    }
}

/// Mozilla's roots: these services are not under Amazon's.
fn connector(url: &str) -> Result<SharedHttpConnector, String> {
    super::connector(Some(url), Patience::once(LONGEST), || {
        Ok(webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn mozillas_roots_are_taken_and_an_address_where_nobody_is_gives_a_sentence() {
        assert!(webpki_roots::TLS_SERVER_ROOTS.len() > 50);
        assert!(connector("https://captcha.test").is_ok());
        let outside = Outside::read(&|_| Some("http://127.0.0.1:1".to_owned()));
        let asked = outside.verify_captcha(CaptchaProvider::Turnstile, &[("secret", "hidden")]).await;
        assert_eq!(asked, Err("no connection".to_owned()));
    }
}
