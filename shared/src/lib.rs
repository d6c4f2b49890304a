//! What every function of Latchkey shares.
//!
//! The layers, from the inside out; a module uses only what stands above it:
//!
//! - [`domain`]: the rules. Knows neither HTTP nor AWS.
//! - [`metrics`]: what alarms are set on.
//! - [`keys`], [`tokens`]: data keys and what is made with them: hashes, seals, bearer secrets, JWTs.
//! - [`authenticators`]: what a second factor proves, and how.
//! - [`store`], [`mail`]: DynamoDB and SES.
//! - [`http`]: events, requests, answers and problems. `lambda_http` stops here.
//! - [`captcha`]: whether a person is there.
//! - [`admission`], [`sign_in`]: who may, and what happens once somebody proved who they are.
//! - [`runtime`]: the environment, start-up, and how a function is run; its `Parts` are what the two
//!   above are handed.
//! - [`administration`]: what administrators do, by command line or API.

pub mod administration;
pub mod admission;
pub mod authenticators;
pub mod captcha;
pub mod domain;
pub mod http;
pub mod keys;
pub mod mail;
pub mod metrics;
pub mod runtime;
pub mod sign_in;
pub mod store;
pub mod tokens;

pub use jiff;
pub use zeroize;
