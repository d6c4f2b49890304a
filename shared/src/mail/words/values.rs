//! What the placeholders of a tenant's own words stand for, in each language.

use crate::{
    domain::{Locale, settings::Method},
    mail::{letter::Letter, plain::Plain, template::Value},
};

/// The text of a placeholder in a letter; empty for one that the letter's kind does not have.
pub(in crate::mail) fn value(value: Value, letter: &Letter, tenant: &Plain, locale: Locale) -> String {
    match value {
        Value::Tenant => tenant.to_string(),
        Value::ExpiresIn => match letter {
            Letter::VerifyAddress { expires_in_hours, .. } => span(*expires_in_hours, Unit::Hour, locale),
            Letter::ResetPassword { expires_in_minutes, .. }
            | Letter::Code { expires_in_minutes, .. }
            | Letter::AddressCode { expires_in_minutes, .. } => {
                span(*expires_in_minutes, Unit::Minute, locale)
            }
            Letter::EmailChanged { days, .. } | Letter::Invited { expires_in_days: days, .. } => {
                span(*days, Unit::Day, locale)
            }
            _ => String::new(),
        },
        Value::Factor => match letter {
            Letter::FactorChanged { method, .. } | Letter::FactorUnderAttack { method, .. } => {
                factor(*method, locale).to_owned()
            }
            _ => String::new(),
        },
        Value::Failures => match letter {
            Letter::FactorUnderAttack { failures, .. } => failures.to_string(),
            _ => String::new(),
        },
        Value::Left => match letter {
            Letter::BackupCodeUsed { left, .. } => left.to_string(),
            _ => String::new(),
        },
    }
}

#[derive(Clone, Copy)]
enum Unit {
    Minute,
    Hour,
    Day,
}

/// `5 minutes`: a number and its unit, in the case that stands alone.
fn span(n: u32, unit: Unit, locale: Locale) -> String {
    let [minute, hour, day] = match locale {
        Locale::En => [("minute", "minutes"), ("hour", "hours"), ("day", "days")],
        Locale::De => [("Minute", "Minuten"), ("Stunde", "Stunden"), ("Tag", "Tage")],
        Locale::Fr => [("minute", "minutes"), ("heure", "heures"), ("jour", "jours")],
        Locale::Es => [("minuto", "minutos"), ("hora", "horas"), ("día", "días")],
        Locale::It => [("minuto", "minuti"), ("ora", "ore"), ("giorno", "giorni")],
    };
    let (one, many) = match unit {
        Unit::Minute => minute,
        Unit::Hour => hour,
        Unit::Day => day,
    };
    format!("{n} {}", if n == 1 { one } else { many })
}

/// What a second factor is called, without an article.
fn factor(method: Method, locale: Locale) -> &'static str {
    match (locale, method) {
        (Locale::En, Method::Totp) => "authenticator app",
        (Locale::En, Method::Webauthn) => "passkey or security key",
        (Locale::En, Method::Email) => "codes by e-mail",
        (Locale::En, Method::BackupCode) => "backup codes",
        (Locale::De, Method::Totp) => "Authenticator-App",
        (Locale::De, Method::Webauthn) => "Passkey oder Sicherheitsschlüssel",
        (Locale::De, Method::Email) => "Codes per E-Mail",
        (Locale::De, Method::BackupCode) => "Backup-Codes",
        (Locale::Fr, Method::Totp) => "application d’authentification",
        (Locale::Fr, Method::Webauthn) => "clé d’accès ou de sécurité",
        (Locale::Fr, Method::Email) => "codes par e-mail",
        (Locale::Fr, Method::BackupCode) => "codes de secours",
        (Locale::Es, Method::Totp) => "aplicación de autenticación",
        (Locale::Es, Method::Webauthn) => "llave de acceso o de seguridad",
        (Locale::Es, Method::Email) => "códigos por correo electrónico",
        (Locale::Es, Method::BackupCode) => "códigos de respaldo",
        (Locale::It, Method::Totp) => "app di autenticazione",
        (Locale::It, Method::Webauthn) => "passkey o chiave di sicurezza",
        (Locale::It, Method::Email) => "codici per e-mail",
        (Locale::It, Method::BackupCode) => "codici di backup",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_singular_in_every_language() {
        let minutes = |n| Locale::ALL.map(|locale| span(n, Unit::Minute, locale));
        assert_eq!(minutes(1), ["1 minute", "1 Minute", "1 minute", "1 minuto", "1 minuto"]);
        assert_eq!(minutes(5), ["5 minutes", "5 Minuten", "5 minutes", "5 minutos", "5 minuti"]);
    }
}
