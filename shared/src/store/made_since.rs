//! What was enrolled since an instant.

use jiff::Timestamp;

use super::{Store, StoreError, keys::Key};
use crate::domain::{
    ids::{TenantId, UserId},
    mfa,
    settings::Method,
};

/// The factors that were enrolled since an instant.
#[derive(Debug)]
pub struct MadeSince {
    pub(super) keys: Vec<Key>,
    /// The kinds that were there before.
    pub left: Vec<Method>,
}

impl Store {
    /// Parts a user's factors into those of since an instant and those of before.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot answer.
    pub async fn factors_since(
        &self,
        tenant: TenantId,
        user: UserId,
        since: Timestamp,
    ) -> Result<MadeSince, StoreError> {
        let (totp, credentials, codes) = futures::try_join!(
            self.totp(tenant, user),
            self.credentials(tenant, user),
            self.backup_codes(tenant, user),
        )?;
        let totp = totp.iter().map(|totp| (Method::Totp, totp.created_at, Key::totp(tenant, user)));
        let credentials = credentials.iter().map(|credential| {
            let key = Key::credential(tenant, user, credential.factor_id);
            (Method::Webauthn, credential.created_at, key)
        });
        let codes = codes.iter().map(|code| {
            (Method::BackupCode, code.created_at, Key::backup_code(tenant, user, &code.selector))
        });
        let mut parted = MadeSince { keys: Vec::new(), left: Vec::new() };
        for (method, created_at, key) in totp.chain(credentials).chain(codes) {
            // Backup codes come last, and stand in for a strong factor: they go with the last one.
            let alone = method == Method::BackupCode && !parted.left.iter().copied().any(mfa::is_strong);
            if created_at >= since || alone {
                parted.keys.push(key);
            } else {
                parted.left = mfa::with(&parted.left, method);
            }
        }
        Ok(parted)
    }
}
