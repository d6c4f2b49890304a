//! Italian.

mod account;
mod factors;
mod invitation;
mod sign_in;

use jiff::{Timestamp, tz::TimeZone};

use super::{Block, Fact, Words, network};
use crate::mail::{
    letter::{Letter, Link},
    plain::Plain,
};

/// What the owner does who did it.
const NOTHING_TO_DO: &str = "Se era lei, non deve fare nulla.";

pub(super) fn words<'a>(letter: &'a Letter, tenant: &Plain, answered: bool) -> Words<'a> {
    let (subject, heading, blocks) = match letter {
        Letter::VerifyAddress { link, expires_in_hours } => {
            account::verify_address(tenant, link, *expires_in_hours)
        }
        Letter::AccountExists { reset_link } => account::account_exists(tenant, reset_link),
        Letter::ResetPassword { link, expires_in_minutes } => {
            sign_in::reset_password(tenant, link, *expires_in_minutes)
        }
        Letter::Code { code, expires_in_minutes } => sign_in::mailed_code(tenant, code, *expires_in_minutes),
        Letter::PasswordChanged { at, network } => sign_in::password_changed(tenant, *at, network),
        Letter::NewSignIn { at, network, agent } => sign_in::new_sign_in(tenant, *at, network, agent),
        Letter::FactorUnderAttack { method, failures } => {
            factors::factor_under_attack(tenant, *method, *failures)
        }
        Letter::FactorChanged { method, change, at, network } => {
            factors::factor_changed(tenant, *method, *change, *at, network)
        }
        Letter::FactorsReset { at } => factors::factors_reset(tenant, *at),
        Letter::BackupCodeUsed { left, at, network } => {
            factors::backup_code_used(tenant, *left, *at, network)
        }
        Letter::AddressCode { code, expires_in_minutes } => {
            account::address_code(tenant, code, *expires_in_minutes)
        }
        Letter::EmailChanged { masked_new, undo_link, days, at, network } => {
            let facts = vec![address_of(masked_new), when(*at), network_of(network)];
            account::email_changed(tenant, facts, undo_link, *days)
        }
        Letter::EmailRestored { at } => account::email_restored(tenant, *at),
        Letter::AccountDeleted { at } => account::account_deleted(tenant, *at),
        Letter::AccountRemoved { at } => invitation::account_removed(tenant, *at),
        Letter::Invited { link, expires_in_days } => invitation::invited(tenant, link, *expires_in_days),
    };
    let answers = if answered {
        format!("Le risposte arrivano a {tenant}.")
    } else {
        "Le risposte non vengono lette.".to_owned()
    };
    let footer = format!("Questa e-mail è stata inviata automaticamente per conto di {tenant}. {answers}");
    Words { subject, heading: heading.into(), blocks, footer, colon: ":" }
}

type Parts<'a> = (String, &'static str, Vec<Block<'a>>);

fn action<'a>(label: &'static str, link: &'a Link) -> Block<'a> {
    Block::Action { label: label.into(), link, written_out: "Oppure copi questo link nel browser:" }
}

fn when(at: Timestamp) -> Fact {
    const MONTHS: [&str; 12] = [
        "gennaio",
        "febbraio",
        "marzo",
        "aprile",
        "maggio",
        "giugno",
        "luglio",
        "agosto",
        "settembre",
        "ottobre",
        "novembre",
        "dicembre",
    ];
    let at = at.to_zoned_datetime(TimeZone::UTC).datetime();
    let month = usize::try_from(at.month() - 1).ok().and_then(|index| MONTHS.get(index)).unwrap_or(&"");
    let (day, year, hour, minute) = (at.day(), at.year(), at.hour(), at.minute());
    let day = if day == 1 { "1º".to_owned() } else { day.to_string() };
    let value = format!("{day} {month} {year}, ore {hour:02}:{minute:02} UTC");
    Fact { label: "Quando", value }
}

/// A masked address. What is left of the address is still somebody else's text.
fn address_of(masked: &str) -> Fact {
    Fact { label: "Nuovo indirizzo", value: Plain::of(masked).or("sconosciuto").to_string() }
}

fn network_of(text: &str) -> Fact {
    Fact { label: "Indirizzo di rete", value: network(text, "sconosciuto") }
}

/// `one` is the whole phrase for one.
fn counted(n: u32, one: &str, many: &str) -> String {
    if n == 1 { one.to_owned() } else { format!("{n} {many}") }
}

/// Where the owner goes for another password, by a way of their own and not by a link.
fn forgotten(tenant: &Plain) -> String {
    format!(
        "Apra autonomamente la pagina di accesso di {tenant}, scelga «Password dimenticata» e imposti subito \
     una nuova password"
    )
}
