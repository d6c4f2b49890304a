//! The environment variables, read once and checked.

use super::{Aws, endpoint};
use crate::{
    keys::{Cost, KeyRing, KeyRings, Purpose},
    store::Tables,
};

/// Why an environment cannot be started with; names the variable, never its value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnvironmentFault {
    #[error("{0} is not set")]
    Missing(String),
    #[error("{variable} {rule}")]
    Malformed { variable: String, rule: String },
}

/// What a deployment sets.
#[derive(Debug)]
pub struct Environment {
    /// The URL that the gateway is reached at, without a trailing slash; issuers begin with it.
    pub base_url: String,
    pub tables: Tables,
    pub aws: Aws,
    pub dynamodb_url: Option<String>,
    pub ses_url: Option<String>,
    pub kms_url: Option<String>,
    pub keys: KeyRings,
    pub cost: Cost,
    /// What `CloudFront` shows to prove that a request came through it.
    pub edge_secret: Option<String>,
    /// Names this deployment in its metrics; without it there are none.
    pub stage: Option<String>,
    /// Hashes that may run at once: one in a Lambda, which serves one request at a time.
    pub hashers: usize,
}

impl Environment {
    /// Reads the variables by way of `get`; of the data keys only those in `keys`.
    ///
    /// # Errors
    /// The first variable that is missing or malformed.
    pub fn read(get: &dyn Fn(&str) -> Option<String>, keys: &[Purpose]) -> Result<Self, EnvironmentFault> {
        let optional = |name: &str| optional(get, name);
        let required = |name: &str| required(get, name);
        let key = |purpose: Purpose| {
            let variable = purpose.variable();
            if !keys.contains(&purpose) {
                return Ok(None);
            }
            KeyRing::parse(&required(variable)?)
                .map(Some)
                .map_err(|fault| malformed(variable, &fault.to_string()))
        };
        let base_url = required("LATCHKEY_BASE_URL")?;
        let parsed = url::Url::parse(&base_url).ok().filter(|url| matches!(url.scheme(), "https" | "http"));
        if parsed.is_none() || base_url.ends_with('/') {
            return Err(malformed("LATCHKEY_BASE_URL", "must be an http(s) URL without a trailing slash"));
        }
        let cost = match optional("LATCHKEY_ARGON2") {
            None => Cost::default(),
            Some(text) => Cost::parse(&text).ok_or_else(|| {
                malformed("LATCHKEY_ARGON2", "must be memory in KiB, passes, lanes, as in 19456,2,1")
            })?,
        };
        Ok(Self {
            base_url,
            tables: Tables {
                tenants: required("LATCHKEY_TABLE_TENANTS")?,
                users: required("LATCHKEY_TABLE_USERS")?,
                challenges: required("LATCHKEY_TABLE_CHALLENGES")?,
                events: required("LATCHKEY_TABLE_EVENTS")?,
            },
            aws: Aws::read(get)?,
            dynamodb_url: endpoint(get, "DYNAMODB"),
            ses_url: endpoint(get, "SESV2"),
            kms_url: endpoint(get, "KMS"),
            keys: KeyRings {
                passwords: key(Purpose::Passwords)?,
                factors: key(Purpose::Factors)?,
                signing: key(Purpose::Signing)?,
            },
            cost,
            edge_secret: optional("LATCHKEY_TRUSTED_EDGE_SECRET"),
            stage: optional("LATCHKEY_STAGE"),
            hashers: if optional("AWS_LAMBDA_FUNCTION_NAME").is_some() { 1 } else { 2 },
        })
    }
}

pub(super) fn optional(get: &dyn Fn(&str) -> Option<String>, name: &str) -> Option<String> {
    get(name).filter(|value| !value.is_empty())
}

pub(super) fn required(get: &dyn Fn(&str) -> Option<String>, name: &str) -> Result<String, EnvironmentFault> {
    optional(get, name).ok_or_else(|| EnvironmentFault::Missing(name.to_owned()))
}

fn malformed(variable: &str, rule: &str) -> EnvironmentFault {
    EnvironmentFault::Malformed { variable: variable.to_owned(), rule: rule.to_owned() }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn good() -> HashMap<&'static str, String> {
        let key = "a:plain:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=".to_owned();
        HashMap::from([
            ("LATCHKEY_BASE_URL", "https://auth.example".to_owned()),
            ("LATCHKEY_TABLE_TENANTS", "t".to_owned()),
            ("LATCHKEY_TABLE_USERS", "u".to_owned()),
            ("LATCHKEY_TABLE_CHALLENGES", "c".to_owned()),
            ("LATCHKEY_TABLE_EVENTS", "e".to_owned()),
            ("LATCHKEY_KEY_PASSWORDS", key.clone()),
            ("LATCHKEY_KEY_FACTORS", key.clone()),
            ("LATCHKEY_KEY_SIGNING", key),
            ("AWS_REGION", "eu-central-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", "x".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "y".to_owned()),
        ])
    }

    fn read(values: &HashMap<&'static str, String>) -> Result<Environment, EnvironmentFault> {
        Environment::read(&|name| values.get(name).cloned(), &Purpose::ALL)
    }

    #[test]
    fn every_variable_is_missed_by_its_name() {
        read(&good()).unwrap();
        for name in good().keys() {
            let mut values = good();
            values.remove(name);
            assert_eq!(read(&values).unwrap_err(), EnvironmentFault::Missing((*name).to_owned()));
        }
    }

    #[test]
    fn malformed_values_are_named_and_not_repeated() {
        for (name, value) in [
            ("LATCHKEY_BASE_URL", "https://auth.example/"),
            ("LATCHKEY_BASE_URL", "auth.example"),
            ("LATCHKEY_ARGON2", "lots"),
            ("LATCHKEY_KEY_SIGNING", "secret-but-wrong"),
            ("LATCHKEY_KEY_SIGNING", "a:kms:secret-but-wrong"),
        ] {
            let mut values = good();
            values.insert(name, value.to_owned());
            let text = read(&values).unwrap_err().to_string();
            assert!(text.starts_with(name) && !text.contains(value), "{text}");
        }
    }

    #[test]
    fn a_key_that_is_not_needed_is_not_read() {
        let values = good();
        let environment = Environment::read(&|name| values.get(name).cloned(), &[Purpose::Signing]).unwrap();
        assert!(environment.keys.passwords.is_none() && environment.keys.signing.is_some());
    }
}
