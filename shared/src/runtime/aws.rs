//! The AWS clients, lean: no provider chain, Amazon's roots alone, one TLS provider.

use std::{fmt, time::Duration};

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_sdk_dynamodb::config::{
    BehaviorVersion, IdentityCache, Region, StalledStreamProtectionConfig,
    retry::{RetryPartition, TokenBucket},
};
use aws_smithy_runtime_api::client::http::SharedHttpConnector;
use aws_smithy_types::{retry::RetryConfig, timeout::TimeoutConfig};
use aws_types::sdk_config::{Builder, SdkConfig};
use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};

use super::{
    connector::{Patience, connector, http_client},
    environment::{Environment, EnvironmentFault, optional, required},
    lean::{Lean, OneEndpoint},
    sigv4::SigV4,
    world::Gate,
};

const AMAZON_ROOTS: &[u8] = include_bytes!("amazon_root_cas.pem");

const ATTEMPTS: u32 = 5;
/// Where it is throttled: up to so long before the second attempt, twice that before the third, …. Somebody waits.
const BACK_OFF: Duration = Duration::from_millis(100);
/// The SDK's quota of what may be tried again, of which each time takes 5, gets so many a second back. By itself it only
/// gets back what succeeds: where three calls in ten are throttled that is as much as is spent, and some day it is used up.
const QUOTA_A_SECOND: f32 = 25.0;
/// SES is called by the worker alone, which nobody waits for.
const MAIL: Patience = Patience::once(Duration::from_secs(5));

/// Where AWS is, and who calls it.
pub struct Aws {
    region: Region,
    credentials: Credentials,
}

impl Aws {
    /// Reads the region and the credentials by way of `get`.
    ///
    /// # Errors
    /// The first variable that is missing.
    pub fn read(get: &dyn Fn(&str) -> Option<String>) -> Result<Self, EnvironmentFault> {
        Ok(Self {
            region: Region::new(required(get, "AWS_REGION")?),
            // No account id: account endpoints are another host, and the warm connection would not serve.
            credentials: Credentials::new(
                required(get, "AWS_ACCESS_KEY_ID")?,
                required(get, "AWS_SECRET_ACCESS_KEY")?,
                optional(get, "AWS_SESSION_TOKEN"),
                None,
                "environment",
            ),
        })
    }

    /// What a client of a service is made from; `url` is where it answers, if not at AWS's address.
    ///
    /// # Errors
    /// When Amazon's roots do not read.
    pub fn service(&self, url: Option<&str>, patience: Patience) -> Result<SdkConfig, String> {
        Ok(self.through(connector(url, patience, amazon_roots)?, url, patience).build())
    }

    fn through(&self, connector: SharedHttpConnector, url: Option<&str>, patience: Patience) -> Builder {
        let timeouts = TimeoutConfig::builder()
            .operation_attempt_timeout(patience.attempt)
            .operation_timeout(patience.operation)
            .build();
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(self.region.clone())
            .credentials_provider(SharedCredentialsProvider::new(self.credentials.clone()))
            .identity_cache(IdentityCache::no_cache())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS).with_initial_backoff(BACK_OFF))
            .timeout_config(timeouts)
            .http_client(http_client(connector));
        match url {
            Some(url) => config.endpoint_url(url),
            None => config,
        }
    }
}

impl fmt::Debug for Aws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Aws({})", self.region)
    }
}

/// Where a service answers that the SDK's variables call such as `KMS`, if not at AWS's address.
#[must_use]
pub fn endpoint(get: &dyn Fn(&str) -> Option<String>, service: &str) -> Option<String> {
    optional(get, &format!("AWS_ENDPOINT_URL_{service}")).or_else(|| optional(get, "AWS_ENDPOINT_URL"))
}

pub(super) fn dynamodb(
    environment: &Environment,
    (gate, patience): (Option<&Gate>, Patience),
) -> Result<aws_sdk_dynamodb::Client, String> {
    let url = environment.dynamodb_url.as_deref();
    let connector = connector(url, patience, amazon_roots)?;
    let connector = gate.map_or(connector.clone(), |gate| gate(connector));
    let config = environment.aws.through(connector, url, patience).build();
    // What one function may still try again is its own, as on Lambda: in one process they would share it.
    let quota = TokenBucket::builder().refill_rate(QUOTA_A_SECOND).build();
    let own = RetryPartition::custom("function").token_bucket(quota).build();
    let config = aws_sdk_dynamodb::config::Builder::from(&config)
        .retry_partition(own)
        .push_auth_scheme(SigV4::new(environment.aws.region.clone()))
        .endpoint_resolver(OneEndpoint::of(environment.aws.region.as_ref(), url))
        .interceptor(Lean)
        .build();
    Ok(aws_sdk_dynamodb::Client::from_conf(config))
}

pub(super) fn ses(environment: &Environment) -> Result<aws_sdk_sesv2::Client, String> {
    let url = environment.ses_url.as_deref();
    let config = environment
        .aws
        .through(connector(url, MAIL, amazon_roots)?, url, MAIL)
        // The outbox retries, with its own back-off.
        .retry_config(RetryConfig::disabled());
    Ok(aws_sdk_sesv2::Client::new(&config.build()))
}

pub(super) fn kms(aws: &Aws, url: Option<&str>, patience: Patience) -> Result<aws_sdk_kms::Client, String> {
    Ok(aws_sdk_kms::Client::new(&aws.service(url, patience)?))
}

fn amazon_roots() -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for root in CertificateDer::pem_slice_iter(AMAZON_ROOTS) {
        let root = root.map_err(|error| format!("Amazon's roots: {error}"))?;
        roots.add(root).map_err(|error| format!("Amazon's roots: {error}"))?;
    }
    Ok(roots)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amazons_roots_read() {
        assert_eq!(amazon_roots().unwrap().len(), 4);
    }
}
