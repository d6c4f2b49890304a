//! Signs the calls of DynamoDB, by AWS Signature Version 4.
//!
//! The SDK's own signer is half of what a call costs: it derives the day's key for each call anew, and hashes in portable
//! code. This one keeps the key and the state of a hash that has read the session's token, and hashes by aws-lc. It does
//! not correct a clock that is wrong.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>

use std::{
    fmt,
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

use aws_credential_types::Credentials;
use aws_lc_rs::{digest, hmac};
use aws_runtime::auth::sigv4::SCHEME_ID;
use aws_sdk_dynamodb::config::Region;
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        auth::{AuthScheme, AuthSchemeEndpointConfig, AuthSchemeId, Sign},
        identity::{Identity, SharedIdentityResolver},
        orchestrator::HttpRequest,
        runtime_components::{GetIdentityResolver, RuntimeComponents},
    },
};
use aws_smithy_types::config_bag::ConfigBag;
use http::Uri;
use jiff::Timestamp;

use crate::domain::hex;

const SERVICE: &str = "dynamodb";
const OPERATION: &str = "\nx-amz-target:";

/// Takes the place of the SDK's signer.
pub(super) struct SigV4 {
    region: Region,
    /// The day's key, of who signs and the day.
    key: Kept<hmac::Key>,
    /// A hash that has read what a call begins with.
    begun: Kept<digest::Context>,
}

/// What was last made of a text, for as long as the text is the same.
struct Kept<T>(Mutex<Option<(String, T)>>);

impl<T: Clone> Kept<T> {
    fn of(&self, text: &str, make: impl FnOnce() -> T) -> T {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let still = kept.take().filter(|(before, _)| before == text);
        kept.insert(still.unwrap_or_else(|| (text.to_owned(), make()))).1.clone()
    }
}

impl SigV4 {
    pub(super) fn new(region: Region) -> Self {
        Self { region, key: Kept(Mutex::default()), begun: Kept(Mutex::default()) }
    }

    fn sign(
        &self,
        request: &mut HttpRequest,
        credentials: &Credentials,
        at: SystemTime,
    ) -> Result<(), BoxError> {
        let time = Timestamp::try_from(at)?.strftime("%Y%m%dT%H%M%SZ").to_string();
        let (day, _) = time.split_at(8);
        let scope = format!("{day}/{}/{SERVICE}/aws4_request", self.region);
        let uri: Uri = request.uri().parse()?;
        let headers = request.headers_mut();
        headers.try_insert("host", host(&uri)?)?;
        headers.try_insert("x-amz-date", time.clone())?;
        if let Some(token) = credentials.session_token() {
            headers.try_insert("x-amz-security-token", token.to_owned())?;
        }
        let (canonical, signed) = canonical(request, uri.path())?;
        let text = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", self.hash(&canonical));
        let credential = format!("{}/{scope}", credentials.access_key_id());
        let key = self.key.of(&credential, || {
            day_key(credentials.secret_access_key(), [day, self.region.as_ref(), SERVICE])
        });
        let signature = hex(hmac::sign(&key, text.as_bytes()).as_ref());
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={signed}, Signature={signature}"
        );
        request.headers_mut().try_insert("authorization", authorization)?;
        Ok(())
    }

    /// The calls of a second begin alike, up to the operation's name, and most of a call is the session's token before it.
    fn hash(&self, canonical: &str) -> String {
        let (begin, rest) = canonical.split_at(canonical.find(OPERATION).unwrap_or(0));
        let mut hash = self.begun.of(begin, || {
            let mut hash = digest::Context::new(&digest::SHA256);
            hash.update(begin.as_bytes());
            hash
        });
        hash.update(rest.as_bytes());
        hex(hash.finish().as_ref())
    }
}

/// As AWS reads it: without a scheme's own port.
fn host(uri: &Uri) -> Result<String, BoxError> {
    let name = uri.host().ok_or("a call without a host")?;
    Ok(match (uri.scheme_str(), uri.port_u16()) {
        (_, None) | (Some("https"), Some(443)) | (Some("http"), Some(80)) => name.to_owned(),
        (_, Some(port)) => format!("{name}:{port}"),
    })
}

fn day_key(secret: &str, scope: [&str; 3]) -> hmac::Key {
    let first = hmac::Key::new(hmac::HMAC_SHA256, format!("AWS4{secret}").as_bytes());
    scope.into_iter().chain(["aws4_request"]).fold(first, |key, part| {
        hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&key, part.as_bytes()).as_ref())
    })
}

/// What is hashed and signed of a call without a query, and the names of the headers in it.
fn canonical(request: &HttpRequest, path: &str) -> Result<(String, String), BoxError> {
    let body = request.body().bytes().ok_or("a call whose body is not in memory")?;
    let is_signed = |name: &str| name == "host" || name == "content-type" || name.starts_with("x-amz-");
    let mut headers: Vec<_> = request.headers().iter().filter(|(name, _)| is_signed(name)).collect();
    headers.sort_unstable();
    let mut text = format!("{}\n{path}\n\n", request.method());
    for (name, value) in &headers {
        text.extend([*name, ":", value.trim(), "\n"]);
    }
    let names = headers.into_iter().map(|(name, _)| name).collect::<Vec<_>>().join(";");
    let body = hex(digest::digest(&digest::SHA256, body).as_ref());
    text.extend(["\n", &names, "\n", &body]);
    Ok((text, names))
}

impl AuthScheme for SigV4 {
    fn scheme_id(&self) -> AuthSchemeId {
        SCHEME_ID
    }

    fn identity_resolver(&self, resolvers: &dyn GetIdentityResolver) -> Option<SharedIdentityResolver> {
        resolvers.identity_resolver(self.scheme_id())
    }

    fn signer(&self) -> &dyn Sign {
        self
    }
}

impl Sign for SigV4 {
    fn sign_http_request(
        &self,
        request: &mut HttpRequest,
        identity: &Identity,
        _: AuthSchemeEndpointConfig<'_>,
        components: &RuntimeComponents,
        _: &ConfigBag,
    ) -> Result<(), BoxError> {
        let credentials = identity.data::<Credentials>().ok_or("no credentials of AWS")?;
        self.sign(request, credentials, components.time_source().unwrap_or_default().now())
    }
}

/// Not the key.
impl fmt::Debug for SigV4 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigV4({})", self.region)
    }
}

#[cfg(test)]
mod tests;
