//! What a function finds out before it serves: its data keys are those that the tables were written
//! with. The same call warms the connection.

use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use super::{
    Store, StoreError,
    dynamo::{attributes, read, write},
    keys::{Key, Table},
};
use crate::keys::{DataKeys, Purpose};

/// Why a function does not start; one line that names the cause.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StartFault {
    #[error("table {0} does not exist")]
    MissingTable(String),
    #[error("{0} is not the key that the tables were written with")]
    WrongKey(&'static str),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// By what a key shows that it is the one which the tables were written with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyCheck {
    passwords: String,
    factors: String,
    signing: String,
}

impl KeyCheck {
    /// What the keys in force show.
    ///
    /// # Errors
    /// [`StoreError::Broken`] where one of the three is not given.
    pub(super) fn in_force(keys: &DataKeys) -> Result<Self, StoreError> {
        let mac = |purpose: Purpose| {
            keys.of(purpose)
                .map(|key| BASE64_URL_SAFE_NO_PAD.encode(key.mac(LABEL, &[])))
                .ok_or_else(|| StoreError::Broken(format!("{} is not given", purpose.variable())))
        };
        Ok(Self {
            passwords: mac(Purpose::Passwords)?,
            factors: mac(Purpose::Factors)?,
            signing: mac(Purpose::Signing)?,
        })
    }

    /// Compares the keys that this function holds with those that the tables were written with.
    ///
    /// # Errors
    /// [`StartFault::WrongKey`] for the first that is another.
    pub fn admit(&self, keys: &DataKeys) -> Result<(), StartFault> {
        for purpose in Purpose::ALL {
            let Some(key) = keys.of(purpose) else { continue };
            let stored = BASE64_URL_SAFE_NO_PAD.decode(self.of(purpose)).unwrap_or_default();
            if stored.len() != 32 || !key.mac_matches(LABEL, &[], &stored) {
                return Err(StartFault::WrongKey(purpose.variable()));
            }
        }
        Ok(())
    }

    pub(super) fn of(&self, purpose: Purpose) -> &str {
        match purpose {
            Purpose::Passwords => &self.passwords,
            Purpose::Factors => &self.factors,
            Purpose::Signing => &self.signing,
        }
    }
}

const LABEL: &str = "check";

impl Store {
    /// What the tables were written with; `None` where nothing was written yet.
    ///
    /// # Errors
    /// [`StartFault::MissingTable`]; the store's.
    pub async fn key_check(&self) -> Result<Option<KeyCheck>, StartFault> {
        self.probe(Key::key_check()).await
    }

    /// Looks whether every table is there. For administration: no function's role reads them all.
    ///
    /// # Errors
    /// [`StartFault::MissingTable`] with the first that is not.
    pub async fn check_tables(&self) -> Result<(), StartFault> {
        for table in Table::ALL {
            self.probe(Key { table, ..Key::key_check() }).await?;
        }
        Ok(())
    }

    /// Writes down which keys the tables are written with, or compares with what stands there.
    /// Done before the first tenant is made.
    ///
    /// # Errors
    /// [`StartFault::WrongKey`] for a key that is not the one; [`StoreError::Broken`] where one of
    /// the three is not given.
    pub async fn settle_keys(&self, keys: &DataKeys) -> Result<(), StartFault> {
        let check = KeyCheck::in_force(keys)?;
        if self.put_new(&Key::key_check(), write(&check)?).await? {
            return Ok(());
        }
        self.key_check().await?.map_or(Ok(()), |check| check.admit(keys))
    }

    async fn probe(&self, key: Key) -> Result<Option<KeyCheck>, StartFault> {
        let name = self.tables.name(key.table);
        let answer = self.dynamo.get_item().table_name(name).set_key(Some(attributes(&key))).send().await;
        match answer {
            Ok(answer) => Ok(answer.item.map(read).transpose()?),
            Err(error) if error.code() == Some("ResourceNotFoundException") => {
                Err(StartFault::MissingTable(name.to_owned()))
            }
            Err(error) => Err(StoreError::of("GetItem", &error).into()),
        }
    }
}
