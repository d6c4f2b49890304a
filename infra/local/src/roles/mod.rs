//! The functions' roles, held to here as IAM holds them to on AWS.
//!
//! `infra/stacks` names for each function the exact actions on the exact tables and key prefixes. Whatever
//! a function asks DynamoDB for beyond that is refused, as AWS would: the whole suite runs under the
//! roles that are deployed.

mod access;
pub(crate) mod policy;
pub mod record;
mod template;

use std::sync::Arc;

use aws_smithy_runtime_api::client::{
    http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector},
    orchestrator::{HttpRequest, HttpResponse},
};
use axum::http::StatusCode;
use latchkey::{runtime::Gate, store::Tables};
use serde_json::{Value, json};

use access::{Access, accesses};
use policy::Statement;
use record::Grant;

/// What a function may do, and under which names the tables go.
#[derive(Clone)]
pub struct Roles {
    tables: Arc<Tables>,
}

impl Roles {
    #[must_use]
    pub fn over(tables: Tables) -> Self {
        Self { tables: Arc::new(tables) }
    }

    /// What stands before DynamoDB for this function.
    ///
    /// # Errors
    /// When the templates cannot be read or have no role for it.
    pub fn gate(&self, function: &'static str) -> anyhow::Result<Gate> {
        let statements = template::roles()?
            .get(function)
            .ok_or_else(|| anyhow::anyhow!("{function} has no role in infra/stacks"))?;
        let tables = Arc::clone(&self.tables);
        Ok(Arc::new(move |inner| {
            SharedHttpConnector::new(Guard { function, statements, tables: Arc::clone(&tables), inner })
        }))
    }
}

/// Everything that the roles allow, one action on one pattern each.
///
/// # Errors
/// When the templates cannot be read.
pub fn grants() -> anyhow::Result<Vec<Grant>> {
    let roles = template::roles()?;
    Ok(roles
        .iter()
        .flat_map(|(function, statements)| statements.iter().map(move |statement| (function, statement)))
        .flat_map(|(function, statement)| {
            statement.actions.iter().flat_map(move |action| grants_of(function, statement, action))
        })
        .collect())
}

fn grants_of(function: &str, statement: &Statement, action: &str) -> Vec<Grant> {
    let grant = |partition: &str| Grant {
        function: function.to_owned(),
        action: action.to_owned(),
        resource: statement.resource.clone(),
        partition: partition.to_owned(),
    };
    match statement.partitions.as_slice() {
        [] => vec![grant("")],
        partitions => partitions.iter().map(|partition| grant(partition)).collect(),
    }
}

#[derive(Debug)]
struct Guard {
    function: &'static str,
    statements: &'static [Statement],
    tables: Arc<Tables>,
    inner: SharedHttpConnector,
}

impl HttpConnector for Guard {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let operation = request.headers().get("x-amz-target").and_then(|target| target.rsplit('.').next());
        let body: Value =
            request.body().bytes().and_then(|body| serde_json::from_slice(body).ok()).unwrap_or_default();
        for access in accesses(operation.unwrap_or_default(), &body) {
            if let Err(refusal) = self.admit(&access) {
                tracing::error!("{refusal}");
                return HttpConnectorFuture::ready(Ok(denied(&refusal)));
            }
        }
        self.inner.call(request)
    }
}

impl Guard {
    fn admit(&self, access: &Access) -> Result<(), String> {
        let resource = self.logical(&access.resource);
        let mut allowed = false;
        for statement in self.statements {
            for partition in statement.allowed_by(access, &resource) {
                allowed = true;
                record::used(&Grant {
                    function: self.function.to_owned(),
                    action: access.action.clone(),
                    resource: resource.clone(),
                    partition: partition.to_owned(),
                });
            }
        }
        if allowed {
            return Ok(());
        }
        let (action, partition) = (&access.action, access.partition.as_deref().unwrap_or("many partitions"));
        Err(format!(
            "the role of {} does not allow dynamodb:{action} on {resource} at {}",
            self.function,
            shape(partition)
        ))
    }

    /// The table's logical name for its name here.
    fn logical(&self, resource: &str) -> String {
        let (table, index) =
            resource.split_once('/').map_or((resource, None), |(table, rest)| (table, Some(rest)));
        let tables = &*self.tables;
        let known = [
            (&tables.tenants, "Tenants"),
            (&tables.users, "Users"),
            (&tables.challenges, "Challenges"),
            (&tables.events, "Events"),
        ];
        let logical = known.iter().find(|(name, _)| *name == table).map_or(table, |(_, logical)| logical);
        index.map_or_else(|| logical.to_owned(), |index| format!("{logical}/{index}"))
    }
}

/// A partition key without the ids and addresses in it, for the log.
fn shape(partition: &str) -> String {
    let literal = |part: &&str| part.bytes().all(|byte| byte.is_ascii_uppercase());
    partition.split('#').map(|part| if literal(&part) { part } else { "…" }).collect::<Vec<_>>().join("#")
}

/// DynamoDB's answer to who may not.
fn denied(refusal: &str) -> HttpResponse {
    let body = json!({ "__type": "com.amazon.coral.service#AccessDeniedException", "message": refusal });
    let mut response = HttpResponse::new(StatusCode::BAD_REQUEST.into(), body.to_string().into());
    response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
    response
}
