//! Invoking a function: here, or at a Lambda Invoke API.

use std::sync::Arc;

use async_trait::async_trait;
use latchkey::{http::Route, runtime::Function};
use serde::Serialize;
use tokio::sync::Semaphore;

/// Calls of one function that may be under way at once; more wait here. `cargo lambda watch` 1.9 has room for 100,
/// and stands still for good once another one waits for it.
const MOST_CALLS: usize = 90;

/// Hands an event to a function. As in Lambda, it runs to its end even where nobody waits for the
/// answer any more, and a panic ends that invocation only.
///
/// # Errors
/// The text of a failed invocation.
pub async fn invoke(function: &Arc<dyn Function>, event: &impl Serialize) -> Result<Vec<u8>, String> {
    let event = serde_json::to_vec(event).map_err(|error| error.to_string())?;
    let invoked = Arc::clone(function);
    match tokio::spawn(async move { invoked.invoke(&event).await }).await {
        Ok(answer) => answer,
        Err(error) => Err(error.to_string()),
    }
}

/// A function behind a Lambda Invoke API: `cargo lambda watch`, an emulator.
pub struct Remote {
    name: &'static str,
    routes: &'static [Route],
    url: String,
    client: reqwest::Client,
    calls: Semaphore,
}

impl Remote {
    /// The one at a URL, under a prefix, with the name and the routes of `function`.
    #[must_use]
    pub fn of(function: &dyn Function, (url, prefix): (&str, &str), client: reqwest::Client) -> Self {
        let name = function.name();
        let url = format!("{}/2015-03-31/functions/{prefix}{name}/invocations", url.trim_end_matches('/'));
        Self { name, routes: function.routes(), url, client, calls: Semaphore::new(MOST_CALLS) }
    }
}

#[async_trait]
impl Function for Remote {
    fn name(&self) -> &'static str {
        self.name
    }

    fn routes(&self) -> &'static [Route] {
        self.routes
    }

    async fn invoke(&self, event: &[u8]) -> Result<Vec<u8>, String> {
        let unanswered = |error: reqwest::Error| format!("{}: {error}", self.url);
        let _call = self.calls.acquire().await.map_err(|error| error.to_string())?;
        let request = self.client.post(&self.url).header("content-type", "application/json");
        let answer = request.body(event.to_vec()).send().await.map_err(unanswered)?;
        let status = answer.status();
        let failed = answer.headers().contains_key("x-amz-function-error");
        let body = answer.bytes().await.map_err(unanswered)?;
        if failed || !status.is_success() {
            return Err(format!("{}: {status}: {}", self.name, String::from_utf8_lossy(&body)));
        }
        Ok(body.to_vec())
    }
}
