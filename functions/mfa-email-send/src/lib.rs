//! POST mfa/email/send: a code is mailed to who gave a right password.

use async_trait::async_trait;
use latchkey::{
    domain::{
        Tenant, email,
        errand::{Errand, What},
        event::Kind as EventKind,
        handle::Handle,
        ids::UserId,
        settings::Method,
    },
    http::{Code, Endpoint, Operation, Problem, Request, Response, Route, form},
    jiff::SignedDuration,
    keys::Purpose,
    runtime::Parts,
    sign_in::{MailedDigits, event, later, presented_handle},
    store::CodeSent,
    tokens::Bearer,
};
use serde::Serialize;

pub struct MfaEmailSend {
    parts: Parts,
}

#[async_trait]
impl Endpoint for MfaEmailSend {
    const NAME: &'static str = "mfa-email-send";
    const ROUTES: &'static [Route] = &[Route::post("/api/v1/auth/tenants/{tenant_slug}/mfa/email/send")];
    const KEYS: &'static [Purpose] = &[Purpose::Factors];

    fn new(parts: Parts) -> Self {
        Self { parts }
    }

    fn describe() -> Vec<Operation> {
        vec![
            Operation::new(
                "send_email_mfa",
                "Send Email Mfa",
                "Mail an MFA code. A JSON body with `mfa_token` and `user_id` does in the query's place, and \
                 keeps them out of logs. `data` has `status`, which is `sent`, `destination`, the address in part, and \
                 `expires_in` and `resend_after` in seconds.",
            )
            .query("mfa_token", true)
            .query("user_id", true),
        ]
    }

    async fn call(&self, request: &Request) -> Result<Response, Problem> {
        let tenant = self.parts.tenants.of(request).await?;
        let mut form = request.query_or_form()?;
        let values = (form.text("mfa_token", form::any), form.text("user_id", form::any));
        let (token, user_id) = form.finish(values)?;
        let (token, user) = presented_handle(&self.parts, request, &tenant, &token, Some(&user_id))?;

        let code = MailedDigits::fresh(&self.parts, Handle::CODE_DIGITS);
        let mac = code.mac(&self.parts, &token.hash())?;
        let sent = self.send(request, &tenant, (&token, user), (&code, mac)).await;
        match sent {
            // Who asks again need not wait for a code that was not mailed.
            Err(problem) if problem.code.status() >= 500 => {
                match self.parts.store.forget_code_sent(tenant.id, &token, mac).await {
                    Ok(()) => Err(problem),
                    Err(error) => Err(problem.and_then(&error)),
                }
            }
            sent => sent,
        }
    }
}

impl MfaEmailSend {
    async fn send(
        &self,
        request: &Request,
        tenant: &Tenant,
        (token, user): (&Bearer, UserId),
        (code, mac): (&MailedDigits, [u8; 32]),
    ) -> Result<Response, Problem> {
        let until = later(request.at, SignedDuration::from_mins(Handle::CODE_MINUTES));
        let store = &self.parts.store;
        let (put, state) =
            futures::join!(store.put_code(tenant.id, token, mac, until), store.user_state(tenant.id, user),);
        let (put, state) = (put?, state?);
        let (handle, too_soon) = match put {
            CodeSent::Sent(handle) => (handle, None),
            CodeSent::TooSoon { handle, retry_after } => (handle, Some(retry_after)),
            CodeSent::Gone => return Err(Code::MfaTokenInvalid.into()),
        };
        if !state.is_some_and(|state| handle.stands(&state, tenant)) {
            return Err(Code::MfaTokenInvalid.into());
        }
        if let Some(retry_after) = too_soon {
            return Err(Problem::too_many(retry_after));
        }
        if !handle.methods.contains(&Method::Email) {
            return Err(Code::NoSuchFactor.into());
        }
        self.mail(request, tenant, &handle, code).await?;
        Ok(Response::data(
            request,
            &Sent {
                status: "sent",
                expires_in: Handle::CODE_MINUTES * 60,
                resend_after: Handle::CODE_COOLDOWN_SECONDS,
                destination: email::masked(&handle.address),
            },
        ))
    }

    async fn mail(
        &self,
        request: &Request,
        tenant: &Tenant,
        handle: &Handle,
        code: &MailedDigits,
    ) -> Result<(), Problem> {
        let store = &self.parts.store;
        let due = store.new_errand();
        let what = What::Code {
            user_id: handle.user_id,
            address: handle.address.clone(),
            unproven: handle.unproven,
            sealed_code: code.sealed(&self.parts, &due)?,
        };
        let mail_by = later(request.at, SignedDuration::from_mins(Handle::CODE_MINUTES));
        let errand = Errand::by(tenant, what, request.at, mail_by);
        let asked = event(&self.parts, request, tenant, EventKind::MfaCodeRequested, Some(handle.user_id));
        let (queued, recorded) = futures::join!(store.queue(&due, &errand), store.record(&asked));
        Ok(queued.and(recorded)?)
    }
}

#[derive(Serialize)]
struct Sent {
    status: &'static str,
    /// Seconds.
    expires_in: i64,
    /// Seconds.
    resend_after: i64,
    destination: String,
}
