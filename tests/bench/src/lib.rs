//! How fast and how cheap: every figure of the table in `tests/bench/README.md`, measured. `tests/bench/run` builds what it needs and runs it.

pub mod cli;
mod endpoints;
mod figure;
mod first;
mod functions;
mod guard;
mod handshake;
mod latency;
mod money;
mod peers;
mod plot;
mod scale;
mod scenes;
mod usage;
mod work;

pub use figure::Figure;
