//! The rules, free of HTTP and AWS.

pub mod clock;
pub mod custom_data;
pub mod device;
pub mod email;
pub mod entropy;
pub mod errand;
pub mod event;
pub mod fault;
pub mod handle;
pub mod ids;
pub mod jwk;
pub mod locale;
pub mod mfa;
pub mod network;
pub mod password;
pub mod person;
pub mod purse;
pub mod registration;
pub mod session;
pub mod settings;
pub mod slug;
pub mod tenant;
pub mod throttle;
pub mod user;

pub use clock::Clock;
pub use custom_data::CustomData;
pub use email::{Email, EmailKey};
pub use entropy::Entropy;
pub use fault::Fault;
pub use locale::Locale;
pub use network::ClientAddress;
pub use password::{GivenPassword, NewPassword};
pub use person::PersonName;
pub use settings::Settings;
pub use slug::TenantSlug;
pub use tenant::Tenant;
