//! The harness of the black-box tests: a whole stack, people who use it, and people who abuse it.
//!
//! By default the stack runs in this process, in memory, with a clock that the test moves.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a test stops where something is wrong"
)]

mod answer;
mod auc;
pub mod authenticator;
pub mod breaches;
mod budget;
pub mod callgrind;
pub mod captcha;
mod crowd;
pub mod factors;
pub mod faults;
mod house;
mod inbox;
mod journey;
pub mod lambda;
pub mod leaks;
mod limited;
mod metrics;
mod mortal;
pub mod people;
pub mod raw;
mod scale;
mod whole;

pub use answer::{Answer, Client, below, signature};
pub use auc::auc;
pub use budget::{HoldUp, Meter, Spending};
pub use crowd::crowd;
pub use factors::App;
pub use faults::{Faults, Weather};
pub use house::{House, at_real_cost};
pub use inbox::{code_in, token_in};
pub use journey::{Journey, Record};
pub use metrics::Metrics;
pub use mortal::Side;
pub use people::{PASSWORD, Person};
pub use scale::{is_elsewhere, rounds, scale};
