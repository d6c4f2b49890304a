//! Invitations: an account that an administrator makes, and whose password its owner chooses.
//!
//! The link that is mailed is a reset's: it proves the address, works once, and dies with the user's epoch.

use jiff::SignedDuration;

use super::{
    AdministrationError, Administrator,
    administrator::Deed,
    user::{self, NewPerson, Taken},
};
use crate::{
    domain::{
        Tenant,
        errand::{Errand, What},
        event::Kind,
        ids::UserId,
        user::{Epoch, Login, UserStatus},
    },
    runtime::Parts,
};

/// Makes a user without a password, and has them mailed a link to choose one by.
///
/// # Errors
/// As [`user::create`]'s.
pub async fn invite(
    by: &Administrator,
    tenant: &Tenant,
    person: NewPerson,
) -> Result<UserId, AdministrationError> {
    let email = person.email.clone();
    let person = NewPerson { password: None, verified: false, ..person };
    let user_id = user::create(by, tenant, person).await?;
    let login = waiting(&by.parts, tenant, &email).await?;
    mail(by, tenant, &login, login.epoch).await?;
    Ok(user_id)
}

/// Has another link mailed; the older one is dead.
///
/// # Errors
/// [`AdministrationError::NoUser`]; [`AdministrationError::NoInvitation`] for who has a password or a proven address; the store's.
pub async fn resend(by: &Administrator, tenant: &Tenant, named: &str) -> Result<UserId, AdministrationError> {
    let parts = &by.parts;
    let login = waiting(parts, tenant, named).await?;
    let moved = parts.store.move_epoch(tenant.id, login.user_id, |standing| standing).await?;
    let moved = moved.ok_or_else(|| AdministrationError::NoUser(named.to_owned()))?;
    mail(by, tenant, &login, moved.epoch).await?;
    Ok(login.user_id)
}

/// Takes an invitation back: the user goes, whose link is dead and whose address is free.
///
/// # Errors
/// As [`resend`]'s; [`AdministrationError::Overtaken`] where it is accepted at the same moment.
pub async fn withdraw(
    by: &Administrator,
    tenant: &Tenant,
    named: &str,
) -> Result<UserId, AdministrationError> {
    let login = waiting(&by.parts, tenant, named).await?;
    let what = What::AccountWithdrawn { user_id: login.user_id };
    user::take(by, tenant, (&login, named), Taken::Account, (what, Kind::InvitationWithdrawn)).await?;
    Ok(login.user_id)
}

/// Who has been invited and has not chosen a password yet.
async fn waiting(parts: &Parts, tenant: &Tenant, named: &str) -> Result<Login, AdministrationError> {
    let login = user::login(parts, tenant, named).await?;
    if login.standing != UserStatus::Unverified || login.sealed_hash.is_some() {
        return Err(AdministrationError::NoInvitation(named.to_owned()));
    }
    Ok(login)
}

async fn mail(
    by: &Administrator,
    tenant: &Tenant,
    login: &Login,
    epoch: Epoch,
) -> Result<(), AdministrationError> {
    let parts = &by.parts;
    let now = parts.clock.now();
    let life = SignedDuration::from_hours(24 * i64::from(tenant.settings.invitation_days));
    let what = What::Invited { user_id: login.user_id, email_key: login.email_key.clone(), epoch };
    let errand = Errand::by(tenant, what, now, now.saturating_add(life).unwrap_or(now));
    parts.store.queue(&parts.store.new_errand(), &errand).await?;
    by.record(tenant, Kind::UserInvited, Deed::to(login.user_id)).await
}
