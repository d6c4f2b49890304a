//! The account and its address.

use jiff::Timestamp;

use super::{Block, Fact, Parts, action, counted, when};
use crate::mail::{
    letter::{Link, MailedCode},
    plain::Plain,
};

pub(super) fn verify_address<'a>(tenant: &Plain, link: &'a Link, hours: u32) -> Parts<'a> {
    let hours = counted(hours, "einer Stunde", "Stunden");
    (
        format!("Bestätigen Sie Ihre E-Mail-Adresse für {tenant}"),
        "Bestätigen Sie Ihre E-Mail-Adresse",
        vec![
            Block::Paragraph(format!(
                "Jemand, vermutlich Sie selbst, hat sich mit dieser E-Mail-Adresse bei {tenant} \
                 registriert."
            )),
            Block::Paragraph(format!(
                "Um die Registrierung abzuschließen, öffnen Sie innerhalb von {hours} diese Seite. Sie \
                 fragt nach dem Passwort, das Sie bei der Registrierung gewählt haben."
            )),
            action("Adresse bestätigen", link),
            Block::Paragraph(
                "Wenn Sie sich nicht registriert haben, ignorieren Sie diese E-Mail; es geschieht nichts."
                    .to_owned(),
            ),
        ],
    )
}

pub(super) fn account_exists<'a>(tenant: &Plain, link: &'a Link) -> Parts<'a> {
    (
        format!("Sie haben bereits ein Konto bei {tenant}"),
        "Sie haben bereits ein Konto",
        vec![
            Block::Paragraph(format!(
                "Jemand, vielleicht Sie selbst, wollte sich mit dieser E-Mail-Adresse bei {tenant} \
                 registrieren. Sie haben dort bereits ein Konto; deshalb wurde nichts geändert."
            )),
            Block::Paragraph(
                "Wenn Sie es waren, melden Sie sich wie gewohnt an. Wenn Sie Ihr Passwort nicht mehr \
                 wissen, können Sie auf dieser Seite ein neues wählen."
                    .to_owned(),
            ),
            action("Neues Passwort wählen", link),
            Block::Paragraph(
                "Wenn Sie es nicht waren, ignorieren Sie diese E-Mail; es geschieht nichts. Wer auch \
                 immer es war, hat nicht erfahren, dass Sie ein Konto haben."
                    .to_owned(),
            ),
        ],
    )
}

pub(super) fn address_code<'a>(tenant: &Plain, code: &'a MailedCode, minutes: u32) -> Parts<'a> {
    let minutes = counted(minutes, "eine Minute", "Minuten");
    (
        format!("Ihr Code zum Bestätigen dieser E-Mail-Adresse für {tenant}"),
        "Bestätigen Sie diese E-Mail-Adresse",
        vec![
            Block::Paragraph(format!(
                "Jemand, vermutlich Sie selbst, möchte diese E-Mail-Adresse für ein Konto bei {tenant} \
                 verwenden. Um sie zu bestätigen, geben Sie den Code unten auf der Seite ein, die nach \
                 ihm fragt. Verraten Sie ihn niemandem: Von {tenant} wird Sie nie jemand danach fragen."
            )),
            Block::Code(code.as_str()),
            Block::Paragraph(format!("Der Code gilt einmal, {minutes} lang. Ein neuerer Code ersetzt ihn.")),
            Block::Paragraph(
                "Wenn Sie ihn nicht angefordert haben, ignorieren Sie diese E-Mail; ohne den Code \
                 geschieht nichts."
                    .to_owned(),
            ),
        ],
    )
}

pub(super) fn email_changed<'a>(tenant: &Plain, facts: Vec<Fact>, undo: &'a Link, days: u32) -> Parts<'a> {
    let days = counted(days, "einem Tag", "Tagen");
    (
        format!("Die E-Mail-Adresse Ihres Kontos bei {tenant} wurde geändert"),
        "Ihre E-Mail-Adresse wurde geändert",
        vec![
            Block::Paragraph(format!(
                "Ihr Konto bei {tenant} hatte diese E-Mail-Adresse; jetzt hat es eine andere. Andere \
                 Geräte, die angemeldet waren, wurden abgemeldet."
            )),
            Block::Facts(facts),
            Block::Paragraph("Wenn Sie es waren, ist nichts zu tun.".to_owned()),
            Block::Paragraph(format!(
                "Wenn Sie es nicht waren, benutzt jemand anderes Ihr Konto. Auf dieser Seite können Sie \
                 die Änderung innerhalb von {days} rückgängig machen: Ihr Konto bekommt diese Adresse \
                 zurück, alle Geräte werden abgemeldet, und Sie wählen ein neues Passwort."
            )),
            action("Änderung rückgängig machen", undo),
        ],
    )
}

pub(super) fn email_restored<'a>(tenant: &Plain, at: Timestamp) -> Parts<'a> {
    (
        format!("Ein Konto bei {tenant} hat wieder seine frühere E-Mail-Adresse"),
        "Diese Adresse gehört nicht mehr zu einem Konto",
        vec![
            Block::Paragraph(format!(
                "Diese E-Mail-Adresse gehörte zu einem Konto bei {tenant}. Wer die Adresse davor besitzt, \
                 hat diese Änderung rückgängig gemacht; sie gehört nun nicht mehr dazu. Alle Geräte wurden \
                 abgemeldet, und das Passwort muss neu gewählt werden."
            )),
            Block::Facts(vec![when(at)]),
            Block::Paragraph("Wenn Sie es waren, ist nichts zu tun.".to_owned()),
            Block::Paragraph(format!(
                "Wenn das Konto Ihres ist und Sie die Änderung nicht rückgängig gemacht haben, kann jemand \
                 anderes Ihr früheres Postfach lesen. Wenden Sie sich jetzt an {tenant}."
            )),
        ],
    )
}

pub(super) fn account_deleted<'a>(tenant: &Plain, at: Timestamp) -> Parts<'a> {
    (
        format!("Ihr Konto bei {tenant} wurde gelöscht"),
        "Ihr Konto wurde gelöscht",
        vec![
            Block::Paragraph(format!(
                "Das Konto bei {tenant} mit dieser E-Mail-Adresse wurde auf Wunsch seines Inhabers \
                 gelöscht. Eine Anmeldung ist nicht mehr möglich. Die Adresse ist wieder frei: Sie kann \
                 für ein neues Konto verwendet werden."
            )),
            Block::Facts(vec![when(at)]),
            Block::Paragraph("Wenn Sie es waren, ist nichts zu tun.".to_owned()),
            Block::Paragraph(format!(
                "Wenn Sie es nicht waren, hat jemand anderes Ihr Konto benutzt. Wenden Sie sich jetzt an \
                 {tenant}."
            )),
        ],
    )
}
