//! The AWS clients, lean: no provider chain, Amazon's roots alone, one TLS provider.

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::config::{BehaviorVersion, IdentityCache, Region, StalledStreamProtectionConfig};
use aws_smithy_http_client::{
    Connector,
    tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::http::{
    HttpConnectorSettings, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_types::{retry::RetryConfig, timeout::TimeoutConfig};

use super::{environment::Environment, world::Gate};

const AMAZON_ROOTS: &[u8] = include_bytes!("amazon_root_cas.pem");

const CONNECT: Duration = Duration::from_millis(500);
const ATTEMPT: Duration = Duration::from_millis(700);
const OPERATION: Duration = Duration::from_millis(2500);
const ATTEMPTS: u32 = 3;
/// SES is called by the worker alone, which nobody waits for.
const MAIL_ATTEMPT: Duration = Duration::from_secs(5);

pub(super) fn dynamodb(
    environment: &Environment,
    gate: Option<&Gate>,
) -> Result<aws_sdk_dynamodb::Client, String> {
    let connector = connector(environment.dynamodb_url.as_deref(), ATTEMPT)?;
    let connector = gate.map_or(connector.clone(), |gate| gate(connector));
    let mut config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(environment.region.clone()))
        .credentials_provider(credentials(environment))
        .identity_cache(IdentityCache::no_cache())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .timeout_config(
            TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT).operation_timeout(OPERATION).build(),
        )
        .http_client(client(connector));
    if let Some(url) = &environment.dynamodb_url {
        config = config.endpoint_url(url);
    }
    Ok(aws_sdk_dynamodb::Client::from_conf(config.build()))
}

pub(super) fn ses(environment: &Environment) -> Result<aws_sdk_sesv2::Client, String> {
    let mut config = aws_sdk_sesv2::Config::builder()
        .behavior_version(aws_sdk_sesv2::config::BehaviorVersion::latest())
        .region(aws_sdk_sesv2::config::Region::new(environment.region.clone()))
        .credentials_provider(credentials(environment))
        .identity_cache(aws_sdk_sesv2::config::IdentityCache::no_cache())
        .stalled_stream_protection(aws_sdk_sesv2::config::StalledStreamProtectionConfig::disabled())
        // The outbox retries, with its own back-off.
        .retry_config(RetryConfig::disabled())
        .timeout_config(TimeoutConfig::builder().operation_attempt_timeout(MAIL_ATTEMPT).build())
        .http_client(client(connector(environment.ses_url.as_deref(), MAIL_ATTEMPT)?));
    if let Some(url) = &environment.ses_url {
        config = config.endpoint_url(url);
    }
    Ok(aws_sdk_sesv2::Client::from_conf(config.build()))
}

fn credentials(environment: &Environment) -> Credentials {
    let given = &environment.credentials;
    // No account id: account endpoints are another host, and the warm connection would not serve.
    Credentials::new(
        given.key_id.clone(),
        given.secret.clone(),
        given.session_token.clone(),
        None,
        "environment",
    )
}

fn connector(url: Option<&str>, read: Duration) -> Result<SharedHttpConnector, String> {
    let settings = HttpConnectorSettings::builder().connect_timeout(CONNECT).read_timeout(read).build();
    if url.is_some_and(|url| url.starts_with("http://")) {
        Ok(SharedHttpConnector::new(Connector::builder().connector_settings(settings).build_http()))
    } else {
        let roots = TrustStore::empty().with_pem_certificate(AMAZON_ROOTS);
        let context = TlsContext::builder()
            .with_trust_store(roots)
            .build()
            .map_err(|error| format!("Amazon's roots: {error}"))?;
        let connector = Connector::builder()
            .connector_settings(settings)
            .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
            .tls_context(context)
            .build();
        Ok(SharedHttpConnector::new(connector))
    }
}

fn client(connector: SharedHttpConnector) -> SharedHttpClient {
    http_client_fn(move |_, _| connector.clone())
}
