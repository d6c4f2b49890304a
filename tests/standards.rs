//! What OWASP ASVS 5.0.0 asks at levels 1 and 2 has one answer each in `asvs.toml`, and what an answer names is there.
//!
//! Runs after the black box, and reads in the log of the run that the named tests passed.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops where something is wrong")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::Deserialize;

/// The requirements of levels 1 and 2, a pair for each chapter, as counted in the published
/// `OWASP_Application_Security_Verification_Standard_5.0.0_en.csv`: 70 and 183 of its 345.
const PUBLISHED: [(usize, usize); 17] = [
    (8, 19),
    (4, 7),
    (8, 11),
    (2, 8),
    (4, 5),
    (13, 22),
    (6, 12),
    (4, 3),
    (4, 3),
    (5, 24),
    (3, 11),
    (3, 6),
    (1, 12),
    (2, 7),
    (3, 10),
    (0, 16),
    (0, 7),
];

/// What is promised of level 3: e-mail as a factor, what an owner is told, who has an account, races.
const OF_LEVEL_3: [&str; 5] = ["V6.3.5", "V6.3.6", "V6.3.7", "V6.3.8", "V15.4.2"];

/// Names the log of the run, into which the output of every test binary goes.
const RAN: &str = "LATCHKEY_RAN";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Requirement {
    level: u8,
    asks: String,
    tests: Option<Vec<String>>,
    by: Option<Vec<String>>,
    deviation: Option<String>,
    outside: Option<String>,
}

impl Requirement {
    /// Which of the four answers it has; what is wrong where it has not just one.
    fn answer(&self) -> Result<&'static str, String> {
        let named =
            |names: &[String], mark| !names.is_empty() && names.iter().all(|name| name.contains(mark));
        let said = |words: &String| !words.trim().is_empty();
        let given = [
            ("tests", self.tests.as_ref().map(|names| named(names, "::"))),
            ("checks", self.by.as_ref().map(|names| named(names, ": "))),
            ("deviations", self.deviation.as_ref().map(said)),
            ("outside", self.outside.as_ref().map(said)),
        ];
        let mut given = given.iter().filter_map(|(kind, said)| said.map(|said| (*kind, said)));
        match (given.next(), given.next()) {
            (None, _) => Err("has no answer: one of tests, by, deviation, outside".to_owned()),
            (Some((one, _)), Some((other, _))) => Err(format!("has two answers: {one} and {other}")),
            (Some((kind, false)), None) => Err(format!("says nothing as to {kind}")),
            (Some((kind, true)), None) if !self.asks.trim().is_empty() => Ok(kind),
            _ => Err("does not say what is asked".to_owned()),
        }
    }
}

/// By chapter, section and number: to TOML, `V6.2.1` is a key in a table in a table.
type Standard = BTreeMap<String, BTreeMap<u32, BTreeMap<u32, Requirement>>>;

const TEXT: &str = include_str!("asvs.toml");

fn requirements() -> Vec<(String, Requirement)> {
    let standard: Standard =
        toml_edit::de::from_str(TEXT).unwrap_or_else(|error| panic!("asvs.toml: {error}"));
    let mut all = Vec::new();
    for (chapter, sections) in standard {
        for (section, entries) in sections {
            all.extend(entries.into_iter().map(|(number, it)| (format!("{chapter}.{section}.{number}"), it)));
        }
    }
    all
}

