//! Signs the calls of DynamoDB, by AWS Signature Version 4.
//!
//! The SDK's own signer is half of what a call costs: it derives the day's key for each call anew, and hashes in portable
//! code. This one keeps the key, and hashes by aws-lc. It does not correct a clock that is wrong.
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

/// Takes the place of the SDK's signer.
pub(super) struct SigV4 {
    region: Region,
    key: Mutex<Option<DayKey>>,
}

/// What a day's calls are signed with.
struct DayKey {
    access_key: String,
    day: String,
    key: hmac::Key,
}

impl SigV4 {
    pub(super) fn new(region: Region) -> Self {
        Self { region, key: Mutex::new(None) }
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
        let canonical = hex(digest::digest(&digest::SHA256, canonical.as_bytes()).as_ref());
        let text = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{canonical}");
        let signature = self.signature(credentials, day, text.as_bytes());
        let access_key = credentials.access_key_id();
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={access_key}/{scope}, SignedHeaders={signed}, Signature={signature}"
        );
        request.headers_mut().try_insert("authorization", authorization)?;
        Ok(())
    }

    fn signature(&self, credentials: &Credentials, day: &str, text: &[u8]) -> String {
        let mut kept = self.key.lock().unwrap_or_else(PoisonError::into_inner);
        let access_key = credentials.access_key_id();
        let still = kept.take().filter(|kept| kept.access_key == access_key && kept.day == day);
        let current = still.unwrap_or_else(|| DayKey {
            access_key: access_key.to_owned(),
            day: day.to_owned(),
            key: day_key(credentials.secret_access_key(), [day, self.region.as_ref(), SERVICE]),
        });
        hex(hmac::sign(&kept.insert(current).key, text).as_ref())
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
