//! The harness of the black-box tests: a whole stack, people who use it, and people who abuse it.
//!
//! By default the stack runs in this process, in memory, with a clock that the test moves.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a test stops where something is wrong"
)]

mod answer;
mod budget;
pub mod people;

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

use latchkey::{
    domain::{Settings, Tenant, TenantSlug, clock::ManualClock, entropy::SystemEntropy},
    jiff::{SignedDuration, Timestamp},
    keys::Purpose,
    runtime::Parts,
};
use local::{Options, Stack};
use serde_json::Value;

pub use answer::{Answer, Client, below};
pub use budget::{Meter, Spending};
pub use people::{PASSWORD, Person};

/// A stack, and the means to look behind it.
pub struct House {
    pub stack: Stack,
    pub parts: Parts,
    clock: Arc<ManualClock>,
    gateway: String,
}

impl House {
    /// A fresh house, with cheap hashes.
    pub async fn start() -> Self {
        Self::start_with(BTreeMap::from([("LATCHKEY_ARGON2".to_owned(), "64,1,1".to_owned())])).await
    }

    /// A fresh house with variables of its own.
    pub async fn start_with(variables: BTreeMap<String, String>) -> Self {
        Self::start_at(variables, None).await
    }

    async fn start_at(variables: BTreeMap<String, String>, dynamodb: Option<SocketAddr>) -> Self {
        let clock = Arc::new(ManualClock::at("2026-06-01T12:00:00Z".parse::<Timestamp>().unwrap()));
        let entropy = Arc::new(SystemEntropy::default());
        let mut options = Options::for_tests(clock.clone(), entropy.clone());
        options.variables = variables;
        options.dynamodb = dynamodb.unwrap_or(options.dynamodb);
        let stack = Stack::start(options).await.unwrap();
        let environment = stack.environment().clone();
        let get = |name: &str| environment.get(name).cloned();
        let parts = Parts::start(&get, &Purpose::ALL, true, (clock.clone(), entropy)).await.unwrap();
        let gateway = stack.gateway().unwrap().to_owned();
        Self { stack, parts, clock, gateway }
    }

    /// A house whose functions reach DynamoDB through a meter.
    pub async fn metered() -> (Self, Meter) {
        let free = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
        let meter = Meter::start(&format!("http://{free}")).await;
        let house = Self::start_at(meter.variables(), Some(free)).await;
        let _ = meter.read();
        (house, meter)
    }

    /// Moves time forward.
    pub fn advance(&self, step: SignedDuration) {
        self.clock.advance(step);
    }

    /// A tenant of this house. ES256, for its keys are quick to make.
    pub async fn tenant(&self, slug: &str, settings: Value) -> Arc<Tenant> {
        let mut settings = settings;
        if settings["tokens"]["algorithm"].is_null() {
            settings["tokens"]["algorithm"] = "ES256".into();
        }
        if settings["tokens"]["delivery"].is_null() {
            settings["tokens"]["delivery"] = "body".into();
        }
        let settings = Settings::parse(settings).unwrap();
        let slug = TenantSlug::parse(slug).unwrap();
        Arc::new(admin::tenant::create(&self.parts, &slug, "Acme Works", settings).await.unwrap())
    }

    /// A client at an address of its own, `127.0.0.x`: another network.
    #[must_use]
    pub fn client(&self, address: u8) -> Client {
        self.client_at(Ipv4Addr::new(127, 0, 0, address))
    }

    #[must_use]
    pub fn client_at(&self, address: Ipv4Addr) -> Client {
        Client::new(&self.gateway, address)
    }

    /// The base URL, without a trailing slash.
    #[must_use]
    pub fn gateway(&self) -> &str {
        &self.gateway
    }

    /// The texts of the mails to an address, the oldest first, once all that is due has been sent.
    pub async fn mails_to(&self, address: &str) -> Vec<String> {
        self.stack.settle().await.unwrap();
        self.stack
            .inbox()
            .emails()
            .iter()
            .filter(|mail| mail.destination.to.iter().any(|to| to == address))
            .map(|mail| mail.body.text.clone().unwrap_or_default())
            .collect()
    }

    /// The last token of a kind that was mailed to an address.
    pub async fn mailed_token(&self, address: &str, prefix: &str) -> String {
        let mails = self.mails_to(address).await;
        mails
            .iter()
            .rev()
            .find_map(|text| token_in(text, prefix))
            .unwrap_or_else(|| panic!("no {prefix} in the mails to {address}: {mails:#?}"))
    }

    /// The last code that was mailed to an address.
    pub async fn mailed_code(&self, address: &str) -> String {
        let mails = self.mails_to(address).await;
        mails.iter().rev().find_map(|text| code_in(text)).unwrap()
    }
}

/// The token with this prefix in a text.
#[must_use]
pub fn token_in(text: &str, prefix: &str) -> Option<String> {
    let rest = &text[text.find(prefix)?..];
    let end = rest.find(|character: char| !character.is_ascii_alphanumeric() && !"_-".contains(character));
    Some(rest[..end.unwrap_or(rest.len())].to_owned())
}

/// The line of a text that is six digits.
#[must_use]
pub fn code_in(text: &str) -> Option<String> {
    text.lines()
        .map(|line| line.chars().filter(|character| !character.is_whitespace()).collect::<String>())
        .find(|line| line.len() == 6 && line.bytes().all(|byte| byte.is_ascii_digit()))
}

/// How many rounds a race is run; 200 for a whole proof.
#[must_use]
pub fn rounds() -> usize {
    std::env::var("LATCHKEY_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(3)
}
