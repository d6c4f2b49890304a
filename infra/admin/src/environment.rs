//! Where the command line's variables come from: a deployed stage, beneath it the process environment,
//! and beneath that a file.

use std::{collections::HashMap, io::Read, path::Path};

use crate::{AdminError, stage::Stage};

const DYNAMODB: &str = "AWS_ENDPOINT_URL_DYNAMODB";

/// Variables by name. The process environment is read, never changed.
#[derive(Clone, Default)]
pub struct Variables {
    deployed: HashMap<String, String>,
    beneath: HashMap<String, String>,
    endpoint: Option<String>,
}

impl Variables {
    /// # Errors
    /// [`AdminError::Unreadable`] with the file's name and what is wrong, never with what it holds.
    pub fn read(file: Option<&Path>, endpoint: Option<String>) -> Result<Self, AdminError> {
        let beneath = match file {
            None => HashMap::new(),
            Some(path) => dotenvy::from_path_iter(path)
                .map_err(|error| reason(&error, 0))
                .and_then(pairs)
                .map_err(|why| AdminError::Unreadable(format!("{}: {why}", path.display())))?,
        };
        Ok(Self { deployed: HashMap::new(), beneath, endpoint })
    }

    /// Takes up what a deployed stage's functions are given, before anything else.
    pub async fn of_stage(mut self, stage: &Stage) -> Result<Self, AdminError> {
        self.deployed = stage.variables(&|name| self.get(name)).await?;
        Ok(self)
    }

    pub fn get(&self, name: &str) -> Option<String> {
        self.of(name, std::env::var(name).ok())
    }

    /// A variable that the stage gives, or else the process, or else the file.
    fn of(&self, name: &str, given: Option<String>) -> Option<String> {
        let endpoint = self.endpoint.clone().filter(|_| name == DYNAMODB);
        endpoint
            .or_else(|| self.deployed.get(name).cloned())
            .or(given)
            .or_else(|| self.beneath.get(name).cloned())
    }
}

fn pairs(lines: dotenvy::Iter<impl Read>) -> Result<HashMap<String, String>, String> {
    let mut variables = HashMap::new();
    for pair in lines {
        let (name, value) = pair.map_err(|error| reason(&error, variables.len()))?;
        variables.insert(name, value);
    }
    Ok(variables)
}

/// In our words: the library's repeat the line, and a line may hold a key.
fn reason(error: &dotenvy::Error, read: usize) -> String {
    match error {
        dotenvy::Error::Io(error) => error.to_string(),
        _ => format!("after {read} variables comes a line that is not NAME=VALUE"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stage_comes_before_the_process_and_that_before_the_file() {
        let lines = dotenvy::from_read_iter("A=file\nAWS_ENDPOINT_URL_DYNAMODB=file\n".as_bytes());
        let mut variables = Variables { beneath: pairs(lines).unwrap(), ..Variables::default() };
        assert_eq!(variables.of("A", None), Some("file".to_owned()));
        assert_eq!(variables.of("A", Some("process".to_owned())), Some("process".to_owned()));
        assert_eq!(variables.of("B", None), None);
        assert_eq!(variables.of(DYNAMODB, Some("process".to_owned())), Some("process".to_owned()));
        variables.deployed = HashMap::from([("A".to_owned(), "stage".to_owned())]);
        assert_eq!(variables.of("A", Some("process".to_owned())), Some("stage".to_owned()));
        variables.deployed.clear();
        variables.endpoint = Some("option".to_owned());
        assert_eq!(variables.of(DYNAMODB, Some("process".to_owned())), Some("option".to_owned()));
        assert_eq!(variables.of("A", None), Some("file".to_owned()));
    }

    #[test]
    fn takes_the_local_stacks_file() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../local/lambda.env");
        let variables = Variables::read(Some(&file), None).unwrap();
        let from = variables.of("LATCHKEY_MAIL_FROM", None);
        assert_eq!(from, Some("Latchkey <no-reply@latchkey.test>".to_owned()));
    }

    #[test]
    fn a_bad_line_is_never_repeated() {
        for bad in ["LATCHKEY_KEY_SIGNING secret", "LATCHKEY_KEY_SIGNING='secret", "K=secret more"] {
            let text = format!("A=1\n{bad}\n");
            let why = pairs(dotenvy::from_read_iter(text.as_bytes())).unwrap_err();
            assert!(!why.contains("secret") && why.contains("after 1 variables"), "{bad}: {why}");
        }
        let absent = Variables::read(Some(Path::new("/no/such.env")), None).err().unwrap();
        assert!(absent.to_string().starts_with("/no/such.env: "));
        assert_eq!(absent.exit_code(), 3);
    }
}
