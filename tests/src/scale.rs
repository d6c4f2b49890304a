//! How much is tried in this run.

/// Whether this run tests a stack elsewhere, and so not what a house in this process shows; says so.
#[must_use]
pub fn is_elsewhere() -> bool {
    let elsewhere = std::env::var_os("LATCHKEY_GATEWAY").is_some();
    if elsewhere {
        println!("skipped: needs a stack in this process, and was run there");
    }
    elsewhere
}

/// How often to try: `quick` in every run, `whole` where `LATCHKEY_WHOLE` is set, as `tests/proof` does.
#[must_use]
pub fn scale<T>(quick: T, whole: T) -> T {
    if std::env::var_os("LATCHKEY_WHOLE").is_some() { whole } else { quick }
}

/// How many rounds a race is run.
#[must_use]
pub fn rounds() -> usize {
    scale(2, 200)
}
