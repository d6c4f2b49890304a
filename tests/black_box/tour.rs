//! The README's tour, pasted.

use std::sync::Arc;

use latchkey::{
    domain::{clock::WallClock, entropy::SystemEntropy},
    runtime::World,
};
use local::{Options, Stack};
use tokio::process::Command;

#[tokio::test(flavor = "multi_thread")]
async fn the_readmes_tour_works_when_pasted() {
    let (clock, entropy) = (Arc::new(WallClock), Arc::new(SystemEntropy::default()));
    let mut options = Options::for_tests(clock, entropy);
    options.background = true;
    let stack = Stack::start(options).await.unwrap();
    local::demo::prepare(stack.environment(), World::real()).await.unwrap();
    let readme = include_str!("../../README.md");
    let (_, tour) = readme.split_once("## The tour").unwrap();
    let (_, tour) = tour.split_once("```bash\n").unwrap();
    let (tour, _) = tour.split_once("```").unwrap();
    let tour = tour
        .replace("http://127.0.0.1:9100", stack.gateway().unwrap())
        .replace("http://127.0.0.1:8005", stack.mail());
    let output = Command::new("bash").arg("-c").arg(&tour).output().await.unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let mut from = 0;
    for step in [
        "pending_verification",
        "\"status\":\"verified\"",
        "mfa_required",
        "\"status\":\"sent\"",
        "\"status\":\"authenticated\"",
        "\"first_name\":\"Ada\"",
        "\"keys\":[",
        "\"status\":\"refreshed\"",
        "\"status\":\"accepted\"",
        "password_reset",
        "bearer_invalid",
        "\"status\":\"sent\"",
        "\"status\":\"enrolled\"",
        "\"available_methods\":[\"totp\",\"backup_code\"]",
        "\"remaining\":9",
        "\"current\":true",
        "\"status\":\"logged_out\"",
        "bearer_invalid",
    ] {
        let at = said[from..].find(step);
        assert!(at.is_some(), "{step} is missing after {from} in\n{said}");
        from += at.unwrap() + step.len();
    }
}
