//! POST register: a stranger asks for an account.
//!
//! A known and an unknown address get the same answer in the same time: no user is read. The mail
//! worker decides what is mailed.

use async_trait::async_trait;
use latchkey::{
    captcha::{self, CaptchaToken},
    domain::{
        CustomData, Email, Fault, NewPassword, PersonName, Tenant,
        event::Kind as EventKind,
        ids::UserId,
        password::About,
        registration::Registration,
        user::{Profile, UserStatus},
    },
    http::{Code, Endpoint, Operation, Problem, Request, Response, Route},
    jiff::SignedDuration,
    keys::{Purpose, StoredHash},
    runtime::Parts,
    sign_in::{event, later, refuse_breached},
    store::{Bucket, Created, NewUser},
    tokens::{Bearer, Kind, Selector},
};
use serde::Serialize;
use utoipa::ToSchema;

pub struct Register {
    parts: Parts,
}

#[async_trait]
impl Endpoint for Register {
    const NAME: &'static str = "register";
    const ROUTES: &'static [Route] = &[Route::post("/api/v1/auth/tenants/{tenant_slug}/register")];
    const KEYS: &'static [Purpose] = &[Purpose::Passwords];
    const HASHES: bool = true;

    fn new(parts: Parts) -> Self {
        Self { parts }
    }

    fn describe() -> Vec<Operation> {
        vec![
            Operation::new("register", "Register", "Self-registration, where the tenant allows it.")
                .body::<RegisterRequest>()
                .data::<RegisterResponse>("ApiResponse_RegisterResponse_"),
        ]
    }

    async fn call(&self, request: &Request) -> Result<Response, Problem> {
        let tenant = self.parts.tenants.of(request).await?;
        if !tenant.settings.self_registration {
            return Err(Code::RegistrationDisabled.into());
        }
        let wanted = Wanted::parse(request, &tenant)?;
        self.count(request, &tenant, &wanted).await?;
        captcha::demand(&self.parts, request, &tenant, wanted.captcha.as_ref()).await?;
        let (hash, breached) = futures::join!(
            self.parts.hasher.hash(wanted.password.expose(), &*self.parts.entropy),
            refuse_breached(&self.parts, &tenant, "password", &wanted.password),
        );
        breached?;
        if tenant.settings.require_email_verification {
            self.keep_pending(request, &tenant, wanted, &hash).await
        } else {
            self.create_at_once(request, &tenant, wanted, &hash).await
        }
    }
}

impl Register {
    async fn count(&self, request: &Request, tenant: &Tenant, wanted: &Wanted) -> Result<(), Problem> {
        let store = &self.parts.store;
        let network = Bucket::register_of_network(tenant.id, request.from);
        let address = Bucket::register_of_address_from(tenant.id, wanted.email.key(), request.from);
        let (network, address) = futures::try_join!(store.count(&network), store.count(&address))?;
        Problem::unless_allowed(network.and(address))
    }

    async fn keep_pending(
        &self,
        request: &Request,
        tenant: &Tenant,
        wanted: Wanted,
        hash: &StoredHash,
    ) -> Result<Response, Problem> {
        let key = self.parts.passwords_key()?;
        let user_id = UserId::fresh(&*self.parts.clock, &*self.parts.entropy);
        let selector = Selector::address(key, tenant.id, wanted.email.key());
        let token = Bearer::random(Kind::Verify, selector, &*self.parts.entropy);
        let registration = wanted.into_registration(user_id, tenant, request);
        let asked = event(&self.parts, request, tenant, EventKind::RegistrationRequested, None);
        futures::try_join!(
            self.parts.store.put_registration(tenant.id, &token, hash, registration, key),
            self.parts.store.record(&asked),
        )?;
        Ok(Response::data(
            request,
            &RegisterResponse {
                user_id: user_id.to_string(),
                status: "pending_verification",
                message: "A mail is on its way. Its link confirms the address.",
            },
        ))
    }

