//! What a function does not ask the operating system for.

use std::sync::Arc;

use aws_smithy_runtime_api::client::http::SharedHttpConnector;

use super::connector::Patience;
use crate::{
    domain::{Clock, Entropy, clock::WallClock, entropy::SystemEntropy},
    metrics::{Sink, standard_output},
};

/// Stands before DynamoDB: wraps the connector that the requests go through.
pub type Gate = Arc<dyn Fn(SharedHttpConnector) -> SharedHttpConnector + Send + Sync>;

/// Time and randomness, handed in; what stands before DynamoDB: on AWS nothing, in the local stack the
/// function's role; how long its answers may take; and where metrics are printed. Cheap to clone.
#[derive(Clone)]
pub struct World {
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub gate: Option<Gate>,
    pub patience: Patience,
    pub metrics: Sink,
}

impl World {
    /// A world with nothing before DynamoDB, and metrics on standard output.
    #[must_use]
    pub fn of(clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self { clock, entropy, gate: None, patience: Patience::FUNCTION, metrics: standard_output() }
    }

    /// The system's time and randomness.
    #[must_use]
    pub fn real() -> Self {
        Self::of(Arc::new(WallClock), Arc::new(SystemEntropy::default()))
    }

    #[must_use]
    pub fn behind(self, gate: Gate) -> Self {
        Self { gate: Some(gate), ..self }
    }

    #[must_use]
    pub fn waiting(self, patience: Patience) -> Self {
        Self { patience, ..self }
    }

    #[must_use]
    pub fn printing_to(self, metrics: Sink) -> Self {
        Self { metrics, ..self }
    }
}
