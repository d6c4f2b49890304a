//! The account and its address.

use jiff::Timestamp;

use super::{Block, Fact, NOTHING_TO_DO, Parts, action, counted, when};
use crate::mail::{
    letter::{Link, MailedCode},
    plain::Plain,
};

pub(super) fn verify_address<'a>(tenant: &Plain, link: &'a Link, hours: u32) -> Parts<'a> {
    let hours = counted(hours, "une heure", "heures");
    (
        format!("Confirmez votre adresse e-mail pour {tenant}"),
        "Confirmez votre adresse e-mail",
        vec![
            Block::Paragraph(format!(
                "Quelqu’un, sans doute vous, s’est inscrit chez {tenant} avec cette adresse e-mail."
            )),
            Block::Paragraph(format!(
                "Vous avez {hours} pour ouvrir cette page et terminer l’inscription. Elle vous demandera \
                 le mot de passe que vous avez choisi en vous inscrivant."
            )),
            action("Confirmer l’adresse", link),
            Block::Paragraph(
                "Si cette inscription ne vient pas de vous, ignorez cet e-mail\u{a0}; rien ne se passera."
                    .to_owned(),
            ),
        ],
    )
}

pub(super) fn account_exists<'a>(tenant: &Plain, link: &'a Link) -> Parts<'a> {
    (
        format!("Vous avez déjà un compte chez {tenant}"),
        "Vous avez déjà un compte",
        vec![
            Block::Paragraph(format!(
                "Quelqu’un, peut-être vous, a voulu s’inscrire chez {tenant} avec cette adresse e-mail. \
                 Vous y avez déjà un compte\u{a0}: rien n’a donc été modifié."
            )),
            Block::Paragraph(
                "Si c’était vous, connectez-vous comme d’habitude. Si vous ne connaissez plus votre mot \
                 de passe, vous pouvez en choisir un nouveau sur cette page."
                    .to_owned(),
            ),
            action("Choisir un nouveau mot de passe", link),
            Block::Paragraph(
                "Si ce n’était pas vous, ignorez cet e-mail\u{a0}; rien ne se passera. La personne en \
                 question n’a pas appris que vous avez un compte."
                    .to_owned(),
            ),
        ],
    )
}

pub(super) fn address_code<'a>(tenant: &Plain, code: &'a MailedCode, minutes: u32) -> Parts<'a> {
    let minutes = counted(minutes, "une minute", "minutes");
    (
        format!("Votre code {tenant} pour confirmer cette adresse e-mail"),
        "Confirmez cette adresse e-mail",
        vec![
            Block::Paragraph(format!(
                "Quelqu’un, sans doute vous, veut utiliser cette adresse e-mail pour un compte chez \
                 {tenant}. Pour la confirmer, saisissez le code ci-dessous sur la page qui vous le \
                 demande. Ne le communiquez à personne\u{a0}: personne chez {tenant} ne vous le \
                 demandera jamais."
            )),
            Block::Code(code.as_str()),
            Block::Paragraph(format!(
                "Le code est valable une seule fois, pendant {minutes}. Un code plus récent le remplace."
            )),
            Block::Paragraph(
                "Si vous ne l’avez pas demandé, ignorez cet e-mail\u{a0}; sans le code, rien ne se passera."
                    .to_owned(),
            ),
        ],
    )
}

pub(super) fn email_changed<'a>(tenant: &Plain, facts: Vec<Fact>, undo: &'a Link, days: u32) -> Parts<'a> {
    let days = counted(days, "un jour", "jours");
    (
        format!("L’adresse e-mail de votre compte chez {tenant} a été modifiée"),
        "Votre adresse e-mail a été modifiée",
        vec![
            Block::Paragraph(format!(
                "Votre compte chez {tenant} avait cette adresse e-mail\u{a0}; il en a maintenant une \
                 autre. Les autres appareils connectés ont été déconnectés."
            )),
            Block::Facts(facts),
            Block::Paragraph(NOTHING_TO_DO.to_owned()),
            Block::Paragraph(format!(
                "Si ce n’était pas vous, quelqu’un d’autre utilise votre compte. Vous avez {days} pour \
                 annuler la modification sur cette page\u{a0}: votre compte retrouvera cette adresse, \
                 tous les appareils seront déconnectés et vous choisirez un nouveau mot de passe."
            )),
            action("Annuler la modification", undo),
        ],
    )
}

pub(super) fn email_restored<'a>(tenant: &Plain, at: Timestamp) -> Parts<'a> {
    (
        format!("Un compte chez {tenant} a retrouvé son ancienne adresse e-mail"),
        "Cette adresse n’est plus celle d’un compte",
        vec![
            Block::Paragraph(format!(
                "Cette adresse e-mail était celle d’un compte chez {tenant}. Le titulaire de l’adresse \
                 précédente a annulé ce changement\u{a0}: elle ne l’est donc plus. Tous les appareils \
                 ont été déconnectés et un nouveau mot de passe doit être choisi."
            )),
            Block::Facts(vec![when(at)]),
            Block::Paragraph(NOTHING_TO_DO.to_owned()),
            Block::Paragraph(format!(
                "Si ce compte est le vôtre et que vous n’avez pas annulé le changement, quelqu’un \
                 d’autre peut lire votre ancienne messagerie. Contactez {tenant} sans attendre."
            )),
        ],
    )
}

pub(super) fn account_deleted<'a>(tenant: &Plain, at: Timestamp) -> Parts<'a> {
    (
        format!("Votre compte chez {tenant} a été supprimé"),
        "Votre compte a été supprimé",
        vec![
            Block::Paragraph(format!(
                "Le compte chez {tenant} lié à cette adresse e-mail a été supprimé à la demande de son \
                 titulaire. Il n’est plus possible de s’y connecter. L’adresse est de nouveau \
                 libre\u{a0}: elle peut servir à un nouveau compte."
            )),
            Block::Facts(vec![when(at)]),
            Block::Paragraph(NOTHING_TO_DO.to_owned()),
            Block::Paragraph(format!(
                "Si ce n’était pas vous, quelqu’un d’autre a utilisé votre compte. Contactez {tenant} \
                 sans attendre."
            )),
        ],
    )
}