    async fn create_at_once(
        &self,
        request: &Request,
        tenant: &Tenant,
        wanted: Wanted,
        hash: &StoredHash,
    ) -> Result<Response, Problem> {
        let user_id = UserId::fresh(&*self.parts.clock, &*self.parts.entropy);
        let profile = Profile {
            email: wanted.email.as_typed().to_owned(),
            first_name: wanted.first_name,
            last_name: wanted.last_name,
            custom_data: wanted.custom_data,
            locale: tenant.settings.mail.locale,
            created_at: request.at,
        };
        // The tenant asks for no proof; the first one takes away what was made before it.
        let user = NewUser {
            user_id,
            email: &wanted.email,
            hash: Some(hash),
            standing: UserStatus::Active,
            unproven: true,
            profile: &profile,
        };
        let made = event(&self.parts, request, tenant, EventKind::UserCreated, Some(user_id));
        let key = self.parts.passwords_key()?;
        if self.parts.store.create_user(tenant, &user, Some(&made), key).await? == Created::EmailTaken {
            return Err(Code::EmailTaken.into());
        }
        Ok(Response::data(
            request,
            &RegisterResponse {
                user_id: user_id.to_string(),
                status: "active",
                message: "The account is ready.",
            },
        ))
    }
}

struct Wanted {
    email: Email,
    password: NewPassword,
    captcha: Option<CaptchaToken>,
    first_name: PersonName,
    last_name: PersonName,
    redirect_uri: Option<String>,
    custom_data: Option<CustomData>,
}

impl Wanted {
    fn parse(request: &Request, tenant: &Tenant) -> Result<Self, Problem> {
        let mut form = request.form()?;
        let email = form.text("email", |text| chosen(text, tenant));
        let about =
            About { email: email.as_ref(), tenant_name: tenant.name(), tenant_slug: tenant.slug.as_str() };
        let rules = tenant.settings.password_rules();
        let password = form.text("password", |text| NewPassword::parse(text, &rules, &about));
        let values = (
            password,
            form.text("first_name", PersonName::parse),
            form.text("last_name", PersonName::parse),
            form.optional_text("captcha_token", CaptchaToken::parse),
            form.optional_text("redirect_uri", |text| tenant.settings.allowed_redirect(text)),
            form.optional_object("custom_data", CustomData::parse),
            email,
        );
        let (password, first_name, last_name, captcha, redirect_uri, custom_data, email) =
            form.finish(values)?;
        let redirect_uri = redirect_uri.map(|uri| uri.as_str().to_owned());
        Ok(Self { email, password, captcha, first_name, last_name, redirect_uri, custom_data })
    }

    fn into_registration(self, user_id: UserId, tenant: &Tenant, request: &Request) -> Registration {
        Registration {
            user_id,
            slug: tenant.slug.clone(),
            email_key: self.email.key().clone(),
            address: self.email.address(),
            email: self.email.as_typed().to_owned(),
            sealed_hash: Vec::new().into(),
            sealed_token: Vec::new().into(),
            first_name: self.first_name,
            last_name: self.last_name,
            custom_data: self.custom_data,
            redirect_uri: self.redirect_uri,
            locale: tenant.settings.mail.locale,
            created_at: request.at,
            expires_at: later(request.at, SignedDuration::from_hours(Registration::LIFETIME_HOURS)),
        }
    }
}

/// An address that the tenant takes.
fn chosen(text: &str, tenant: &Tenant) -> Result<Email, Fault> {
    let email = Email::parse(text)?;
    tenant.settings.mail_domains.admit(&email)?;
    Ok(email)
}

/// What the contract asks for.
#[derive(ToSchema)]
pub struct RegisterRequest {
    #[schema(format = Email)]
    pub email: String,
    pub password: String,
    pub first_name: String,
    pub last_name: String,
    pub captcha_token: Option<String>,
    pub redirect_uri: Option<String>,
    #[schema(value_type = Option<Object>)]
    pub custom_data: Option<serde::de::IgnoredAny>,
}

#[derive(Serialize, ToSchema)]
pub struct RegisterResponse {
    pub user_id: String,
    /// `pending_verification`, or `active` where the tenant asks for no proof.
    pub status: &'static str,
    pub message: &'static str,
}
