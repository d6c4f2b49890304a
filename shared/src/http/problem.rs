//! Refusals: RFC 9457 problem documents with stable codes, and FastAPI's 422.

use serde_json::{Value, json};

use super::Response;
use crate::{
    domain::{Fault, throttle::Verdict},
    store::StoreError,
};

macro_rules! codes {
    ($($(#[doc = $doc:literal])* $name:ident $status:literal $code:literal $title:literal $detail:literal,)*) => {
        /// The stable word of a problem, for programs.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code { $($(#[doc = $doc])* $name,)* }

        impl Code {
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)* }
            }

            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }

            /// A sentence for a person.
            #[must_use]
            pub const fn detail(self) -> &'static str {
                match self { $(Self::$name => $detail,)* }
            }
        }
    };
}

codes! {
    TokenInvalid 400 "token_invalid" "Token invalid"
        "The link is not valid any more. Ask for a new one.",
    InvalidCredentials 401 "invalid_credentials" "Invalid credentials"
        "The e-mail address or the password is not right.",
    MfaTokenInvalid 401 "mfa_token_invalid" "MFA token invalid"
        "The sign-in is not valid any more. Sign in again.",
    SessionInvalid 401 "session_invalid" "Session invalid"
        "The session is over. Sign in again.",
    BearerInvalid 401 "bearer_invalid" "Bearer token invalid"
        "The bearer token is missing or not valid.",
    ClientTokenRequired 401 "client_token_required" "Client token required"
        "This tenant answers only to clients that present a token of their own.",
    RegistrationDisabled 403 "registration_disabled" "Registration disabled"
        "This tenant does not let people register themselves.",
    EmailNotVerified 403 "email_not_verified" "E-mail address not verified"
        "The e-mail address has to be verified before the first sign-in.",
    AccountSuspended 403 "account_suspended" "Account suspended"
        "The account is suspended.",
    TenantSuspended 403 "tenant_suspended" "Tenant suspended"
        "The tenant is suspended.",
    EdgeRequired 403 "edge_required" "Edge required"
        "This address is not for calls. Use the one that the service is published at.",
    AdministratorRequired 403 "administrator_required" "Administrator required"
        "This is for administrators, who sign their requests with AWS Signature Version 4.",
    OriginNotAllowed 403 "origin_not_allowed" "Origin not allowed"
        "A request that sends or is given a cookie must come from an allowed origin and carry JSON.",
    ReauthenticationRequired 403 "reauthentication_required" "Reauthentication required"
        "Sign in again, with the second factor if there is one: this needs a sign-in of the last ten minutes.",
    CaptchaRequired 403 "captcha_required" "Captcha required"
        "Show that you are no machine: solve the captcha that is named, and send what it gives as captcha_token.",
    CaptchaRefused 403 "captcha_refused" "Captcha refused"
        "The captcha is not solved, or its solution was used or is too old. Solve it again.",
    TenantNotFound 404 "tenant_not_found" "Tenant not found"
        "There is no such tenant.",
    NotFound 404 "not_found" "Not found"
        "There is nothing of this id.",
    NoSuchFactor 409 "no_such_factor" "No such factor"
        "The user has no factor of this kind.",
    NothingBegun 409 "nothing_begun" "Nothing begun"
        "There is nothing to confirm, or its time has run out. Begin again.",
    FactorNotOffered 409 "factor_not_offered" "Factor not offered"
        "This tenant does not offer this factor.",
    FactorRequired 409 "factor_required" "Factor required"
        "This tenant asks for a second factor, and this is the last one. Enrol another first.",
    TooManyFactors 409 "too_many_factors" "Too many factors"
        "There can be no more factors of this kind. Remove one first.",
    Overtaken 409 "overtaken" "Overtaken"
        "The account was changed at the same time. Look at what it is now, and try again.",
    EmailTaken 409 "email_taken" "E-mail address taken"
        "There is an account with this e-mail address.",
    SlugTaken 409 "slug_taken" "Slug taken"
        "The slug is taken, and a slug is never used again.",
    NoInvitation 409 "no_invitation" "No invitation"
        "The user has a password or a proven address, or is suspended: there is no invitation any more.",
    RotationUnderWay 409 "rotation_under_way" "Rotation under way"
        "A new key waits already until it signs. Rotate again after that, or at once with now.",
    BodyTooLarge 413 "body_too_large" "Body too large"
        "The body may have 64 KiB at most.",
    UnsupportedMediaType 415 "unsupported_media_type" "Unsupported media type"
        "The body must be JSON.",
    Invalid 422 "invalid" "Invalid input"
        "The input is not valid.",
    TooManyAttempts 429 "too_many_attempts" "Too many attempts"
        "Too many attempts. Wait before the next one.",
    Internal 500 "internal" "Internal error"
        "Something is broken on our side. It was written down with this request's id.",
    Unavailable 503 "unavailable" "Unavailable"
        "The service is busy. Try again in a moment.",
    CaptchaUnavailable 503 "captcha_unavailable" "Captcha unavailable"
        "The captcha cannot be checked now. Try again in a moment.",
}

