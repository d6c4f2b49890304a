//! Why the store could not answer. No SDK error and no condition leaves this module.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

/// The text is for the log; it names the operation and DynamoDB's code, never an item.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// DynamoDB throttles, or one item is written by too many at once.
    #[error("the store is busy: {0}")]
    Busy(String),
    /// DynamoDB does not answer.
    #[error("the store is away: {0}")]
    Away(String),
    /// A request that DynamoDB refuses, or an item that cannot be read.
    #[error("the store is broken: {0}")]
    Broken(String),
}

impl StoreError {
    /// Sorts an SDK error by what the caller can do about it.
    pub(super) fn of<E, R>(operation: &str, error: &SdkError<E, R>) -> Self
    where
        E: ProvideErrorMetadata,
    {
        match error {
            SdkError::ServiceError(service) => {
                let code = service.err().code().unwrap_or("unknown");
                let text = format!("{operation}: {code}");
                match code {
                    "ProvisionedThroughputExceededException"
                    | "ThrottlingException"
                    | "RequestLimitExceeded"
                    | "LimitExceededException"
                    | "TransactionConflictException"
                    | "TransactionInProgressException" => Self::Busy(text),
                    "InternalServerError" | "ServiceUnavailable" | "unknown" => Self::Away(text),
                    _ => Self::Broken(text),
                }
            }
            SdkError::TimeoutError(_) => Self::Away(format!("{operation}: no answer in time")),
            SdkError::DispatchFailure(_) => Self::Away(format!("{operation}: no connection")),
            SdkError::ResponseError(_) => Self::Away(format!("{operation}: the answer was cut off")),
            _ => Self::Broken(format!("{operation}: the request could not be made")),
        }
    }
}
