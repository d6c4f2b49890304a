//! The three files, and what the command line sets in them.

use serde::de::DeserializeOwned;
use toml_edit::{DocumentMut, Item, Value};

use crate::{prices::Prices, profile::Profile, units::Units};

/// Why there is no bill.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InputError {
    #[error("{0}: {1}")]
    Unreadable(&'static str, String),
    #[error("there is no {0} to set: it is units.…, prices.… or profile.… and a key of that file")]
    NoSuchKey(String),
    #[error("{0} is set to what is no value: {1}")]
    NoValue(String, String),
    #[error("the shares of the sign-ins are more than all of them, or less than none")]
    Shares,
}

/// What a bill is computed from.
#[derive(Debug, Clone)]
pub struct Inputs {
    pub(crate) units: Units,
    pub(crate) prices: Prices,
    pub(crate) profile: Profile,
}

const FILES: [(&str, &str, &str); 3] = [
    ("units", "units.toml", include_str!("../units.toml")),
    ("prices", "prices.toml", include_str!("../prices.toml")),
    ("profile", "profile.toml", include_str!("../profile.toml")),
];

impl Inputs {
    /// The files as they were when this was built, with `settings` such as `profile.user.refreshes` in them.
    ///
    /// # Errors
    /// [`InputError`]: the setting that cannot be.
    pub fn with(settings: &[(String, String)]) -> Result<Self, InputError> {
        for (key, _) in settings {
            if !FILES.iter().any(|(name, ..)| key.split_once('.').is_some_and(|(file, _)| file == *name)) {
                return Err(InputError::NoSuchKey(key.clone()));
            }
        }
        let [units, prices, profile] = FILES;
        let inputs = Self {
            units: read(units, settings)?,
            prices: read(prices, settings)?,
            profile: read(profile, settings)?,
        };
        if inputs.profile.is_whole() { Ok(inputs) } else { Err(InputError::Shares) }
    }
}

fn read<T: DeserializeOwned>(
    (name, file, text): (&str, &'static str, &str),
    settings: &[(String, String)],
) -> Result<T, InputError> {
    let mut document: DocumentMut =
        text.parse().map_err(|error| InputError::Unreadable(file, format!("{error}")))?;
    for (key, value) in settings {
        if let Some((_, path)) = key.split_once('.').filter(|(file, _)| *file == name) {
            set(document.as_item_mut(), path, key, value)?;
        }
    }
    toml_edit::de::from_document(document)
        .map_err(|error| InputError::Unreadable(file, error.to_string().trim_end().to_owned()))
}

/// Sets a key that is there.
fn set(item: &mut Item, path: &str, key: &str, value: &str) -> Result<(), InputError> {
    let value: Value = value.parse().map_err(|_| InputError::NoValue(key.to_owned(), value.to_owned()))?;
    let place = path.split('.').try_fold(item, |item, step| item.as_table_like_mut()?.get_mut(step));
    let place = place.ok_or_else(|| InputError::NoSuchKey(key.to_owned()))?;
    *place = match value {
        // Every number of the files is one of these.
        #[expect(clippy::cast_precision_loss, reason = "no such setting is as large")]
        Value::Integer(whole) if place.as_float().is_some() => toml_edit::value(*whole.value() as f64),
        other => Item::Value(other),
    };
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(key: &str, value: &str) -> Result<Inputs, InputError> {
        Inputs::with(&[(key.to_owned(), value.to_owned())])
    }

    #[test]
    fn what_is_set_stands() {
        assert_eq!(with("profile.user.refreshes", "200").unwrap().profile.user.refreshes, 200.0);
        assert_eq!(with("prices.ses.mails", "0.16").unwrap().prices.ses.mails, 0.16);
        assert_eq!(
            with("units.functions.login.memory", "3008").unwrap().units.functions["login"].memory,
            3008.0
        );
    }

    #[test]
    fn what_cannot_be_set_is_named() {
        for key in
            ["refreshes", "profile", "profile.user.refreshs", "profil.user.refreshes", "prices.ses.mails.x"]
        {
            assert_eq!(with(key, "1").unwrap_err(), InputError::NoSuchKey(key.to_owned()), "{key}");
        }
        assert!(matches!(with("prices.ses.mails", "cheap"), Err(InputError::NoValue(..))));
        assert!(matches!(
            with("prices.ses.mails", "\"cheap\""),
            Err(InputError::Unreadable("prices.toml", _))
        ));
        assert_eq!(with("profile.sign_ins.totp", "0.8").unwrap_err(), InputError::Shares);
        assert_eq!(with("profile.sign_ins.totp", "-1").unwrap_err(), InputError::Shares);
    }
}
