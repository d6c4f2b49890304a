//! Events, requests, answers and problems. `lambda_http` types stop here.

pub mod route;

pub use route::Route;
