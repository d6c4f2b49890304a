//! A tenant to look at in a browser: its users, what happened lately, its settings. It changes nothing.
//!
//! The page is served on this machine, by this process, with the administrator's own AWS credentials, which no browser
//! sees; below a path that nobody can guess, to a browser that calls this machine by its address.

mod page;

use std::net::SocketAddr;

use askama::Template;
use axum::{
    Router,
    extract::{Query, State},
    http::{
        HeaderMap, StatusCode,
        header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, REFERRER_POLICY},
    },
    response::{Html, IntoResponse, Response},
    routing::get,
};
use latchkey::{
    administration::{Administrator, Deed, audit, tenant, user},
    domain::{Tenant, TenantSlug, event::Kind, hex, ids::UserId},
};
use serde::Deserialize;
use tokio::net::TcpListener;

use self::page::Page;
use crate::AdminError;

/// So many users and events on one page.
const MOST: usize = 50;

const POLICY: &str =
    "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// A tenant's overview, where it is served.
pub struct Overview {
    listener: TcpListener,
    site: Site,
}

#[derive(Clone)]
struct Site {
    by: Administrator,
    slug: TenantSlug,
    host: String,
    base: String,
}

/// Which users and events a page begins after.
#[derive(Debug, Default, Deserialize)]
struct After {
    user: Option<String>,
    event: Option<String>,
}

impl Overview {
    /// Listens.
    ///
    /// # Errors
    /// An address that is not this machine's own, or is taken.
    pub async fn start(by: Administrator, tenant: &Tenant, at: SocketAddr) -> Result<Self, AdminError> {
        if !at.ip().is_loopback() {
            return Err(AdminError::Refused(format!("{at}: the overview is for this machine alone")));
        }
        let failed = |error: std::io::Error| AdminError::Unwritable(format!("{at}: {error}"));
        let listener = TcpListener::bind(at).await.map_err(failed)?;
        let host = listener.local_addr().map_err(failed)?.to_string();
        let key: [u8; 16] = by.parts.entropy.bytes();
        let site = Site { by, slug: tenant.slug.clone(), host, base: format!("/{}", hex(&key)) };
        Ok(Self { listener, site })
    }

    /// Where to look.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}{}/", self.site.host, self.site.base)
    }

    /// Serves until the process is told to end.
    ///
    /// # Errors
    /// When the listener breaks.
    pub async fn serve(self, ended: impl Future<Output = ()> + Send + 'static) -> Result<(), AdminError> {
        let Self { listener, site } = self;
        let routes = Router::new()
            .route(&format!("{}/", site.base), get(show))
            .route(&format!("{}/overview.css", site.base), get(style))
            .with_state(site);
        let served = axum::serve(listener, routes).with_graceful_shutdown(ended).await;
        served.map_err(|error| AdminError::Unwritable(error.to_string()))
    }
}

async fn show(State(site): State<Site>, headers: HeaderMap, Query(after): Query<After>) -> Response {
    // A page of another site may have its name point here (DNS rebinding): its browser says that name.
    if headers.get(HOST).is_none_or(|host| host != site.host.as_str()) {
        return StatusCode::MISDIRECTED_REQUEST.into_response();
    }
    let headers =
        [(CONTENT_SECURITY_POLICY, POLICY), (CACHE_CONTROL, "no-store"), (REFERRER_POLICY, "no-referrer")];
    match site.page(&after).await {
        Ok(page) => (headers, Html(page)).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, headers, error.to_string()).into_response(),
    }
}

async fn style() -> Response {
    ([(CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("../../templates/overview.css"))
        .into_response()
}

impl Site {
    async fn page(&self, after: &After) -> Result<String, AdminError> {
        let parts = &self.by.parts;
        let tenant = tenant::show(parts, &self.slug).await?;
        self.by.record(&tenant, Kind::AdministratorRead, Deed::of("overview")).await?;
        let (after_user, after_event) = (
            after.user.as_deref().and_then(|user| user.parse::<UserId>().ok()),
            after.event.as_deref().and_then(|event| event.parse::<audit::Cursor>().ok()),
        );
        let users = user::list(parts, &tenant, (after_user, MOST)).await?;
        let events = audit::page(parts, &tenant, &audit::Wanted::default(), (after_event, MOST)).await?;
        Page::of(&tenant, &users, &events, MOST)
            .render()
            .map_err(|error| AdminError::Unwritable(format!("the page: {error}")))
    }
}
