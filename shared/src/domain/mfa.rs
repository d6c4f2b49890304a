//! Whether a second factor is due after a right password, and which.

use super::settings::{Method, MfaPolicy, Settings};

/// What is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Due {
    Nothing,
    /// One of these, the strongest first.
    Factor(Vec<Method>),
    /// The tenant demands a factor and the user has none.
    Enrollment,
}

/// Strongest first; a backup code is never what is offered first.
const BY_STRENGTH: [Method; 3] = [Method::Webauthn, Method::Totp, Method::Email];

impl Due {
    /// Decides by the tenant's policy and the factors that the user has enrolled.
    ///
    /// E-mail counts only where the tenant offers it and no stronger factor is enrolled; where a
    /// factor is required and none is enrolled, the proven mailbox is one.
    #[must_use]
    pub fn of(settings: &Settings, enrolled: &[Method]) -> Self {
        if settings.mfa.policy == MfaPolicy::Off {
            return Self::Nothing;
        }
        let usable = |method: Method| enrolled.contains(&method) && settings.offers(method);
        let mut strong: Vec<_> =
            BY_STRENGTH.into_iter().filter(|method| *method != Method::Email && usable(*method)).collect();
        if !strong.is_empty() {
            strong.extend(usable(Method::BackupCode).then_some(Method::BackupCode));
            return Self::Factor(strong);
        }
        let required = settings.mfa.policy == MfaPolicy::Required;
        if usable(Method::Email) || (required && settings.offers(Method::Email)) {
            return Self::Factor(vec![Method::Email]);
        }
        if required { Self::Enrollment } else { Self::Nothing }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn settings(policy: &str, methods: &[&str]) -> Settings {
        Settings::parse(json!({ "mfa": { "policy": policy, "methods": methods } })).unwrap()
    }

    #[test]
    fn mail_is_never_offered_beside_or_above_a_stronger_factor() {
        let all = settings("optional", &["totp", "webauthn", "email", "backup_code"]);
        assert_eq!(
            Due::of(&all, &Method::ALL),
            Due::Factor(vec![Method::Webauthn, Method::Totp, Method::BackupCode])
        );
        assert_eq!(Due::of(&all, &[Method::Email]), Due::Factor(vec![Method::Email]));
        assert_eq!(Due::of(&all, &[]), Due::Nothing);
    }

    #[test]
    fn a_required_factor_is_the_mailbox_where_that_counts_and_else_must_be_enrolled() {
        assert_eq!(Due::of(&settings("required", &["totp", "email"]), &[]), Due::Factor(vec![Method::Email]));
        assert_eq!(Due::of(&settings("required", &["totp"]), &[]), Due::Enrollment);
        assert_eq!(Due::of(&settings("required", &["totp"]), &[Method::Email]), Due::Enrollment);
        assert_eq!(Due::of(&settings("off", &["totp"]), &[Method::Totp]), Due::Nothing);
    }
}
