//! The account and its address.

use jiff::Timestamp;

use super::{Block, Fact, NOTHING_TO_DO, Parts, action, counted, when};
use crate::mail::{
    letter::{Link, MailedCode},
    plain::Plain,
};

pub(super) fn verify_address<'a>(tenant: &Plain, link: &'a Link, hours: u32) -> Parts<'a> {
    let hours = counted(hours, "un’ora", "ore");
    (
        format!("Confermi il suo indirizzo e-mail per {tenant}"),
        "Confermi il suo indirizzo e-mail",
        vec![
            Block::Paragraph(format!(
                "Qualcuno, probabilmente lei, si è registrato presso {tenant} con questo indirizzo e-mail."
            )),
            Block::Paragraph(format!(
                "Ha {hours} di tempo per aprire questa pagina e completare la registrazione. La pagina \
                 le chiederà la password che ha scelto registrandosi."
            )),
            action("Conferma l’indirizzo", link),
            Block::Paragraph(
                "Se la registrazione non è sua, ignori questa e-mail; non succederà nulla.".to_owned(),
            ),
        ],
    )
}

pub(super) fn account_exists<'a>(tenant: &Plain, link: &'a Link) -> Parts<'a> {
    (
        format!("Ha già un account presso {tenant}"),
        "Ha già un account",
        vec![
            Block::Paragraph(format!(
                "Qualcuno, forse lei, ha provato a registrarsi presso {tenant} con questo indirizzo \
                 e-mail. Lì ha già un account, quindi non è cambiato nulla."
            )),
            Block::Paragraph(
                "Se era lei, acceda come al solito. Se non ricorda più la password, può sceglierne una \
                 nuova in questa pagina."
                    .to_owned(),
            ),
            action("Scegli una nuova password", link),
            Block::Paragraph(
                "Se non era lei, ignori questa e-mail; non succederà nulla. Chi ha provato non ha saputo \
                 che lei ha un account."
                    .to_owned(),
            ),
        ],
    )
}

pub(super) fn address_code<'a>(tenant: &Plain, code: &'a MailedCode, minutes: u32) -> Parts<'a> {
    let minutes = counted(minutes, "un minuto", "minuti");
    (
        format!("Il suo codice per confermare questo indirizzo e-mail per {tenant}"),
        "Confermi questo indirizzo e-mail",
        vec![
            Block::Paragraph(format!(
                "Qualcuno, probabilmente lei, vuole usare questo indirizzo e-mail per un account presso \
                 {tenant}. Per confermarlo, inserisca il codice qui sotto nella pagina che lo richiede. \
                 Non lo comunichi a nessuno: nessuno di {tenant} glielo chiederà mai."
            )),
            Block::Code(code.as_str()),
            Block::Paragraph(format!(
                "Il codice vale una sola volta, per {minutes}. Un codice più recente lo sostituisce."
            )),
            Block::Paragraph(
                "Se non lo ha richiesto, ignori questa e-mail; senza il codice non succederà nulla."
                    .to_owned(),
            ),
        ],
    )
}

pub(super) fn email_changed<'a>(tenant: &Plain, facts: Vec<Fact>, undo: &'a Link, days: u32) -> Parts<'a> {
    let days = counted(days, "un giorno", "giorni");
    (
        format!("L’indirizzo e-mail del suo account presso {tenant} è cambiato"),
        "Il suo indirizzo e-mail è cambiato",
        vec![
            Block::Paragraph(format!(
                "Il suo account presso {tenant} aveva questo indirizzo e-mail; ora ne ha un altro. Gli \
                 altri dispositivi connessi sono stati disconnessi."
            )),
            Block::Facts(facts),
            Block::Paragraph(NOTHING_TO_DO.to_owned()),
            Block::Paragraph(format!(
                "Se non era lei, qualcun altro sta usando il suo account. Ha {days} di tempo per \
                 annullare la modifica in questa pagina: il suo account riavrà questo indirizzo, tutti i \
                 dispositivi saranno disconnessi e lei sceglierà una nuova password."
            )),
            action("Annulla la modifica", undo),
        ],
    )
}

pub(super) fn email_restored<'a>(tenant: &Plain, at: Timestamp) -> Parts<'a> {
    (
        format!("Un account presso {tenant} ha di nuovo il suo indirizzo e-mail precedente"),
        "Questo indirizzo non appartiene più a un account",
        vec![
            Block::Paragraph(format!(
                "Questo indirizzo e-mail era quello di un account presso {tenant}. Il titolare \
                 dell’indirizzo precedente ha annullato quella modifica, quindi non lo è più. Tutti i \
                 dispositivi sono stati disconnessi e bisogna scegliere una nuova password."
            )),
            Block::Facts(vec![when(at)]),
            Block::Paragraph(NOTHING_TO_DO.to_owned()),
            Block::Paragraph(format!(
                "Se l’account è suo e non ha annullato lei la modifica, qualcun altro può leggere la sua \
                 casella precedente. Contatti subito {tenant}."
            )),
        ],
    )
}

pub(super) fn account_deleted<'a>(tenant: &Plain, at: Timestamp) -> Parts<'a> {
    (
        format!("Il suo account presso {tenant} è stato eliminato"),
        "Il suo account è stato eliminato",
        vec![
            Block::Paragraph(format!(
                "L’account presso {tenant} con questo indirizzo e-mail è stato eliminato su richiesta \
                 del titolare. Non è più possibile accedervi. L’indirizzo è di nuovo libero: può essere \
                 usato per un nuovo account."
            )),
            Block::Facts(vec![when(at)]),
            Block::Paragraph(NOTHING_TO_DO.to_owned()),
            Block::Paragraph(format!(
                "Se non era lei, qualcun altro ha usato il suo account. Contatti subito {tenant}."
            )),
        ],
    )
}
