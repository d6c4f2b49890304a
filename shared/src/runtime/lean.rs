//! What a call of DynamoDB does without.

use std::sync::OnceLock;

use aws_runtime::{
    invocation_id::InvocationIdInterceptor, request_info::RequestInfoInterceptor,
    service_clock_skew::ServiceClockSkewInterceptor, user_agent::UserAgentInterceptor,
};
use aws_sdk_dynamodb::config::endpoint::{
    DefaultResolver, Endpoint, EndpointFuture, Params, ResolveEndpoint,
};
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::interceptors::{
        Intercept, context::BeforeSerializationInterceptorContextRef, disable_interceptor, dyn_dispatch_hint,
    },
};
use aws_smithy_types::config_bag::ConfigBag;

/// Where DynamoDB answers, for all calls.
#[derive(Debug)]
pub(super) enum OneEndpoint {
    Known(Endpoint),
    /// Found at the first call, by the SDK's rules. To read them is a third of what a function does until it asks for its
    /// first event.
    ByRules(DefaultResolver, OnceLock<Endpoint>),
}

impl OneEndpoint {
    /// At `url` if there is one, or else at AWS's address in a region.
    pub(super) fn of(region: &str, url: Option<&str>) -> Self {
        match url.map(str::to_owned).or_else(|| address(region)) {
            Some(url) => Self::Known(Endpoint::builder().url(url).build()),
            None => Self::ByRules(DefaultResolver::new(), OnceLock::new()),
        }
    }
}

/// In AWS's common partition; the names of other partitions' regions have more parts than three, or are China's.
/// Source: <https://docs.aws.amazon.com/general/latest/gr/ddb.html>
fn address(region: &str) -> Option<String> {
    let parts: Vec<_> = region.split('-').collect();
    let is_common = parts.len() == 3 && parts[0] != "cn";
    is_common.then(|| format!("https://dynamodb.{region}.amazonaws.com"))
}

impl ResolveEndpoint for OneEndpoint {
    fn resolve_endpoint<'a>(&'a self, params: &'a Params) -> EndpointFuture<'a> {
        let (rules, found) = match self {
            Self::Known(endpoint) => return EndpointFuture::ready(Ok(endpoint.clone())),
            Self::ByRules(rules, found) => (rules, found),
        };
        match found.get() {
            Some(endpoint) => EndpointFuture::ready(Ok(endpoint.clone())),
            None => EndpointFuture::new(async {
                let endpoint = rules.resolve_endpoint(params).await?;
                Ok(found.get_or_init(|| endpoint).clone())
            }),
        }
    }
}

/// Takes out what the SDK tells of itself with each call, which DynamoDB does not ask for: the names of its parts, the
/// call's and the attempt's; and the measure of a clock that [`SigV4`](super::sigv4::SigV4) does not correct.
#[derive(Debug)]
pub(super) struct Lean;

#[dyn_dispatch_hint]
impl Intercept for Lean {
    fn name(&self) -> &'static str {
        "Lean"
    }

    fn read_before_execution(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        settings: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        settings
            .interceptor_state()
            .store_put(disable_interceptor::<UserAgentInterceptor>("not asked for"))
            .store_put(disable_interceptor::<InvocationIdInterceptor>("not asked for"))
            .store_put(disable_interceptor::<RequestInfoInterceptor>("not asked for"))
            .store_put(disable_interceptor::<ServiceClockSkewInterceptor>("not corrected"));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn url(endpoint: &OneEndpoint, region: &str) -> String {
        let params = Params::builder().region(region).build().unwrap();
        endpoint.resolve_endpoint(&params).await.unwrap().url().to_owned()
    }

    #[tokio::test]
    async fn it_is_where_the_rules_have_it_in_every_partition() {
        let by_rules = || OneEndpoint::ByRules(DefaultResolver::new(), OnceLock::new());
        for region in [
            "us-east-1",
            "eu-central-1",
            "ap-southeast-7",
            "il-central-1",
            "mx-central-1",
            "cn-north-1",
            "us-gov-west-1",
            "us-iso-east-1",
            "us-isob-east-1",
            "eu-isoe-west-1",
            "eusc-de-east-1",
            "xx-new-1",
        ] {
            let ours = url(&OneEndpoint::of(region, None), region).await;
            assert_eq!(ours, url(&by_rules(), region).await);
        }
    }

    #[tokio::test]
    async fn it_is_where_it_is_told_to_be() {
        let told = OneEndpoint::of("eu-central-1", Some("http://127.0.0.1:8000"));
        assert_eq!(url(&told, "eu-central-1").await, "http://127.0.0.1:8000");
    }
}
