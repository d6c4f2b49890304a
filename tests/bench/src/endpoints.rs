//! What the processor does for a call of each endpoint: instructions of twice as many calls, less those of as many.

use std::{ffi::OsString, sync::Arc};

use anyhow::Context;
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

/// Of so many calls the instructions are known.
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
    let environment = house.stack().environment().clone();
    let mut functions = local::functions::mount(&environment, house.world()).await?;
    let place = functions.iter().position(|function| function.name() == name).context("no such function")?;
    let fleet = Arc::new(Fleet::start(functions.remove(place), count, command, &environment).await);
    functions.push(fleet.clone());
    house.serve(functions).await;
    Ok(fleet)
}

/// # Errors
/// When a function does not run, or refuses.
pub async fn measure(work: &Work) -> anyhow::Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for scene in &SCENES {
        let whole = instructions(scene).await?;
        let hash = if scene.hashes { work.cheap_hash } else { 0.0 };
        let signature = scene.signs.map_or(0.0, |algorithm| work.signature(algorithm));
        let goal = if scene.function == "login" { LOGIN_GOAL } else { GOAL };
        let beside = match (scene.hashes, scene.signs) {
            (true, Some(_)) => ", without hash and signature",
            (true, None) => ", without the hash",
            (false, Some(_)) => ", without the signature",
            (false, None) => "",
        };
        figures.push(
            Figure::new(format!("{}{beside}", scene.name), UNIT, whole - hash - signature).at_most(goal),
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
    let people = People::of(scene, &house, 3 * CALLS).await;
    let mut calls = people.calls(scene, &house).await?;
    let more = calls.split_off(CALLS);
    let mut counted = Vec::new();
    for calls in [calls, more] {
        let callgrind = Callgrind::new();
        let command = callgrind.of(&lambda::binary(scene.function));
        let fleet = processes(&mut house, scene.function, 1, &command).await?;
        for call in &calls {
            call.make(&house).await;
        }
        fleet.stop().await;
        counted.push(callgrind.millions());
    }
    #[expect(clippy::cast_precision_loss, reason = "they are few")]
    Ok((counted[1] - counted[0]) / CALLS as f64)
}
