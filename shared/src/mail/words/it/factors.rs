//! Second factors.

use jiff::Timestamp;

use super::{Block, NOTHING_TO_DO, Parts, counted, forgotten, network_of, when};
use crate::{
    domain::{errand::FactorChange, settings::Method},
    mail::{plain::Plain, words::FEW_BACKUP_CODES},
};

pub(super) fn factor_under_attack<'a>(tenant: &Plain, method: Method, failures: u32) -> Parts<'a> {
    let times = counted(failures, "una volta", "volte di seguito");
    let factor = match method {
        Method::Totp => "il codice della sua app di autenticazione",
        Method::Webauthn => "la sua passkey o chiave di sicurezza",
        Method::Email => "il codice che le inviamo per e-mail",
        Method::BackupCode => "un codice di backup",
    };
    let forgotten = forgotten(tenant);
    (
        format!("Qualcuno potrebbe conoscere la sua password presso {tenant}"),
        "Qualcuno potrebbe conoscere la sua password",
        vec![
            Block::Paragraph(format!(
                "Il secondo passaggio dell’accesso al suo account presso {tenant} è fallito {times}. Ciò \
                 che veniva chiesto: {factor}. Viene chiesto solo dopo la password corretta."
            )),
            Block::Paragraph("Nessuno di questi tentativi ha dato accesso al suo account.".to_owned()),
            Block::Paragraph(NOTHING_TO_DO.to_owned()),
            Block::Paragraph(format!(
                "Se non era lei, qualcun altro conosce la sua password. {forgotten}, da non usare altrove."
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
    let (event, effect) = event_and_effect(method, change);
    let forgotten = forgotten(tenant);
    let signed_out = match (method, change) {
        (Method::BackupCode, _) | (_, FactorChange::Added) => "",
        (_, FactorChange::Removed | FactorChange::Replaced) => {
            " Gli altri dispositivi connessi sono stati disconnessi."
        }
    };
    let repair = match (method, change) {
        (Method::BackupCode, _) => " e crei nuovi codici di backup",
        (_, FactorChange::Added) => " e rimuova ciò che è stato aggiunto",
        (_, FactorChange::Removed) => " e riconfiguri ciò che è stato rimosso",
        (_, FactorChange::Replaced) => ", rimuova ciò che non è suo e riconfiguri ciò che lo è",
    };
    (
        format!("{event} presso {tenant}"),
        event,
        vec![
            Block::Paragraph(format!("{event} presso {tenant}. {effect}{signed_out}")),
            Block::Facts(vec![when(at), network_of(from)]),
            Block::Paragraph(NOTHING_TO_DO.to_owned()),
            Block::Paragraph(format!(
                "Se non era lei, qualcun altro sta usando il suo account. {forgotten}. Questo \
                 disconnette anche tutti i dispositivi. Poi acceda{repair}. Se non riesce ad accedere, \
                 contatti {tenant}."
            )),
        ],
    )
}

/// The event, to be followed by the tenant, and what it means for signing in.
fn event_and_effect(method: Method, change: FactorChange) -> (&'static str, &'static str) {
    const USABLE: &str = "Ora si può usare per il secondo passaggio dell’accesso.";
    const UNUSABLE: &str = "Non si può più usare per accedere.";
    match (method, change) {
        (Method::Totp, FactorChange::Added) => {
            ("Un’app di autenticazione è stata aggiunta al suo account", USABLE)
        }
        (Method::Totp, FactorChange::Removed) => {
            ("Un’app di autenticazione è stata rimossa dal suo account", UNUSABLE)
        }
        (Method::Totp, FactorChange::Replaced) => (
            "Una nuova app di autenticazione ha sostituito quella precedente nel suo account",
            "I codici di quella precedente non valgono più.",
        ),
        (Method::Webauthn, FactorChange::Added) => {
            ("Una passkey o chiave di sicurezza è stata aggiunta al suo account", USABLE)
        }
        (Method::Webauthn, FactorChange::Removed) => {
            ("Una passkey o chiave di sicurezza è stata rimossa dal suo account", UNUSABLE)
        }
        (Method::Webauthn, FactorChange::Replaced) => (
            "Una nuova passkey o chiave di sicurezza ne ha sostituita un’altra nel suo account",
            "Quella precedente non vale più.",
        ),
        (Method::Email, FactorChange::Added) => (
            "I codici per e-mail sono stati attivati per il suo account",
            "Ora si possono usare per il secondo passaggio dell’accesso.",
        ),
        (Method::Email, FactorChange::Removed) => (
            "I codici per e-mail sono stati disattivati per il suo account",
            "Non si possono più usare per accedere.",
        ),
        (Method::Email, FactorChange::Replaced) => (
            "I codici per e-mail sono stati riconfigurati per il suo account",
            "La configurazione precedente non è più in uso.",
        ),
        (Method::BackupCode, FactorChange::Added) => (
            "Sono stati creati codici di backup per il suo account",
            "Ognuno vale una volta per il secondo passaggio dell’accesso.",
        ),
        (Method::BackupCode, FactorChange::Removed) => {
            ("I codici di backup sono stati rimossi dal suo account", "Nessuno di essi vale più.")
        }
        (Method::BackupCode, FactorChange::Replaced) => (
            "Sono stati creati nuovi codici di backup per il suo account",
            "Quelli precedenti non valgono più.",
        ),
    }
}

pub(super) fn factors_reset<'a>(tenant: &Plain, at: Timestamp) -> Parts<'a> {
    (
        format!("I secondi fattori del suo account presso {tenant} sono stati rimossi"),
        "I suoi secondi fattori sono stati rimossi",
        vec![
            Block::Paragraph(format!(
                "Un amministratore di {tenant} ha rimosso tutti i secondi fattori dal suo account, \
                 compresi i codici di backup. Tutti i dispositivi sono stati disconnessi. La sua \
                 password resta la stessa."
            )),
            Block::Facts(vec![when(at)]),
            Block::Paragraph(format!(
                "Se lo ha chiesto lei, acceda come al solito. Se {tenant} richiede un secondo fattore, \
                 ne configurerà uno nuovo durante l’accesso."
            )),
            Block::Paragraph(format!(
                "Se non lo ha chiesto lei, contatti subito {tenant}: finché non configura di nuovo un \
                 secondo fattore, solo la password protegge il suo account."
            )),
        ],
    )
}

pub(super) fn backup_code_used<'a>(tenant: &Plain, left: u32, at: Timestamp, from: &str) -> Parts<'a> {
    let rest = match left {
        0 => "Era l’ultimo.".to_owned(),
        1 => "Ne resta uno.".to_owned(),
        _ => format!("Ne restano {left}."),
    };
    let if_you = if left > FEW_BACKUP_CODES {
        NOTHING_TO_DO
    } else {
        "Se era lei, crei presto nuovi codici di backup nel suo account. Sostituiranno quelli precedenti."
    };
    let forgotten = forgotten(tenant);
    (
        format!("Accesso con un codice di backup al suo account presso {tenant}"),
        "È stato usato un codice di backup",
        vec![
            Block::Paragraph(format!(
                "Uno dei codici di backup del suo account presso {tenant} è stato usato per accedere. \
                 {rest}"
            )),
            Block::Facts(vec![when(at), network_of(from)]),
            Block::Paragraph(if_you.to_owned()),
            Block::Paragraph(format!(
                "Se non era lei, qualcun altro conosce la sua password e un codice di backup. \
                 {forgotten}. Questo disconnette anche tutti i dispositivi. Poi acceda e crei nuovi \
                 codici di backup, così che quelli precedenti non valgano più."
            )),
        ],
    )
}
