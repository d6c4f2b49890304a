//! What the endpoints spend: the golden file of the spending test.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml_edit::{DocumentMut, TableLike, Value};

use crate::InputError;

/// What a call spends in DynamoDB.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub struct Spent {
    /// Round trips, one after the other.
    pub trips: u32,
    pub reads: f64,
    /// Without the audit event's.
    pub writes: f64,
    pub audit: f64,
    pub transactions: u32,
}

/// An endpoint, with one of its outcomes.
#[derive(Debug, Clone, Deserialize)]
pub struct Endpoint {
    pub function: String,
    #[serde(flatten)]
    pub spent: Spent,
    #[serde(default)]
    pub hashes: u32,
    #[serde(default)]
    pub signs: u32,
    #[serde(default)]
    pub mails: u32,
    /// Trips, reads / writes as the design has them.
    pub design: String,
}

impl Endpoint {
    /// Whether API Gateway stands before it.
    pub fn is_http(&self) -> bool {
        self.function != "mail-worker"
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Function {
    /// In MB.
    pub memory: f64,
    pub keys: f64,
}

/// In milliseconds, but `work` and `signature`: in million instructions.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Durations {
    pub hash: f64,
    pub read_trip: f64,
    pub write_trip: f64,
    pub transaction: f64,
    pub mail: f64,
    pub work: f64,
    pub signature: f64,
    pub per_millisecond: f64,
    pub whole_processor: f64,
    pub start: f64,
}

/// The file `units.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Units {
    pub endpoints: BTreeMap<String, Endpoint>,
    pub functions: BTreeMap<String, Function>,
    pub left_out: BTreeMap<String, String>,
    pub durations: Durations,
}

/// Where the file is in the sources.
pub const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/units.toml");

impl Units {
    /// # Errors
    /// When the text is no such file.
    pub fn parse(text: &str) -> Result<Self, InputError> {
        toml_edit::de::from_str(text).map_err(|error| InputError::Unreadable("units.toml", error.to_string()))
    }
}

/// The file's text with other measurements in it, and nothing else changed.
///
/// # Errors
/// When the text is no such file, or has no row of a name.
pub fn rewrite(text: &str, measured: &BTreeMap<String, Spent>) -> Result<String, InputError> {
    let broken = |error: String| InputError::Unreadable("units.toml", error);
    let mut document: DocumentMut = text.parse().map_err(|error| broken(format!("{error}")))?;
    for (name, spent) in measured {
        let row = document
            .get_mut("endpoints")
            .and_then(|endpoints| endpoints.get_mut(name))
            .and_then(toml_edit::Item::as_table_like_mut)
            .ok_or_else(|| broken(format!("there is no row {name:?}")))?;
        put(row, "trips", i64::from(spent.trips).into());
        put(row, "reads", number(spent.reads));
        put(row, "writes", number(spent.writes));
        put(row, "audit", number(spent.audit));
        put(row, "transactions", i64::from(spent.transactions).into());
    }
    Ok(document.to_string())
}

fn put(row: &mut dyn TableLike, key: &str, mut value: Value) {
    if let Some(old) = row.get_mut(key).and_then(toml_edit::Item::as_value_mut) {
        *value.decor_mut() = old.decor().clone();
        *old = value;
    }
}

/// Whole units without a point.
#[expect(clippy::cast_possible_truncation, reason = "units are few")]
fn number(units: f64) -> Value {
    if units.fract() == 0.0 { (units as i64).into() } else { units.into() }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use super::*;

    const TEXT: &str = include_str!("../units.toml");

    #[test]
    fn the_same_measurements_leave_the_file_as_it_is() {
        let units = Units::parse(TEXT).unwrap();
        let measured = units.endpoints.iter().map(|(name, row)| (name.clone(), row.spent)).collect();
        assert_eq!(rewrite(TEXT, &measured).unwrap(), TEXT);
    }

    #[test]
    fn another_measurement_changes_its_row_alone() {
        let spent = Spent { trips: 9, reads: 0.5, writes: 8.0, audit: 7.0, transactions: 6 };
        let text = rewrite(TEXT, &BTreeMap::from([("GET /me".to_owned(), spent)])).unwrap();
        let changed: Vec<_> =
            text.lines().zip(TEXT.lines()).filter(|(new, old)| new != old).map(|(new, _)| new).collect();
        assert_eq!(
            changed,
            [
                r#""GET /me" = { function = "me", trips = 9, reads = 0.5, writes = 8, audit = 7, transactions = 6, design = "1, <=2 / 0" }"#
            ]
        );
    }

    #[test]
    fn a_row_that_is_not_there_is_said() {
        let spent = Spent { trips: 0, reads: 0.0, writes: 0.0, audit: 0.0, transactions: 0 };
        let fault = rewrite(TEXT, &BTreeMap::from([("GET /you".to_owned(), spent)])).unwrap_err();
        assert_eq!(fault.to_string(), "units.toml: there is no row \"GET /you\"");
    }

    fn folders() -> BTreeSet<String> {
        fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../functions"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    fn code(function: &str) -> String {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../functions").join(function);
        fs::read_to_string(path.join("src/lib.rs")).unwrap()
    }

    #[test]
    fn every_function_is_measured_or_left_out_with_a_reason() {
        let units = Units::parse(TEXT).unwrap();
        let measured: BTreeSet<_> = units.endpoints.values().map(|row| row.function.clone()).collect();
        let left_out: BTreeSet<_> = units.left_out.keys().cloned().collect();
        assert_eq!(measured.intersection(&left_out).next(), None);
        assert_eq!(measured.union(&left_out).cloned().collect::<BTreeSet<_>>(), folders());
        assert_eq!(measured, units.functions.keys().cloned().collect());
        assert!(units.left_out.values().all(|reason| !reason.is_empty()));
    }

    #[test]
    fn only_what_events_wake_has_no_routes() {
        let silent: Vec<_> =
            folders().into_iter().filter(|name| !code(name).contains("const ROUTES")).collect();
        assert_eq!(silent, ["mail-feedback", "mail-worker"]);
    }

    #[test]
    fn memory_and_keys_are_what_the_functions_say() {
        for (name, function) in Units::parse(TEXT).unwrap().functions {
            let code = code(&name);
            let whole = code.contains("const HASHES: bool = true;");
            assert_eq!(function.memory, if whole { 1769.0 } else { 256.0 }, "{name}");
            let (_, keys) = code.split_once("const KEYS: &'static [Purpose] =").unwrap();
            let (keys, _) = keys.split_once(';').unwrap();
            assert_eq!(
                function.keys,
                f64::from(u32::try_from(keys.matches("Purpose::").count()).unwrap()),
                "{name}"
            );
        }
    }
}
