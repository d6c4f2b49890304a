//! An invitation: a reset that lives longer and has words of its own.

use latchkey::{
    domain::{EmailKey, Tenant, errand::Errand, ids::UserId, registration::Reset, user::Epoch},
    mail::Letter,
    runtime::Parts,
    store::Due,
};

use crate::{
    decide::{Decision, Outgoing, Payment, broken, reset_token},
    links::{Page, link},
};

/// A link to choose a password by, unless there was news since: another invitation, a password, the end of the
/// account. An administrator asked for it, so no stranger's mails stand in its way.
pub async fn invited(
    parts: &Parts,
    tenant: &Tenant,
    (due, errand): (&Due, &Errand),
    (user, email, epoch): (UserId, &EmailKey, Epoch),
) -> Decision {
    let Some(login) = parts.store.login(tenant.id, email).await? else { return Ok(None) };
    if login.user_id != user || login.epoch != epoch || login.standing.is_suspended() {
        return Ok(None);
    }
    let token = reset_token(parts, tenant, due, email)?;
    let link = link(&parts.base_url, tenant, Page::Invite, Some(&token)).map_err(broken)?;
    // To the nearest day, as most will open it soon.
    let left = errand.mail_by.duration_since(parts.clock.now()).as_hours();
    let expires_in_days = u32::try_from((left + 12) / 24).unwrap_or(1).max(1);
    let reset = Reset {
        user_id: user,
        email_key: login.email_key,
        address: login.address.clone(),
        epoch,
        redirect_uri: None,
        created_at: errand.created_at,
        expires_at: errand.mail_by,
    };
    Ok(Some(Outgoing {
        to: login.address,
        letter: Letter::Invited { link, expires_in_days },
        payment: Payment::Notice { user, kind: format!("invited {}", due.errand_id()) },
        reset: Some(Box::new((token, reset))),
    }))
}
