//! Public key credentials (WebAuthn Level 3): the ceremonies of one tenant's relying party.
//!
//! User verification is always demanded. The library's state stays on the server; it is used for
//! both kinds of sign-in in the form that names no credential, and the credential is the stored one
//! at the time of the answer.

use std::fmt;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;
use webauthn_rs::prelude::{
    Credential, DiscoverableAuthentication, DiscoverableKey, Passkey, PasskeyRegistration, Uuid, Webauthn,
    WebauthnBuilder, WebauthnError,
};

use crate::domain::{Tenant, ids::UserId, session::Holding, settings::Origin};

pub use webauthn_rs::prelude::{
    PublicKeyCredential as Assertion, RegisterPublicKeyCredential as Attestation,
};

/// One tenant's relying party.
pub struct RelyingParty(Webauthn);

/// A public key credential, with what we have to know of it.
#[derive(Debug, Clone)]
pub struct StoredPasskey(Passkey);

/// A credential that an authenticator has made.
#[derive(Debug)]
pub struct Registered {
    pub passkey: StoredPasskey,
    pub holding: Holding,
    pub counter: u32,
    pub transports: Vec<String>,
    pub discoverable: Option<bool>,
}

/// An assertion that verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asserted {
    pub counter: u32,
    pub holding: Holding,
}

/// Why an answer does not count. One answer for the caller; the reason is for the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The signature is right and its counter is not above the last one: there may be two of the
    /// authenticator (WebAuthn Level 3 §6.1.1).
    #[error("the signature counter did not rise")]
    CounterFell,
    #[error("{0}")]
    Wrong(String),
}

/// A state or credential of ours that does not read: a mistake or damage.
#[derive(Debug, Clone, thiserror::Error)]
#[error("WebAuthn: {0}")]
pub struct Broken(String);

/// What the library makes of a transport that it does not know.
const UNKNOWN_TRANSPORT: &str = "unknown";

/// WebAuthn Level 3 §7.1 step 25.
const LONGEST_ID: usize = 1023;

impl RelyingParty {
    /// The tenant's relying party: its `relying_party.id`, or the host of the base URL; and those of
    /// its origins that lie under it. `None` where there is no such origin.
    #[must_use]
    pub fn of(tenant: &Tenant, base_url: &str) -> Option<Self> {
        let base_host = Url::parse(base_url).ok().and_then(|base| base.domain().map(str::to_owned));
        let settings = &tenant.settings;
        let id = settings.relying_party.id.clone().or(base_host)?;
        let under = |origin: &Origin| origin.lies_under(&id);
        let own = Origin::parse(base_url).ok().filter(under);
        let mut origins = settings
            .origins
            .iter()
            .filter(|origin| under(origin))
            .chain(own.iter())
            .filter_map(|origin| Url::parse(origin.as_str()).ok());
        let first = origins.next()?;
        let mut builder = WebauthnBuilder::new(&id, &first).ok()?;
        for origin in origins {
            builder = builder.append_allowed_origin(&origin);
        }
        let name = settings.relying_party.name.as_deref().unwrap_or(tenant.name());
        builder.rp_name(name).build().ok().map(Self)
    }

    /// Whether the hosted pages, at the base URL, are of the tenant's relying party.
    #[must_use]
    pub fn takes_hosted_pages(tenant: &Tenant, base_url: &str) -> bool {
        let own = Origin::parse(base_url).ok().filter(|own| match &tenant.settings.relying_party.id {
            Some(id) => own.lies_under(id),
            None => true,
        });
        own.is_some() && Self::of(tenant, base_url).is_some()
    }

    /// Options for `navigator.credentials.create()`, and the state to keep. A credential that is
    /// found without a user name is asked for, not demanded.
    ///
    /// # Errors
    /// [`Broken`].
    pub fn begin_registration(
        &self,
        user: UserId,
        (name, display_name): (&str, &str),
        existing: &[StoredPasskey],
    ) -> Result<(Value, String), Broken> {
        let exclude = existing.iter().map(|passkey| passkey.0.cred_id().clone()).collect();
        let (options, state) = self
            .0
            .start_passkey_registration(Uuid::from_bytes(user.to_bytes()), name, display_name, Some(exclude))
            .map_err(broken)?;
        let mut options = options_of(&options)?;
        options["authenticatorSelection"]["residentKey"] = "preferred".into();
        Ok((options, serde_json::to_string(&state).map_err(broken)?))
    }

