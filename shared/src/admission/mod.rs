//! Who may: the tenant of a request, and the caller behind an access token.

mod caller;
mod recent;
mod tenants;

pub use caller::Caller;
pub use recent::{Enroller, EnrollsBy, Recent, count_change};
pub use tenants::Tenants;
