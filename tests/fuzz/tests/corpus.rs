//! Every input of the corpora, in every run of the tests.

use std::{
    collections::BTreeSet,
    fs, io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
};

use fuzz::{TARGETS, Target};

/// Replays the corpus of a target; gives how many inputs there are, and which break it.
fn replay(name: &str, target: Target) -> io::Result<(usize, Vec<PathBuf>)> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    let (mut count, mut broken) = (0, Vec::new());
    for entry in fs::read_dir(corpus)? {
        let path = entry?.path();
        let data = fs::read(&path)?;
        count += 1;
        if catch_unwind(AssertUnwindSafe(|| target(&data))).is_err() {
            broken.push(path);
        }
    }
    Ok((count, broken))
}

#[test]
fn no_input_of_the_corpora_breaks_its_target() {
    let (mut count, mut broken) = (0, Vec::new());
    for (name, target) in TARGETS {
        let (inputs, breaking) = replay(name, target).unwrap();
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
    let binaries: BTreeSet<_> = sources
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    let targets: BTreeSet<_> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(binaries, targets);
}
