//! Who does it, for the record.

use super::AdministrationError;
use crate::{
    domain::{
        Tenant,
        event::{Event, Kind},
        ids::{EventId, UserId},
        session::Origin,
    },
    http::{Code, Problem, Request},
    runtime::Parts,
};

/// Somebody who administers. What they may do was decided where they came from: at the command line by the rights of
/// its AWS credentials, at the API by API Gateway and IAM.
#[derive(Clone)]
pub struct Administrator {
    pub parts: Parts,
    origin: Origin,
    request_id: Option<String>,
}

/// What an audit event says of an administrator's deed, beside who and when.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Deed {
    pub user: Option<UserId>,
    /// What of it, such as the settings' names; never a secret.
    pub detail: Option<String>,
}

impl Deed {
    #[must_use]
    pub fn to(user: UserId) -> Self {
        Self { user: Some(user), detail: None }
    }

    #[must_use]
    pub fn of(detail: impl Into<String>) -> Self {
        Self { user: None, detail: Some(detail.into()) }
    }
}

impl Administrator {
    /// The person at a command line, by the name that the machine has for them.
    #[must_use]
    pub fn at_command_line(parts: Parts, name: String) -> Self {
        Self { parts, origin: Origin { network: "command-line".to_owned(), agent: name }, request_id: None }
    }

    /// The IAM identity that signed a request, as API Gateway found it.
    ///
    /// # Errors
    /// 403 `administrator_required` where nobody did: the route is not one that asks for a signature.
    pub fn of(request: &Request, parts: &Parts) -> Result<Self, Problem> {
        let arn = request.signer.clone().ok_or(Code::AdministratorRequired)?;
        let origin = Origin { network: request.from.network(), agent: arn };
        Ok(Self { parts: parts.clone(), origin, request_id: Some(request.id.clone()) })
    }

    /// Writes down what was done.
    ///
    /// # Errors
    /// [`AdministrationError::Unrecorded`]: it is done all the same.
    pub async fn record(&self, tenant: &Tenant, kind: Kind, deed: Deed) -> Result<(), AdministrationError> {
        let parts = &self.parts;
        let event_id = EventId::fresh(&*parts.clock, &*parts.entropy);
        parts
            .store
            .record(&Event {
                event_id,
                tenant_id: tenant.id,
                kind,
                user_id: deed.user,
                fingerprint: None,
                detail: deed.detail,
                origin: self.origin.clone(),
                request_id: self.request_id.clone().unwrap_or_else(|| event_id.to_string()),
                at: parts.clock.now(),
            })
            .await
            .map_err(AdministrationError::Unrecorded)
    }
}
