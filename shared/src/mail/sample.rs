//! Letters of no meaning, to look at and to rehearse with.

use jiff::Timestamp;

use super::letter::{Letter, Link, MailedCode};
use crate::domain::{MailKind, errand::FactorChange, settings::Method};

/// The code of a sample.
pub const CODE: &str = "123456";

const NETWORK: &str = "192.0.2.7";
const MASKED: &str = "a•••@e•••.com";
const AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0";

/// The letters of a kind that differ in their words; one at least. `at` is when what they tell of happened.
#[must_use]
pub fn letters(kind: MailKind, link: &Link, at: Timestamp) -> Vec<Letter> {
    let link = || link.clone();
    let network = || NETWORK.to_owned();
    let changed = |change: FactorChange| {
        let of = |method| Letter::FactorChanged { method, change, at, network: network() };
        Method::ALL.map(of).to_vec()
    };
    match kind {
        MailKind::VerifyAddress => vec![Letter::VerifyAddress { link: link(), expires_in_hours: 24 }],
        MailKind::AccountExists => vec![Letter::AccountExists { reset_link: link() }],
        MailKind::ResetPassword => vec![Letter::ResetPassword { link: link(), expires_in_minutes: 60 }],
        MailKind::Code => vec![Letter::Code { code: MailedCode::new(CODE), expires_in_minutes: 5 }],
        MailKind::AddressCode => {
            vec![Letter::AddressCode { code: MailedCode::new(CODE), expires_in_minutes: 10 }]
        }
        MailKind::PasswordChanged => vec![Letter::PasswordChanged { at, network: network() }],
        MailKind::NewSignIn => vec![Letter::NewSignIn { at, network: network(), agent: AGENT.to_owned() }],
        MailKind::FactorUnderAttack => {
            Method::ALL.map(|method| Letter::FactorUnderAttack { method, failures: 10 }).to_vec()
        }
        MailKind::FactorAdded => changed(FactorChange::Added),
        MailKind::FactorRemoved => changed(FactorChange::Removed),
        MailKind::FactorReplaced => changed(FactorChange::Replaced),
        MailKind::FactorsReset => vec![Letter::FactorsReset { at }],
        MailKind::BackupCodeUsed => {
            [9, 1, 0].map(|left| Letter::BackupCodeUsed { left, at, network: network() }).to_vec()
        }
        MailKind::EmailChanged => vec![Letter::EmailChanged {
            masked_new: MASKED.to_owned(),
            undo_link: link(),
            days: 7,
            at,
            network: network(),
        }],
        MailKind::EmailRestored => vec![Letter::EmailRestored { at }],
        MailKind::AccountDeleted => vec![Letter::AccountDeleted { at }],
        MailKind::AccountRemoved => vec![Letter::AccountRemoved { at }],
        MailKind::Invited => vec![Letter::Invited { link: link(), expires_in_days: 7 }],
    }
}
