//! GET .well-known/jwks.json and .well-known/openid-configuration: how a tenant's tokens verify.

use async_trait::async_trait;
use latchkey::{
    domain::Tenant,
    http::{Endpoint, Operation, Problem, Request, Response, Route, describe::Security},
    jiff::Timestamp,
    keys::Purpose,
    runtime::Parts,
    tokens::issuer,
};
use serde_json::{Value, json};

pub struct WellKnown {
    parts: Parts,
}

const JWKS: &str = "/api/v1/auth/tenants/{tenant_slug}/.well-known/jwks.json";
const CONFIGURATION: &str = "/api/v1/auth/tenants/{tenant_slug}/.well-known/openid-configuration";

#[async_trait]
impl Endpoint for WellKnown {
    const NAME: &'static str = "well-known";
    const ROUTES: &'static [Route] = &[Route::get(JWKS), Route::get(CONFIGURATION)];
    const KEYS: &'static [Purpose] = &[];

    fn new(parts: Parts) -> Self {
        Self { parts }
    }

    fn describe() -> Vec<Operation> {
        [
            ("jwks", "JWKS", "The public keys of the tenant's tokens (RFC 7517)."),
            (
                "openid_configuration",
                "Discovery",
                "Where the tenant's keys are (OpenID Connect Discovery 1.0).",
            ),
        ]
        .map(|(id, summary, about)| Operation::new(id, summary, about).document().secured(Security::Public))
        .to_vec()
    }

    async fn call(&self, request: &Request) -> Result<Response, Problem> {
        let tenant = self.parts.tenants.public(request).await?;
        let document = if request.path.ends_with("/jwks.json") {
            json!({ "keys": tenant.keys.published(request.at).collect::<Vec<_>>() })
        } else {
            self.configuration(&tenant, request.at)
        };
        Ok(Response::json(200, &document))
    }
}

impl WellKnown {
    fn configuration(&self, tenant: &Tenant, now: Timestamp) -> Value {
        let issuer = issuer(&self.parts.base_url, &tenant.slug);
        let mut algorithms: Vec<_> = tenant.keys.published(now).map(|key| key.alg.name()).collect();
        algorithms.sort_unstable();
        algorithms.dedup();
        json!({
            "issuer": issuer,
            "jwks_uri": format!("{issuer}/.well-known/jwks.json"),
            "id_token_signing_alg_values_supported": algorithms,
            "response_types_supported": [],
            "subject_types_supported": ["public"],
            "claims_supported": ["iss", "aud", "sub", "sid", "tenant_id", "amr", "acr", "auth_time", "exp", "iat", "jti"],
        })
    }
}
