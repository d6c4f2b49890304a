//! POST forgot-password and password/forgot: somebody asks for a reset link.
//!
//! No user is read: known and unknown cost the same. The mail worker decides what is mailed.

use async_trait::async_trait;
use latchkey::{
    captcha::{self, CaptchaToken},
    domain::{
        Email, EmailKey, Tenant,
        errand::{Errand, What},
        event::Kind as EventKind,
        registration::Reset,
        throttle::Suspicion,
    },
    http::{Endpoint, Operation, Problem, Request, Response, Route},
    jiff::SignedDuration,
    keys::Purpose,
    runtime::Parts,
    sign_in::{event, later},
    store::{Bucket, Failures},
};
use serde::Serialize;
use utoipa::ToSchema;

pub struct ForgotPassword {
    parts: Parts,
}

#[async_trait]
impl Endpoint for ForgotPassword {
    const NAME: &'static str = "forgot-password";
    const ROUTES: &'static [Route] = &[
        Route::post("/api/v1/auth/tenants/{tenant_slug}/forgot-password"),
        Route::post("/api/v1/auth/tenants/{tenant_slug}/password/forgot"),
    ];
    /// For the captcha alone.
    const KEYS: &'static [Purpose] = &[Purpose::Passwords];

    fn new(parts: Parts) -> Self {
        Self { parts }
    }

    fn describe() -> Vec<Operation> {
        let about = "Start a password reset: mail the user a reset link. `data` has `status`, which is `accepted` whatever \
                     address it is, and a `message`.";
        ["forgot_password", "password_forgot"]
            .map(|id| Operation::new(id, "Forgot Password", about).body::<ForgotPasswordRequest>())
            .to_vec()
    }

    async fn call(&self, request: &Request) -> Result<Response, Problem> {
        let tenant = self.parts.tenants.of(request).await?;
        let wanted = Wanted::parse(request, &tenant)?;
        if self.count(request, &tenant, &wanted).await?.is_grave() {
            captcha::demand(&self.parts, request, &tenant, wanted.captcha.as_ref()).await?;
        }
        self.ask(request, &tenant, wanted).await?;
        Ok(Response::data(
            request,
            &Accepted { status: "accepted", message: "If the address has an account, a mail is on its way." },
        ))
    }
}

impl ForgotPassword {
    /// Counts the try. Only for a tenant with a captcha it is looked at what the logins have left: the
    /// same for known and unknown accounts.
    async fn count(&self, request: &Request, tenant: &Tenant, wanted: &Wanted) -> Result<Suspicion, Problem> {
        let store = &self.parts.store;
        let bucket = Bucket::forgot_of_network(tenant.id, request.from);
        let left = async {
            if tenant.settings.captcha.provider.is_none() {
                return Ok(Suspicion::default());
            }
            let network = Bucket::login_of_network(tenant.id, request.from);
            store.suspicion(&network, &Failures::of_account(tenant.id, &wanted.email_key)).await
        };
        let (counted, left) = futures::try_join!(store.count_tries(&bucket), left)?;
        Problem::unless_allowed(counted.verdict)?;
        let many = counted.tries > Suspicion::RESETS;
        Ok(if many { Suspicion { tries: u32::MAX, ..left } } else { left })
    }

    async fn ask(&self, request: &Request, tenant: &Tenant, wanted: Wanted) -> Result<(), Problem> {
        let store = &self.parts.store;
        let errand = Errand {
            tenant_id: tenant.id,
            slug: tenant.slug.clone(),
            what: What::ResetRequested { email_key: wanted.email_key, redirect_uri: wanted.redirect_uri },
            created_at: request.at,
            mail_by: later(request.at, SignedDuration::from_mins(Reset::LIFETIME_MINUTES)),
        };
        let asked = event(&self.parts, request, tenant, EventKind::ResetRequested, None);
        let due = store.new_errand();
        futures::try_join!(store.queue(&due, &errand), store.record(&asked))?;
        Ok(())
    }
}

struct Wanted {
    email_key: EmailKey,
    redirect_uri: Option<String>,
    captcha: Option<CaptchaToken>,
}

impl Wanted {
    fn parse(request: &Request, tenant: &Tenant) -> Result<Self, Problem> {
        let mut form = request.form()?;
        let values = (
            form.text("email", Email::parse),
            form.optional_text("redirect_uri", |text| tenant.settings.allowed_redirect(text)),
            form.optional_text("captcha_token", CaptchaToken::parse),
        );
        let (email, redirect_uri, captcha) = form.finish(values)?;
        let redirect_uri = redirect_uri.map(|uri| uri.as_str().to_owned());
        Ok(Self { email_key: email.key().clone(), redirect_uri, captcha })
    }
}

/// What the contract asks for.
#[derive(ToSchema)]
pub struct ForgotPasswordRequest {
    #[schema(format = Email)]
    pub email: String,
    pub redirect_uri: Option<String>,
    /// After suspicious failures, where the tenant has a captcha.
    pub captcha_token: Option<String>,
}

#[derive(Serialize)]
struct Accepted {
    status: &'static str,
    message: &'static str,
}
