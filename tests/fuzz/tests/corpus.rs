//! Every input of the corpora, in every run of the tests.

use std::{
    collections::BTreeSet,
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

use fuzz::{TARGETS, Target};

/// Replays the corpus of a target; gives how many inputs there are, and which break it.
fn replay(name: &str, target: Target) -> (usize, Vec<String>) {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    let inputs: Vec<_> = fs::read_dir(corpus).unwrap().map(|entry| entry.unwrap().path()).collect();
    let breaks = |input: &&std::path::PathBuf| {
        let data = fs::read(input).unwrap();
        catch_unwind(AssertUnwindSafe(|| target(&data))).is_err()
    };
    let broken = inputs.iter().filter(breaks).map(|input| input.display().to_string()).collect();
    (inputs.len(), broken)
}

#[test]
fn no_input_of_the_corpora_breaks_its_target() {
    let (mut count, mut broken) = (0, Vec::new());
    for (name, target) in TARGETS {
        let (inputs, breaking) = replay(name, target);
        assert!(inputs > 1, "{name} has no corpus");
        count += inputs;
        broken.extend(breaking);
    }
    assert!(broken.is_empty(), "{broken:#?}");
    println!("row 27: {count} inputs of {} targets replayed, {} panics", TARGETS.len(), broken.len());
}

#[test]
fn each_target_has_a_binary_of_its_name() {
    let sources = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz_targets")).unwrap();
    let binaries: BTreeSet<_> =
        sources.map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    let targets: BTreeSet<_> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(binaries, targets);
}
