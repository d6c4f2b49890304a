//! POST /api/v1/me/mfa/email/enable, …/confirm and …/disable: codes by mail as a second factor.

use async_trait::async_trait;
use latchkey::{
    admission::{Enroller, EnrollsBy, Recent},
    domain::{
        errand::{FactorChange, What},
        event::Kind as EventKind,
        mailbox::Aim,
        mfa,
        session::Authentication,
        settings::Method,
    },
    http::{Code, Endpoint, Operation, Problem, Request, Response, Route, describe::Security, form},
    keys::Purpose,
    runtime::Parts,
    sign_in::{
        self, AccountChange, CodeSentResponse, EnrolledResponse, Enrolment, FreshCodes, Mailbox, Reissued,
        offered,
    },
};
use utoipa::ToSchema;

pub struct MeMfaEmail {
    parts: Parts,
}

const ENABLE: &str = "/api/v1/me/mfa/email/enable";
const CONFIRM: &str = "/api/v1/me/mfa/email/confirm";
const DISABLE: &str = "/api/v1/me/mfa/email/disable";

#[async_trait]
impl Endpoint for MeMfaEmail {
    const NAME: &'static str = "me-mfa-email";
    const ROUTES: &'static [Route] = &[Route::post(ENABLE), Route::post(CONFIRM), Route::post(DISABLE)];
    const KEYS: &'static [Purpose] = &[Purpose::Factors, Purpose::Signing];

    fn new(parts: Parts) -> Self {
        Self { parts }
    }

    fn describe() -> Vec<Operation> {
        vec![
            Operation::new("enable_email_mfa", "Enable Email Mfa", "Mail a code that proves the mailbox.")
                .data::<CodeSentResponse>("ApiResponse_CodeSentResponse_")
                .secured(Security::User),
            Operation::new("confirm_email_mfa", "Confirm Email Mfa", "Enrol the mailbox by the mailed code.")
                .body::<ConfirmEmailMfaRequest>()
                .data::<EnrolledResponse>("ApiResponse_EnrolledResponse_")
                .secured(Security::User),
            Operation::new(
                "disable_email_mfa",
                "Disable Email Mfa",
                "Take the mailbox away; every other session ends.",
            )
            .data::<Reissued>("ApiResponse_Reissued_")
            .secured(Security::User),
        ]
    }

    async fn call(&self, request: &Request) -> Result<Response, Problem> {
        match &request.path {
            path if path.ends_with(ENABLE) => self.enable(request).await,
            path if path.ends_with(CONFIRM) => self.confirm(request).await,
            _ => self.disable(request).await,
        }
    }
}

impl MeMfaEmail {
    async fn enable(&self, request: &Request) -> Result<Response, Problem> {
        let parts = &self.parts;
        let recent = Recent::of(request, parts).await?;
        offered(&recent.caller.tenant, Method::Email)?;
        let login = &recent.login;
        if login.methods.contains(&Method::Email) {
            return Err(Code::TooManyFactors.into());
        }
        let mailbox = Mailbox {
            email_key: login.email_key.clone(),
            address: login.address.clone(),
            email: login.address.clone(),
        };
        sign_in::begin_proof(parts, request, &recent, Aim::Factor, mailbox).await
    }

    async fn confirm(&self, request: &Request) -> Result<Response, Problem> {
        let parts = &self.parts;
        let mut form = request.form()?;
        let values = (form.text("code", form::any),);
        let (code,) = form.finish(values)?;
        let recent = Recent::of(request, parts).await?;
        offered(&recent.caller.tenant, Method::Email)?;
        let proof = sign_in::check_proof(parts, &recent, Aim::Factor, &code).await?;
        let Recent { caller, login } = recent;
        let enroller = Enroller {
            tenant: caller.tenant,
            user: caller.user,
            login,
            by: EnrollsBy::Session(Box::new(caller.session)),
        };
        let codes = FreshCodes::default();
        let enrolment =
            Enrolment { method: Method::Email, proves: Authentication::PasswordAndMail, replaces: false };
        let change = enrolment.change(parts, request, &enroller, &codes).await?;
        let altered = parts.store.enroll_mailbox(&change.alteration(), &proof).await?;
        let opened = change.conclude(altered)?;
        Ok(EnrolledResponse::answer(request, &enroller, (None, &codes), opened.as_ref()))
    }

    async fn disable(&self, request: &Request) -> Result<Response, Problem> {
        let parts = &self.parts;
        let Recent { caller, login } = Recent::of(request, parts).await?;
        if !login.methods.contains(&Method::Email) {
            return Err(Code::NoSuchFactor.into());
        }
        let what = What::FactorChanged {
            user_id: login.user_id,
            address: login.address.clone(),
            method: Method::Email,
            change: FactorChange::Removed,
            origin: request.origin(),
        };
        let of = (&login, &caller.user);
        let change = AccountChange::of(parts, request, &caller.tenant, of, (what, EventKind::FactorRemoved))
            .with_methods(mfa::without(&login.methods, Method::Email))
            .ending_other_sessions(&caller.session)
            .await?;
        let removed = parts.store.remove_mailbox(&change.alteration()).await?;
        let opened = change.conclude(removed)?;
        Ok(sign_in::reissued(request, &caller.tenant, opened.as_ref()))
    }
}

#[derive(ToSchema)]
pub struct ConfirmEmailMfaRequest {
    pub code: String,
}
