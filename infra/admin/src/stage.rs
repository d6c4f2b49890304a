//! A deployed stage: what its tables and parameters are called, and what its parameters say.

use std::collections::HashMap;

use latchkey::keys::Purpose;

use crate::{
    AdminError,
    aws::{self, Get},
};

/// The name of a stage, such as `prod`, as the template takes it: 1 to 16 of `a`–`z` and `0`–`9`, a letter first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage(String);

/// A parameter's value, and how often it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    pub value: String,
    pub version: i64,
}

impl Stage {
    /// # Errors
    /// What a name must be.
    pub fn parse(text: &str) -> Result<Self, String> {
        let named = text.len() <= 16
            && text.starts_with(|first: char| first.is_ascii_lowercase())
            && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        if named {
            Ok(Self(text.to_owned()))
        } else {
            Err("must be 1 to 16 lower-case letters and digits, a letter first".to_owned())
        }
    }

    #[must_use]
    pub fn name(&self) -> &str {
        &self.0
    }

    /// The parameter that holds a ring.
    #[must_use]
    pub fn ring(&self, purpose: Purpose) -> String {
        format!("/latchkey/{}/data-keys/{}", self.0, purpose.name())
    }

    /// The parameter that says which KMS key wraps the rings.
    #[must_use]
    pub fn kms_key(&self) -> String {
        format!("/latchkey/{}/kms-key-arn", self.0)
    }

    fn base_url(&self) -> String {
        format!("/latchkey/{}/base-url", self.0)
    }

    /// The variables that the stage's functions are given.
    ///
    /// # Errors
    /// [`AdminError::NoParameter`] with the first that is not there; [`AdminError::Aws`].
    pub async fn variables(&self, get: Get<'_>) -> Result<HashMap<String, String>, AdminError> {
        let parameters = Parameters::of(get)?;
        let mut wanted = vec![("LATCHKEY_BASE_URL".to_owned(), self.base_url())];
        wanted.extend(Purpose::ALL.map(|purpose| (purpose.variable().to_owned(), self.ring(purpose))));
        let names: Vec<_> = wanted.iter().map(|(_, name)| name.clone()).collect();
        let mut stored = parameters.read(&names).await?;
        let mut variables = HashMap::new();
        for (variable, name) in wanted {
            let value = stored.remove(&name).ok_or(AdminError::NoParameter(name))?.value;
            variables.insert(variable, value);
        }
        for table in ["tenants", "users", "challenges", "events"] {
            let variable = format!("LATCHKEY_TABLE_{}", table.to_uppercase());
            variables.insert(variable, format!("latchkey-{}-{table}", self.0));
        }
        Ok(variables)
    }
}

/// SSM's parameters.
pub struct Parameters(aws_sdk_ssm::Client);

impl Parameters {
    /// # Errors
    /// [`AdminError::Start`] where the environment does not say where AWS is.
    pub fn of(get: Get<'_>) -> Result<Self, AdminError> {
        Ok(Self(aws_sdk_ssm::Client::new(&aws::service(get, "SSM")?)))
    }

    /// Those of these that are there, by name; ten at most.
    ///
    /// # Errors
    /// [`AdminError::Aws`].
    pub async fn read(&self, names: &[String]) -> Result<HashMap<String, Stored>, AdminError> {
        let answer = self
            .0
            .get_parameters()
            .set_names(Some(names.to_vec()))
            .send()
            .await
            .map_err(|error| aws::fault("SSM GetParameters", &error))?;
        let stored = answer.parameters.unwrap_or_default().into_iter().filter_map(|parameter| {
            Some((parameter.name?, Stored { value: parameter.value?, version: parameter.version }))
        });
        Ok(stored.collect())
    }

    /// Writes a parameter that is not there.
    ///
    /// # Errors
    /// [`AdminError::Aws`], where it is there, too.
    pub async fn create(&self, name: &str, value: &str) -> Result<(), AdminError> {
        self.put(name, value, false).await.map(|_| ())
    }

    /// Writes a parameter anew.
    ///
    /// # Errors
    /// [`AdminError::ParameterOvertaken`] where somebody else wrote it since it was read; [`AdminError::Aws`].
    pub async fn replace(&self, name: &str, read: &Stored, value: &str) -> Result<(), AdminError> {
        // SSM knows no condition: what was lost is in the parameter's history.
        if self.put(name, value, true).await? == read.version + 1 {
            Ok(())
        } else {
            Err(AdminError::ParameterOvertaken(name.to_owned()))
        }
    }

    async fn put(&self, name: &str, value: &str, overwrite: bool) -> Result<i64, AdminError> {
        let answer = self
            .0
            .put_parameter()
            .name(name)
            .value(value)
            .r#type(aws_sdk_ssm::types::ParameterType::String)
            .overwrite(overwrite)
            .send()
            .await
            .map_err(|error| aws::fault(&format!("SSM PutParameter {name}"), &error))?;
        Ok(answer.version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_names_its_parameters() {
        let stage = Stage::parse("prod2").unwrap();
        assert_eq!(stage.ring(Purpose::Factors), "/latchkey/prod2/data-keys/factors");
        assert_eq!(stage.kms_key(), "/latchkey/prod2/kms-key-arn");
        assert_eq!(stage.base_url(), "/latchkey/prod2/base-url");
        for text in ["", "Prod", "a/b", "a b", "a-b", "2a", &"a".repeat(17)] {
            assert!(Stage::parse(text).is_err(), "{text}");
        }
    }
}
