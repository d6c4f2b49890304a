//! Who did it, for the record.

use latchkey::{
    domain::{
        Tenant,
        event::{Event, Kind},
        ids::{EventId, UserId},
        session::Origin,
    },
    runtime::Parts,
};

use crate::AdminError;

pub async fn record(
    parts: &Parts,
    tenant: &Tenant,
    kind: Kind,
    user_id: Option<UserId>,
) -> Result<(), AdminError> {
    let event_id = EventId::fresh(&*parts.clock, &*parts.entropy);
    let who = std::env::var("USER").unwrap_or_default();
    parts
        .store
        .record(&Event {
            event_id,
            tenant_id: tenant.id,
            kind,
            user_id,
            fingerprint: None,
            origin: Origin { network: "command-line".to_owned(), agent: who },
            request_id: event_id.to_string(),
            at: parts.clock.now(),
        })
        .await
        .map_err(AdminError::Unrecorded)
}
