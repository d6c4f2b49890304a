//! The environment that the functions are given.

use std::collections::BTreeMap;

use anyhow::anyhow;
use base64::{Engine, prelude::BASE64_STANDARD};

/// Names and values of environment variables.
pub type Environment = BTreeMap<String, String>;

/// The region that everything local is in.
pub const REGION: &str = "eu-central-1";
/// The account that everything local belongs to.
pub const ACCOUNT: &str = "000000000000";

/// The data keys of every local stack. Anybody can read them here: they protect nothing.
const PASSWORDS: &[u8; 32] = b"LOCAL ONLY passwords data key 01";
const FACTORS: &[u8; 32] = b"LOCAL ONLY factors data key 0001";
const SIGNING: &[u8; 32] = b"LOCAL ONLY signing data key 0001";

/// The environment for functions that are to use a stack at these addresses, which are URLs
/// without a trailing slash.
#[must_use]
pub fn environment(gateway: &str, dynamodb: &str, mail: &str) -> Environment {
    let key = |key: &[u8; 32]| format!("local:plain:{}", BASE64_STANDARD.encode(key));
    [
        ("GLIBC_TUNABLES", "glibc.malloc.tcache_count=500".to_owned()),
        ("AWS_REGION", REGION.to_owned()),
        ("AWS_ACCESS_KEY_ID", "local".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "local".to_owned()),
        ("AWS_ENDPOINT_URL_DYNAMODB", dynamodb.to_owned()),
        ("AWS_ENDPOINT_URL_SESV2", mail.to_owned()),
        ("LATCHKEY_BASE_URL", gateway.to_owned()),
        ("LATCHKEY_TABLE_TENANTS", "latchkey-tenants".to_owned()),
        ("LATCHKEY_TABLE_USERS", "latchkey-users".to_owned()),
        ("LATCHKEY_TABLE_CHALLENGES", "latchkey-challenges".to_owned()),
        ("LATCHKEY_TABLE_EVENTS", "latchkey-events".to_owned()),
        ("LATCHKEY_KEY_PASSWORDS", key(PASSWORDS)),
        ("LATCHKEY_KEY_FACTORS", key(FACTORS)),
        ("LATCHKEY_KEY_SIGNING", key(SIGNING)),
        ("LATCHKEY_MAIL_FROM", "Latchkey <no-reply@latchkey.test>".to_owned()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

/// The value of a variable.
///
/// # Errors
/// When it is not there.
pub fn get<'a>(environment: &'a Environment, name: &str) -> anyhow::Result<&'a str> {
    environment.get(name).map(String::as_str).ok_or_else(|| anyhow!("{name} is not in the environment"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `lambda.env` is what `cargo lambda watch` reads: it has to say what the stack says.
    #[test]
    fn the_file_for_cargo_lambda_says_the_same() {
        let written: Environment = include_str!("../lambda.env")
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .filter_map(|line| line.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.trim_matches('"').to_owned()))
            .collect();
        let meant = environment("http://localhost:9100", "http://127.0.0.1:8000", "http://127.0.0.1:8005");
        assert_eq!(written, meant);
    }
}
