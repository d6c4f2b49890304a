//! The tenants' signing keys that this function has taken up.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use crate::{domain::Tenant, http::Problem, runtime::Parts, tokens::SigningKey};

/// Signing keys by their id, which names one key for ever.
#[derive(Default)]
pub struct Signers(Mutex<HashMap<String, SigningKey>>);

/// So many are kept.
const MOST: usize = 1024;

impl Signers {
    /// The key that the tenant signs with now.
    ///
    /// # Errors
    /// 500 where it is missing or does not open, 503 when the store cannot answer.
    pub async fn of(&self, tenant: &Tenant, parts: &Parts) -> Result<SigningKey, Problem> {
        let jwk = tenant.keys.signer(parts.clock.now());
        let jwk = jwk.ok_or_else(|| Problem::internal("a tenant without a signing key"))?;
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&jwk.kid).cloned();
        if let Some(key) = kept {
            return Ok(key);
        }
        let key = parts.store.signing_key(&tenant.slug, &jwk.kid, parts.signing_key()?).await?;
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if keys.len() >= MOST {
            keys.clear();
        }
        keys.insert(jwk.kid.clone(), key.clone());
        Ok(key)
    }
}
