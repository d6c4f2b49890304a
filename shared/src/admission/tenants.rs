//! The tenant of a request, cached for a minute.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::{SignedDuration, Timestamp};

use crate::{
    domain::{Clock, Tenant, TenantSlug, tenant::TenantStatus},
    http::{Code, Problem, Request},
    store::Store,
    tokens::{self, AccessClaims, Bearer, Kind, Subject},
};

/// A tenant is read again after so long, by the wall clock: a frozen sandbox's own may stand still.
const KNOWN_FOR: SignedDuration = SignedDuration::from_secs(60);
/// Likewise a slug that nobody has.
const UNKNOWN_FOR: SignedDuration = SignedDuration::from_secs(10);
/// So many slugs are remembered; strangers can make them up.
const MOST: usize = 4096;

type Cached = (Option<Arc<Tenant>>, Timestamp);

/// The tenants that this function has met lately.
pub struct Tenants {
    store: Store,
    clock: Arc<dyn Clock>,
    base_url: String,
    cached: Mutex<HashMap<TenantSlug, Cached>>,
}

impl Tenants {
    #[must_use]
    pub fn new(store: Store, clock: Arc<dyn Clock>, base_url: String) -> Self {
        Self { store, clock, base_url, cached: Mutex::new(HashMap::new()) }
    }

    /// The tenant that the path names, served, for a caller that may call: without a token, or with
    /// a valid one; with a client's token where the tenant asks for that.
    ///
    /// # Errors
    /// 404 `tenant_not_found`, 403 `tenant_suspended`, 401 `bearer_invalid` or
    /// `client_token_required`.
    pub async fn of(&self, request: &Request) -> Result<Arc<Tenant>, Problem> {
        let tenant = self.public(request).await?;
        let subject = match request.bearer() {
            Some(token) => Some(self.verify(&tenant, token, request.at)?.1),
            None => None,
        };
        if tenant.settings.require_client_token {
            match subject {
                Some(Subject::Client { scopes, .. }) if scopes.contains("auth:login") => {}
                _ => return Err(Code::ClientTokenRequired.into()),
            }
        }
        Ok(tenant)
    }

    /// The tenant that the path names, served, whoever asks.
    ///
    /// # Errors
    /// 404 `tenant_not_found`, 403 `tenant_suspended`.
    pub async fn public(&self, request: &Request) -> Result<Arc<Tenant>, Problem> {
        let slug = request
            .parameter("tenant_slug")
            .and_then(|slug| TenantSlug::parse(slug).ok())
            .ok_or(Code::TenantNotFound)?;
        served(self.load(&slug).await?)
    }

    /// The tenant of this slug, served; `None` where there is none.
    ///
    /// # Errors
    /// 403 `tenant_suspended`.
    pub async fn serving(&self, slug: &TenantSlug) -> Result<Option<Arc<Tenant>>, Problem> {
        match self.load(slug).await? {
            None => Ok(None),
            Some(tenant) => served(Some(tenant)).map(Some),
        }
    }

    /// The tenant that issued an access token, and what the token says.
    ///
    /// # Errors
    /// 401 `bearer_invalid`; 403 `tenant_suspended`.
    pub async fn of_token(
        &self,
        token: &str,
        now: Timestamp,
    ) -> Result<(Arc<Tenant>, AccessClaims, Subject), Problem> {
        let slug = tokens::slug_of_issuer(&self.base_url, token).ok_or_else(|| refused("of no tenant"))?;
        let tenant = self.load(&slug).await?.ok_or_else(|| refused("of an unknown tenant"))?;
        let tenant = served(Some(tenant))?;
        let (claims, subject) = self.verify(&tenant, token, now)?;
        Ok((tenant, claims, subject))
    }

    /// The tenant whose origins decide whom an answer is shown to, if it can be told.
    pub async fn to_share_with(&self, request: &Request) -> Option<Arc<Tenant>> {
        request.header("origin")?;
        let slug = if let Some(slug) = request.parameter("tenant_slug") {
            TenantSlug::parse(slug).ok()?
        } else {
            let token = request.bearer()?;
            let enrolling = Bearer::parse(Kind::Enrollment, token).and_then(|token| token.slug());
            enrolling.or_else(|| tokens::slug_of_issuer(&self.base_url, token))?
        };
        self.load(&slug).await.ok().flatten()
    }

    /// A tenant by its slug.
    ///
    /// # Errors
    /// 503 when the store cannot answer.
    pub async fn load(&self, slug: &TenantSlug) -> Result<Option<Arc<Tenant>>, Problem> {
        let now = self.clock.now();
        if let Some((tenant, until)) = self.lock().get(slug)
            && *until > now
        {
            return Ok(tenant.clone());
        }
        // One that was deleted is to be told from one that never was by nobody.
        let tenant = self.store.tenant(slug).await?;
        let tenant = tenant.filter(|tenant| tenant.standing != TenantStatus::Deleted).map(Arc::new);
        let keep_for = if tenant.is_some() { KNOWN_FOR } else { UNKNOWN_FOR };
        let mut cached = self.lock();
        if cached.len() >= MOST {
            cached.retain(|_, (tenant, until)| tenant.is_some() && *until > now);
        }
        if cached.len() < MOST {
            let until = now.saturating_add(keep_for).unwrap_or(now);
            cached.insert(slug.clone(), (tenant.clone(), until));
        }
        Ok(tenant)
    }

    fn verify(
        &self,
        tenant: &Tenant,
        token: &str,
        now: Timestamp,
    ) -> Result<(AccessClaims, Subject), Problem> {
        let issuer = tokens::issuer(&self.base_url, &tenant.slug);
        let (claims, subject) =
            tokens::verify(token, tenant.keys.published(now), &issuer, tenant.audience(), now)
                .map_err(|why| refused(&why.to_string()))?;
        let ours = claims.tenant_id == tenant.id
            && Timestamp::from_second(claims.iat).is_ok_and(|issued_at| tenant.honours(issued_at));
        if ours { Ok((claims, subject)) } else { Err(refused("of another tenant or time")) }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<TenantSlug, Cached>> {
        self.cached.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn served(tenant: Option<Arc<Tenant>>) -> Result<Arc<Tenant>, Problem> {
    let tenant = tenant.ok_or(Code::TenantNotFound)?;
    match tenant.standing {
        TenantStatus::Active => Ok(tenant),
        TenantStatus::Suspended => Err(Code::TenantSuspended.into()),
        TenantStatus::Deleted => Err(Code::TenantNotFound.into()),
    }
}

fn refused(why: &str) -> Problem {
    Problem { cause: Some(format!("the bearer token is refused: {why}")), ..Code::BearerInvalid.into() }
}
