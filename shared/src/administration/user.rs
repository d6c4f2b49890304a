//! Users.

use super::{AdministrationError, Administrator, administrator::Deed};
use crate::{
    domain::{
        Email, NewPassword, PersonName, Tenant,
        errand::{Errand, What},
        event::Kind,
        ids::UserId,
        password::About,
        settings::Method,
        user::{Login, Profile, UserState, UserStatus},
    },
    runtime::Parts,
    store::{Alteration, Altered, Created, NewUser},
};

/// A person to make an account for.
#[derive(Clone)]
pub struct NewPerson {
    pub email: String,
    /// None: the person chooses one by a reset.
    pub password: Option<String>,
    pub first_name: String,
    pub last_name: String,
    /// The administrator vouches for the address.
    pub verified: bool,
}

/// A user, as an administrator sees one.
#[derive(Debug, Clone)]
pub struct Shown {
    pub state: UserState,
    pub profile: Option<Profile>,
    pub sessions: usize,
    /// The second factors that are enrolled.
    pub methods: Vec<Method>,
}

/// Makes a user, under the same rules as a registration.
///
/// # Errors
/// [`AdministrationError::Invalid`] with the value at fault; [`AdministrationError::EmailTaken`]; the store.
pub async fn create(
    by: &Administrator,
    tenant: &Tenant,
    person: NewPerson,
) -> Result<UserId, AdministrationError> {
    let parts = &by.parts;
    let email = Email::parse(&person.email).map_err(AdministrationError::invalid("email"))?;
    let about = About { email: Some(&email), tenant_name: tenant.name(), tenant_slug: tenant.slug.as_str() };
    let rules = tenant.settings.password_rules();
    let hash = match &person.password {
        None => None,
        Some(text) => {
            let password =
                NewPassword::parse(text, &rules, &about).map_err(AdministrationError::invalid("password"))?;
            Some(parts.hasher.hash(password.expose(), &*parts.entropy).await)
        }
    };
    let name = |field, text: &str| PersonName::parse(text).map_err(AdministrationError::invalid(field));
    let profile = Profile {
        email: email.as_typed().to_owned(),
        first_name: name("first_name", &person.first_name)?,
        last_name: name("last_name", &person.last_name)?,
        custom_data: None,
        locale: tenant.settings.mail.locale,
        created_at: parts.clock.now(),
    };
    let user_id = UserId::fresh(&*parts.clock, &*parts.entropy);
    let user = NewUser {
        user_id,
        email: &email,
        hash: hash.as_ref(),
        standing: if person.verified { UserStatus::Active } else { UserStatus::Unverified },
        unproven: !person.verified,
        profile: &profile,
    };
    match parts.store.create_user(tenant, &user, None, parts.passwords_key()?).await? {
        Created::EmailTaken => Err(AdministrationError::EmailTaken(email.as_typed().to_owned())),
        Created::Created => {
            by.record(tenant, Kind::UserCreated, Deed::to(user_id)).await?;
            Ok(user_id)
        }
    }
}

/// The id of a user who is named by id or by e-mail address.
///
/// # Errors
/// [`AdministrationError::NoUser`]; the store.
pub async fn find(parts: &Parts, tenant: &Tenant, named: &str) -> Result<UserId, AdministrationError> {
    if let Ok(user) = named.parse() {
        return Ok(user);
    }
    login(parts, tenant, named).await.map(|login| login.user_id)
}

/// The login of a user who is named by id or by e-mail address.
///
/// # Errors
/// [`AdministrationError::NoUser`]; [`AdministrationError::Overtaken`]; the store.
pub async fn login(parts: &Parts, tenant: &Tenant, named: &str) -> Result<Login, AdministrationError> {
    if let Ok(user) = named.parse() {
        return current(parts, tenant, user).await;
    }
    let address = Email::parse(named).map_err(AdministrationError::invalid("user"))?;
    let login = parts.store.login(tenant.id, address.key()).await?;
    login.ok_or_else(|| AdministrationError::NoUser(named.to_owned()))
}

/// # Errors
/// [`AdministrationError::NoUser`]; the store.
pub async fn show(parts: &Parts, tenant: &Tenant, user: UserId) -> Result<Shown, AdministrationError> {
    let state = parts.store.user_state(tenant.id, user).await?;
    let state = state.ok_or_else(|| AdministrationError::NoUser(user.to_string()))?;
    let now = parts.clock.now();
    let sessions = parts.store.sessions(tenant.id, user).await?;
    let alive = sessions.iter().filter(|session| session.is_alive(state.epoch, now)).count();
    let login = parts.store.login(tenant.id, &state.email_key).await?;
    let methods = login.map(|login| login.methods).unwrap_or_default();
    Ok(Shown { profile: parts.store.profile(tenant.id, user).await?, sessions: alive, methods, state })
}

