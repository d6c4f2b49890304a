//! Passwords, codes and sign-ins.

use jiff::Timestamp;

use super::{Block, Fact, NOTHING_TO_DO, Parts, action, counted, forgotten, network_of, when};
use crate::mail::{
    letter::{Link, MailedCode},
    plain::Plain,
    words::device,
};

pub(super) fn reset_password<'a>(tenant: &Plain, link: &'a Link, minutes: u32) -> Parts<'a> {
    let minutes = counted(minutes, "une minute", "minutes");
    (
        format!("Choisissez un nouveau mot de passe pour {tenant}"),
        "Choisissez un nouveau mot de passe",
        vec![
            Block::Paragraph(format!(
                "Quelqu’un, sans doute vous, a demandé à réinitialiser le mot de passe de votre compte \
                 chez {tenant}."
            )),
            Block::Paragraph(format!(
                "Vous pouvez en choisir un nouveau sur cette page. Le lien est valable une seule fois, \
                 pendant {minutes}."
            )),
            action("Choisir un nouveau mot de passe", link),
            Block::Paragraph(
                "Si vous n’avez rien demandé, ignorez cet e-mail\u{a0}; votre mot de passe reste le même."
                    .to_owned(),
            ),
        ],
    )
}

pub(super) fn mailed_code<'a>(tenant: &Plain, code: &'a MailedCode, minutes: u32) -> Parts<'a> {
    let minutes = counted(minutes, "une minute", "minutes");
    (
        format!("Votre code pour vous connecter à {tenant}"),
        "Votre code de connexion",
        vec![
            Block::Paragraph(format!(
                "Quelqu’un, sans doute vous, se connecte à {tenant} avec cette adresse e-mail et le bon \
                 mot de passe. Pour continuer, saisissez le code ci-dessous sur la page qui vous le \
                 demande. Ne le communiquez à personne\u{a0}: personne chez {tenant} ne vous le \
                 demandera jamais."
            )),
            Block::Code(code.as_str()),
            Block::Paragraph(format!(
                "Le code est valable une seule fois, pendant {minutes}. Un code plus récent le remplace."
            )),
            Block::Paragraph(
                "Si vous n’êtes pas en train de vous connecter, quelqu’un d’autre connaît votre mot de \
                 passe. Ne transmettez pas le code et changez votre mot de passe dès maintenant."
                    .to_owned(),
            ),
        ],
    )
}

pub(super) fn password_changed<'a>(tenant: &Plain, at: Timestamp, from: &str) -> Parts<'a> {
    let forgotten = forgotten(tenant);
    (
        format!("Votre mot de passe chez {tenant} a été modifié"),
        "Votre mot de passe a été modifié",
        vec![
            Block::Paragraph(format!(
                "Le mot de passe de votre compte chez {tenant} a été modifié. Les autres appareils \
                 connectés ont été déconnectés."
            )),
            Block::Facts(vec![when(at), network_of(from)]),
            Block::Paragraph(NOTHING_TO_DO.to_owned()),
            Block::Paragraph(format!(
                "Si ce n’était pas vous, quelqu’un d’autre utilise votre compte. {forgotten}. Changez \
                 ensuite aussi le mot de passe de votre messagerie."
            )),
        ],
    )
}

pub(super) fn new_sign_in<'a>(tenant: &Plain, at: Timestamp, from: &str, agent: &str) -> Parts<'a> {
    let forgotten = forgotten(tenant);
    (
        format!("Nouvelle connexion à votre compte chez {tenant}"),
        "Nouvelle connexion à votre compte",
        vec![
            Block::Paragraph(format!(
                "Quelqu’un s’est connecté à votre compte chez {tenant} depuis un appareil que nous ne \
                 connaissions pas encore."
            )),
            Block::Facts(vec![
                when(at),
                network_of(from),
                Fact { label: "Appareil, tel qu’il se présente", value: device(agent, "sur", "inconnu") },
            ]),
            Block::Paragraph(NOTHING_TO_DO.to_owned()),
            Block::Paragraph(format!(
                "Si ce n’était pas vous, quelqu’un d’autre connaît votre mot de passe. {forgotten}. Cela \
                 déconnecte aussi tous les appareils."
            )),
        ],
    )
}
