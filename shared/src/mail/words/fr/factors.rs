//! Second factors.

use jiff::Timestamp;

use super::{Block, NOTHING_TO_DO, Parts, counted, forgotten, network_of, when};
use crate::{
    domain::{errand::FactorChange, settings::Method},
    mail::{plain::Plain, words::FEW_BACKUP_CODES},
};

pub(super) fn factor_under_attack<'a>(tenant: &Plain, method: Method, failures: u32) -> Parts<'a> {
    let times = counted(failures, "une fois", "fois de suite");
    let factor = match method {
        Method::Totp => "le code de votre application d’authentification",
        Method::Webauthn => "votre clé d’accès ou de sécurité",
        Method::Email => "le code que nous vous envoyons par e-mail",
        Method::BackupCode => "un code de secours",
    };
    let forgotten = forgotten(tenant);
    (
        format!("Quelqu’un connaît peut-être votre mot de passe chez {tenant}"),
        "Quelqu’un connaît peut-être votre mot de passe",
        vec![
            Block::Paragraph(format!(
                "La deuxième étape de la connexion à votre compte chez {tenant} a échoué {times}. Ce qui \
                 était demandé\u{a0}: {factor}. Cela n’est demandé qu’après le bon mot de passe."
            )),
            Block::Paragraph("Aucune de ces tentatives n’a donné accès à votre compte.".to_owned()),
            Block::Paragraph(NOTHING_TO_DO.to_owned()),
            Block::Paragraph(format!(
                "Si ce n’était pas vous, quelqu’un d’autre connaît votre mot de passe. {forgotten}, que \
                 vous n’utilisez nulle part ailleurs."
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
            " Les autres appareils connectés ont été déconnectés."
        }
    };
    let repair = match (method, change) {
        (Method::BackupCode, _) => " et créez de nouveaux codes de secours",
        (_, FactorChange::Added) => " et retirez ce qui a été ajouté",
        (_, FactorChange::Removed) => " et remettez en place ce qui a été retiré",
        (_, FactorChange::Replaced) => ", retirez ce qui n’est pas à vous et remettez en place ce qui l’est",
    };
    (
        format!("{event} chez {tenant}"),
        event,
        vec![
            Block::Paragraph(format!("{event} chez {tenant}. {effect}{signed_out}")),
            Block::Facts(vec![when(at), network_of(from)]),
            Block::Paragraph(NOTHING_TO_DO.to_owned()),
            Block::Paragraph(format!(
                "Si ce n’était pas vous, quelqu’un d’autre utilise votre compte. {forgotten}. Cela \
                 déconnecte aussi tous les appareils. Ensuite, connectez-vous{repair}. Si vous n’y \
                 parvenez pas, contactez {tenant}."
            )),
        ],
    )
}

/// The event, to be followed by the tenant, and what it means for signing in.
fn event_and_effect(method: Method, change: FactorChange) -> (&'static str, &'static str) {
    const USABLE: &str = "Elle peut désormais servir à la deuxième étape de la connexion.";
    const UNUSABLE: &str = "Elle ne permet plus de se connecter.";
    match (method, change) {
        (Method::Totp, FactorChange::Added) => {
            ("Une application d’authentification a été ajoutée à votre compte", USABLE)
        }
        (Method::Totp, FactorChange::Removed) => {
            ("Une application d’authentification a été retirée de votre compte", UNUSABLE)
        }
        (Method::Totp, FactorChange::Replaced) => (
            "Une nouvelle application d’authentification remplace la précédente dans votre compte",
            "Les codes de la précédente ne sont plus valables.",
        ),
        (Method::Webauthn, FactorChange::Added) => {
            ("Une clé d’accès ou de sécurité a été ajoutée à votre compte", USABLE)
        }
        (Method::Webauthn, FactorChange::Removed) => {
            ("Une clé d’accès ou de sécurité a été retirée de votre compte", UNUSABLE)
        }
        (Method::Webauthn, FactorChange::Replaced) => (
            "Une nouvelle clé d’accès ou de sécurité en remplace une autre dans votre compte",
            "La précédente n’est plus valable.",
        ),
        (Method::Email, FactorChange::Added) => (
            "Les codes par e-mail ont été activés pour votre compte",
            "Ils peuvent désormais servir à la deuxième étape de la connexion.",
        ),
        (Method::Email, FactorChange::Removed) => (
            "Les codes par e-mail ont été désactivés pour votre compte",
            "Ils ne permettent plus de se connecter.",
        ),
        (Method::Email, FactorChange::Replaced) => (
            "Les codes par e-mail ont été reconfigurés pour votre compte",
            "L’ancienne configuration n’est plus utilisée.",
        ),
        (Method::BackupCode, FactorChange::Added) => (
            "Des codes de secours ont été créés pour votre compte",
            "Chacun d’eux peut servir une fois à la deuxième étape de la connexion.",
        ),
        (Method::BackupCode, FactorChange::Removed) => {
            ("Les codes de secours ont été retirés de votre compte", "Plus aucun d’eux n’est valable.")
        }
        (Method::BackupCode, FactorChange::Replaced) => (
            "De nouveaux codes de secours ont été créés pour votre compte",
            "Les précédents ne sont plus valables.",
        ),
    }
}

pub(super) fn factors_reset<'a>(tenant: &Plain, at: Timestamp) -> Parts<'a> {
    (
        format!("Les seconds facteurs de votre compte chez {tenant} ont été retirés"),
        "Vos seconds facteurs ont été retirés",
        vec![
            Block::Paragraph(format!(
                "Chez {tenant}, un administrateur a retiré tous les seconds facteurs de votre compte, \
                 codes de secours compris. Tous les appareils ont été déconnectés. Votre mot de passe \
                 reste le même."
            )),
            Block::Facts(vec![when(at)]),
            Block::Paragraph(format!(
                "Si vous l’avez demandé, connectez-vous comme d’habitude. Si {tenant} exige un second \
                 facteur, vous en configurerez un à cette occasion."
            )),
            Block::Paragraph(format!(
                "Si vous ne l’avez pas demandé, contactez {tenant} sans attendre\u{a0}: tant que vous \
                 n’aurez pas configuré un nouveau second facteur, seul votre mot de passe protégera \
                 votre compte."
            )),
        ],
    )
}

pub(super) fn backup_code_used<'a>(tenant: &Plain, left: u32, at: Timestamp, from: &str) -> Parts<'a> {
    let rest = match left {
        0 => "C’était le dernier.".to_owned(),
        1 => "Il en reste un.".to_owned(),
        _ => format!("Il en reste {left}."),
    };
    let if_you = if left > FEW_BACKUP_CODES {
        NOTHING_TO_DO
    } else {
        "Si c’était vous, créez bientôt de nouveaux codes de secours dans votre compte. Ils remplaceront \
         les précédents."
    };
    let forgotten = forgotten(tenant);
    (
        format!("Connexion avec un code de secours à votre compte chez {tenant}"),
        "Un code de secours a été utilisé",
        vec![
            Block::Paragraph(format!(
                "L’un des codes de secours de votre compte chez {tenant} a servi à se connecter. {rest}"
            )),
            Block::Facts(vec![when(at), network_of(from)]),
            Block::Paragraph(if_you.to_owned()),
            Block::Paragraph(format!(
                "Si ce n’était pas vous, quelqu’un d’autre connaît votre mot de passe et un code de \
                 secours. {forgotten}. Cela déconnecte aussi tous les appareils. Ensuite, connectez-vous \
                 et créez de nouveaux codes de secours, pour que les anciens ne soient plus valables."
            )),
        ],
    )
}