    /// # Errors
    /// [`Refused`].
    pub fn finish_registration(&self, answer: &Attestation, state: &str) -> Result<Registered, Refused> {
        let state: PasskeyRegistration = serde_json::from_str(state).map_err(wrong)?;
        check_client_data(&answer.response.client_data_json)?;
        let passkey = self.0.finish_passkey_registration(answer, &state).map_err(wrong)?;
        if passkey.cred_id().len() > LONGEST_ID {
            return Err(Refused::Wrong("a credential id of more than 1023 bytes".to_owned()));
        }
        let credential = Credential::from(passkey.clone());
        // The library keeps only what an attestation vouches for; as a hint the browser's word will do.
        let transports = serde_json::to_value(&answer.response.transports).map_err(wrong)?;
        Ok(Registered {
            holding: holding(credential.backup_eligible),
            counter: credential.counter,
            transports: serde_json::from_value::<Vec<String>>(transports)
                .unwrap_or_default()
                .into_iter()
                .filter(|transport| transport != UNKNOWN_TRANSPORT)
                .collect(),
            discoverable: answer.extensions.cred_props.as_ref().and_then(|props| props.rk),
            passkey: StoredPasskey(passkey),
        })
    }

    /// Options for `navigator.credentials.get()`, and the state to keep. Without `allowed` the
    /// authenticator finds a discoverable credential by itself.
    ///
    /// # Errors
    /// [`Broken`].
    pub fn begin_authentication(
        &self,
        allowed: &[(StoredPasskey, &[String])],
    ) -> Result<(Value, String), Broken> {
        let (options, state) = self.0.start_discoverable_authentication().map_err(broken)?;
        let mut options = options_of(&options)?;
        options["allowCredentials"] =
            allowed.iter().map(|(passkey, transports)| passkey.descriptor(transports)).collect();
        Ok((options, serde_json::to_string(&state).map_err(broken)?))
    }

    /// Whether an answer proves the possession of this user's credential, whose last counter is given.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn finish_authentication(
        &self,
        answer: &Assertion,
        state: &str,
        user: UserId,
        (passkey, counter): (StoredPasskey, u32),
    ) -> Result<Asserted, Refused> {
        let state: DiscoverableAuthentication = serde_json::from_str(state).map_err(wrong)?;
        check_client_data(&answer.response.client_data_json)?;
        if user_of(answer).is_some_and(|named| named != Some(user)) {
            return Err(Refused::Wrong("a user handle of another user".to_owned()));
        }
        let mut credential = Credential::from(passkey.0);
        credential.counter = counter;
        let key = DiscoverableKey::from(Passkey::from(credential));
        match self.0.finish_discoverable_authentication_v2(answer, state, &key) {
            Ok(result) => {
                Ok(Asserted { counter: result.counter(), holding: holding(result.backup_eligible()) })
            }
            Err(WebauthnError::CredentialPossibleCompromise) => Err(Refused::CounterFell),
            Err(error) => Err(wrong(error)),
        }
    }
}

impl StoredPasskey {
    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    ///
    /// # Errors
    /// [`Broken`].
    pub fn of_bytes(bytes: &[u8]) -> Result<Self, Broken> {
        serde_json::from_slice(bytes).map(Self).map_err(broken)
    }

    /// # Errors
    /// [`Broken`].
    pub fn to_bytes(&self) -> Result<Vec<u8>, Broken> {
        serde_json::to_vec(&self.0).map_err(broken)
    }

    /// Whether an answer names this credential.
    #[must_use]
    pub fn is_named_by(&self, answer: &Assertion) -> bool {
        self.0.cred_id().as_slice() == answer.get_credential_id()
    }

    /// `PublicKeyCredentialDescriptorJSON`.
    fn descriptor(&self, transports: &[String]) -> Value {
        let mut descriptor =
            json!({ "type": "public-key", "id": BASE64_URL_SAFE_NO_PAD.encode(self.0.cred_id()) });
        if !transports.is_empty() {
            descriptor["transports"] = json!(transports);
        }
        descriptor
    }
}

/// The user that an answer's user handle names: `None` without one, `Some(None)` for one that is
/// nobody's.
#[must_use]
pub fn user_of(answer: &Assertion) -> Option<Option<UserId>> {
    answer.get_user_unique_id().map(|handle| handle.try_into().ok().map(UserId::from_bytes))
}

fn holding(backup_eligible: bool) -> Holding {
    if backup_eligible { Holding::Synced } else { Holding::Bound }
}

#[derive(Deserialize)]
struct ClientData {
    #[serde(rename = "crossOrigin", default)]
    cross_origin: bool,
    #[serde(rename = "topOrigin", default)]
    top_origin: Option<String>,
}

/// The library looks at type, challenge and origin; a page of ours is in nobody's frame (WebAuthn
/// Level 3 §7.2 steps 13 and 14).
fn check_client_data(json: &[u8]) -> Result<(), Refused> {
    let data: ClientData = serde_json::from_slice(json).map_err(wrong)?;
    if data.cross_origin || data.top_origin.is_some() {
        return Err(Refused::Wrong("made in a frame of another origin".to_owned()));
    }
    Ok(())
}

fn options_of(options: &impl serde::Serialize) -> Result<Value, Broken> {
    serde_json::to_value(options).map(|mut value| value["publicKey"].take()).map_err(broken)
}

fn wrong(error: impl fmt::Display) -> Refused {
    Refused::Wrong(error.to_string())
}

fn broken(error: impl fmt::Display) -> Broken {
    Broken(error.to_string())
}

#[cfg(test)]
mod tests;
