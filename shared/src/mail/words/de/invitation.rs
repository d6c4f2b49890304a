//! What an administrator does: an account that is made, and one that is taken away.

use jiff::Timestamp;

use super::{Block, Parts, action, counted, when};
use crate::mail::{letter::Link, plain::Plain};

pub(super) fn invited<'a>(tenant: &Plain, link: &'a Link, days: u32) -> Parts<'a> {
    let days = counted(days, "einen Tag", "Tage");
    (
        format!("Ihre Einladung zu {tenant}"),
        "Sie wurden eingeladen",
        vec![
            Block::Paragraph(format!(
                "Für Sie wurde mit dieser E-Mail-Adresse ein Konto bei {tenant} angelegt."
            )),
            Block::Paragraph(format!(
                "Um es zu nutzen, wählen Sie auf dieser Seite ein Passwort. Der Link gilt einmal, {days} \
                 lang; eine neuere Einladung ersetzt ihn."
            )),
            action("Passwort wählen", link),
            Block::Paragraph(
                "Wenn Sie das Konto nicht möchten, ignorieren Sie diese E-Mail: Ohne Passwort kann sich \
                 niemand damit anmelden."
                    .to_owned(),
            ),
        ],
    )
}

pub(super) fn account_removed<'a>(tenant: &Plain, at: Timestamp) -> Parts<'a> {
    (
        format!("Ihr Konto bei {tenant} wurde gelöscht"),
        "Ihr Konto wurde gelöscht",
        vec![
            Block::Paragraph(format!(
                "Das Konto mit dieser E-Mail-Adresse wurde von {tenant} gelöscht. Sie können sich damit \
                 nicht mehr anmelden."
            )),
            Block::Facts(vec![when(at)]),
            Block::Paragraph(format!("Wenn Sie das für ein Versehen halten, wenden Sie sich an {tenant}.")),
        ],
    )
}
