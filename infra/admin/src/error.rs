//! Why an administrator's command is not done: one sentence that names what it is about.

use latchkey::{
    domain::{Fault, settings::SettingFaults},
    http::Problem,
    jiff::Timestamp,
    runtime::StartError,
    store::{StartFault, StoreError},
};

#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    #[error("there is no tenant {0}")]
    NoTenant(String),
    #[error("the slug {0} is taken, and a slug is never used again")]
    SlugTaken(String),
    #[error("there is no user {0}")]
    NoUser(String),
    #[error("{0} has an account already")]
    EmailTaken(String),
    #[error("{what}: {}", fault.message)]
    Invalid { what: String, fault: Fault },
    #[error("{}", settings(.0))]
    Settings(SettingFaults),
    #[error("the tenant {0} was changed by somebody else meanwhile; try again")]
    Overtaken(String),
    #[error("a new key of {0} signs from {1} on; rotate again after that, or at once with --now")]
    Rotating(String, Timestamp),
    #[error("which stage? Name it by --stage")]
    NoStage,
    #[error("there is no parameter {0}")]
    NoParameter(String),
    #[error("{0} was written by somebody else meanwhile, and is overwritten: look into its history")]
    ParameterOvertaken(String),
    #[error("{0} seals are not by the keys in force: reseal first")]
    Left(u64),
    #[error("{0}")]
    Refused(String),
    #[error("{0}")]
    Keys(String),
    /// What was asked of AWS, and its code.
    #[error("{0}")]
    Aws(String),
    /// A file or standard input; never what it held.
    #[error("{0}")]
    Unreadable(String),
    #[error("{0}")]
    Unwritable(String),
    #[error("the password hash of {0} does not open: see data-keys")]
    Sealed(String),
    /// What was done, and what was refused of it.
    #[error("{0}")]
    Partly(String),
    #[error("cut off after {0} users: {1}. Run it again with --resume")]
    CutOff(u64, StoreError),
    #[error("this is done, but its audit event could not be written: {0}")]
    Unrecorded(StoreError),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    StartFault(#[from] StartFault),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AdminError {
    pub(crate) fn invalid(what: &str) -> impl FnOnce(Fault) -> Self {
        let what = what.to_owned();
        move |fault| Self::Invalid { what, fault }
    }

    /// 1 for a refusal, 2 where an option is missing, 3 where the store or the environment is at fault, 4 where a
    /// part was refused.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Start(_)
            | Self::StartFault(_)
            | Self::Store(_)
            | Self::Keys(_)
            | Self::Aws(_)
            | Self::NoParameter(_)
            | Self::Unreadable(_)
            | Self::Unwritable(_)
            | Self::Sealed(_)
            | Self::CutOff(..)
            | Self::Unrecorded(_) => 3,
            Self::Partly(_) => 4,
            Self::NoStage => 2,
            _ => 1,
        }
    }
}

impl From<Problem> for AdminError {
    fn from(problem: Problem) -> Self {
        Self::Keys(problem.cause.unwrap_or_else(|| problem.code.word().to_owned()))
    }
}

/// A line per setting that is at fault.
fn settings(faults: &SettingFaults) -> String {
    let lines: Vec<_> = faults.iter().map(|(key, fault)| format!("{key}: {}", fault.message)).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_and_faults_of_the_surroundings_differ() {
        assert_eq!(AdminError::NoTenant("acme".to_owned()).exit_code(), 1);
        assert_eq!(AdminError::Settings(Vec::new()).exit_code(), 1);
        assert_eq!(AdminError::Left(1).exit_code(), 1);
        assert_eq!(AdminError::NoStage.exit_code(), 2);
        let away = StoreError::Away("GetItem".to_owned());
        assert_eq!(AdminError::Unrecorded(away.clone()).exit_code(), 3);
        assert_eq!(AdminError::Store(away).exit_code(), 3);
        assert_eq!(AdminError::Unreadable(String::new()).exit_code(), 3);
        assert_eq!(AdminError::CutOff(7, StoreError::Busy(String::new())).exit_code(), 3);
        assert_eq!(AdminError::Partly(String::new()).exit_code(), 4);
    }

    #[test]
    fn every_setting_at_fault_has_its_line() {
        let faults = vec![("a.b".to_owned(), Fault::value("x")), ("c".to_owned(), Fault::value("y"))];
        assert_eq!(AdminError::Settings(faults).to_string(), "a.b: x\nc: y");
    }
}
