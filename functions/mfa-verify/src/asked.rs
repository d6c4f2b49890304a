//! What a second factor's request says.

use latchkey::{
    authenticators::{backup_codes::Code as BackupCode, webauthn::Assertion},
    domain::{Fault, ids::ChallengeId, settings::Method},
    http::{Problem, Request, form},
    sign_in::MailedDigits,
};

pub struct Asked {
    pub mfa_token: String,
    pub user_id: Option<String>,
    pub method: Method,
    pub shown: Shown,
    pub remember_device: bool,
    pub trust_device: bool,
    pub device_fingerprint: Option<String>,
}

/// What is shown as proof.
pub enum Shown {
    MailedCode(MailedDigits),
    TotpCode(String),
    /// None for a text that is no backup code: it is a wrong one.
    BackupCode(Option<BackupCode>),
    Assertion(ChallengeId, Box<Assertion>),
}

const LONGEST_FINGERPRINT: usize = 256;

impl Asked {
    pub fn parse(request: &Request) -> Result<Self, Problem> {
        let mut form = request.form()?;
        let method = form.text("method", |text| {
            Method::named(text)
                .ok_or_else(|| Fault::value("must be one of totp, webauthn, email, backup_code"))
        });
        let code = form.optional_text("code", form::any);
        let challenge = form.optional_text("challenge_id", form::parsed::<ChallengeId>);
        let wanted = "must be what navigator.credentials.get() gave, as JSON";
        let credential = form.optional_object("credential", form::json::<Assertion>(wanted));
        if let (Some(method), Some(code), Some(challenge), Some(credential)) =
            (method, &code, &challenge, &credential)
        {
            let (takes_code, takes_credential) = (method != Method::Webauthn, method == Method::Webauthn);
            for (name, given, taken) in [
                ("code", code.is_some(), takes_code),
                ("challenge_id", challenge.is_some(), takes_credential),
                ("credential", credential.is_some(), takes_credential),
            ] {
                match (given, taken) {
                    (false, true) => form.fault(name, Fault::new("missing", "Field required")),
                    (true, false) => form.fault(name, Fault::value("does not belong to this method")),
                    _ => {}
                }
            }
        }
        let values = (
            form.text("mfa_token", form::any),
            form.optional_text("user_id", form::any),
            method,
            code,
            challenge,
            credential,
            form.flag("remember_device"),
            form.flag("trust_device"),
            form.optional_text("device_fingerprint", fingerprint),
        );
        let (mfa_token, user_id, method, code, challenge, credential, remember, trust, device_fingerprint) =
            form.finish(values)?;
        // What does not fit the method was refused above.
        let code = code.unwrap_or_default();
        let shown = match (method, challenge.zip(credential)) {
            (Method::Webauthn, Some((challenge, credential))) => {
                Shown::Assertion(challenge, Box::new(credential))
            }
            (Method::Email, _) => Shown::MailedCode(MailedDigits::typed(&code)),
            (Method::BackupCode, _) => Shown::BackupCode(BackupCode::parse(&code)),
            (Method::Totp | Method::Webauthn, _) => Shown::TotpCode(code),
        };
        Ok(Self {
            mfa_token,
            user_id,
            method,
            shown,
            remember_device: remember,
            trust_device: trust,
            device_fingerprint,
        })
    }
}

fn fingerprint(text: &str) -> Result<String, Fault> {
    if text.chars().count() > LONGEST_FINGERPRINT {
        return Err(Fault::new("string_too_long", "String should have at most 256 characters"));
    }
    Ok(text.to_owned())
}
