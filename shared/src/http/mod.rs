//! Events, requests, answers and problems. `lambda_http` types stop here.

pub mod cookies;
pub mod cors;
pub mod describe;
pub mod endpoint;
pub(crate) mod event;
pub mod form;
mod log;
pub mod problem;
pub mod request;
pub mod response;
pub mod route;

pub use describe::Operation;
pub use endpoint::{Endpoint, Served};
pub use form::Form;
pub use problem::{CaptchaAsked, Code, Problem};
pub use request::Request;
pub use response::Response;
pub use route::Route;
