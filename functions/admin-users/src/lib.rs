//! `/api/v1/admin/tenants/{tenant_slug}/users` and `…/{user_id}`: a tenant's users, for administrators.

use async_trait::async_trait;
use latchkey::{
    administration::{
        Administrator, Deed, Listing, UserListed, invitation, tenant,
        user::{self, NewPerson, Shown},
    },
    domain::{CustomData, Email, PersonName, Tenant, TenantSlug, event::Kind, ids::UserId},
    http::{Code, Endpoint, Operation, Problem, Request, Response, Route, describe::Security},
    keys::Purpose,
    runtime::Parts,
};
use serde::Serialize;
use utoipa::ToSchema;

pub struct AdminUsers {
    parts: Parts,
}

const ALL: &str = "/api/v1/admin/tenants/{tenant_slug}/users";
const ONE: &str = "/api/v1/admin/tenants/{tenant_slug}/users/{user_id}";
const INVITE: &str = "/api/v1/admin/tenants/{tenant_slug}/users/{user_id}/invite";
const SUSPEND: &str = "/api/v1/admin/tenants/{tenant_slug}/users/{user_id}/suspend";
const RESUME: &str = "/api/v1/admin/tenants/{tenant_slug}/users/{user_id}/resume";
const REVOKE_SESSIONS: &str = "/api/v1/admin/tenants/{tenant_slug}/users/{user_id}/revoke-sessions";
const RESET_MFA: &str = "/api/v1/admin/tenants/{tenant_slug}/users/{user_id}/reset-mfa";

#[async_trait]
impl Endpoint for AdminUsers {
    const NAME: &'static str = "admin-users";
    const ROUTES: &'static [Route] = &[
        Route::get(ALL),
        Route::post(ALL),
        Route::get(ONE),
        Route::delete(ONE),
        Route::post(INVITE),
        Route::post(SUSPEND),
        Route::post(RESUME),
        Route::post(REVOKE_SESSIONS),
        Route::post(RESET_MFA),
    ];
    /// An account is made with the place of its hash, which stays empty.
    const KEYS: &'static [Purpose] = &[Purpose::Passwords];

    fn new(parts: Parts) -> Self {
        Self { parts }
    }

    fn describe() -> Vec<Operation> {
        let one = |id, summary, about| {
            Operation::new(id, summary, about)
                .data::<UserShown>("ApiResponse_UserShown_")
                .secured(Security::Administrator)
        };
        vec![
            Operation::new(
                "admin_list_users",
                "List Users",
                "A tenant's users, a page at a time, in no particular order; or the one of an address.",
            )
            .query("email", false)
            .paged()
            .data::<UsersResponse>("ApiResponse_UsersResponse_")
            .secured(Security::Administrator),
            one(
                "admin_create_user",
                "Create User",
                "Make an account without a password. Invited, its owner is mailed a link to choose one; else they \
                 do it by \"forgot password\".",
            )
            .body::<NewUserRequest>(),
            one("admin_show_user", "Show User", "One user."),
            Operation::new(
                "admin_delete_user",
                "Delete User",
                "Delete the account at once. Its address is free again, and its owner is told.",
            )
            .data::<UserDeleted>("ApiResponse_UserDeleted_")
            .secured(Security::Administrator),
            one("admin_invite_user", "Invite User", "Mail another link; the older one is dead."),
            one("admin_suspend_user", "Suspend User", "Let in no more, and end every session."),
            one("admin_resume_user", "Resume User", "Let in again."),
            one(
                "admin_revoke_sessions",
                "Revoke Sessions",
                "End every session, and kill devices, links and sign-ins under way.",
            ),
            one(
                "admin_reset_mfa",
                "Reset MFA",
                "Take every second factor away, for somebody who has lost them. The owner is told.",
            ),
        ]
    }

    async fn call(&self, request: &Request) -> Result<Response, Problem> {
        let by = Administrator::of(request, &self.parts)?;
        let slug = request.parameter("tenant_slug").unwrap_or_default();
        let slug = TenantSlug::parse(slug).map_err(|_| Code::TenantNotFound)?;
        let tenant = tenant::show(&by.parts, &slug).await?;
        let Some(named) = request.parameter("user_id") else {
            return match request.method {
                http::Method::POST => create(&by, request, &tenant).await,
                _ => list(&by, request, &tenant).await,
            };
        };
        let user: UserId = named.parse().map_err(|_| Code::NotFound)?;
        match (request.method.as_str(), request.path.rsplit('/').next()) {
            ("DELETE", _) => {
                user::delete(&by, &tenant, user).await?;
                return Ok(Response::data(request, &UserDeleted { status: "deleted" }));
            }
            ("POST", Some("invite")) => {
                invitation::resend(&by, &tenant, named).await?;
            }
            ("POST", Some("suspend")) => user::suspend(&by, &tenant, user).await?,
            ("POST", Some("resume")) => user::resume(&by, &tenant, user).await?,
            ("POST", Some("revoke-sessions")) => user::revoke_sessions(&by, &tenant, user).await?,
            ("POST", Some("reset-mfa")) => user::reset_mfa(&by, &tenant, user).await?,
            _ => by.record(&tenant, Kind::AdministratorRead, Deed::to(user)).await?,
        }
        show(&by, request, &tenant, user).await
    }
}