#[test]
fn every_requirement_of_levels_1_and_2_has_one_answer() {
    let requirements = requirements();
    let (mut wrong, mut kinds) = (String::new(), BTreeMap::<_, usize>::new());
    let (mut counts, mut third) = ([(0, 0); 17], BTreeSet::new());
    for (id, requirement) in &requirements {
        match requirement.answer() {
            Ok(kind) => *kinds.entry(kind).or_default() += 1,
            Err(fault) => writeln!(wrong, "{id} {fault}").unwrap(),
        }
        let chapter: usize = id[1..].split('.').next().unwrap().parse().unwrap();
        let Some((first, second)) = chapter.checked_sub(1).and_then(|index| counts.get_mut(index)) else {
            writeln!(wrong, "{id}: the standard has no such chapter").unwrap();
            continue;
        };
        match requirement.level {
            1 => *first += 1,
            2 => *second += 1,
            _ => drop(third.insert(id.as_str())),
        }
    }
    for (chapter, (counted, published)) in (1..).zip(counts.iter().zip(&PUBLISHED)) {
        if counted != published {
            writeln!(wrong, "V{chapter} has {counted:?} of levels 1 and 2; published are {published:?}")
                .unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert_eq!(third, BTreeSet::from(OF_LEVEL_3), "of level 3");
    let ids = TEXT.lines().filter_map(|line| Some(line.strip_prefix('V')?.split_once(" = ")?.0));
    let order: Vec<Vec<u32>> =
        ids.map(|id| id.split('.').map(|part| part.parse().unwrap()).collect()).collect();
    assert_eq!(order.len(), requirements.len(), "each entry begins a line");
    assert!(order.is_sorted(), "the entries stand in the order of the standard");
    let count = |kind| kinds.get(kind).copied().unwrap_or_default();
    println!(
        "asvs: {} requirements: {} by tests, {} by checks, {} deviations, {} outside",
        requirements.len(),
        count("tests"),
        count("checks"),
        count("deviations"),
        count("outside")
    );
}

#[test]
fn what_an_answer_names_is_there() {
    let mut wrong = String::new();
    for (id, requirement) in requirements() {
        let tests = requirement.tests.iter().flatten().map(|name| (name, is_a_test(name)));
        let checks = requirement.by.iter().flatten().map(|name| (name, is_a_check(name)));
        let reasons = requirement.deviation.iter().chain(&requirement.outside);
        let words = reasons.flat_map(|reason| reason.split([' ', '(', ')', ',', ';']));
        let told: Vec<_> = words.filter(|word| word.contains("::")).map(str::to_owned).collect();
        let told = told.iter().map(|name| (name, is_a_test(name)));
        for (name, found) in tests.chain(checks).chain(told) {
            if let Err(fault) = found {
                writeln!(wrong, "{id} names {name}: {fault}").unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_test_that_is_named_ran_and_passed() {
    let Ok(file) = std::env::var(RAN) else {
        println!("skipped: needs the log of a whole run; tests/run has it");
        return;
    };
    let log = log_until_here(Path::new(&file));
    let passed = passed(&log);
    let requirements = requirements();
    let named: BTreeSet<_> = requirements.iter().flat_map(|(_, it)| it.tests.iter().flatten()).collect();
    // Of a run with a filter nothing is known.
    let ran = |name: &&&String| passed.contains_key(name.split("::").next().unwrap());
    let looked_at: Vec<_> = named.iter().filter(ran).collect();
    let missing: Vec<_> = looked_at
        .iter()
        .filter(|name| {
            let (target, test) = name.split_once("::").unwrap();
            !passed[target].contains(test)
        })
        .collect();
    assert!(missing.is_empty(), "named, and did not pass: {missing:#?}");
    let has_filter = |line: &str| line.starts_with("test result: ") && !line.contains(" 0 filtered out");
    assert!(looked_at.len() == named.len() || log.lines().any(has_filter), "{} only", looked_at.len());
    println!("asvs: {} of {} named tests were in the log's runs, and passed", looked_at.len(), named.len());
}

/// The log up to this very binary's heading. What cargo and the tests write goes through one pipe, so once that stands
/// there, so does all before it.
fn log_until_here(file: &Path) -> String {
    for _ in 0..1000 {
        let log = fs::read_to_string(file).unwrap();
        if let Some(end) = log.find("Running standards.rs ") {
            return log[..end].to_owned();
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("{} does not get to this test", file.display());
}

/// The tests that passed, by the target that they are of: of targets that ran without a filter.
fn passed(log: &str) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut passed = BTreeMap::<_, BTreeSet<_>>::new();
    let (mut target, mut tests) = ("", BTreeSet::new());
    for line in log.lines() {
        // Running unittests src/lib.rs (target/debug/deps/latchkey-0123456789abcdef)
        if let Some(binary) = line.trim_start().strip_prefix("Running ").and_then(|it| it.split_once(" (")) {
            let name = binary.1.trim_end_matches(')').rsplit('/').next().unwrap();
            (target, tests) = (name.rsplit_once('-').map_or(name, |(name, _)| name), BTreeSet::new());
        } else if let Some(test) = line.strip_prefix("test ").and_then(|it| it.strip_suffix(" ... ok")) {
            tests.insert(test);
        } else if line.starts_with("test result: ") && line.contains(" 0 filtered out") {
            passed.entry(target).or_default().append(&mut tests);
        }
    }
    passed
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Whether `target::module::…::name` is a test in the file that its path says.
fn is_a_test(name: &str) -> Result<(), String> {
    let parts: Vec<_> = name.split("::").collect();
    let [target, modules @ .., test] = parts.as_slice() else { return Err("no path".to_owned()) };
    let package = target.replace('_', "-");
    let folder = match *target {
        "black_box" | "roles" => format!("tests/{target}"),
        "latchkey" => "shared/src".to_owned(),
        "admin" | "cost" | "local" => format!("infra/{target}/src"),
        _ => format!("functions/{package}/src"),
    };
    let folder = root().join(folder);
    // The longest part of the path that is a file; what is left are modules in it.
    let found = (0..=modules.len()).rev().find_map(|files| {
        let path: PathBuf = modules[..files].iter().collect();
        let places = if files == 0 {
            [folder.join("lib.rs"), folder.join("main.rs"), folder.with_extension("rs")]
        } else {
            let module = folder.join(&path);
            [module.with_extension("rs"), module.join("mod.rs"), module]
        };
        places.into_iter().find_map(|place| Some((fs::read_to_string(place).ok()?, files)))
    });
    let (source, files) = found.ok_or("no such file")?;
    for module in &modules[files..] {
        if !source.contains(&format!("mod {module} {{")) {
            return Err(format!("no module {module}"));
        }
    }
    let lines: Vec<_> = source.lines().map(str::trim_start).collect();
    let defines = |line: &str| line.trim_start_matches("async ").starts_with(&format!("fn {test}("));
    let at = lines.iter().position(|line| defines(line)).ok_or("no such function")?;
    let above = lines[..at].iter().rev().take_while(|line| line.starts_with("#[") || line.starts_with("//"));
    let is_test = |line: &&&str| line.starts_with("#[test]") || line.starts_with("#[tokio::test");
    above.into_iter().find(is_test).map(drop).ok_or_else(|| "a function, and no test".to_owned())
}

/// Whether a step of `.ci/run`, a test of the pages, or a file with what it is said to say is there.
fn is_a_check(name: &str) -> Result<(), String> {
    let (place, what) = name.split_once(": ").ok_or("no place")?;
    let read = |path: &str| fs::read_to_string(root().join(path)).map_err(|error| error.to_string());
    let there = match place {
        "step" => read(".ci/run")?.lines().any(|line| line == format!("step \"{what}\"")),
        "page" => ["pages", "journeys", "account"].iter().any(|file| {
            let text = read(&format!("tests/pages/{file}.test.mjs")).unwrap_or_default();
            ["test", "journey"].iter().any(|kind| text.contains(&format!("\n{kind}(\"{what}\"")))
        }),
        _ if Path::new(place).extension().is_some_and(|kind| kind == "md") => read(place)?
            .lines()
            .any(|line| line.starts_with('#') && line.trim_start_matches('#') == format!(" {what}")),
        _ => read(place)?.contains(what),
    };
    there.then_some(()).ok_or_else(|| "it is not there".to_owned())
}
