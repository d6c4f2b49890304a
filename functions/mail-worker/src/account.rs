//! What the owner of an account is told of it.

use latchkey::{
    domain::{
        Tenant, email,
        errand::{Errand, What},
        ids::UserId,
        mailbox::{FormerAddress, MailboxProof},
        purse::Purse,
        throttle::Backoff,
    },
    mail::{Letter, MailedCode},
    runtime::Parts,
    store::Due,
    tokens::{Bearer, Kind},
};

use crate::{
    decide::{Decision, Outgoing, Payment, broken, notice, notice_of_owners},
    links::{Page, link},
};

/// The notices: mailed to whom they name, and never dropped.
pub async fn notice_of(parts: &Parts, tenant: &Tenant, (due, errand): (&Due, &Errand)) -> Decision {
    let at = errand.created_at;
    // What these tell of has changed whose address it is, so they say themselves whose it was.
    let was_owners = match &errand.what {
        What::EmailChanged { unproven, .. } | What::AccountDeleted { unproven, .. } => Some(!unproven),
        What::EmailRestored { .. } => Some(true),
        _ => None,
    };
    let (user, address, letter, says) = match &errand.what {
        What::PasswordChanged { user_id, address, origin } => {
            let letter = Letter::PasswordChanged { at, network: origin.network.clone() };
            (user_id, address, letter, ("password_changed", [&*origin.network, &*origin.agent]))
        }
        What::FactorAttacked { user_id, address, method } => {
            let letter = Letter::FactorUnderAttack { method: *method, failures: Backoff::NOTICE };
            (user_id, address, letter, ("factor_attacked", [method.name(), ""]))
        }
        What::FactorChanged { user_id, address, method, change, origin } => {
            let network = origin.network.clone();
            let letter = Letter::FactorChanged { method: *method, change: *change, at, network };
            // Two keys that are added one after the other are two pieces of news.
            (user_id, address, letter, ("factor_changed", [due.errand_id(), ""]))
        }
        What::FactorsReset { user_id, address } => {
            (user_id, address, Letter::FactorsReset { at }, ("factors_reset", [due.errand_id(), ""]))
        }
        What::BackupCodeUsed { user_id, address, attempt, origin } => {
            let codes = parts.store.backup_codes(tenant.id, *user_id).await?;
            let left = codes.iter().filter(|code| code.spent_by.is_none()).count();
            let left = u32::try_from(left).unwrap_or(u32::MAX);
            let letter = Letter::BackupCodeUsed { left, at, network: origin.network.clone() };
            (user_id, address, letter, ("backup_code_used", [&**attempt, ""]))
        }
        What::EmailChanged { user_id, address, new_address, sealed_token, origin, .. } => {
            let opened = parts.factors_key()?.open(&due.place(), sealed_token).map_err(broken)?;
            let text = std::str::from_utf8(&opened).map_err(broken)?;
            let token = Bearer::parse(Kind::Undo, text).ok_or_else(|| broken("not an undo token"))?;
            let letter = Letter::EmailChanged {
                masked_new: email::masked(new_address),
                undo_link: link(&parts.base_url, tenant, Page::UndoEmail, Some(&token)).map_err(broken)?,
                days: u32::try_from(FormerAddress::DAYS).unwrap_or(7),
                at,
                network: origin.network.clone(),
            };
            (user_id, address, letter, ("email_changed", [due.errand_id(), ""]))
        }
        What::EmailRestored { user_id, address } => {
            (user_id, address, Letter::EmailRestored { at }, ("email_restored", [due.errand_id(), ""]))
        }
        What::AccountDeleted { user_id, address, by_administrator, .. } => {
            let by_owner = !by_administrator;
            let letter = if by_owner { Letter::AccountDeleted { at } } else { Letter::AccountRemoved { at } };
            (user_id, address, letter, ("account_deleted", ["", ""]))
        }
        // Decided elsewhere.
        What::ResetRequested { .. }
        | What::VerificationRequested { .. }
        | What::Code { .. }
        | What::SignedIn { .. }
        | What::Invited { .. }
        | What::AccountWithdrawn { .. }
        | What::AddressCode { .. } => return Ok(None),
    };
    let to = (*user, address.as_str());
    match was_owners {
        Some(was_owners) => notice_of_owners(parts, to, was_owners, letter, says).map(Some),
        None => notice(parts, tenant, to, letter, says).await,
    }
}

/// A code to a mailbox that a signed-in user says is theirs. Where it is not the account's yet, the mail
/// is paid as a stranger's.
pub async fn address_code(
    parts: &Parts,
    tenant: &Tenant,
    (user, address, own): (UserId, &str, bool),
    (place, sealed): (&str, &[u8]),
) -> Decision {
    if parts.store.user_state(tenant.id, user).await?.is_none() {
        return Ok(None);
    }
    let digits = parts.factors_key()?.open(place, sealed).map_err(broken)?;
    let digits = grouped(std::str::from_utf8(&digits).map_err(broken)?);
    let expires_in_minutes = u32::try_from(MailboxProof::MINUTES).unwrap_or(10);
    Ok(Some(Outgoing {
        to: address.to_owned(),
        letter: Letter::AddressCode { code: MailedCode::new(digits), expires_in_minutes },
        payment: if own { Payment::Purse(Purse::Code) } else { Payment::StrangerWithoutAccount },
        reset: None,
    }))
}

/// Many digits in groups of four, which are typed more easily.
fn grouped(digits: &str) -> String {
    if digits.len() <= 6 {
        return digits.to_owned();
    }
    let groups: Vec<_> =
        (0..digits.len()).step_by(4).filter_map(|at| digits.get(at..(at + 4).min(digits.len()))).collect();
    groups.join(" ")
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn long_codes_are_grouped() {
        assert_eq!(grouped("123456"), "123456");
        assert_eq!(grouped("123456789012"), "1234 5678 9012");
    }
}
