//! A try that has been counted, on the handle and on the factor, before anything is compared.

use latchkey::{
    domain::{
        Fault, Tenant,
        factor::{BackupCode, Credential, Totp},
        handle::Handle,
        ids::{EventId, UserId},
    },
    http::{Code, Problem},
    runtime::Parts,
    store::{Failures, StoreError},
    tokens::Bearer,
};

use crate::asked::{Asked, Shown};

/// A try that may be made.
pub struct Counted {
    pub handle: Handle,
    pub failures: Failures,
    /// Which failure in a row on the factor it would be.
    pub in_a_row: u32,
    pub held: Held,
    /// Names the request where it spends something.
    pub attempt: String,
    /// Names the handle where a code is used: it opens one session at most, so a code that was used with it may be
    /// shown again with it, where the sign-in could not be completed.
    pub handle_hash: String,
}

/// What the shown proof is held against.
pub enum Held {
    /// A mailed code's MAC is on the handle.
    OnTheHandle,
    Totp(Option<Totp>),
    BackupCode(Option<BackupCode>),
    Credentials(Vec<Credential>),
}

impl Counted {
    /// Counts the try on the handle, sees that its user still stands as when the password was right, and
    /// then counts it on the factor. One after the other: tries on a handle that has none left would
    /// else take the factor's turns from those that do.
    pub async fn try_of(
        parts: &Parts,
        tenant: &Tenant,
        (token, user): (&Bearer, UserId),
        asked: &Asked,
    ) -> Result<Self, Problem> {
        let store = &parts.store;
        let (handle, state, held) = futures::try_join!(
            store.count_try(tenant.id, token),
            store.user_state(tenant.id, user),
            read(parts, tenant, user, &asked.shown),
        )?;
        let live = handle.zip(state).filter(|(handle, state)| handle.stands(state, tenant));
        let (handle, _) = live.ok_or(Code::MfaTokenInvalid)?;
        if !handle.methods.contains(&asked.method) {
            let fault = Fault::value("this method is not available for this sign-in");
            return Err(Problem::at_field("method", fault));
        }
        let (failures, verdict, in_a_row, held) = if let Held::Totp(_) = held {
            let (verdict, in_a_row, totp) = store.count_totp_failure(tenant.id, user).await?;
            (Failures::of_totp(tenant.id, user), verdict, in_a_row, Held::Totp(totp))
        } else {
            let failures = Failures::of_factor(tenant.id, user, asked.method.name());
            let (verdict, in_a_row) = store.count_failure(&failures).await?;
            (failures, verdict, in_a_row, held)
        };
        Problem::unless_allowed(verdict)?;
        let attempt = EventId::fresh(&*parts.clock, &*parts.entropy).to_string();
        Ok(Self { handle, failures, in_a_row, held, attempt, handle_hash: token.hash() })
    }
}

async fn read(parts: &Parts, tenant: &Tenant, user: UserId, shown: &Shown) -> Result<Held, StoreError> {
    let store = &parts.store;
    Ok(match shown {
        Shown::MailedCode(_) => Held::OnTheHandle,
        // The write that counts on it reads it.
        Shown::TotpCode(_) => Held::Totp(None),
        Shown::BackupCode(None) => Held::BackupCode(None),
        Shown::BackupCode(Some(code)) => {
            Held::BackupCode(store.backup_code(tenant.id, user, code.selector()).await?)
        }
        Shown::Assertion(..) => Held::Credentials(store.credentials(tenant.id, user).await?),
    })
}
