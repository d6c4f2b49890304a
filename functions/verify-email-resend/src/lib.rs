//! POST verify-email/resend: somebody asks for the verification mail again.
//!
//! Always the same answer, as for a forgotten password.

use async_trait::async_trait;
use latchkey::{
    domain::{
        Email, Tenant,
        errand::{Errand, What},
        event::Kind as EventKind,
        registration::Registration,
    },
    http::{Endpoint, Operation, Problem, Request, Response, Route},
    jiff::SignedDuration,
    keys::Purpose,
    runtime::Parts,
    sign_in::{event, later},
    store::Bucket,
};
use serde::Serialize;
use utoipa::ToSchema;

pub struct VerifyEmailResend {
    parts: Parts,
}

#[async_trait]
impl Endpoint for VerifyEmailResend {
    const NAME: &'static str = "verify-email-resend";
    const ROUTES: &'static [Route] = &[Route::post("/api/v1/auth/tenants/{tenant_slug}/verify-email/resend")];
    const KEYS: &'static [Purpose] = &[];

    fn new(parts: Parts) -> Self {
        Self { parts }
    }

    fn describe() -> Vec<Operation> {
        vec![
            Operation::new("verify_email_resend", "Resend Verification", "Mail the verification link again.")
                .body::<ResendRequest>()
                .data::<ResendResponse>("ApiResponse_ResendResponse_"),
        ]
    }

    async fn call(&self, request: &Request) -> Result<Response, Problem> {
        let tenant = self.parts.tenants.of(request).await?;
        let mut form = request.form()?;
        let values = (form.text("email", Email::parse),);
        let (email,) = form.finish(values)?;
        Problem::unless_allowed(
            self.parts.store.count(&Bucket::forgot_of_network(tenant.id, request.from)).await?,
        )?;
        self.ask(request, &tenant, &email).await?;
        Ok(Response::data(
            request,
            &ResendResponse {
                status: "accepted",
                message: "If the address waits to be verified, a mail is on its way.",
            },
        ))
    }
}

impl VerifyEmailResend {
    async fn ask(&self, request: &Request, tenant: &Tenant, email: &Email) -> Result<(), Problem> {
        let store = &self.parts.store;
        let errand = Errand {
            tenant_id: tenant.id,
            slug: tenant.slug.clone(),
            what: What::VerificationRequested { email_key: email.key().clone() },
            created_at: request.at,
            mail_by: later(request.at, SignedDuration::from_hours(Registration::LIFETIME_HOURS)),
        };
        let asked = event(&self.parts, request, tenant, EventKind::VerificationRequested, None);
        let due = store.new_errand();
        futures::try_join!(store.queue(&due, &errand), store.record(&asked))?;
        Ok(())
    }
}

#[derive(ToSchema)]
pub struct ResendRequest {
    #[schema(format = Email)]
    pub email: String,
}

#[derive(Serialize, ToSchema)]
pub struct ResendResponse {
    /// `accepted`, whatever address it is.
    pub status: &'static str,
    pub message: &'static str,
}
