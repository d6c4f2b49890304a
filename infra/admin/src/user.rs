//! Users.

use latchkey::{
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

use crate::{AdminError, audit::record};

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
/// [`AdminError::Invalid`] with the value at fault; [`AdminError::EmailTaken`]; the store.
pub async fn create(parts: &Parts, tenant: &Tenant, person: NewPerson) -> Result<UserId, AdminError> {
    let email = Email::parse(&person.email).map_err(AdminError::invalid("the e-mail address"))?;
    let about =
        About { email: Some(&email), tenant_name: &tenant.display_name, tenant_slug: tenant.slug.as_str() };
    let rules = tenant.settings.password_rules();
    let hash = match &person.password {
        None => None,
        Some(text) => {
            let password =
                NewPassword::parse(text, &rules, &about).map_err(AdminError::invalid("the password"))?;
            Some(parts.hasher.hash(password.expose(), &*parts.entropy).await)
        }
    };
    let name = |what: &str, text: &str| PersonName::parse(text).map_err(AdminError::invalid(what));
    let profile = Profile {
        email: email.as_typed().to_owned(),
        first_name: name("the first name", &person.first_name)?,
        last_name: name("the last name", &person.last_name)?,
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
    match parts.store.create_user(tenant, &user, parts.passwords_key()?).await? {
        Created::EmailTaken => Err(AdminError::EmailTaken(email.as_typed().to_owned())),
        Created::Created => {
            record(parts, tenant, Kind::UserCreated, Some(user_id)).await?;
            Ok(user_id)
        }
    }
}

/// The id of a user who is named by id or by e-mail address.
///
/// # Errors
/// [`AdminError::NoUser`]; the store.
pub async fn find(parts: &Parts, tenant: &Tenant, named: &str) -> Result<UserId, AdminError> {
    if let Ok(user) = named.parse() {
        return Ok(user);
    }
    login(parts, tenant, named).await.map(|login| login.user_id)
}

/// Who has an address.
pub(crate) async fn login(parts: &Parts, tenant: &Tenant, email: &str) -> Result<Login, AdminError> {
    let address = Email::parse(email).map_err(AdminError::invalid("the user"))?;
    let login = parts.store.login(tenant.id, address.key()).await?;
    login.ok_or_else(|| AdminError::NoUser(email.to_owned()))
}

/// # Errors
/// [`AdminError::NoUser`]; the store.
pub async fn show(parts: &Parts, tenant: &Tenant, user: UserId) -> Result<Shown, AdminError> {
    let state = parts.store.user_state(tenant.id, user).await?;
    let state = state.ok_or_else(|| AdminError::NoUser(user.to_string()))?;
    let now = parts.clock.now();
    let sessions = parts.store.sessions(tenant.id, user).await?;
    let alive = sessions.iter().filter(|session| session.is_alive(state.epoch, now)).count();
    let login = parts.store.login(tenant.id, &state.email_key).await?;
    let methods = login.map(|login| login.methods).unwrap_or_default();
    Ok(Shown { profile: parts.store.profile(tenant.id, user).await?, sessions: alive, methods, state })
}

/// Up to `most` users, in no particular order.
///
/// # Errors
/// The store's.
pub async fn list(parts: &Parts, tenant: &Tenant, most: usize) -> Result<Vec<UserState>, AdminError> {
    Ok(parts.store.list_users(tenant.id, most).await?)
}

/// Suspends a user: whatever was issued is dead, and no password lets in.
///
/// # Errors
/// [`AdminError::NoUser`]; the store.
pub async fn suspend(parts: &Parts, tenant: &Tenant, user: UserId) -> Result<(), AdminError> {
    change(parts, tenant, user, Kind::UserSuspended, UserStatus::suspended).await
}

/// # Errors
/// [`AdminError::NoUser`]; the store.
pub async fn resume(parts: &Parts, tenant: &Tenant, user: UserId) -> Result<(), AdminError> {
    change(parts, tenant, user, Kind::UserResumed, UserStatus::resumed).await
}

/// Ends every session, and kills devices, handles, reset tokens and the undoing of address changes.
///
/// # Errors
/// [`AdminError::NoUser`]; the store.
pub async fn revoke_sessions(parts: &Parts, tenant: &Tenant, user: UserId) -> Result<(), AdminError> {
    parts.store.forget_former_addresses(tenant.id, user).await?;
    change(parts, tenant, user, Kind::SessionsRevoked, |standing| standing).await
}

/// Takes every second factor away, for somebody who has lost them: whatever was issued is dead, the
/// owner is told, and the next login asks for what the tenant asks of who has none.
///
/// # Errors
/// [`AdminError::NoUser`]; [`AdminError::Overtaken`]; the store.
pub async fn reset_mfa(parts: &Parts, tenant: &Tenant, user: UserId) -> Result<(), AdminError> {
    let store = &parts.store;
    let (state, login) = current(parts, tenant, user).await?;
    let due = store.new_errand();
    let what = What::FactorsReset { user_id: user, address: login.address.clone() };
    let errand = Errand::notice(tenant, what, parts.clock.now());
    let alteration = Alteration {
        tenant: tenant.id,
        login: &login,
        from: &state,
        to: state.moved(),
        methods: Vec::new(),
        errand: (&due, &errand),
        session: None,
        handle: None,
    };
    match store.remove_all_factors(&alteration).await? {
        Altered::Done => record(parts, tenant, Kind::FactorsReset, Some(user)).await,
        Altered::Overtaken | Altered::EmailTaken => Err(AdminError::Overtaken(user.to_string())),
    }
}

/// Deletes a user at once, as they could themselves: the address is free again, and its owner is told.
///
/// # Errors
/// [`AdminError::NoUser`]; [`AdminError::Overtaken`]; the store.
pub async fn delete(parts: &Parts, tenant: &Tenant, user: UserId) -> Result<(), AdminError> {
    let (state, login) = current(parts, tenant, user).await?;
    let due = parts.store.new_errand();
    let address = login.address.clone();
    let what = What::AccountDeleted { user_id: user, address, by_administrator: true };
    let errand = Errand::notice(tenant, what, parts.clock.now());
    let alteration = Alteration {
        tenant: tenant.id,
        login: &login,
        from: &state,
        to: state.moved(),
        methods: Vec::new(),
        errand: (&due, &errand),
        session: None,
        handle: None,
    };
    match parts.store.delete_account(&alteration).await? {
        Altered::Done => record(parts, tenant, Kind::AccountDeleted, Some(user)).await,
        Altered::Overtaken | Altered::EmailTaken => Err(AdminError::Overtaken(user.to_string())),
    }
}

/// A user's state and login, of one moment.
async fn current(parts: &Parts, tenant: &Tenant, user: UserId) -> Result<(UserState, Login), AdminError> {
    let state = parts.store.user_state(tenant.id, user).await?;
    let state = state.ok_or_else(|| AdminError::NoUser(user.to_string()))?;
    let login = parts.store.login(tenant.id, &state.email_key).await?;
    let login = login.filter(|login| login.state() == state);
    login.map(|login| (state, login)).ok_or_else(|| AdminError::Overtaken(user.to_string()))
}

async fn change(
    parts: &Parts,
    tenant: &Tenant,
    user: UserId,
    kind: Kind,
    standing: impl Fn(UserStatus) -> UserStatus,
) -> Result<(), AdminError> {
    let moved = parts.store.move_epoch(tenant.id, user, standing).await?;
    moved.ok_or_else(|| AdminError::NoUser(user.to_string()))?;
    record(parts, tenant, kind, Some(user)).await?;
    Ok(())
}
