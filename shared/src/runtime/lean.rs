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

/// Where DynamoDB answers, by the SDK's rules: found at the first call, for all. The rules know other places for a search
/// and for a table's ARN, neither of which we ask for.
#[derive(Debug, Default)]
pub(super) struct OneEndpoint {
    rules: DefaultResolver,
    found: OnceLock<Endpoint>,
}

impl ResolveEndpoint for OneEndpoint {
    fn resolve_endpoint<'a>(&'a self, params: &'a Params) -> EndpointFuture<'a> {
        match self.found.get() {
            Some(endpoint) => EndpointFuture::ready(Ok(endpoint.clone())),
            None => EndpointFuture::new(async {
                let endpoint = self.rules.resolve_endpoint(params).await?;
                Ok(self.found.get_or_init(|| endpoint).clone())
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
