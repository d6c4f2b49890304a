//! The environment, start-up, and how a function is run.

pub mod function;

pub use function::Function;
