//! POST /api/v1/me/mfa/totp/enroll and …/confirm: an authenticator app.

use async_trait::async_trait;
use latchkey::{
    admission::Enroller,
    authenticators::totp::Secret,
    domain::{
        Fault, Label,
        factor::{PendingTotp, Totp},
        ids::FactorId,
        session::Authentication,
        settings::Method,
    },
    http::{Code, Endpoint, Operation, Problem, Request, Response, Route, describe::Security, form},
    jiff::SignedDuration,
    keys::Purpose,
    runtime::Parts,
    sign_in::{EnrolledResponse, Enrolment, FreshCodes, later, offered},
};
use serde::Serialize;
use utoipa::ToSchema;

pub struct MeMfaTotp {
    parts: Parts,
}

const ENROLL: &str = "/api/v1/me/mfa/totp/enroll";
const CONFIRM: &str = "/api/v1/me/mfa/totp/confirm";

#[async_trait]
impl Endpoint for MeMfaTotp {
    const NAME: &'static str = "me-mfa-totp";
    const ROUTES: &'static [Route] = &[Route::post(ENROLL), Route::post(CONFIRM)];
    const KEYS: &'static [Purpose] = &[Purpose::Factors, Purpose::Signing];
    const HASHES: bool = true;

    fn new(parts: Parts) -> Self {
        Self { parts }
    }

    fn describe() -> Vec<Operation> {
        vec![
            Operation::new(
                "enroll_totp",
                "Enroll Totp",
                "Begin with an authenticator app: a secret to be confirmed by a code. Takes the token of a recent \
                 sign-in, or the enrollment_token of a login.",
            )
            .data::<TotpInvitation>("ApiResponse_TotpInvitation_")
            .secured(Security::User),
            Operation::new(
                "confirm_totp",
                "Confirm Totp",
                "Enrol the authenticator app by a code of it, in place of an older one.",
            )
            .body::<ConfirmTotpRequest>()
            .data::<EnrolledResponse>("ApiResponse_EnrolledResponse_")
            .secured(Security::User),
        ]
    }

    async fn call(&self, request: &Request) -> Result<Response, Problem> {
        if request.path.ends_with(CONFIRM) { self.confirm(request).await } else { self.enroll(request).await }
    }
}

impl MeMfaTotp {
    async fn enroll(&self, request: &Request) -> Result<Response, Problem> {
        let parts = &self.parts;
        let enroller = Enroller::of(request, parts).await?;
        offered(&enroller.tenant, Method::Totp)?;
        let secret = Secret::fresh(&*parts.entropy);
        let pending = PendingTotp {
            factor_id: FactorId::fresh(&*parts.clock, &*parts.entropy),
            epoch: enroller.user.epoch,
            sealed_secret: Vec::new().into(),
            expires_at: later(request.at, SignedDuration::from_mins(PendingTotp::LIFETIME_MINUTES)),
        };
        let user = enroller.user.user_id;
        let key = parts.factors_key()?;
        parts.store.begin_totp(enroller.tenant.id, user, (pending, &secret), key).await?;
        let told = secret
            .invitation(enroller.tenant.name(), &enroller.login.address)
            .map_err(|error| Problem::internal(error.to_string()))?;
        Ok(Response::data(
            request,
            &TotpInvitation {
                secret: told.base32.to_string(),
                otpauth_uri: told.uri.to_string(),
                qr_svg: told.svg.to_string(),
                expires_in: PendingTotp::LIFETIME_MINUTES * 60,
            },
        ))
    }

    async fn confirm(&self, request: &Request) -> Result<Response, Problem> {
        let parts = &self.parts;
        let mut form = request.form()?;
        let values = (form.text("code", form::any), form.optional_text("name", Label::parse));
        let (code, name) = form.finish(values)?;
        let enroller = Enroller::of(request, parts).await?;
        offered(&enroller.tenant, Method::Totp)?;
        let (tenant, user) = (&enroller.tenant, &enroller.user);
        let key = parts.factors_key()?;
        let begun = parts.store.begun_totp(tenant.id, user.user_id, key).await?;
        let begun = begun.filter(|(pending, _)| pending.epoch == user.epoch);
        let (pending, secret) = begun.ok_or(Code::NothingBegun)?;
        let step = secret.step_of(&code, request.at).map_err(|error| Problem::internal(error.to_string()))?;
        let wrong = || Problem::at_field("code", Fault::value("this is not the app's code of this moment"));
        let totp = Totp {
            factor_id: pending.factor_id,
            name,
            sealed_secret: Vec::new().into(),
            // The code that confirms is used: it signs nobody in.
            last_step: step.ok_or_else(wrong)?,
            failures: 0,
            created_at: request.at,
            last_used_at: None,
        };
        let codes = FreshCodes::at_enrolment(parts, tenant, &enroller.login).await?;
        let enrolment = Enrolment {
            method: Method::Totp,
            proves: Authentication::PasswordAndTotp,
            replaces: enroller.login.methods.contains(&Method::Totp),
        };
        let change = enrolment.change(parts, request, &enroller, &codes).await?;
        let altered =
            parts.store.enroll_totp(&change.alteration(), (&totp, &secret), codes.stored(), key).await?;
        let opened = change.conclude(altered)?;
        Ok(EnrolledResponse::answer(request, &enroller, (Some(totp.factor_id), &codes), opened.as_ref()))
    }
}

#[derive(Serialize, ToSchema)]
pub struct TotpInvitation {
    /// Base32, for who types it into the app.
    pub secret: String,
    pub otpauth_uri: String,
    /// The URI as a QR code: an SVG document.
    pub qr_svg: String,
    /// Seconds until it must be confirmed.
    pub expires_in: i64,
}

#[derive(ToSchema)]
pub struct ConfirmTotpRequest {
    pub code: String,
    /// What the person calls the app.
    pub name: Option<String>,
}
