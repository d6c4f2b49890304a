//! What a login asks, and what is counted before it is looked at.

use latchkey::{
    domain::{Email, GivenPassword, Tenant, device::Device, user::Login as Account},
    http::{Problem, Request, cookies, form},
    runtime::Parts,
    sign_in::Presented,
    store::{Bucket, Failures, StoreError},
};

pub struct Asked {
    pub email: Email,
    pub password: GivenPassword,
    pub remember_me: bool,
    /// The trusted device's token, or the known device's cookie.
    presented: Option<Presented>,
}

impl Asked {
    pub fn parse(parts: &Parts, request: &Request, tenant: &Tenant) -> Result<Self, Problem> {
        let mut form = request.form()?;
        let values = (
            form.text("email", Email::parse),
            form.text("password", GivenPassword::parse),
            form.flag("remember_me"),
            form.optional_text("trusted_device_token", form::any),
        );
        let (email, password, remember_me, trusted) = form.finish(values)?;
        let known = request.cookie(&cookies::device_name(tenant));
        if known.is_some() {
            cookies::guard(request, tenant)?;
        }
        let presented = match trusted.or(known) {
            Some(text) => Presented::read(parts, request, tenant, &text)?,
            None => None,
        };
        Ok(Self { email, password, remember_me, presented })
    }
}

/// A login that may be tried: who has the address, and on which device of theirs.
pub struct Attempt {
    pub account: Option<Account>,
    /// The device that was presented, if it stands for this account.
    pub device: Option<Device>,
    pub failures: Failures,
}

impl Attempt {
    /// Counts the try and reads the account meanwhile; the same for known and unknown accounts.
    ///
    /// A device that stands has a bucket of its own, in place of the network's on this account:
    /// the login goes on if either way is open, so that a stranger cannot lock the owner out.
    pub async fn count(
        parts: &Parts,
        request: &Request,
        tenant: &Tenant,
        asked: &Asked,
    ) -> Result<Self, Problem> {
        let store = &parts.store;
        let email = asked.email.key();
        let failures = Failures::of_account(tenant.id, email);
        let network = Bucket::login_of_network(tenant.id, request.from);
        let narrow = match &asked.presented {
            Some(presented) => Bucket::login_of_device(tenant.id, presented.device_id),
            None => Bucket::login_of_account_from(tenant.id, email, request.from),
        };
        let device = async {
            match &asked.presented {
                Some(presented) => store.device(tenant.id, presented.user_id, presented.device_id).await,
                None => Ok::<_, StoreError>(None),
            }
        };
        let (account, device, network, narrow, (of_account, _)) = futures::try_join!(
            store.login(tenant.id, email),
            device,
            store.count(&network),
            store.count(&narrow),
            store.count_failure(&failures),
        )?;
        let device = device.filter(|device| {
            let presented = asked.presented.as_ref().zip(account.as_ref());
            presented.is_some_and(|(presented, account)| presented.stands(device, account, tenant, request))
        });
        let stranger = network.and(of_account);
        let verdict = if device.is_some() { narrow.or(stranger) } else { narrow.and(stranger) };
        Problem::unless_allowed(verdict)?;
        Ok(Self { account, device, failures })
    }
}
