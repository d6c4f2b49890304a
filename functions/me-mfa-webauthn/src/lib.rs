//! POST /api/v1/me/mfa/webauthn/register/begin and …/finish: a passkey or security key.

use async_trait::async_trait;
use latchkey::{
    admission::Enroller,
    authenticators::webauthn::{Attestation, Registered},
    domain::{
        Fault, Label,
        factor::{Credential, Purpose as ChallengeFor},
        ids::{ChallengeId, EventId, FactorId},
        session::Authentication,
        settings::Method,
    },
    http::{Code, Endpoint, Operation, Problem, Request, Response, Route, describe::Security, form},
    keys::Purpose,
    runtime::Parts,
    sign_in::{ChallengeResponse, EnrolledResponse, Enrolment, FreshCodes, begin_challenge, relying_party},
};
use serde::de::IgnoredAny;
use utoipa::ToSchema;

pub struct MeMfaWebauthn {
    parts: Parts,
}

const BEGIN: &str = "/api/v1/me/mfa/webauthn/register/begin";
const FINISH: &str = "/api/v1/me/mfa/webauthn/register/finish";

#[async_trait]
impl Endpoint for MeMfaWebauthn {
    const NAME: &'static str = "me-mfa-webauthn";
    const ROUTES: &'static [Route] = &[Route::post(BEGIN), Route::post(FINISH)];
    const KEYS: &'static [Purpose] = &[Purpose::Factors, Purpose::Signing];
    const HASHES: bool = true;

    fn new(parts: Parts) -> Self {
        Self { parts }
    }

    fn describe() -> Vec<Operation> {
        vec![
            Operation::new(
                "begin_webauthn_registration",
                "Begin Webauthn Registration",
                "Options for navigator.credentials.create(). Takes the token of a recent sign-in, or the \
                 enrollment_token of a login.",
            )
            .data::<ChallengeResponse>("ApiResponse_ChallengeResponse_")
            .secured(Security::User),
            Operation::new(
                "finish_webauthn_registration",
                "Finish Webauthn Registration",
                "Enrol the credential that the authenticator has made.",
            )
            .body::<FinishRegistrationRequest>()
            .data::<EnrolledResponse>("ApiResponse_EnrolledResponse_")
            .secured(Security::User),
        ]
    }

    async fn call(&self, request: &Request) -> Result<Response, Problem> {
        if request.path.ends_with(FINISH) { self.finish(request).await } else { self.begin(request).await }
    }
}

impl MeMfaWebauthn {
    async fn begin(&self, request: &Request) -> Result<Response, Problem> {
        let parts = &self.parts;
        let enroller = Enroller::of(request, parts).await?;
        let relying_party = relying_party(parts, &enroller.tenant)?;
        let (tenant, user) = (enroller.tenant.id, enroller.user.user_id);
        let store = &parts.store;
        let (credentials, profile) =
            futures::try_join!(store.credentials(tenant, user), store.profile(tenant, user))?;
        if credentials.len() >= Credential::MOST {
            return Err(Code::TooManyFactors.into());
        }
        let key = parts.factors_key()?;
        let existing = credentials
            .iter()
            .map(|credential| store.open_credential(tenant, user, credential, key))
            .collect::<Result<Vec<_>, _>>()?;
        let profile = profile.ok_or_else(|| Problem::internal("a user without a profile"))?;
        let names = (profile.email.as_str(), &*format!("{} {}", profile.first_name, profile.last_name));
        let options = relying_party
            .begin_registration(user, names, &existing)
            .map_err(|error| Problem::internal(error.to_string()))?;
        begin_challenge(parts, request, &enroller.tenant, &purpose(&enroller), options).await
    }

    async fn finish(&self, request: &Request) -> Result<Response, Problem> {
        let parts = &self.parts;
        let (challenge, answer, name) = parse(request)?;
        let enroller = Enroller::of(request, parts).await?;
        let relying_party = relying_party(parts, &enroller.tenant)?;
        let tenant = enroller.tenant.id;
        let attempt = EventId::fresh(&*parts.clock, &*parts.entropy).to_string();
        let purpose = purpose(&enroller);
        let (taken, credentials) = futures::try_join!(
            parts.store.take_challenge(tenant, challenge, &purpose, &attempt),
            parts.store.credentials(tenant, enroller.user.user_id),
        )?;
        let state = taken.ok_or(Code::NothingBegun)?.state;
        // Counted again: many challenges can be begun at once. The revision makes it exact.
        if credentials.len() >= Credential::MOST {
            return Err(Code::TooManyFactors.into());
        }
        let registered = relying_party.finish_registration(&answer, &state).map_err(|refused| {
            tracing::info!(request = request.id, %refused, "a credential is not enrolled");
            Problem::at_field("credential", Fault::value("does not verify for this challenge"))
        })?;
        let Registered { passkey, holding, counter, transports, discoverable } = registered;
        let credential = Credential {
            factor_id: FactorId::fresh(&*parts.clock, &*parts.entropy),
            name,
            sealed_passkey: Vec::new().into(),
            counter,
            transports,
            holding,
            discoverable,
            created_at: request.at,
            last_used_at: None,
            used_by: None,
        };
        let codes = FreshCodes::at_enrolment(parts, &enroller.tenant, &enroller.login).await?;
        let enrolment = Enrolment {
            method: Method::Webauthn,
            proves: Authentication::PasswordAndWebauthn(holding),
            replaces: false,
        };
        let change = enrolment.change(parts, request, &enroller, &codes).await?;
        let key = parts.factors_key()?;
        let altered = parts
            .store
            .enroll_credential(&change.alteration(), (&credential, &passkey), codes.stored(), key)
            .await?;
        let opened = change.conclude(altered)?;
        let factor = Some(credential.factor_id);
        Ok(EnrolledResponse::answer(request, &enroller, (factor, &codes), opened.as_ref()))
    }
}

fn purpose(enroller: &Enroller) -> ChallengeFor<'static> {
    ChallengeFor::Registration { user: enroller.user.user_id, epoch: enroller.user.epoch }
}

fn parse(request: &Request) -> Result<(ChallengeId, Attestation, Option<Label>), Problem> {
    let mut form = request.form()?;
    let values = (
        form.text("challenge_id", form::parsed),
        form.object("credential", form::json("must be what navigator.credentials.create() gave, as JSON")),
        form.optional_text("name", Label::parse),
    );
    form.finish(values)
}

#[derive(ToSchema)]
pub struct FinishRegistrationRequest {
    pub challenge_id: String,
    /// `RegistrationResponseJSON`.
    #[schema(value_type = Object)]
    pub credential: IgnoredAny,
    /// What the person calls the key.
    pub name: Option<String>,
}
