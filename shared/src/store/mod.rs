//! DynamoDB. A method is one business verb, one atomic write, one named outcome.
//!
//! Every read that decides anything is strongly consistent and checks expiry itself; every
//! single-use write has the expiry in its condition, since TTL deletes late by days.

mod account;
mod addresses;
mod audit;
mod backup_codes;
mod batches;
mod buckets;
mod captcha;
mod challenges;
mod deletion;
mod devices;
mod dynamo;
mod error;
mod factors;
mod handles;
mod imports;
mod keys;
mod listing;
mod made_since;
mod mailboxes;
mod outbox;
mod purses;
mod registrations;
mod reseal;
mod resets;
pub mod schema;
mod sessions;
mod signing_keys;
mod start;
mod suspicion;
mod templates;
mod tenants;
mod transaction;
mod undeliverable;
mod users;

use std::sync::Arc;

use aws_sdk_dynamodb::Client;

pub use account::{Alteration, Altered, ProfileChanges, SessionSwap};
pub use addresses::Restored;
pub use audit::EventFilter;
pub use buckets::{Bucket, Failures};
pub use error::StoreError;
pub use handles::{CodeSent, Spent};
pub use imports::{Arrival, ImportedUser};
pub use listing::{Listed, Mark};
pub use made_since::MadeSince;
pub use mailboxes::ProofBegun;
pub use outbox::{Claimed, Due, Entry};
pub use registrations::{Activation, Claim, Opens, WithActivation};
pub use reseal::Seals;
pub use resets::{ResetOutcome, WithReset};
pub use schema::Tables;
pub use sessions::Rotation;
pub use signing_keys::SealedKey;
pub use start::{KeyCheck, StartFault};
pub use suspicion::Tries;
pub use templates::StoredTemplate;
pub use users::{Created, NewUser};

use crate::{
    domain::{Clock, Entropy},
    metrics::Meters,
};

/// The one store. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    dynamo: Client,
    tables: Arc<Tables>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    meters: Meters,
}

impl Store {
    #[must_use]
    pub fn new(
        dynamo: Client,
        tables: Tables,
        (clock, entropy): (Arc<dyn Clock>, Arc<dyn Entropy>),
        meters: Meters,
    ) -> Self {
        Self { dynamo, tables: Arc::new(tables), clock, entropy, meters }
    }
}
