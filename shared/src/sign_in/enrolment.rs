//! Enrolling a factor: what every kind has in common.

use serde::Serialize;
use utoipa::ToSchema;

use super::{AccountChange, Opened, Tokens, with_cookies};
use crate::{
    admission::{Enroller, EnrollsBy},
    authenticators::backup_codes::Code as BackupCodeText,
    domain::{
        Tenant,
        errand::{FactorChange, What},
        event::Kind,
        factor::BackupCode,
        ids::{FactorId, UserId},
        mfa,
        session::Authentication,
        settings::Method,
        user::Login,
    },
    http::{Code, Problem, Request, Response},
    runtime::Parts,
};

/// Backup codes that were just made: to be shown once, and to be stored.
#[derive(Debug, Default)]
pub struct FreshCodes {
    shown: Vec<BackupCodeText>,
    stored: Vec<BackupCode>,
}

impl FreshCodes {
    /// Ten codes, none of which is named as one of `taken`.
    ///
    /// # Errors
    /// 500 where the function lacks the factors' key.
    pub async fn make(
        parts: &Parts,
        tenant: &Tenant,
        user: UserId,
        taken: &[BackupCode],
    ) -> Result<Self, Problem> {
        let key = parts.factors_key()?;
        let taken: Vec<_> = taken.iter().map(|code| code.selector.clone()).collect();
        let shown = BackupCodeText::fresh_set(&*parts.entropy, &taken);
        let mut stored = Vec::with_capacity(shown.len());
        for code in &shown {
            let hash = parts.hasher.hash(code.expose(), &*parts.entropy).await;
            stored.push(parts.store.seal_backup_code(tenant.id, user, (code, &hash), key));
        }
        Ok(Self { shown, stored })
    }

    /// Codes for who enrols a first strong factor; none where there are some already, or the tenant
    /// offers none.
    ///
    /// # Errors
    /// As [`make`](Self::make).
    pub async fn at_enrolment(parts: &Parts, tenant: &Tenant, login: &Login) -> Result<Self, Problem> {
        let due = tenant.settings.offers(Method::BackupCode) && !login.methods.contains(&Method::BackupCode);
        if due { Self::make(parts, tenant, login.user_id, &[]).await } else { Ok(Self::default()) }
    }

    #[must_use]
    pub fn stored(&self) -> &[BackupCode] {
        &self.stored
    }

    /// For the one answer that shows them.
    #[must_use]
    pub fn shown(&self) -> Option<Vec<String>> {
        (!self.shown.is_empty()).then(|| self.shown.iter().map(BackupCodeText::grouped).collect())
    }
}

/// A factor that was proven and is to be stored.
#[derive(Debug, Clone, Copy)]
pub struct Enrolment {
    pub method: Method,
    /// What a sign-in says that this completes.
    pub proves: Authentication,
    /// Whether it takes another's place.
    pub replaces: bool,
}

impl Enrolment {
    /// The change that stores it: with a session, only a replacement ends the others; with an
    /// enrolment token, it completes the sign-in.
    ///
    /// # Errors
    /// 429; 500 where the function lacks the signing key; 503 when the store cannot answer.
    pub async fn change<'a>(
        &self,
        parts: &'a Parts,
        request: &'a Request,
        enroller: &'a Enroller,
        codes: &FreshCodes,
    ) -> Result<AccountChange<'a>, Problem> {
        let (login, method) = (&enroller.login, self.method);
        let what = What::FactorChanged {
            user_id: login.user_id,
            address: login.address.clone(),
            method,
            change: if self.replaces { FactorChange::Replaced } else { FactorChange::Added },
            origin: request.origin(),
        };
        let mut methods = mfa::with(&login.methods, method);
        if !codes.stored.is_empty() {
            methods = mfa::with(&methods, Method::BackupCode);
        }
        let of = (login, &enroller.user);
        let change = AccountChange::of(parts, request, &enroller.tenant, of, (what, Kind::FactorEnrolled))
            .with_methods(methods);
        match &enroller.by {
            EnrollsBy::Session(session) if self.replaces => change.ending_other_sessions(session).await,
            EnrollsBy::Session(_) => Ok(change),
            EnrollsBy::Handle(token, handle) => change.completing((token, handle), self.proves).await,
        }
    }
}

/// Whether a tenant lets its users enrol a factor of this kind.
///
/// # Errors
/// 409 `factor_not_offered`.
pub fn offered(tenant: &Tenant, method: Method) -> Result<(), Problem> {
    if tenant.settings.offers(method) { Ok(()) } else { Err(Code::FactorNotOffered.into()) }
}

/// The answer to a factor that was enrolled.
#[derive(Default, Serialize, ToSchema)]
pub struct EnrolledResponse {
    /// `enrolled`, or `authenticated` where it completed a sign-in.
    pub status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub factor_id: Option<String>,
    /// Shown now and never again: each signs in once in place of the factor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backup_codes: Option<Vec<String>>,
    /// Where a session was opened or issued anew.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens: Option<Tokens>,
}

impl EnrolledResponse {
    #[must_use]
    pub fn answer(
        request: &Request,
        enroller: &Enroller,
        (factor, codes): (Option<FactorId>, &FreshCodes),
        opened: Option<&Opened>,
    ) -> Response {
        let completes = matches!(enroller.by, EnrollsBy::Handle(..));
        let tenant = &enroller.tenant;
        let redirect = tenant.settings.default_redirect_uri.as_ref().filter(|_| completes);
        let response = Response::data(
            request,
            &Self {
                status: if completes { "authenticated" } else { "enrolled" },
                factor_id: factor.map(|factor| factor.to_string()),
                backup_codes: codes.shown(),
                session_id: opened.map(|opened| opened.session.session_id.to_string()),
                redirect_uri: redirect.map(|uri| uri.as_str().to_owned()),
                tokens: opened.map(|opened| opened.tokens.clone()),
            },
        );
        match opened {
            Some(opened) => with_cookies(response, tenant, opened),
            None => response,
        }
    }
}
