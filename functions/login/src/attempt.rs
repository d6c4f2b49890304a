//! What a login asks, and what is counted before it is looked at.

use latchkey::{
    captcha::{self, CaptchaToken},
    domain::{Email, GivenPassword, Tenant, device::Device, throttle::Suspicion, user::Login as Account},
    http::{Problem, Request, cookies, form},
    runtime::Parts,
    sign_in::Presented,
    store::{Bucket, Failures, StoreError},
};

pub struct Asked {
    pub email: Email,
    pub password: GivenPassword,
    pub remember_me: bool,
    /// A second factor is asked for whatever the device.
    pub reauthenticate: bool,
    captcha: Option<CaptchaToken>,
    /// The token of a trusted device, or of the device's cookie.
    presented: Option<Presented>,
    /// Its token came in the cookie, and so goes back in one.
    pub device_in_cookie: bool,
}

impl Asked {
    pub fn parse(parts: &Parts, request: &Request, tenant: &Tenant) -> Result<Self, Problem> {
        let mut form = request.form()?;
        let values = (
            form.text("email", Email::parse),
            form.text("password", GivenPassword::parse),
            form.flag("remember_me"),
            form.flag("reauthenticate"),
            form.optional_text("trusted_device_token", form::any),
            form.optional_text("captcha_token", CaptchaToken::parse),
        );
        let (email, password, remember_me, reauthenticate, trusted, captcha) = form.finish(values)?;
        let known = request.cookie(&cookies::device_name(tenant));
        if known.is_some() {
            cookies::guard(parts, request, tenant)?;
        }
        let device_in_cookie = trusted.is_none() && known.is_some();
        let presented = match trusted.or(known) {
            Some(text) => Presented::read(parts, request, tenant, &text)?,
            None => None,
        };
        Ok(Self { email, password, remember_me, reauthenticate, captcha, presented, device_in_cookie })
    }
}

/// A login that may be tried: who has the address, and on which device of theirs.
pub struct Attempt {
    pub account: Option<Account>,
    /// The device that was presented, if it stands for this account.
    pub device: Option<Device>,
    /// Its device stands, but the token was exchanged for another before: two have it, or an answer was lost.
    pub exchanged: bool,
    pub failures: Failures,
    network: Bucket,
    /// The first try from this network at this account lately, on no device of its owner's.
    from_a_stranger: bool,
}

impl Attempt {
    /// Counts the try and reads the account meanwhile; the same for known and unknown accounts.
    ///
    /// A device that stands has a bucket of its own, in place of the network's on this account:
    /// the login goes on if either way is open, so that a stranger cannot lock the owner out. Nor is a
    /// captcha asked for there.
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
        // All of them, whichever fails: else nobody knew whether the account's has been counted.
        let (account, device, wide, narrow, of_account) = futures::join!(
            store.login(tenant.id, email),
            device,
            store.count_tries(&network),
            store.count_tries(&narrow),
            store.count_account_failure(&failures),
        );
        let of_account = of_account?;
        let admitted = async {
            let (account, device, wide, narrow) = (account?, device?, wide?, narrow?);
            let device = device.filter(|device| {
                account.as_ref().is_some_and(|account| device.stands(account, tenant, request))
            });
            let is_current = |device: &Device| {
                asked.presented.as_ref().is_some_and(|presented| presented.token.matches(&device.token_hash))
            };
            let exchanged = device.as_ref().is_some_and(|device| !is_current(device));
            let device = device.filter(is_current);
            let stranger = wide.verdict.and(of_account.verdict);
            let verdict =
                if device.is_some() { narrow.verdict.or(stranger) } else { narrow.verdict.and(stranger) };
            Problem::unless_allowed(verdict)?;
            let seen =
                Suspicion { tries: wide.tries, accounts: wide.accounts, networks: of_account.networks };
            if device.is_none() && seen.is_grave() {
                captcha::demand(parts, request, tenant, asked.captcha.as_ref()).await?;
            }
            // A device that does not stand says nothing of this account: each such try counts.
            let from_a_stranger = device.is_none() && (asked.presented.is_some() || narrow.tries <= 1);
            let failures = failures.clone();
            Ok::<_, Problem>(Self { account, device, exchanged, failures, network, from_a_stranger })
        };
        match admitted.await {
            Ok(attempt) => Ok(attempt),
            // No password was looked at: who is refused here must not close the account for its owner.
            Err(problem) => Err(match store.take_back(&failures, of_account).await {
                Ok(()) => problem,
                Err(error) => problem.and_then(&error),
            }),
        }
    }

    /// Notes a wrong password for what it says of credential stuffing; nothing where nobody asks.
    pub async fn note_failure(&self, parts: &Parts, tenant: &Tenant) -> Result<(), StoreError> {
        if self.from_a_stranger && tenant.settings.captcha.provider.is_some() {
            parts.store.note_stranger(&self.network, &self.failures).await?;
        }
        Ok(())
    }
}
