//! The functions' roles.

mod access;

use std::{
    collections::BTreeSet,
    io::Write,
    sync::{Arc, LazyLock, Mutex},
};

use aws_smithy_runtime_api::client::{
    http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector},
    orchestrator::HttpRequest,
};
use latchkey::{runtime::Gate, store::Tables};
use serde_json::Value;

static SEEN: LazyLock<Mutex<BTreeSet<String>>> = LazyLock::new(Mutex::default);

pub struct Roles {
    _tables: Tables,
}

impl Roles {
    pub fn of(tables: Tables) -> Self {
        Self { _tables: tables }
    }

    pub fn gate(&self, function: &'static str) -> Gate {
        Arc::new(move |inner| SharedHttpConnector::new(Guard { function, inner }))
    }
}

#[derive(Debug)]
struct Guard {
    function: &'static str,
    inner: SharedHttpConnector,
}

impl HttpConnector for Guard {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let operation = request
            .headers()
            .get("x-amz-target")
            .and_then(|t| t.rsplit('.').next())
            .unwrap_or_default()
            .to_owned();
        let body: Value =
            serde_json::from_slice(request.body().bytes().unwrap_or_default()).unwrap_or_default();
        for access in access::accesses(&operation, &body) {
            let line = format!(
                "{}\t{}\t{}\t{}",
                self.function,
                access.action,
                access.resource,
                access.partition.as_deref().map_or("-".to_owned(), shape)
            );
            if SEEN.lock().unwrap().insert(line.clone()) {
                if let Ok(path) = std::env::var("LATCHKEY_ROLES_RECORD") {
                    let mut f = std::fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
                    writeln!(f, "{line}").unwrap();
                }
            }
        }
        self.inner.call(request)
    }
}

fn shape(partition: &str) -> String {
    let mut parts: Vec<&str> = partition.split('#').collect();
    for (index, part) in parts.iter_mut().enumerate() {
        let literal = part.len() == 1 && part.bytes().all(|b| b.is_ascii_uppercase())
            || (index == 2 && !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase()))
            || *part == "KEYS";
        if !literal {
            *part = "*";
        }
    }
    parts.join("#")
}
