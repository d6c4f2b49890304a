//! Passwords, codes and sign-ins.

use jiff::Timestamp;

use super::{Block, Fact, NOTHING_TO_DO, Parts, action, counted, forgotten, network_of, when};
use crate::mail::{
    letter::{Link, MailedCode},
    plain::Plain,
    words::device,
};

pub(super) fn reset_password<'a>(tenant: &Plain, link: &'a Link, minutes: u32) -> Parts<'a> {
    let minutes = counted(minutes, "un minuto", "minuti");
    (
        format!("Scelga una nuova password per {tenant}"),
        "Scelga una nuova password",
        vec![
            Block::Paragraph(format!(
                "Qualcuno, probabilmente lei, ha chiesto di reimpostare la password del suo account \
                 presso {tenant}."
            )),
            Block::Paragraph(format!(
                "Può sceglierne una nuova in questa pagina. Il link vale una sola volta, per {minutes}."
            )),
            action("Scegli una nuova password", link),
            Block::Paragraph(
                "Se non lo ha chiesto lei, ignori questa e-mail; la sua password resta la stessa.".to_owned(),
            ),
        ],
    )
}

pub(super) fn mailed_code<'a>(tenant: &Plain, code: &'a MailedCode, minutes: u32) -> Parts<'a> {
    let minutes = counted(minutes, "un minuto", "minuti");
    (
        format!("Il suo codice per accedere a {tenant}"),
        "Il suo codice di accesso",
        vec![
            Block::Paragraph(format!(
                "Qualcuno, probabilmente lei, sta accedendo a {tenant} con questo indirizzo e-mail e la \
                 password corretta. Per continuare, inserisca il codice qui sotto nella pagina che lo \
                 richiede. Non lo comunichi a nessuno: nessuno di {tenant} glielo chiederà mai."
            )),
            Block::Code(code.as_str()),
            Block::Paragraph(format!(
                "Il codice vale una sola volta, per {minutes}. Un codice più recente lo sostituisce."
            )),
            Block::Paragraph(
                "Se non sta accedendo, qualcun altro conosce la sua password. Non comunichi il codice e \
                 cambi subito la password."
                    .to_owned(),
            ),
        ],
    )
}

pub(super) fn password_changed<'a>(tenant: &Plain, at: Timestamp, from: &str) -> Parts<'a> {
    let forgotten = forgotten(tenant);
    (
        format!("La sua password presso {tenant} è stata cambiata"),
        "La sua password è stata cambiata",
        vec![
            Block::Paragraph(format!(
                "La password del suo account presso {tenant} è stata cambiata. Gli altri dispositivi \
                 connessi sono stati disconnessi."
            )),
            Block::Facts(vec![when(at), network_of(from)]),
            Block::Paragraph(NOTHING_TO_DO.to_owned()),
            Block::Paragraph(format!(
                "Se non era lei, qualcun altro sta usando il suo account. {forgotten}. Poi cambi anche \
                 la password della sua casella e-mail."
            )),
        ],
    )
}

pub(super) fn new_sign_in<'a>(tenant: &Plain, at: Timestamp, from: &str, agent: &str) -> Parts<'a> {
    let forgotten = forgotten(tenant);
    (
        format!("Nuovo accesso al suo account presso {tenant}"),
        "Nuovo accesso al suo account",
        vec![
            Block::Paragraph(format!(
                "Qualcuno ha effettuato l’accesso al suo account presso {tenant} da un dispositivo che \
                 non conoscevamo."
            )),
            Block::Facts(vec![
                when(at),
                network_of(from),
                Fact { label: "Dispositivo, come si presenta", value: device(agent, "su", "sconosciuto") },
            ]),
            Block::Paragraph(NOTHING_TO_DO.to_owned()),
            Block::Paragraph(format!(
                "Se non era lei, qualcun altro conosce la sua password. {forgotten}. Questo disconnette \
                 anche tutti i dispositivi."
            )),
        ],
    )
}
