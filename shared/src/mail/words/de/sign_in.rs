//! Passwords, codes and sign-ins.

use jiff::Timestamp;

use super::{Block, Fact, Parts, action, counted, network_of, when};
use crate::mail::{
    letter::{Link, MailedCode},
    plain::Plain,
    words::device,
};

pub(super) fn reset_password<'a>(tenant: &Plain, link: &'a Link, minutes: u32) -> Parts<'a> {
    let minutes = counted(minutes, "eine Minute", "Minuten");
    (
        format!("Neues Passwort für {tenant} wählen"),
        "Neues Passwort wählen",
        vec![
            Block::Paragraph(format!(
                "Jemand, vermutlich Sie selbst, möchte das Passwort Ihres Kontos bei {tenant} \
                 zurücksetzen."
            )),
            Block::Paragraph(format!(
                "Auf dieser Seite können Sie ein neues wählen. Der Link gilt einmal, {minutes} lang."
            )),
            action("Neues Passwort wählen", link),
            Block::Paragraph(
                "Wenn Sie das nicht veranlasst haben, ignorieren Sie diese E-Mail; Ihr Passwort bleibt, \
                 wie es ist."
                    .to_owned(),
            ),
        ],
    )
}

pub(super) fn mailed_code<'a>(tenant: &Plain, code: &'a MailedCode, minutes: u32) -> Parts<'a> {
    let minutes = counted(minutes, "eine Minute", "Minuten");
    (
        format!("Ihr Code für die Anmeldung bei {tenant}"),
        "Ihr Anmeldecode",
        vec![
            Block::Paragraph(format!(
                "Jemand, vermutlich Sie selbst, meldet sich mit dieser E-Mail-Adresse und dem richtigen \
                 Passwort bei {tenant} an. Um fortzufahren, geben Sie den Code unten auf der Seite ein, \
                 die nach ihm fragt. Verraten Sie ihn niemandem: Von {tenant} wird Sie nie jemand \
                 danach fragen."
            )),
            Block::Code(code.as_str()),
            Block::Paragraph(format!("Der Code gilt einmal, {minutes} lang. Ein neuerer Code ersetzt ihn.")),
            Block::Paragraph(
                "Wenn Sie sich gerade nicht anmelden, kennt jemand anderes Ihr Passwort. Geben Sie den \
                 Code nicht weiter und ändern Sie jetzt Ihr Passwort."
                    .to_owned(),
            ),
        ],
    )
}

pub(super) fn password_changed<'a>(tenant: &Plain, at: Timestamp, from: &str) -> Parts<'a> {
    (
        format!("Ihr Passwort bei {tenant} wurde geändert"),
        "Ihr Passwort wurde geändert",
        vec![
            Block::Paragraph(format!(
                "Das Passwort Ihres Kontos bei {tenant} wurde geändert. Andere Geräte, die angemeldet \
                 waren, wurden abgemeldet."
            )),
            Block::Facts(vec![when(at), network_of(from)]),
            Block::Paragraph("Wenn Sie es waren, ist nichts zu tun.".to_owned()),
            Block::Paragraph(format!(
                "Wenn Sie es nicht waren, benutzt jemand anderes Ihr Konto. Gehen Sie selbst auf die \
                 Anmeldeseite von {tenant}, wählen Sie „Passwort vergessen“ und setzen Sie jetzt ein \
                 neues Passwort. Ändern Sie danach auch das Passwort Ihres E-Mail-Postfachs."
            )),
        ],
    )
}

pub(super) fn new_sign_in<'a>(tenant: &Plain, at: Timestamp, from: &str, agent: &str) -> Parts<'a> {
    (
        format!("Neue Anmeldung in Ihrem Konto bei {tenant}"),
        "Neue Anmeldung in Ihrem Konto",
        vec![
            Block::Paragraph(format!(
                "Jemand hat sich in Ihrem Konto bei {tenant} angemeldet, von einem Gerät, das wir noch \
                 nicht kennen."
            )),
            Block::Facts(vec![
                when(at),
                network_of(from),
                Fact { label: "Gerät, wie es sich selbst nennt", value: device(agent, "auf", "unbekannt") },
            ]),
            Block::Paragraph("Wenn Sie es waren, ist nichts zu tun.".to_owned()),
            Block::Paragraph(format!(
                "Wenn Sie es nicht waren, kennt jemand anderes Ihr Passwort. Gehen Sie selbst auf die \
                 Anmeldeseite von {tenant}, wählen Sie „Passwort vergessen“ und setzen Sie jetzt ein \
                 neues. Das meldet auch alle Geräte ab."
            )),
        ],
    )
}
