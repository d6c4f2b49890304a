//! What administrators do to tenants and their users: the use cases of the command line and of the administrator's
//! API alike. Whatever changes something takes the [`Administrator`] who is to answer for it.

mod administrator;
pub mod audit;
pub mod captcha;
mod error;
pub mod fence;
pub mod invitation;
pub mod key;
mod listing;
mod shown;
pub mod tenant;
pub mod user;

pub use administrator::{Administrator, Deed};
pub use error::AdministrationError;
pub use listing::{Listing, MOST_LISTED};
pub use shown::{EventShown, TenantShown, UserListed};
