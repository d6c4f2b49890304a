//! Routes that IAM guards: API Gateway asks for a signature (AWS Signature Version 4), and for a policy that lets its
//! maker call. Here there are three identities, one for each policy of `infra/stacks/admin.yaml`.

use std::{
    collections::BTreeSet,
    time::{Duration, SystemTime},
};

use anyhow::{Context, anyhow};
use aws_credential_types::Credentials;
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4::SigningParams,
};
use jiff::{SignedDuration, Timestamp};

use super::event::Incoming;
use crate::{environment::ACCOUNT, roles::policy::is_like, stacks};

/// An access key's id, and the policy that its owner has. The secret of all is [`SECRET`].
const IDENTITIES: [(&str, &str); 3] =
    [("local-read", "AdminRead"), ("local-support", "AdminSupport"), ("local-owner", "AdminOwner")];
/// No secret: whoever reaches this machine's loopback may administer what runs there.
pub const SECRET: &str = "local";
/// How far a signature's time may be from ours.
const LEEWAY: SignedDuration = SignedDuration::from_mins(5);

/// The guarded routes, and what each identity may call.
pub struct Iam {
    routes: BTreeSet<String>,
    /// An access key's id, and patterns such as `GET/api/v1/admin/*`.
    allowed: Vec<(&'static str, Vec<String>)>,
}

/// Who signed a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signer {
    pub access_key: &'static str,
    pub arn: String,
}

/// What a signature says of itself.
struct Claimed<'a> {
    key: &'a str,
    region: &'a str,
    headers: Vec<&'a str>,
    signature: &'a str,
}

impl Iam {
    /// As the templates have it.
    ///
    /// # Errors
    /// When a stack is not as it should be: one sentence that names it.
    pub fn of_templates() -> anyhow::Result<Self> {
        let policies = stacks::invocation_policies()?;
        let allowed = IDENTITIES.iter().map(|(key, policy)| {
            let patterns = policies.get(*policy).ok_or_else(|| anyhow!("there is no policy {policy}"))?;
            Ok((*key, patterns.clone()))
        });
        Ok(Self { routes: stacks::guarded_routes()?, allowed: allowed.collect::<anyhow::Result<_>>()? })
    }

    /// The signer of a request to a guarded route; `None` on another route. `Err` where API Gateway would
    /// say no more than "Forbidden".
    ///
    /// # Errors
    /// Why, for the log.
    pub fn admit(
        &self,
        route_key: &str,
        incoming: &Incoming<'_>,
        now: Timestamp,
    ) -> anyhow::Result<Option<Signer>> {
        if !self.routes.contains(route_key) {
            return Ok(None);
        }
        let (access_key, patterns) = self.signed_by(incoming, now)?;
        let call = format!("{}{}", incoming.method, incoming.path);
        if patterns.iter().any(|pattern| is_like(pattern, &call)) {
            let arn = format!("arn:aws:iam::{ACCOUNT}:user/{access_key}");
            return Ok(Some(Signer { access_key, arn }));
        }
        Err(anyhow!("{access_key} may not {call}"))
    }

    fn signed_by(
        &self,
        incoming: &Incoming<'_>,
        now: Timestamp,
    ) -> anyhow::Result<(&'static str, &[String])> {
        let header = |name: &str| incoming.headers.get(name).and_then(|value| value.to_str().ok());
        let claimed = claimed(header("authorization").unwrap_or_default()).context("no signature")?;
        let (key, patterns) = self
            .allowed
            .iter()
            .find(|(key, _)| *key == claimed.key)
            .ok_or_else(|| anyhow!("no such access key"))?;
        let at = header("x-amz-date").and_then(time).context("no x-amz-date")?;
        if now.duration_since(at).abs() > LEEWAY {
            return Err(anyhow!("the signature is of another time"));
        }
        let credentials = Credentials::new(*key, SECRET, None, None, "local").into();
        let parameters = SigningParams::builder()
            .identity(&credentials)
            .region(claimed.region)
            .name("execute-api")
            .time(SystemTime::UNIX_EPOCH + Duration::from_secs(at.as_second().unsigned_abs()))
            .settings(SigningSettings::default())
            .build()?
            .into();
        let host = header("host").unwrap_or_default();
        let query = if incoming.query.is_empty() { String::new() } else { format!("?{}", incoming.query) };
        let uri = format!("http://{host}{}{query}", incoming.path);
        // What signing adds by itself is left out.
        let signed = claimed.headers.iter().filter(|name| !matches!(**name, "host" | "x-amz-date"));
        let signed: Vec<(&str, &str)> =
            signed.map(|name| (*name, header(name).unwrap_or_default())).collect();
        let request = SignableRequest::new(
            incoming.method,
            uri,
            signed.into_iter(),
            SignableBody::Bytes(incoming.body),
        )?;
        let (_, signature) = sign(request, &parameters)?.into_parts();
        if signature == claimed.signature { Ok((key, patterns)) } else { Err(anyhow!("a wrong signature")) }
    }
}

/// `AWS4-HMAC-SHA256 Credential=<key>/<day>/<region>/execute-api/aws4_request, SignedHeaders=a;b, Signature=…`
fn claimed(authorization: &str) -> Option<Claimed<'_>> {
    let parts = authorization.strip_prefix("AWS4-HMAC-SHA256 ")?;
    let part =
        |name: &str| parts.split(',').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='));
    let mut scope = part("Credential")?.split('/');
    let (key, region) = (scope.next()?, scope.nth(1)?);
    let headers: Vec<_> = part("SignedHeaders")?.split(';').collect();
    // A signature that leaves out the host or the time is good for another one, too.
    let whole = ["host", "x-amz-date"].iter().all(|name| headers.contains(name));
    whole.then_some(Claimed { key, region, headers, signature: part("Signature")? })
}

/// `20260601T120000Z`
fn time(text: &str) -> Option<Timestamp> {
    jiff::fmt::strtime::parse("%Y%m%dT%H%M%S%Z", text)
        .or_else(|_| jiff::fmt::strtime::parse("%Y%m%dT%H%M%SZ", text))
        .ok()?
        .to_datetime()
        .ok()
        .and_then(|at| jiff::tz::Offset::UTC.to_timestamp(at).ok())
}
