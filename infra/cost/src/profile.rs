//! How people use Latchkey.

use serde::{Deserialize, Serialize};

/// The file `profile.toml`, which says what each is.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    pub user: User,
    pub sign_ins: SignIns,
    pub calls: Calls,
    pub stored: Stored,
    pub house: House,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    pub sign_ins: f64,
    pub refreshes: f64,
    pub registrations: f64,
    pub resets: f64,
    pub me: f64,
    pub me_mfa: f64,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SignIns {
    pub mailed_code: f64,
    pub totp: f64,
    pub webauthn: f64,
    pub trusted_device: f64,
    pub known_device: f64,
    pub passkey: f64,
    pub wrong: f64,
    pub new_place: f64,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Calls {
    pub cold: f64,
    pub answer: f64,
    pub log: f64,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Stored {
    pub users: f64,
    pub user: f64,
    pub audit_event: f64,
    pub audit_months: f64,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct House {
    pub keys: f64,
    pub metrics: f64,
    pub alarms: f64,
    pub dashboards: f64,
    pub minutes: f64,
    pub published: f64,
}

impl Profile {
    /// Calls of each row of the units, per user and month. What does not follow the users is not in it.
    pub fn calls_per_user(&self) -> Vec<(&'static str, f64)> {
        let (user, of) = (&self.user, &self.sign_ins);
        let all = user.sign_ins;
        let second_factor = of.mailed_code + of.totp + of.webauthn;
        let alone = 1.0 - second_factor - of.trusted_device - of.known_device - of.passkey;
        let told = all * (alone + second_factor + of.passkey);
        vec![
            ("register", user.registrations),
            ("verify-email, with the password", user.registrations),
            ("login, no MFA", all * alone),
            ("login, no MFA, known device", all * of.known_device),
            ("login, wrong password", all * of.wrong),
            ("login, MFA due", all * second_factor),
            ("login, trusted device", all * of.trusted_device),
            ("mfa/email/send", all * of.mailed_code),
            ("mfa/verify email", all * of.mailed_code),
            ("mfa/verify totp", all * of.totp),
            ("mfa/webauthn/begin", all * of.webauthn),
            ("mfa/verify webauthn", all * of.webauthn),
            ("passkey/begin", all * of.passkey),
            ("passkey/finish", all * of.passkey),
            ("GET /me", user.me),
            ("GET /me/mfa", user.me_mfa),
            ("forgot-password", user.resets),
            ("password/reset", user.resets),
            ("session/refresh", user.refreshes),
            ("mail, verification", user.registrations),
            ("mail, code", all * of.mailed_code),
            ("mail, reset", user.resets),
            ("mail, password changed", user.resets),
            ("mail, sign-in, new place", told * of.new_place),
            ("mail, sign-in, known place", told * (1.0 - of.new_place)),
        ]
    }

    /// Whether the shares of the sign-ins are shares.
    pub fn is_whole(&self) -> bool {
        let of = &self.sign_ins;
        let shares = [
            of.mailed_code,
            of.totp,
            of.webauthn,
            of.trusted_device,
            of.known_device,
            of.passkey,
            of.new_place,
        ];
        shares.iter().all(|share| (0.0..=1.0).contains(share)) && shares[..6].iter().sum::<f64>() <= 1.0
    }
}
