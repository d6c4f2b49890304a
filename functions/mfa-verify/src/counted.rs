//! A try that has been counted, on the handle and on the factor, before anything is compared.

use latchkey::{
    domain::{
        Fault, Tenant,
        factor::{BackupCode, Credential, Totp},
        handle::Handle,
        ids::{EventId, UserId},
        throttle::Verdict,
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
}

/// What the shown proof is held against; read beside the counts.
pub enum Held {
    /// A mailed code's MAC is on the handle.
    OnTheHandle,
    Totp(Option<Totp>),
    BackupCode(Option<BackupCode>),
    Credentials(Vec<Credential>),
}

impl Counted {
    /// Counts the try, and sees that the handle's user still stands as when the password was right.
    pub async fn try_of(
        parts: &Parts,
        tenant: &Tenant,
        (token, user): (&Bearer, UserId),
        asked: &Asked,
    ) -> Result<Self, Problem> {
        let store = &parts.store;
        let attempt = EventId::fresh(&*parts.clock, &*parts.entropy).to_string();
        let failures = match asked.shown {
            Shown::TotpCode(_) => Failures::of_totp(tenant.id, user),
            _ => Failures::of_factor(tenant.id, user, asked.method.name()),
        };
        let (handle, (verdict, in_a_row, held), state) = futures::try_join!(
            store.count_try(tenant.id, token),
            count_on_factor(parts, tenant, user, (&asked.shown, &failures)),
            store.user_state(tenant.id, user),
        )?;
        let live = handle.zip(state).filter(|(handle, state)| handle.stands(state, tenant));
        let Some((handle, _)) = live else {
            // Nothing was compared: a dead handle is no try at the factor.
            if verdict == Verdict::Allowed {
                store.uncount_failure(&failures).await?;
            }
            return Err(Code::MfaTokenInvalid.into());
        };
        if !handle.methods.contains(&asked.method) {
            // Nor is one that is not asked for: nobody closes a factor that its owner has yet to enrol.
            if verdict == Verdict::Allowed {
                store.uncount_failure(&failures).await?;
            }
            let fault = Fault::value("this method is not available for this sign-in");
            return Err(Problem::at_field("method", fault));
        }
        Problem::unless_allowed(verdict)?;
        Ok(Self { handle, failures, in_a_row, held, attempt })
    }
}

async fn count_on_factor(
    parts: &Parts,
    tenant: &Tenant,
    user: UserId,
    (shown, failures): (&Shown, &Failures),
) -> Result<(Verdict, u32, Held), StoreError> {
    let store = &parts.store;
    Ok(match shown {
        Shown::TotpCode(_) => {
            let (verdict, in_a_row, totp) = store.count_totp_failure(tenant.id, user).await?;
            (verdict, in_a_row, Held::Totp(totp))
        }
        Shown::MailedCode(_) => {
            let (verdict, in_a_row) = store.count_failure(failures).await?;
            (verdict, in_a_row, Held::OnTheHandle)
        }
        Shown::BackupCode(code) => {
            let stored = async {
                match code {
                    Some(code) => store.backup_code(tenant.id, user, code.selector()).await,
                    None => Ok(None),
                }
            };
            let ((verdict, in_a_row), stored) = futures::try_join!(store.count_failure(failures), stored)?;
            (verdict, in_a_row, Held::BackupCode(stored))
        }
        Shown::Assertion(..) => {
            let ((verdict, in_a_row), credentials) =
                futures::try_join!(store.count_failure(failures), store.credentials(tenant.id, user))?;
            (verdict, in_a_row, Held::Credentials(credentials))
        }
    })
}
