//! English.

mod account;
mod factors;
mod invitation;
mod sign_in;

use jiff::Timestamp;

use super::{Block, Fact, Words, network};
use crate::mail::{
    letter::{Letter, Link},
    plain::Plain,
};

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
    let answers =
        if answered { format!("Replies go to {tenant}.") } else { "Replies are not read.".to_owned() };
    let footer = format!("This mail was sent automatically for {tenant}. {answers}");
    Words { subject, heading: heading.into(), blocks, footer, colon: ":" }
}

type Parts<'a> = (String, &'static str, Vec<Block<'a>>);

fn action<'a>(label: &'static str, link: &'a Link) -> Block<'a> {
    Block::Action { label: label.into(), link, written_out: "Or copy this link into your browser:" }
}

fn when(at: Timestamp) -> Fact {
    Fact { label: "When", value: at.strftime("%-d %B %Y, %H:%M UTC").to_string() }
}

/// A masked address. What is left of the address is still somebody else's text.
fn address_of(masked: &str) -> Fact {
    Fact { label: "New address", value: Plain::of(masked).or("unknown").to_string() }
}

fn network_of(text: &str) -> Fact {
    Fact { label: "Network address", value: network(text, "unknown") }
}

fn counted(n: u32, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}
