//! What an administrator does: an account that is made, and one that is taken away.

use jiff::Timestamp;

use super::{Block, Parts, action, counted, when};
use crate::mail::{letter::Link, plain::Plain};

pub(super) fn invited<'a>(tenant: &Plain, link: &'a Link, days: u32) -> Parts<'a> {
    let days = counted(days, "un giorno", "giorni");
    (
        format!("Il suo invito a {tenant}"),
        "Ha ricevuto un invito",
        vec![
            Block::Paragraph(format!(
                "Un amministratore di {tenant} ha creato per lei un account con questo \
                     indirizzo e-mail."
            )),
            Block::Paragraph(format!(
                "Per usarlo, scelga una password su questa pagina. Il link vale una sola \
                     volta, per {days}; un invito più recente lo sostituisce."
            )),
            action("Scegli una password", link),
            Block::Paragraph(
                "Se non desidera l’account, ignori questa e-mail: senza password nessuno può \
                     accedervi."
                    .to_owned(),
            ),
        ],
    )
}

pub(super) fn account_removed<'a>(tenant: &Plain, at: Timestamp) -> Parts<'a> {
    (
        format!("Il suo account presso {tenant} è stato eliminato"),
        "Il suo account è stato eliminato",
        vec![
            Block::Paragraph(format!(
                "Un amministratore di {tenant} ha eliminato l’account con questo indirizzo \
                     e-mail. Non è più possibile accedervi."
            )),
            Block::Facts(vec![when(at)]),
            Block::Paragraph(format!("Se pensa che si tratti di un errore, contatti {tenant}.")),
        ],
    )
}
