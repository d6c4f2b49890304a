//! What the processor does for a call of each endpoint, in its own process.

use std::{ffi::OsString, sync::Arc};

use anyhow::Context;
use latchkey::runtime::Function;
use tests::{
    House,
    callgrind::Callgrind,
    lambda::{self, Fleet},
};

use crate::{
    Figure,
    scenes::{People, SCENES, Scene},
    work::Work,
};

/// The first calls open connections, and fill what is kept; those after them are counted.
const WARM_UP: usize = 4;
const CALLS: usize = 8;
const LOGIN_GOAL: f64 = 4.0;
const GOAL: f64 = 1.5;
const UNIT: &str = "M instructions";

/// Has a function of a house be answered by so many processes, which this command starts.
///
/// # Errors
/// When there is no such function.
pub async fn processes(
    house: &mut House,
    name: &str,
    count: usize,
    command: &[OsString],
) -> anyhow::Result<Arc<Fleet>> {
    let (function, mut functions) = taken_out(house, name).await?;
    let fleet = Arc::new(Fleet::start(function, count, command, house.stack().environment()).await);
    functions.push(fleet.clone());
    house.serve(functions).await;
    Ok(fleet)
}

/// A function, and all others.
///
/// # Errors
/// When there is no such function.
pub async fn taken_out(
    house: &House,
    name: &str,
) -> anyhow::Result<(Arc<dyn Function>, Vec<Arc<dyn Function>>)> {
    let mut functions = local::functions::mount(house.stack().environment(), house.world()).await?;
    let place = functions.iter().position(|function| function.name() == name).context("no such function")?;
    Ok((functions.remove(place), functions))
}

/// # Errors
/// When a function does not run, or refuses.
pub async fn measure(work: &Work) -> anyhow::Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for scene in &SCENES {
        let whole = instructions(scene).await?;
        let hash = if scene.hashes { work.cheap_hash } else { 0.0 };
        let signature = scene.signs.map_or(0.0, |algorithm| work.signature(algorithm));
        let assertion = if scene.asserts { work.assertion } else { 0.0 };
        let goal = if scene.function == "login" { LOGIN_GOAL } else { GOAL };
        let beside = match (scene.hashes, scene.signs) {
            (true, Some(_)) => ", without hash and signature",
            (true, None) => ", without the hash",
            (false, Some(_)) if scene.asserts => ", without both signatures",
            (false, Some(_)) => ", without the signature",
            (false, None) => "",
        };
        figures.push(
            Figure::new(format!("{}{beside}", scene.name), UNIT, whole - hash - signature - assertion)
                .at_most(goal),
        );
    }
    Ok(figures)
}

/// Millions of instructions of one call.
///
/// # Errors
/// When the function does not run, or refuses.
pub async fn instructions(scene: &Scene) -> anyhow::Result<f64> {
    // Its hash is hardly any work: what is beside it is counted.
    let mut house = House::start_here().await;
    let people = People::of(scene, &house, WARM_UP + CALLS).await;
    let mut calls = people.calls(scene, &house).await?;
    let counted = calls.split_off(WARM_UP);
    let callgrind = Callgrind::new();
    let command = callgrind.of(&lambda::binary(scene.function));
    let fleet = processes(&mut house, scene.function, 1, &command).await?;
    for calls in [calls, counted] {
        for call in &calls {
            call.make(&house).await;
        }
        Callgrind::dump(fleet.id().await).await;
    }
    fleet.stop().await;
    #[expect(clippy::cast_precision_loss, reason = "they are few")]
    Ok(callgrind.millions_between_dumps() / CALLS as f64)
}
