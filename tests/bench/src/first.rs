//! Each endpoint's first answer: from the start of a process that has never been asked anything.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    sync::{Arc, Mutex},
    time::Duration,
};

use anyhow::Context;
use async_trait::async_trait;
use latchkey::{http::Route, runtime::Function};
use serde::Serialize;
use tests::{
    House, at_real_cost,
    lambda::{self, Process},
};
use tokio::time::Instant;

use crate::{
    Figure, endpoints,
    functions::EMPTY,
    scenes::{People, SCENES, Scene},
};

/// Each is started so often, the empty one between.
const STARTS: usize = 10;

/// The medians of a start with its first answer, in milliseconds.
#[derive(Debug, Clone, Serialize)]
pub struct First {
    pub call: &'static str,
    pub hashes: bool,
    pub took: f64,
    pub empty: f64,
}

/// A function that is started anew for each event; after it, with the same event, the empty handler.
struct Cold {
    function: Arc<dyn Function>,
    environment: BTreeMap<String, String>,
    took: Mutex<[Vec<Duration>; 2]>,
}

#[async_trait]
impl Function for Cold {
    fn name(&self) -> &'static str {
        self.function.name()
    }

    fn routes(&self) -> &'static [Route] {
        self.function.routes()
    }

    async fn invoke(&self, event: &[u8]) -> Result<Vec<u8>, String> {
        let (own, answer) = self.start(self.function.name(), event).await;
        let (empty, _) = self.start(EMPTY, event).await;
        let mut took = self.took.lock().map_err(|fault| fault.to_string())?;
        took[0].push(own);
        took[1].push(empty);
        answer
    }
}

impl Cold {
    async fn start(&self, function: &str, event: &[u8]) -> (Duration, Result<Vec<u8>, String>) {
        let process = Process::start(&[lambda::binary(function).into()], &self.environment).await;
        let asked = Instant::now();
        let answer = process.invoke(event.to_vec().into()).await;
        let took = process.ready_after + asked.elapsed();
        process.stop().await;
        (took, answer.map(Into::into))
    }
}

async fn of(scene: &Scene) -> anyhow::Result<First> {
    let mut house = House::start_with(at_real_cost()).await;
    let people = People::of(scene, &house, STARTS).await;
    let calls = people.calls(scene, &house).await?;
    let environment = house.stack().environment().clone();
    let (function, mut functions) = endpoints::taken_out(&house, scene.function).await?;
    let cold = Arc::new(Cold { function, environment, took: Mutex::default() });
    functions.push(cold.clone());
    house.serve(functions).await;
    for call in &calls {
        call.make(&house).await;
    }
    let took = std::mem::take(&mut *cold.took.lock().ok().context("nobody panicked")?);
    let [took, empty] = took.map(|mut took| {
        took.sort_unstable();
        took.get(took.len() / 2).map(|took| took.as_secs_f64() * 1e3)
    });
    let (took, empty) = (took.context("it started")?, empty.context("it started")?);
    Ok(First { call: scene.name, hashes: scene.hashes, took, empty })
}

/// # Errors
/// When a function does not run, or refuses.
pub async fn measure() -> anyhow::Result<(Vec<First>, Vec<Figure>)> {
    let mut all = Vec::new();
    for scene in &SCENES {
        all.push(of(scene).await?);
    }
    let figures = [("do not hash", false), ("hash", true)].map(|(those, hashes)| {
        let times = all.iter().filter(|first| first.hashes == hashes).map(|first| first.took / first.empty);
        Figure::new(
            format!("time to the first answer, the most of all that {those}"),
            "times the empty handler's",
            times.fold(0.0, f64::max),
        )
        .over(1.0)
    });
    Ok((all, figures.into()))
}

/// What is printed of each.
#[must_use]
pub fn table(all: &[First]) -> String {
    let mut text = String::from(
        "| call | ms from start to its first answer | the empty handler's |\n| --- | ---: | ---: |\n",
    );
    for First { call, took, empty, .. } in all {
        let _ = writeln!(text, "| {call} | {took:.1} | {empty:.1} |");
    }
    text
}
