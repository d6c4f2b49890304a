//! No role allows what its function does not do.
//!
//! That it allows all that the function does is not looked at here: the local stack refuses the rest, so the
//! black-box tests would not pass. Runs after them, and reads what they wrote down.

use std::collections::BTreeSet;

use local::roles;

#[test]
fn every_grant_of_every_role_is_made_use_of() {
    let Ok(file) = std::env::var(roles::record::FILE) else {
        println!("skipped: needs what a whole run of the black-box tests writes down; tests/run has it");
        return;
    };
    let used = std::fs::read_to_string(&file).unwrap();
    let used: BTreeSet<&str> = used.lines().collect();
    let granted: BTreeSet<String> = roles::grants().unwrap().iter().map(ToString::to_string).collect();
    let unused: Vec<_> = granted.iter().filter(|grant| !used.contains(grant.as_str())).collect();
    println!(
        "{} grants in the roles of {} functions, {} of them not used",
        granted.len(),
        functions(&granted),
        unused.len()
    );
    assert!(unused.is_empty(), "allowed, and never done: {unused:#?}");
}

fn functions(granted: &BTreeSet<String>) -> usize {
    granted.iter().filter_map(|grant| grant.split(' ').next()).collect::<BTreeSet<_>>().len()
}