/// One fault and where it is: `["body", "email"]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    pub at: Vec<String>,
    pub fault: Fault,
}

/// A request that is not done, and why: one word and sentence for the caller, one text for the log.
#[derive(Debug, Clone)]
pub struct Problem {
    pub code: Code,
    /// Seconds.
    pub retry_after: Option<u32>,
    /// For the log alone; never a secret.
    pub cause: Option<String>,
    pub faults: Vec<Located>,
    pub captcha: Option<CaptchaAsked>,
}

/// Which captcha is to be solved: a member of the problem document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaptchaAsked {
    pub provider: &'static str,
    pub site_key: Option<String>,
}

impl From<Code> for Problem {
    fn from(code: Code) -> Self {
        Self { code, retry_after: None, cause: None, faults: Vec::new(), captcha: None }
    }
}

impl Problem {
    /// 422 with every fault of the request.
    #[must_use]
    pub fn invalid(faults: Vec<Located>) -> Self {
        Self { faults, ..Code::Invalid.into() }
    }

    /// 422 for one field of the body.
    #[must_use]
    pub fn at_field(name: &str, fault: Fault) -> Self {
        Self::invalid(vec![Located { at: vec!["body".to_owned(), name.to_owned()], fault }])
    }

    /// 429.
    #[must_use]
    pub fn too_many(retry_after: u32) -> Self {
        Self { retry_after: Some(retry_after), ..Code::TooManyAttempts.into() }
    }

    /// 429 for a try that may not go on.
    ///
    /// # Errors
    /// [`Problem::too_many`] for a refused verdict.
    pub fn unless_allowed(verdict: Verdict) -> Result<(), Self> {
        match verdict {
            Verdict::Allowed => Ok(()),
            Verdict::Refused { retry_after } => Err(Self::too_many(retry_after)),
        }
    }

    /// 500; `cause` is for the log.
    pub fn internal(cause: impl Into<String>) -> Self {
        Self { cause: Some(cause.into()), ..Code::Internal.into() }
    }

    /// The same, where undoing what was half done failed as well: the log has both.
    #[must_use]
    pub fn and_then(self, error: &StoreError) -> Self {
        let causes: Vec<_> = self.cause.into_iter().chain([error.to_string()]).collect();
        Self { cause: Some(causes.join("; then ")), ..self }
    }

    /// The answer: a problem document, or FastAPI's `HTTPValidationError` for a 422.
    #[must_use]
    pub fn response(&self, request_id: &str) -> Response {
        if self.code == Code::Invalid {
            let detail: Vec<Value> = self.faults.iter().map(Located::document).collect();
            return Response::json(422, &json!({ "detail": detail }));
        }
        let mut document = json!({
            "type": format!("urn:latchkey:problem:{}", self.code.word()),
            "title": self.code.title(),
            "status": self.code.status(),
            "detail": self.code.detail(),
            "code": self.code.word(),
            "request_id": request_id,
        });
        if let Some(CaptchaAsked { provider, site_key }) = &self.captcha {
            document["captcha"] = json!({ "provider": provider, "site_key": site_key });
        }
        let mut response = Response::json(self.code.status(), &document)
            .with_header(http::header::CONTENT_TYPE, "application/problem+json");
        if let Some(seconds) = self.retry_after {
            response = response.with_header(http::header::RETRY_AFTER, &seconds.to_string());
        }
        if self.code.status() == 401 {
            response = response.with_header(http::header::WWW_AUTHENTICATE, "Bearer");
        }
        response
    }
}

impl Located {
    fn document(&self) -> Value {
        // A position in the body is a number, as FastAPI has it.
        let at = self.at.iter().map(|part| part.parse::<u64>().map_or_else(|_| json!(part), |n| json!(n)));
        json!({ "loc": at.collect::<Vec<_>>(), "msg": self.fault.message, "type": self.fault.kind })
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        let cause = Some(error.to_string());
        match error {
            StoreError::Busy(_) => Self { retry_after: Some(1), cause, ..Code::Unavailable.into() },
            StoreError::Away(_) => Self { retry_after: Some(5), cause, ..Code::Unavailable.into() },
            StoreError::Broken(_) => Self { cause, ..Code::Internal.into() },
        }
    }
}
