//! Who may: the tenant of a request, and the caller behind an access token.

mod caller;
mod tenants;

pub use caller::Caller;
pub use tenants::Tenants;
