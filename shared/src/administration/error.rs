//! Why something is not done: one sentence that names what it is about, and the answer of the API.

use jiff::Timestamp;

use crate::{
    domain::{Fault, settings::SettingFaults},
    http::{Code, Problem, problem::Located},
    store::{StartFault, StoreError},
};

#[derive(Debug, thiserror::Error)]
pub enum AdministrationError {
    #[error("there is no tenant {0}")]
    NoTenant(String),
    #[error("the slug {0} is taken, and a slug is never used again")]
    SlugTaken(String),
    #[error("there is no user {0}")]
    NoUser(String),
    #[error("{0} has an account already")]
    EmailTaken(String),
    #[error("{0} has a password or a proven address, or is suspended: this is no invitation any more")]
    NoInvitation(String),
    /// A field by its name, and what is wrong with it.
    #[error("{field}: {}", fault.message)]
    Invalid { field: &'static str, fault: Fault },
    #[error("{}", lines(.0))]
    Settings(SettingFaults),
    #[error("{0} was changed by somebody else meanwhile; try again")]
    Overtaken(String),
    #[error("a new key of {0} signs from {1} on; rotate again after that, or at once with --now")]
    Rotating(String, Timestamp),
    #[error("{0}")]
    Keys(String),
    #[error("this is done, but its audit event could not be written: {0}")]
    Unrecorded(StoreError),
    #[error(transparent)]
    StartFault(#[from] StartFault),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AdministrationError {
    pub fn invalid(field: &'static str) -> impl FnOnce(Fault) -> Self {
        move |fault| Self::Invalid { field, fault }
    }

    /// Whether it was refused, and nothing is broken.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        !matches!(self, Self::Keys(_) | Self::Unrecorded(_) | Self::StartFault(_) | Self::Store(_))
    }
}

impl From<Problem> for AdministrationError {
    fn from(problem: Problem) -> Self {
        Self::Keys(problem.cause.unwrap_or_else(|| problem.code.word().to_owned()))
    }
}

impl From<AdministrationError> for Problem {
    fn from(error: AdministrationError) -> Self {
        match error {
            AdministrationError::NoTenant(_) => Code::TenantNotFound.into(),
            AdministrationError::NoUser(_) => Code::NotFound.into(),
            AdministrationError::SlugTaken(_) => Code::SlugTaken.into(),
            AdministrationError::EmailTaken(_) => Code::EmailTaken.into(),
            AdministrationError::Overtaken(_) => Code::Overtaken.into(),
            AdministrationError::NoInvitation(_) => Code::NoInvitation.into(),
            AdministrationError::Rotating(..) => Code::RotationUnderWay.into(),
            AdministrationError::Invalid { field, fault } => Self::at_field(field, fault),
            AdministrationError::Settings(faults) => Self::invalid(faults.into_iter().map(located).collect()),
            AdministrationError::Store(error) => error.into(),
            AdministrationError::Keys(_)
            | AdministrationError::Unrecorded(_)
            | AdministrationError::StartFault(_) => Self::internal(error.to_string()),
        }
    }
}

fn located((key, fault): (String, Fault)) -> Located {
    Located { at: vec!["body".to_owned(), "settings".to_owned(), key], fault }
}

/// A line per setting that is at fault.
fn lines(faults: &SettingFaults) -> String {
    let lines: Vec<_> = faults.iter().map(|(key, fault)| format!("{key}: {}", fault.message)).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_at_fault_has_its_line_and_its_place() {
        let faults = vec![("a.b".to_owned(), Fault::value("x")), ("c".to_owned(), Fault::value("y"))];
        let error = AdministrationError::Settings(faults);
        assert_eq!(error.to_string(), "a.b: x\nc: y");
        let places: Vec<_> =
            Problem::from(error).faults.into_iter().map(|fault| fault.at.join("/")).collect();
        assert_eq!(places, ["body/settings/a.b", "body/settings/c"]);
    }

    #[test]
    fn what_is_broken_is_no_refusal() {
        assert!(AdministrationError::NoTenant("acme".to_owned()).is_refusal());
        let away = StoreError::Away("GetItem".to_owned());
        assert!(!AdministrationError::Unrecorded(away.clone()).is_refusal());
        assert_eq!(Problem::from(AdministrationError::Unrecorded(away.clone())).code, Code::Internal);
        assert_eq!(Problem::from(AdministrationError::Store(away)).code, Code::Unavailable);
    }
}
