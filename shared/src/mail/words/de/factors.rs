//! Second factors.

use jiff::Timestamp;

use super::{Block, Parts, network_of, when};
use crate::{
    domain::{errand::FactorChange, settings::Method},
    mail::{plain::Plain, words::FEW_BACKUP_CODES},
};

pub(super) fn factor_under_attack<'a>(tenant: &Plain, method: Method, failures: u32) -> Parts<'a> {
    let times = if failures == 1 { "einmal".to_owned() } else { format!("{failures}-mal") };
    let factor = match method {
        Method::Totp => "der Code aus Ihrer Authenticator-App",
        Method::Webauthn => "Ihr Passkey oder Sicherheitsschlüssel",
        Method::Email => "der Code, den wir Ihnen per E-Mail schicken",
        Method::BackupCode => "ein Backup-Code",
    };
    (
        format!("Jemand kennt vielleicht Ihr Passwort bei {tenant}"),
        "Jemand kennt vielleicht Ihr Passwort",
        vec![
            Block::Paragraph(format!(
                "Der zweite Schritt der Anmeldung in Ihrem Konto bei {tenant} ist {times} \
                 hintereinander fehlgeschlagen. Gefragt war {factor}. Danach wird nur gefragt, wenn \
                 das Passwort stimmt."
            )),
            Block::Paragraph("Keiner dieser Versuche ist in Ihr Konto gelangt.".to_owned()),
            Block::Paragraph("Wenn Sie es waren, ist nichts zu tun.".to_owned()),
            Block::Paragraph(format!(
                "Wenn Sie es nicht waren, kennt jemand anderes Ihr Passwort. Gehen Sie selbst auf die \
                 Anmeldeseite von {tenant}, wählen Sie „Passwort vergessen“ und setzen Sie jetzt ein \
                 neues, das Sie nirgends sonst verwenden."
            )),
        ],
    )
}

pub(super) fn factor_changed<'a>(
    tenant: &Plain,
    method: Method,
    change: FactorChange,
    at: Timestamp,
    from: &str,
) -> Parts<'a> {
    let Event { heading, place, what, effect } = event(method, change);
    let signed_out = match (method, change) {
        (Method::BackupCode, _) | (_, FactorChange::Added) => "",
        (_, FactorChange::Removed | FactorChange::Replaced) => {
            " Andere Geräte, die angemeldet waren, wurden abgemeldet."
        }
    };
    let repair = match (method, change) {
        (Method::BackupCode, _) => " und erstellen Sie neue Backup-Codes",
        (_, FactorChange::Added) => " und entfernen Sie, was hinzugefügt wurde",
        (_, FactorChange::Removed) => " und richten Sie wieder ein, was entfernt wurde",
        (_, FactorChange::Replaced) => {
            ", entfernen Sie, was nicht Ihnen gehört, und richten Sie Ihres wieder ein"
        }
    };
    (
        format!("Ihr Konto bei {tenant}: {heading}"),
        heading,
        vec![
            Block::Paragraph(format!("{place} bei {tenant} {what}. {effect}{signed_out}")),
            Block::Facts(vec![when(at), network_of(from)]),
            Block::Paragraph("Wenn Sie es waren, ist nichts zu tun.".to_owned()),
            Block::Paragraph(format!(
                "Wenn Sie es nicht waren, benutzt jemand anderes Ihr Konto. Gehen Sie selbst auf die \
                 Anmeldeseite von {tenant}, wählen Sie „Passwort vergessen“ und setzen Sie jetzt ein \
                 neues Passwort. Das meldet auch alle Geräte ab. Melden Sie sich danach an{repair}. \
                 Wenn Sie nicht hineinkommen, wenden Sie sich an {tenant}."
            )),
        ],
    )
}

/// An event, told as `{place} bei {tenant} {what}`, and what it means for signing in.
struct Event {
    heading: &'static str,
    place: &'static str,
    what: &'static str,
    effect: &'static str,
}