async fn list(by: &Administrator, request: &Request, tenant: &Tenant) -> Result<Response, Problem> {
    let (listing, (email,)) = Listing::of(
        request,
        |text| text.parse::<UserId>().ok(),
        |form| form.optional_text("email", Email::parse).map(|email| (email,)),
    )?;
    by.record(tenant, Kind::AdministratorRead, Deed::of("users")).await?;
    if let Some(email) = email {
        let found = by.parts.store.login(tenant.id, email.key()).await?;
        let users = found.iter().map(|login| UserListed::of(&login.state())).collect();
        return Ok(Response::data(request, &UsersResponse { users, next_cursor: None }));
    }
    let states = user::list(&by.parts, tenant, (listing.after, listing.most)).await?;
    let last = states.last().map(|state| state.user_id.to_string());
    let next_cursor = last.filter(|_| states.len() == listing.most);
    let users = states.iter().map(UserListed::of).collect();
    Ok(Response::data(request, &UsersResponse { users, next_cursor }))
}

async fn create(by: &Administrator, request: &Request, tenant: &Tenant) -> Result<Response, Problem> {
    let mut form = request.form()?;
    let values = (
        form.text("email", Email::parse),
        form.text("first_name", PersonName::parse),
        form.text("last_name", PersonName::parse),
        form.flag("email_verified"),
        form.flag("invite"),
    );
    let (email, first_name, last_name, verified, invite) = form.finish(values)?;
    let person = NewPerson {
        email: email.as_typed().to_owned(),
        password: None,
        first_name: first_name.to_string(),
        last_name: last_name.to_string(),
        verified,
    };
    let user = if invite {
        invitation::invite(by, tenant, person).await?
    } else {
        user::create(by, tenant, person).await?
    };
    show(by, request, tenant, user).await
}

async fn show(
    by: &Administrator,
    request: &Request,
    tenant: &Tenant,
    user: UserId,
) -> Result<Response, Problem> {
    let shown = user::show(&by.parts, tenant, user).await?;
    Ok(Response::data(request, &UserShown::of(shown)))
}

#[derive(Serialize, ToSchema)]
pub struct UsersResponse {
    pub users: Vec<UserListed>,
    /// What to ask for next; none on the last page.
    pub next_cursor: Option<String>,
}

#[derive(ToSchema)]
pub struct NewUserRequest {
    pub email: String,
    pub first_name: String,
    pub last_name: String,
    /// Whether the administrator vouches for the address; of no effect where they are invited.
    #[schema(required = false)]
    pub email_verified: bool,
    /// Whether they are mailed a link to choose a password by.
    #[schema(required = false)]
    pub invite: bool,
}

#[derive(Serialize, ToSchema)]
pub struct UserDeleted {
    /// `deleted`.
    pub status: &'static str,
}

#[derive(Serialize, ToSchema)]
pub struct UserShown {
    #[serde(flatten)]
    pub user: UserListed,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    #[schema(value_type = Option<Object>)]
    pub custom_data: Option<CustomData>,
    /// RFC 3339.
    pub created_at: Option<String>,
    /// How many are alive.
    pub sessions: usize,
    /// The second factors that are enrolled: `totp`, `webauthn`, `email`, `backup_code`.
    #[schema(value_type = Vec<String>)]
    pub factors: serde_json::Value,
}

impl UserShown {
    fn of(shown: Shown) -> Self {
        let profile = shown.profile;
        Self {
            user: UserListed::of(&shown.state),
            first_name: profile.as_ref().map(|profile| profile.first_name.to_string()),
            last_name: profile.as_ref().map(|profile| profile.last_name.to_string()),
            created_at: profile.as_ref().map(|profile| profile.created_at.to_string()),
            custom_data: profile.and_then(|profile| profile.custom_data),
            sessions: shown.sessions,
            factors: serde_json::to_value(&shown.methods).unwrap_or_default(),
        }
    }
}
