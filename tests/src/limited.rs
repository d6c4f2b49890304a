//! Lambda's limit of concurrency.

use std::sync::Arc;

use async_trait::async_trait;
use latchkey::{http::Route, runtime::Function};
use tokio::sync::Semaphore;

/// A function of which so many run at once. More are refused at once, and API Gateway says so.
pub(crate) struct Limited {
    pub(crate) function: Arc<dyn Function>,
    pub(crate) places: Semaphore,
}

const REFUSED: &[u8] = br#"{"statusCode":503,"headers":{"content-type":"application/json"},"body":"{\"message\":\"Service Unavailable\"}"}"#;

#[async_trait]
impl Function for Limited {
    fn name(&self) -> &'static str {
        self.function.name()
    }

    fn routes(&self) -> &'static [Route] {
        self.function.routes()
    }

    async fn invoke(&self, event: &[u8]) -> Result<Vec<u8>, String> {
        match self.places.try_acquire() {
            Ok(_place) => self.function.invoke(event).await,
            Err(_) => Ok(REFUSED.to_vec()),
        }
    }
}
