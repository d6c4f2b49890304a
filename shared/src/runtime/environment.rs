//! The environment variables, read once and checked.

use crate::{
    keys::{Cost, DataKey, DataKeys, Purpose},
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
    pub region: String,
    pub credentials: Credentials,
    pub dynamodb_url: Option<String>,
    pub ses_url: Option<String>,
    pub keys: DataKeys,
    pub cost: Cost,
    /// What `CloudFront` shows to prove that a request came through it.
    pub edge_secret: Option<String>,
    /// Names this deployment in its metrics; without it there are none.
    pub stage: Option<String>,
    /// Hashes that may run at once: one in a Lambda, which serves one request at a time.
    pub hashers: usize,
}

/// AWS credentials. Not printed.
pub struct Credentials {
    pub key_id: String,
    pub secret: String,
    pub session_token: Option<String>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credentials(…)")
    }
}

impl Environment {
    /// Reads the variables by way of `get`; of the data keys only those in `keys`.
    ///
    /// # Errors
    /// The first variable that is missing or malformed.
    pub fn read(get: &dyn Fn(&str) -> Option<String>, keys: &[Purpose]) -> Result<Self, EnvironmentFault> {
        let optional = |name: &str| get(name).filter(|value| !value.is_empty());
        let required = |name: &str| optional(name).ok_or_else(|| EnvironmentFault::Missing(name.to_owned()));
        let key = |purpose: Purpose| {
            let variable = purpose.variable();
            if !keys.contains(&purpose) {
                return Ok(None);
            }
            DataKey::parse(&required(variable)?)
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
        let endpoint = |service: &str| optional(service).or_else(|| optional("AWS_ENDPOINT_URL"));
        Ok(Self {
            base_url,
            tables: Tables {
                tenants: required("LATCHKEY_TABLE_TENANTS")?,
                users: required("LATCHKEY_TABLE_USERS")?,
                challenges: required("LATCHKEY_TABLE_CHALLENGES")?,
                events: required("LATCHKEY_TABLE_EVENTS")?,
            },
            region: required("AWS_REGION")?,
            credentials: Credentials {
                key_id: required("AWS_ACCESS_KEY_ID")?,
                secret: required("AWS_SECRET_ACCESS_KEY")?,
                session_token: optional("AWS_SESSION_TOKEN"),
            },
            dynamodb_url: endpoint("AWS_ENDPOINT_URL_DYNAMODB"),
            ses_url: endpoint("AWS_ENDPOINT_URL_SESV2"),
            keys: DataKeys {
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
