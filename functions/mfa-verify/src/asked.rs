//! What a second factor's request says.

use latchkey::{
    domain::{Fault, settings::Method},
    http::{Problem, Request, form},
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
    MailedCode(String),
    /// A factor that nobody can have enrolled yet.
    Other,
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
        let challenge = form.optional_text("challenge_id", form::any);
        let credential = form.optional_object("credential", Ok);
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
            form.flag("remember_device"),
            form.flag("trust_device"),
            form.optional_text("device_fingerprint", fingerprint),
        );
        let (mfa_token, user_id, method, code, remember_device, trust_device, device_fingerprint) =
            form.finish(values)?;
        let shown = match (method, code) {
            (Method::Email, Some(code)) => Shown::MailedCode(digits(&code)),
            _ => Shown::Other,
        };
        Ok(Self { mfa_token, user_id, method, shown, remember_device, trust_device, device_fingerprint })
    }
}

/// People copy codes with the spaces that their mail shows.
fn digits(code: &str) -> String {
    code.chars().filter(|character| !character.is_whitespace()).collect()
}

fn fingerprint(text: &str) -> Result<String, Fault> {
    if text.chars().count() > LONGEST_FINGERPRINT {
        return Err(Fault::new("string_too_long", "String should have at most 256 characters"));
    }
    Ok(text.to_owned())
}
