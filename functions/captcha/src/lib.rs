//! GET captcha: a proof of work to solve, where that is the tenant's captcha.
//!
//! Nothing is written down: a challenge costs a MAC, and is remembered once it was solved.

use async_trait::async_trait;
use latchkey::{
    captcha::Challenge,
    domain::settings::CaptchaProvider,
    http::{Code, Endpoint, Operation, Problem, Request, Response, Route, describe::Security},
    keys::Purpose,
    runtime::Parts,
};

pub struct Captcha {
    parts: Parts,
}

#[async_trait]
impl Endpoint for Captcha {
    const NAME: &'static str = "captcha";
    const ROUTES: &'static [Route] = &[Route::get("/api/v1/auth/tenants/{tenant_slug}/captcha")];
    const KEYS: &'static [Purpose] = &[Purpose::Passwords];

    fn new(parts: Parts) -> Self {
        Self { parts }
    }

    fn describe() -> Vec<Operation> {
        let about = "A challenge of ALTCHA's (version 1), good for five minutes, once; 404 where the tenant's captcha \
                     is another. What its widget gives is the captcha_token of the calls that ask for one.";
        vec![Operation::new("captcha", "Captcha", about).document().secured(Security::Public)]
    }

    async fn call(&self, request: &Request) -> Result<Response, Problem> {
        let tenant = self.parts.tenants.public(request).await?;
        if tenant.settings.captcha.provider != Some(CaptchaProvider::Altcha) {
            return Err(Code::NotFound.into());
        }
        let key = self.parts.passwords_key()?;
        Ok(Response::json(200, &Challenge::fresh(tenant.id, key, &*self.parts.entropy, request.at)))
    }
}
