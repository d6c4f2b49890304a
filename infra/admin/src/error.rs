//! Why an administrator's command is not done: one sentence that names what it is about.

use latchkey::{
    administration::AdministrationError,
    domain::Fault,
    mail::TemplateFaults,
    runtime::StartError,
    store::{StartFault, StoreError},
};

use crate::mail::told;

#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    #[error(transparent)]
    Administration(#[from] AdministrationError),
    /// A tenant's own words for a mail.
    #[error("the template is refused:\n  {}", told(.0))]
    Template(TemplateFaults),
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
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    StartFault(#[from] StartFault),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AdminError {
    pub(crate) fn invalid(field: &'static str) -> impl FnOnce(Fault) -> Self {
        move |fault| AdministrationError::invalid(field)(fault).into()
    }

    /// 1 for a refusal, 2 where an option is missing, 3 where the store or the environment is at fault, 4 where a
    /// part was refused.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Administration(error) => {
                if error.is_refusal() {
                    1
                } else {
                    3
                }
            }
            Self::Start(_)
            | Self::StartFault(_)
            | Self::Store(_)
            | Self::Keys(_)
            | Self::Aws(_)
            | Self::NoParameter(_)
            | Self::Unreadable(_)
            | Self::Unwritable(_)
            | Self::Sealed(_)
            | Self::CutOff(..) => 3,
            Self::Partly(_) => 4,
            Self::NoStage => 2,
            _ => 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_and_faults_of_the_surroundings_differ() {
        let of = |error: AdministrationError| AdminError::from(error).exit_code();
        assert_eq!(of(AdministrationError::NoTenant("acme".to_owned())), 1);
        assert_eq!(of(AdministrationError::Settings(Vec::new())), 1);
        assert_eq!(AdminError::Left(1).exit_code(), 1);
        assert_eq!(AdminError::NoStage.exit_code(), 2);
        let away = StoreError::Away("GetItem".to_owned());
        assert_eq!(of(AdministrationError::Unrecorded(away.clone())), 3);
        assert_eq!(AdminError::Store(away).exit_code(), 3);
        assert_eq!(AdminError::Unreadable(String::new()).exit_code(), 3);
        assert_eq!(AdminError::CutOff(7, StoreError::Busy(String::new())).exit_code(), 3);
        assert_eq!(AdminError::Partly(String::new()).exit_code(), 4);
    }
}
