//! German.

use jiff::{Timestamp, tz::TimeZone};

use super::{Block, Fact, Words, device, network};
use crate::{
    domain::settings::Method,
    mail::{
        letter::{Letter, Link, MailedCode},
        plain::Plain,
    },
};

pub(super) fn words<'a>(letter: &'a Letter, tenant: &Plain, answered: bool) -> Words<'a> {
    let (subject, heading, blocks) = match letter {
        Letter::VerifyAddress { link, expires_in_hours } => verify_address(tenant, link, *expires_in_hours),
        Letter::AccountExists { reset_link } => account_exists(tenant, reset_link),
        Letter::ResetPassword { link, expires_in_minutes } => {
            reset_password(tenant, link, *expires_in_minutes)
        }
        Letter::Code { code, expires_in_minutes } => mailed_code(tenant, code, *expires_in_minutes),
        Letter::PasswordChanged { at, network } => password_changed(tenant, *at, network),
        Letter::NewSignIn { at, network, agent } => new_sign_in(tenant, *at, network, agent),
        Letter::FactorUnderAttack { method, failures } => factor_under_attack(tenant, *method, *failures),
    };
    let answers = if answered {
        format!("Antworten gehen an {tenant}.")
    } else {
        "Antworten werden nicht gelesen.".to_owned()
    };
    let footer = format!("Diese E-Mail wurde automatisch für {tenant} verschickt. {answers}");
    Words { subject, heading, blocks, footer }
}

type Parts<'a> = (String, &'static str, Vec<Block<'a>>);

fn verify_address<'a>(tenant: &Plain, link: &'a Link, hours: u32) -> Parts<'a> {
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

fn account_exists<'a>(tenant: &Plain, link: &'a Link) -> Parts<'a> {
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

fn reset_password<'a>(tenant: &Plain, link: &'a Link, minutes: u32) -> Parts<'a> {
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

fn mailed_code<'a>(tenant: &Plain, code: &'a MailedCode, minutes: u32) -> Parts<'a> {
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

fn password_changed<'a>(tenant: &Plain, at: Timestamp, from: &str) -> Parts<'a> {
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

fn new_sign_in<'a>(tenant: &Plain, at: Timestamp, from: &str, agent: &str) -> Parts<'a> {
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

fn factor_under_attack<'a>(tenant: &Plain, method: Method, failures: u32) -> Parts<'a> {
    let times = if failures == 1 { "einmal".to_owned() } else { format!("{failures}-mal") };
    let factor = match method {
        Method::Totp => "der Code aus Ihrer Authenticator-App",
        Method::Webauthn => "Ihr Passkey oder Sicherheitsschlüssel",
        Method::Email => "der Code, den wir Ihnen per E-Mail schicken",
        Method::BackupCode => "ein Backup-Code",
    };
    (
        format!("Jemand kennt vielleicht Ihr Passwort bei {tenant}"),
        "Jemand kennt vielleicht Ihr Passwort",
        vec![
            Block::Paragraph(format!(
                "Der zweite Schritt der Anmeldung in Ihrem Konto bei {tenant} ist {times} \
                 hintereinander fehlgeschlagen. Gefragt war {factor}. Danach wird nur gefragt, wenn \
                 das Passwort stimmt."
            )),
            Block::Paragraph("Keiner dieser Versuche ist in Ihr Konto gelangt.".to_owned()),
            Block::Paragraph("Wenn Sie es waren, ist nichts zu tun.".to_owned()),
            Block::Paragraph(format!(
                "Wenn Sie es nicht waren, kennt jemand anderes Ihr Passwort. Gehen Sie selbst auf die \
                 Anmeldeseite von {tenant}, wählen Sie „Passwort vergessen“ und setzen Sie jetzt ein \
                 neues, das Sie nirgends sonst verwenden."
            )),
        ],
    )
}

fn action<'a>(label: &'static str, link: &'a Link) -> Block<'a> {
    Block::Action { label, link, written_out: "Oder kopieren Sie diesen Link in Ihren Browser:" }
}

fn when(at: Timestamp) -> Fact {
    const MONTHS: [&str; 12] = [
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ];
    let at = at.to_zoned_datetime(TimeZone::UTC).datetime();
    let month = usize::try_from(at.month() - 1).ok().and_then(|index| MONTHS.get(index)).unwrap_or(&"");
    let value = format!("{}. {month} {}, {:02}:{:02} Uhr UTC", at.day(), at.year(), at.hour(), at.minute());
    Fact { label: "Wann", value }
}

fn network_of(text: &str) -> Fact {
    Fact { label: "Netzwerkadresse", value: network(text, "unbekannt") }
}

/// `one` is the whole phrase for one, in the case that the sentence asks for.
fn counted(n: u32, one: &str, many: &str) -> String {
    if n == 1 { one.to_owned() } else { format!("{n} {many}") }
}
