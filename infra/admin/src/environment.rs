//! Where the command line's variables come from: the process environment, and beneath it a file.

use std::{collections::HashMap, io::Read, path::Path};

use crate::AdminError;

const DYNAMODB: &str = "AWS_ENDPOINT_URL_DYNAMODB";

/// Variables by name. The process environment is read, never changed.
#[derive(Default)]
pub struct Variables {
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
        Ok(Self { beneath, endpoint })
    }

    pub fn get(&self, name: &str) -> Option<String> {
        self.of(name, std::env::var(name).ok())
    }

    /// A variable that the process gives, or else the file.
    fn of(&self, name: &str, given: Option<String>) -> Option<String> {
        let endpoint = self.endpoint.clone().filter(|_| name == DYNAMODB);
        endpoint.or(given).or_else(|| self.beneath.get(name).cloned())
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
    fn the_process_comes_before_the_file_and_the_option_before_both() {
        let lines = dotenvy::from_read_iter("A=file\nAWS_ENDPOINT_URL_DYNAMODB=file\n".as_bytes());
        let mut variables = Variables { beneath: pairs(lines).unwrap(), endpoint: None };
        assert_eq!(variables.of("A", None), Some("file".to_owned()));
        assert_eq!(variables.of("A", Some("process".to_owned())), Some("process".to_owned()));
        assert_eq!(variables.of("B", None), None);
        assert_eq!(variables.of(DYNAMODB, Some("process".to_owned())), Some("process".to_owned()));
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