/// Up to `most` users after this one, in no particular order but always the same; fewer only at the end.
///
/// # Errors
/// The store's.
pub async fn list(
    parts: &Parts,
    tenant: &Tenant,
    (after, most): (Option<UserId>, usize),
) -> Result<Vec<UserState>, AdministrationError> {
    Ok(parts.store.users_after(tenant.id, after, most).await?)
}

/// Suspends a user: whatever was issued is dead, and no password lets in.
///
/// # Errors
/// [`AdministrationError::NoUser`]; the store.
pub async fn suspend(by: &Administrator, tenant: &Tenant, user: UserId) -> Result<(), AdministrationError> {
    change(by, tenant, user, Kind::UserSuspended, UserStatus::suspended).await
}

/// # Errors
/// [`AdministrationError::NoUser`]; the store.
pub async fn resume(by: &Administrator, tenant: &Tenant, user: UserId) -> Result<(), AdministrationError> {
    change(by, tenant, user, Kind::UserResumed, UserStatus::resumed).await
}

/// Ends every session, and kills devices, handles, reset tokens and the undoing of address changes.
///
/// # Errors
/// [`AdministrationError::NoUser`]; the store.
pub async fn revoke_sessions(
    by: &Administrator,
    tenant: &Tenant,
    user: UserId,
) -> Result<(), AdministrationError> {
    by.parts.store.forget_former_addresses(tenant.id, user).await?;
    change(by, tenant, user, Kind::SessionsRevoked, |standing| standing).await
}

/// Takes every second factor away, for somebody who has lost them: whatever was issued is dead, the
/// owner is told, and the next login asks for what the tenant asks of who has none.
///
/// # Errors
/// [`AdministrationError::NoUser`]; [`AdministrationError::Overtaken`]; the store.
pub async fn reset_mfa(by: &Administrator, tenant: &Tenant, user: UserId) -> Result<(), AdministrationError> {
    let login = current(&by.parts, tenant, user).await?;
    let what = What::FactorsReset { user_id: user, address: login.address.clone() };
    take(by, tenant, (&login, &user.to_string()), Taken::Factors, (what, Kind::FactorsReset)).await
}

/// Deletes a user at once, as they could themselves: the address is free again, and its owner is told.
///
/// # Errors
/// [`AdministrationError::NoUser`]; [`AdministrationError::Overtaken`]; the store.
pub async fn delete(by: &Administrator, tenant: &Tenant, user: UserId) -> Result<(), AdministrationError> {
    let login = current(&by.parts, tenant, user).await?;
    let (address, unproven) = (login.address.clone(), login.unproven);
    let what = What::AccountDeleted { user_id: user, address, unproven, by_administrator: true };
    take(by, tenant, (&login, &user.to_string()), Taken::Account, (what, Kind::AccountDeleted)).await
}

/// What an administrator takes away from somebody.
pub(super) enum Taken {
    /// Every second factor.
    Factors,
    Account,
}

/// Takes it in one write, which ends whatever was issued and queues the mail about it; then it is recorded.
pub(super) async fn take(
    by: &Administrator,
    tenant: &Tenant,
    (login, named): (&Login, &str),
    taken: Taken,
    (what, kind): (What, Kind),
) -> Result<(), AdministrationError> {
    let store = &by.parts.store;
    let state = login.state();
    let due = store.new_errand();
    let errand = Errand::notice(tenant, what, by.parts.clock.now());
    let alteration = Alteration {
        tenant: tenant.id,
        login,
        from: &state,
        to: state.moved(),
        methods: Vec::new(),
        errands: vec![(&due, &errand)],
        // What the administrator did is written down with who they are.
        events: &[],
        session: None,
        handle: None,
    };
    let altered = match taken {
        Taken::Factors => store.remove_all_factors(&alteration).await?,
        Taken::Account => store.delete_account(&alteration).await?,
    };
    match altered {
        Altered::Done => by.record(tenant, kind, Deed::to(login.user_id)).await,
        Altered::Overtaken | Altered::EmailTaken => Err(AdministrationError::Overtaken(named.to_owned())),
    }
}

/// A user's login, which is as their state says.
async fn current(parts: &Parts, tenant: &Tenant, user: UserId) -> Result<Login, AdministrationError> {
    let state = parts.store.user_state(tenant.id, user).await?;
    let state = state.ok_or_else(|| AdministrationError::NoUser(user.to_string()))?;
    let login = parts.store.login(tenant.id, &state.email_key).await?;
    let login = login.filter(|login| login.state() == state);
    login.ok_or_else(|| AdministrationError::Overtaken(user.to_string()))
}

async fn change(
    by: &Administrator,
    tenant: &Tenant,
    user: UserId,
    kind: Kind,
    standing: impl Fn(UserStatus) -> UserStatus,
) -> Result<(), AdministrationError> {
    let moved = by.parts.store.move_epoch(tenant.id, user, standing).await?;
    moved.ok_or_else(|| AdministrationError::NoUser(user.to_string()))?;
    by.record(tenant, kind, Deed::to(user)).await
}
