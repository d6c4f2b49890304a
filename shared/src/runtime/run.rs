//! How a function is run: by Lambda, or mounted in this process.

use std::{process::ExitCode, sync::Arc};

use lambda_runtime::service_fn;

use super::{Function, Parts, StartError, World, trace};
use crate::http::{Endpoint, Served, event};

/// Runs an endpoint as a Lambda function: what `main` does.
#[must_use]
pub fn run<E: Endpoint>() -> ExitCode {
    lambda(E::NAME, async {
        let served = start::<E>(&variable, World::real()).await?;
        let served = Arc::new(served);
        let service = event::service(move |event| {
            let served = Arc::clone(&served);
            async move { served.answer(event).await }
        });
        lambda_runtime::run(service).await.map_err(|error| StartError::Client(error.to_string()))
    })
}

/// Runs a function that a stream wakes, started by `start` from its environment.
#[must_use]
pub fn run_worker<F, S>(
    name: &'static str,
    start: impl FnOnce(&'static dyn Fn(&str) -> Option<String>, World) -> S,
) -> ExitCode
where
    F: Function + 'static,
    S: Future<Output = Result<F, StartError>>,
{
    lambda(name, async {
        let worker = Arc::new(start(&variable, World::real()).await?);
        let handler = service_fn(move |event: lambda_runtime::LambdaEvent<serde_json::Value>| {
            let worker = Arc::clone(&worker);
            async move {
                let event = serde_json::to_vec(&event.payload)?;
                let answer = worker.invoke(&event).await?;
                Ok::<serde_json::Value, lambda_runtime::Error>(serde_json::from_slice(&answer)?)
            }
        });
        lambda_runtime::run(handler).await.map_err(|error| StartError::Client(error.to_string()))
    })
}

/// Mounts an endpoint in this process, with the variables that `get` knows.
///
/// # Errors
/// [`StartError`] as on Lambda.
pub async fn mount<E: Endpoint>(
    get: &dyn Fn(&str) -> Option<String>,
    world: World,
) -> Result<Arc<dyn Function>, StartError> {
    Ok(Arc::new(Arc::new(start::<E>(get, world).await?)))
}

async fn start<E: Endpoint>(
    get: &dyn Fn(&str) -> Option<String>,
    world: World,
) -> Result<Served<E>, StartError> {
    Ok(Served::new(Parts::start(get, E::KEYS, E::HASHES, world).await?))
}

fn lambda(name: &str, work: impl Future<Output = Result<(), StartError>>) -> ExitCode {
    trace();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(function = name, %error, "does not start");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(work) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(function = name, %error, "does not start");
            ExitCode::FAILURE
        }
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
