//! Ids: a prefix per kind and a ULID, such as `usr_01JD…`.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use ulid::{ULID_LEN, Ulid};

use super::{Clock, Entropy};

/// A fresh ULID of this instant.
pub fn ulid(clock: &dyn Clock, entropy: &dyn Entropy) -> Ulid {
    let millis = u64::try_from(clock.now().as_millisecond()).unwrap_or(0);
    Ulid::from_parts(millis, u128::from_be_bytes(entropy.bytes()))
}

/// The text is not an id of this kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id of this kind")]
pub struct NotAnId;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(into = "String", try_from = "String")]
        pub struct $name(Ulid);

        impl $name {
            pub const PREFIX: &'static str = $prefix;

            pub fn fresh(clock: &dyn Clock, entropy: &dyn Entropy) -> Self {
                Self(ulid(clock, entropy))
            }

            #[must_use]
            pub fn to_bytes(self) -> [u8; 16] {
                self.0.to_bytes()
            }

            #[must_use]
            pub fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Ulid::from_bytes(bytes))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str($prefix)?;
                f.write_str(self.0.array_to_str(&mut [0; ULID_LEN]))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            /// Takes only the form that [`Display`](fmt::Display) gives.
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                let id = text
                    .strip_prefix($prefix)
                    .and_then(|ulid| Ulid::from_string(ulid).ok())
                    .map(Self)
                    .ok_or(NotAnId)?;
                if id.to_string() == text { Ok(id) } else { Err(NotAnId) }
            }
        }

        impl TryFrom<String> for $name {
            type Error = NotAnId;
            fn try_from(text: String) -> Result<Self, NotAnId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.to_string()
            }
        }
    };
}

id!(TenantId, "tnt_");
id!(UserId, "usr_");
id!(SessionId, "ses_");
id!(DeviceId, "dev_");
id!(
    /// A second factor of a user.
    FactorId,
    "fac_"
);
id!(
    /// A WebAuthn or proof challenge.
    ChallengeId,
    "chl_"
);
id!(
    /// An audit event.
    EventId,
    "evt_"
);
