//! Row 25: no secret that any test held is in a log, a metric, a refusal, the audit record or, in the clear, a table.
//!
//! Runs after the black box, and reads what that wrote down.

#![expect(clippy::unwrap_used, reason = "a test stops where something is wrong")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use aho_corasick::AhoCorasick;
use tests::leaks::{ADDRESSES, DIRECTORY, SECRETS};

/// What is shorter, or is nothing but noughts, is found anywhere.
const SHORTEST: usize = 6;
const FEWEST_CHARACTERS: usize = 3;
/// `log.login` is the log of a function that is a process of its own.
const PLACES: [&str; 5] = ["log", "metrics", "refusals", "audit", "tables"];

#[test]
fn no_secret_is_where_none_may_be() {
    let Some(directory) = std::env::var_os(DIRECTORY) else {
        println!("skipped: needs what a whole run of the black-box tests writes down; tests/run has it");
        return;
    };
    let directory = Path::new(&directory);
    let addresses = lines(&directory.join(ADDRESSES));
    let mut secrets = lines(&directory.join(SECRETS));
    // A test has somebody choose their address as a password.
    secrets.retain(|secret| !addresses.contains(secret));
    let mut found = BTreeSet::new();
    let mut sizes: BTreeMap<String, usize> = BTreeMap::new();
    for file in fs::read_dir(directory).unwrap() {
        let file = file.unwrap();
        let name = file.file_name().into_string().unwrap();
        let place = name.split('.').next().unwrap();
        if [SECRETS, ADDRESSES].contains(&name.as_str()) {
            continue;
        }
        assert!(PLACES.contains(&place), "{name}");
        let text = String::from_utf8_lossy(&fs::read(file.path()).unwrap()).into_owned();
        let mut wanted: Vec<&String> = secrets.iter().collect();
        if ["log", "metrics"].contains(&place) {
            wanted.extend(&addresses);
        }
        found.extend(finds(&text, &wanted).into_iter().map(|secret| format!("{name}: {secret}")));
        *sizes.entry(place.to_owned()).or_default() += text.len();
    }
    let looked: Vec<_> = sizes.iter().map(|(place, size)| format!("{place} {} KB", size / 1024)).collect();
    println!(
        "row 25: {} secrets and {} addresses, looked for in {}: {} found",
        secrets.len(),
        addresses.len(),
        looked.join(", "),
        found.len()
    );
    assert!(secrets.len() >= 50, "{}", secrets.len());
    // Of a stack elsewhere there are its functions' logs, and what it refused.
    let all = if directory.join("log").exists() { &PLACES[..] } else { &["log", "refusals"] };
    assert!(all.iter().all(|place| sizes.get(*place).is_some_and(|size| *size > 0)), "{looked:?}");
    assert!(found.is_empty(), "{found:#?}");
}

/// Each once; a secret is a JSON text a line.
fn lines(file: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(file).unwrap();
    let all = text.lines().map(|line| serde_json::from_str::<String>(line).unwrap());
    let varied = |secret: &String| secret.bytes().collect::<BTreeSet<_>>().len() >= FEWEST_CHARACTERS;
    all.filter(|secret| secret.len() >= SHORTEST && varied(secret)).collect()
}

/// Which are in a text: whole words, since six digits are in many numbers. Once each, with the line.
fn finds(text: &str, wanted: &[&String]) -> Vec<String> {
    let search = AhoCorasick::new(wanted.iter().map(|secret| secret.as_bytes())).unwrap();
    let is_word = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let mut found = BTreeMap::new();
    for hit in search.find_overlapping_iter(text) {
        let bytes = text.as_bytes();
        let before = hit.start().checked_sub(1).and_then(|at| bytes.get(at));
        if !is_word(before) && !is_word(bytes.get(hit.end())) {
            let begin = text[..hit.start()].rfind('\n').map_or(0, |at| at + 1);
            let end = text[hit.end()..].find('\n').map_or(text.len(), |at| hit.end() + at);
            let line: String = text[begin..end].chars().take(300).collect();
            found.entry(wanted[hit.pattern().as_usize()].clone()).or_insert(line);
        }
    }
    found.into_iter().map(|(secret, line)| format!("{secret} in {line}")).collect()
}
