//! What an administrator does: an account that is made, and one that is taken away.

use jiff::Timestamp;

use super::{Block, Parts, action, counted, when};
use crate::mail::{letter::Link, plain::Plain};

pub(super) fn invited<'a>(tenant: &Plain, link: &'a Link, days: u32) -> Parts<'a> {
    let days = counted(days, "un jour", "jours");
    (
        format!("Votre invitation chez {tenant}"),
        "Vous êtes invité",
        vec![
            Block::Paragraph(format!(
                "Un administrateur de {tenant} a créé un compte pour vous avec cette adresse \
                     e-mail."
            )),
            Block::Paragraph(format!(
                "Pour l’utiliser, choisissez un mot de passe sur cette page. Le lien est \
                     valable une seule fois, pendant {days}\u{a0}; une invitation plus récente le \
                     remplace."
            )),
            action("Choisir un mot de passe", link),
            Block::Paragraph(
                "Si vous ne voulez pas de ce compte, ignorez cet e-mail\u{a0}: sans mot de \
                     passe, personne ne peut s’y connecter."
                    .to_owned(),
            ),
        ],
    )
}

pub(super) fn account_removed<'a>(tenant: &Plain, at: Timestamp) -> Parts<'a> {
    (
        format!("Votre compte chez {tenant} a été supprimé"),
        "Votre compte a été supprimé",
        vec![
            Block::Paragraph(format!(
                "Un administrateur de {tenant} a supprimé le compte lié à cette adresse \
                     e-mail. Il n’est plus possible de s’y connecter."
            )),
            Block::Facts(vec![when(at)]),
            Block::Paragraph(format!("Si vous pensez qu’il s’agit d’une erreur, contactez {tenant}.")),
        ],
    )
}
