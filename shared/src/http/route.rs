//! What an endpoint answers to.

use std::fmt;

/// A method and a path as API Gateway writes it, such as
/// `POST /api/v1/auth/tenants/{tenant_slug}/login`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Route {
    pub method: &'static str,
    pub path: &'static str,
}

impl Route {
    #[must_use]
    pub const fn get(path: &'static str) -> Self {
        Self { method: "GET", path }
    }

    #[must_use]
    pub const fn post(path: &'static str) -> Self {
        Self { method: "POST", path }
    }

    #[must_use]
    pub const fn patch(path: &'static str) -> Self {
        Self { method: "PATCH", path }
    }

    #[must_use]
    pub const fn delete(path: &'static str) -> Self {
        Self { method: "DELETE", path }
    }
}

/// The route key of API Gateway's payload format 2.0.
impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}
