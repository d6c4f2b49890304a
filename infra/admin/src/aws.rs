//! What the clients of AWS have in common.

use aws_sdk_ssm::error::{ProvideErrorMetadata, SdkError};
use aws_types::SdkConfig;
use latchkey::runtime::{Aws, Patience, StartError, endpoint};

use crate::AdminError;

/// Variables by name.
pub type Get<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What a client of a service, such as `KMS`, is made from.
pub fn service(get: Get<'_>, name: &str) -> Result<SdkConfig, AdminError> {
    let aws = Aws::read(get).map_err(StartError::Environment)?;
    Ok(aws.service(endpoint(get, name).as_deref(), Patience::FAR).map_err(StartError::Client)?)
}

/// The code alone: AWS's messages repeat what was sent.
pub fn fault<E: ProvideErrorMetadata, R>(what: &str, error: &SdkError<E, R>) -> AdminError {
    let cause = match error {
        SdkError::ServiceError(service) => service.err().code().unwrap_or("a fault without a code"),
        SdkError::TimeoutError(_) => "no answer in time",
        SdkError::DispatchFailure(_) => "no connection",
        SdkError::ResponseError(_) => "the answer was cut off",
        _ => "the request could not be made",
    };
    AdminError::Aws(format!("{what}: {cause}"))
}
