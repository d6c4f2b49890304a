//! Data keys that KMS has wrapped.

use std::sync::LazyLock;

use aws_sdk_kms::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    operation::decrypt::DecryptError,
    primitives::Blob,
};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use zeroize::Zeroizing;

use crate::keys::{DataKey, DataKeys, KeyRing, KeyRings, Purpose};

/// The entry of the encryption context that says what a key is for: one that was wrapped for another
/// purpose is not unwrapped, and a role can be given one without the others.
pub const CONTEXT: &str = "purpose";

/// Why a data key is not unwrapped. Names the variable and KMS's code, never a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{variable} holds a key that is not unwrapped: {cause}")]
pub struct UnwrapFault {
    variable: &'static str,
    cause: String,
}

/// The data keys of these rings. KMS is called once for each wrapped key, side by side; where there is
/// none, not even `client` is.
pub(super) async fn unwrapped(
    rings: KeyRings,
    client: impl FnOnce() -> Result<Client, String> + Send,
) -> Result<DataKeys, UnwrapFault> {
    let client = LazyLock::new(client);
    let unwrap = async |purpose: Purpose, ring: Option<KeyRing>| -> Result<Option<DataKey>, UnwrapFault> {
        let Some(ring) = ring else { return Ok(None) };
        let opened = ring.unwrapped(async |wrapped| {
            let opened = match &*client {
                Ok(client) => decrypt(client, purpose, wrapped).await,
                Err(cause) => Err(cause.clone()),
            };
            opened.map_err(|cause| UnwrapFault { variable: purpose.variable(), cause })
        });
        opened.await.map(Some)
    };
    let (passwords, factors, signing) = futures::try_join!(
        unwrap(Purpose::Passwords, rings.passwords),
        unwrap(Purpose::Factors, rings.factors),
        unwrap(Purpose::Signing, rings.signing),
    )?;
    Ok(DataKeys { passwords, factors, signing })
}

async fn decrypt(client: &Client, purpose: Purpose, wrapped: Vec<u8>) -> Result<Zeroizing<[u8; 32]>, String> {
    let answer = client
        .decrypt()
        .ciphertext_blob(Blob::new(wrapped))
        .encryption_context(CONTEXT, purpose.name())
        .send()
        .await
        .map_err(|error| cause(&error))?;
    let plain = Zeroizing::new(answer.plaintext.map(Blob::into_inner).unwrap_or_default());
    let key = <[u8; 32]>::try_from(plain.as_slice()).map_err(|_| "it is not 32 bytes long")?;
    Ok(Zeroizing::new(key))
}

/// KMS's own messages are left out: they quote keys and roles.
fn cause(error: &SdkError<DecryptError, HttpResponse>) -> String {
    match error {
        SdkError::ServiceError(service) => {
            let code = service.err().code().unwrap_or("unknown");
            format!("KMS: {} {code}", service.raw().status().as_u16())
        }
        SdkError::TimeoutError(_) => "KMS: no answer in time".to_owned(),
        SdkError::DispatchFailure(failure) if failure.is_timeout() => "KMS: no answer in time".to_owned(),
        SdkError::DispatchFailure(_) => "KMS: no connection".to_owned(),
        _ => "KMS: the answer was cut off".to_owned(),
    }
}

#[cfg(test)]
mod tests;