fn event(method: Method, change: FactorChange) -> Event {
    let (heading, place, what, effect) = match (method, change) {
        (Method::Totp, FactorChange::Added) => (
            "Authenticator-App hinzugefügt",
            "Ihrem Konto",
            "wurde eine Authenticator-App hinzugefügt",
            "Mit ihr ist jetzt der zweite Schritt der Anmeldung möglich.",
        ),
        (Method::Totp, FactorChange::Removed) => (
            "Authenticator-App entfernt",
            "Aus Ihrem Konto",
            "wurde eine Authenticator-App entfernt",
            "Mit ihr ist keine Anmeldung mehr möglich.",
        ),
        (Method::Totp, FactorChange::Replaced) => (
            "Authenticator-App ersetzt",
            "In Ihrem Konto",
            "wurde die Authenticator-App durch eine neue ersetzt",
            "Codes aus der bisherigen gelten nicht mehr.",
        ),
        (Method::Webauthn, FactorChange::Added) => (
            "Passkey oder Sicherheitsschlüssel hinzugefügt",
            "Ihrem Konto",
            "wurde ein Passkey oder Sicherheitsschlüssel hinzugefügt",
            "Mit ihm ist jetzt der zweite Schritt der Anmeldung möglich.",
        ),
        (Method::Webauthn, FactorChange::Removed) => (
            "Passkey oder Sicherheitsschlüssel entfernt",
            "Aus Ihrem Konto",
            "wurde ein Passkey oder Sicherheitsschlüssel entfernt",
            "Mit ihm ist keine Anmeldung mehr möglich.",
        ),
        (Method::Webauthn, FactorChange::Replaced) => (
            "Passkey oder Sicherheitsschlüssel ersetzt",
            "In Ihrem Konto",
            "wurde ein Passkey oder Sicherheitsschlüssel durch einen neuen ersetzt",
            "Der bisherige gilt nicht mehr.",
        ),
        (Method::Email, FactorChange::Added) => (
            "Codes per E-Mail eingeschaltet",
            "Für Ihr Konto",
            "wurden Codes per E-Mail eingeschaltet",
            "Mit ihnen ist jetzt der zweite Schritt der Anmeldung möglich.",
        ),
        (Method::Email, FactorChange::Removed) => (
            "Codes per E-Mail abgeschaltet",
            "Für Ihr Konto",
            "wurden Codes per E-Mail abgeschaltet",
            "Mit ihnen ist keine Anmeldung mehr möglich.",
        ),
        (Method::Email, FactorChange::Replaced) => (
            "Codes per E-Mail neu eingerichtet",
            "Für Ihr Konto",
            "wurden Codes per E-Mail neu eingerichtet",
            "Die bisherige Einrichtung gilt nicht mehr.",
        ),
        (Method::BackupCode, FactorChange::Added) => (
            "Backup-Codes erstellt",
            "Für Ihr Konto",
            "wurden Backup-Codes erstellt",
            "Jeder gilt einmal für den zweiten Schritt der Anmeldung.",
        ),
        (Method::BackupCode, FactorChange::Removed) => (
            "Backup-Codes entfernt",
            "Aus Ihrem Konto",
            "wurden die Backup-Codes entfernt",
            "Keiner von ihnen gilt mehr.",
        ),
        (Method::BackupCode, FactorChange::Replaced) => (
            "Neue Backup-Codes erstellt",
            "Für Ihr Konto",
            "wurden neue Backup-Codes erstellt",
            "Die bisherigen gelten nicht mehr.",
        ),
    };
    Event { heading, place, what, effect }
}

pub(super) fn factors_reset<'a>(tenant: &Plain, at: Timestamp) -> Parts<'a> {
    (
        format!("Die zweiten Faktoren Ihres Kontos bei {tenant} wurden entfernt"),
        "Ihre zweiten Faktoren wurden entfernt",
        vec![
            Block::Paragraph(format!(
                "Ein Administrator von {tenant} hat alle zweiten Faktoren aus Ihrem Konto entfernt, auch \
                 die Backup-Codes. Alle Geräte wurden abgemeldet. Ihr Passwort bleibt, wie es ist."
            )),
            Block::Facts(vec![when(at)]),
            Block::Paragraph(format!(
                "Wenn Sie darum gebeten haben, melden Sie sich wie gewohnt an. Wenn {tenant} einen zweiten \
                 Faktor verlangt, richten Sie dabei wieder einen ein."
            )),
            Block::Paragraph(format!(
                "Wenn Sie nicht darum gebeten haben, wenden Sie sich jetzt an {tenant}: Bis Sie wieder \
                 einen zweiten Faktor einrichten, schützt allein Ihr Passwort Ihr Konto."
            )),
        ],
    )
}

pub(super) fn backup_code_used<'a>(tenant: &Plain, left: u32, at: Timestamp, from: &str) -> Parts<'a> {
    let rest = match left {
        0 => "Es war der letzte.".to_owned(),
        1 => "Es ist noch einer übrig.".to_owned(),
        _ => format!("Es sind noch {left} übrig."),
    };
    let if_you = if left > FEW_BACKUP_CODES {
        "Wenn Sie es waren, ist nichts zu tun."
    } else {
        "Wenn Sie es waren, erstellen Sie bald in Ihrem Konto neue Backup-Codes. Sie ersetzen die \
         bisherigen."
    };
    (
        format!("Anmeldung mit einem Backup-Code in Ihrem Konto bei {tenant}"),
        "Anmeldung mit einem Backup-Code",
        vec![
            Block::Paragraph(format!(
                "Jemand hat sich in Ihrem Konto bei {tenant} mit einem Ihrer Backup-Codes angemeldet. \
                 {rest}"
            )),
            Block::Facts(vec![when(at), network_of(from)]),
            Block::Paragraph(if_you.to_owned()),
            Block::Paragraph(format!(
                "Wenn Sie es nicht waren, kennt jemand anderes Ihr Passwort und einen Backup-Code. Gehen \
                 Sie selbst auf die Anmeldeseite von {tenant}, wählen Sie „Passwort vergessen“ und \
                 setzen Sie jetzt ein neues Passwort. Das meldet auch alle Geräte ab. Melden Sie sich \
                 danach an und erstellen Sie neue Backup-Codes, damit die bisherigen nicht mehr gelten."
            )),
        ],
    )
}
