//! A function as Lambda sees it: an event in, an answer out, both JSON.

use async_trait::async_trait;

use crate::http::Route;

/// One deployed function, mounted in process by the local stack and the tests.
#[async_trait]
pub trait Function: Send + Sync {
    /// Its name, which is its package's, its binary's and its logical id's.
    fn name(&self) -> &'static str;

    /// The routes of the gateway that lead to it; none for one that a stream wakes.
    fn routes(&self) -> &'static [Route];

    /// Hands it one event.
    ///
    /// # Errors
    /// The text of a failed invocation: for a gateway a 500, for a stream a retry.
    async fn invoke(&self, event: &[u8]) -> Result<Vec<u8>, String>;
}
