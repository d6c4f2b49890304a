//! Whether a second factor is due after a right password, and which.

use jiff::Timestamp;

use super::{
    session::{Authentication, Session},
    settings::{Method, MfaPolicy, Settings},
};

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

    /// Whether who signed in so has shown what is due.
    #[must_use]
    pub fn is_met_by(&self, authentication: Authentication) -> bool {
        match self {
            Self::Nothing | Self::Enrollment => true,
            Self::Factor(methods) => authentication.factor().is_some_and(|factor| methods.contains(&factor)),
        }
    }

    /// Whether a session's owner showed what is due in the last ten minutes: what a change of the
    /// account's ways in asks for (NIST SP 800-63B-4 §4.1; ASVS 5.0 V7.5.1). A trusted device is no
    /// factor, so that its session's authentication names none.
    #[must_use]
    pub fn is_met_recently_by(&self, session: &Session, now: Timestamp) -> bool {
        let age = now.as_second() - session.created_at.as_second();
        age <= Session::RECENT_SECONDS && self.is_met_by(session.authentication)
    }
}

/// Whether a factor is one that e-mail must not stand in for.
#[must_use]
pub fn is_strong(method: Method) -> bool {
    matches!(method, Method::Totp | Method::Webauthn)
}

/// What is enrolled once `method` has been added; the strongest first.
#[must_use]
pub fn with(enrolled: &[Method], method: Method) -> Vec<Method> {
    Method::ALL.into_iter().filter(|known| *known == method || enrolled.contains(known)).collect()
}

/// What is enrolled once `method` has been taken away. Backup codes stand in for a strong factor,
/// so they go with the last one.
#[must_use]
pub fn without(enrolled: &[Method], method: Method) -> Vec<Method> {
    let mut left: Vec<_> = enrolled.iter().copied().filter(|known| *known != method).collect();
    if !left.iter().copied().any(is_strong) {
        left.retain(|known| *known != Method::BackupCode);
    }
    left
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::ids::{SessionId, UserId};

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
    fn what_is_due_is_met_by_a_factor_that_was_asked_for_and_never_by_a_password_alone() {
        use crate::domain::session::Holding;
        let totp = Due::Factor(vec![Method::Totp, Method::BackupCode]);
        for (authentication, meets) in [
            (Authentication::Password, false),
            (Authentication::PasswordAndMail, false),
            (Authentication::PasswordAndTotp, true),
            (Authentication::PasswordAndBackupCode, true),
            (Authentication::Passkey(Holding::Bound), false),
        ] {
            assert_eq!(totp.is_met_by(authentication), meets, "{authentication:?}");
            assert!(Due::Nothing.is_met_by(authentication) && Due::Enrollment.is_met_by(authentication));
        }
    }

    /// Ten minutes after the login and no longer, and never by what was not a factor.
    #[test]
    fn what_is_due_is_met_recently_by_who_signed_in_recently() {
        let session = |authentication, created_at: i64| -> Session {
            serde_json::from_value(json!({
                "session_id": SessionId::from_bytes([1; 16]),
                "user_id": UserId::from_bytes([2; 16]),
                "epoch": 1,
                "authentication": authentication,
                "refresh_hash": "",
                "created_at": created_at,
                "last_used_at": created_at,
                "expires_at": created_at + 1_000_000,
                "idle_seconds": 1_000_000,
                "remembered": false,
                "network": "",
                "agent": "",
            }))
            .unwrap()
        };
        let totp = Due::Factor(vec![Method::Totp]);
        let now = Timestamp::from_second(100_000).unwrap();
        for (due, authentication, age, meets) in [
            (&totp, Authentication::PasswordAndTotp, 600, true),
            (&totp, Authentication::PasswordAndTotp, 601, false),
            (&totp, Authentication::Password, 0, false),
            (&Due::Nothing, Authentication::Password, 600, true),
            (&Due::Nothing, Authentication::Password, 601, false),
        ] {
            let session = session(authentication, 100_000 - age);
            assert_eq!(due.is_met_recently_by(&session, now), meets, "{due:?} {authentication:?} {age}");
        }
    }

    #[test]
    fn backup_codes_go_with_the_last_strong_factor() {
        let all = with(&with(&with(&[], Method::Webauthn), Method::BackupCode), Method::Totp);
        assert_eq!(all, [Method::Totp, Method::Webauthn, Method::BackupCode]);
        assert_eq!(without(&all, Method::Totp), [Method::Webauthn, Method::BackupCode]);
        assert_eq!(without(&without(&all, Method::Totp), Method::Webauthn), []);
        let mixed = with(&with(&[Method::Email], Method::Totp), Method::BackupCode);
        assert_eq!(without(&mixed, Method::Totp), [Method::Email]);
    }

    #[test]
    fn a_required_factor_is_the_mailbox_where_that_counts_and_else_must_be_enrolled() {
        assert_eq!(Due::of(&settings("required", &["totp", "email"]), &[]), Due::Factor(vec![Method::Email]));
        assert_eq!(Due::of(&settings("required", &["totp"]), &[]), Due::Enrollment);
        assert_eq!(Due::of(&settings("required", &["totp"]), &[Method::Email]), Due::Enrollment);
        assert_eq!(Due::of(&settings("off", &["totp"]), &[Method::Totp]), Due::Nothing);
    }
}
