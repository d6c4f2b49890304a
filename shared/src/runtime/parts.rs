//! What an endpoint is made of.

use std::{ops::Deref, sync::Arc};

use super::{Environment, EnvironmentFault, Outside, UnwrapFault, World, aws, kms};
use crate::{
    admission::Tenants,
    domain::{Clock, Entropy},
    http::{Problem, Request},
    keys::{DataKey, DataKeys, Hasher, Purpose},
    metrics::Meters,
    sign_in::Signers,
    store::{StartFault, Store},
};

/// Why a function does not start: one line that names the cause.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Environment(#[from] EnvironmentFault),
    #[error(transparent)]
    Keys(#[from] UnwrapFault),
    #[error(transparent)]
    Store(#[from] StartFault),
    #[error("{0}")]
    Client(String),
}

/// Clock, entropy, store, keys and meters, handed in. Cheap to clone.
#[derive(Clone)]
pub struct Parts(Arc<Inner>);

pub struct Inner {
    pub base_url: String,
    /// The origin of the hosted pages: that of the base URL.
    hosted_origin: String,
    pub edge_secret: Option<String>,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub store: Store,
    pub tenants: Tenants,
    pub signers: Signers,
    pub hasher: Hasher,
    pub keys: DataKeys,
    pub meters: Meters,
    pub outside: Outside,
}

impl Deref for Parts {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl Parts {
    /// Puts the parts together and checks what can be checked before a request comes: the
    /// environment, the tables, the keys. `hashing` says whether memory for hashing is wanted.
    ///
    /// # Errors
    /// [`StartError`]: the function must not serve.
    pub async fn start(
        get: &dyn Fn(&str) -> Option<String>,
        keys: &[Purpose],
        hashing: bool,
        world: World,
    ) -> Result<Self, StartError> {
        let environment = Environment::read(get, keys)?;
        let dynamodb =
            aws::dynamodb(&environment, (world.gate.as_ref(), world.patience)).map_err(StartError::Client)?;
        let kms_url = environment.kms_url;
        let client = || aws::kms(&environment.aws, kms_url.as_deref(), world.patience);
        let World { clock, entropy, metrics, .. } = world;
        let meters = Meters::new(environment.stage, Arc::clone(&clock), metrics);
        let store = Store::new(
            dynamodb,
            environment.tables,
            (Arc::clone(&clock), Arc::clone(&entropy)),
            meters.clone(),
        );
        let (cost, places) = (environment.cost, environment.hashers);
        // The pages of the hashing memory are touched while the connection is made.
        let touching = hashing.then(|| tokio::task::spawn_blocking(move || Hasher::new(cost, places)));
        let unwrapping = kms::unwrapped(environment.keys, client);
        let (keys, check) = futures::join!(unwrapping, store.key_check());
        let keys = keys?;
        check?.map_or(Ok(()), |check| check.admit(&keys))?;
        let hasher = match touching {
            Some(touching) => touching.await.map_err(|error| StartError::Client(error.to_string()))?,
            None => Hasher::new(cost, 0),
        };
        Ok(Self(Arc::new(Inner {
            tenants: Tenants::new(store.clone(), Arc::clone(&clock), environment.base_url.clone()),
            hosted_origin: url::Url::parse(&environment.base_url)
                .map(|base| base.origin().ascii_serialization())
                .unwrap_or_default(),
            base_url: environment.base_url,
            edge_secret: environment.edge_secret,
            clock,
            entropy,
            store,
            signers: Signers::default(),
            hasher,
            keys,
            meters,
            outside: Outside::read(get),
        })))
    }
}

impl Inner {
    /// Whether a hosted page sends this: a script of our own origin, as the browser says. Such a page never sees a
    /// token that outlives it: what is to be kept goes into cookies, whatever the tenant's `tokens.delivery`.
    pub fn is_from_hosted_page(&self, request: &Request) -> bool {
        request.header("origin") == Some(self.hosted_origin.as_str())
    }

    /// # Errors
    /// 500 where the function was not given this key: a mistake in its [`KEYS`](crate::http::Endpoint::KEYS).
    pub fn passwords_key(&self) -> Result<&DataKey, Problem> {
        self.key(Purpose::Passwords)
    }

    /// # Errors
    /// 500 where the function was not given this key.
    pub fn factors_key(&self) -> Result<&DataKey, Problem> {
        self.key(Purpose::Factors)
    }

    /// # Errors
    /// 500 where the function was not given this key.
    pub fn signing_key(&self) -> Result<&DataKey, Problem> {
        self.key(Purpose::Signing)
    }

    fn key(&self, purpose: Purpose) -> Result<&DataKey, Problem> {
        self.keys.of(purpose).ok_or_else(|| Problem::internal(format!("{} is not given", purpose.variable())))
    }
}
