//! One entry, from its name to its mail.

use latchkey::{
    domain::{
        Email, Locale, TemplateName, Tenant, TenantSlug, errand::What, purse::Purse, tenant::TenantStatus,
    },
    http::Problem,
    jiff::SignedDuration,
    mail::{Letter, Places, PostError, Template, Voice, render},
    metrics::Metric,
    runtime::Parts,
    sign_in::later,
    store::{Claimed, Due, Entry},
};

use crate::{
    MailWorker,
    decide::{Outgoing, Payment, decide},
};

/// How long a mail waits after its first, second, … failure, in seconds; the last for all later ones.
const WAITS: [i64; 5] = [5, 15, 60, 300, 900];
/// What is tried after so many seconds is late: the rule of each minute has it by then.
const LATE: i64 = 60;

/// What became of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Sent,
    NothingToSend,
    /// The mailbox's or the tenant's budget is used up.
    OverBudget,
    /// The address bounced or complained.
    Undeliverable,
    /// SES takes no mail for this address.
    Rejected,
}

/// Handles one entry. What fails is put back, to be due again after a while.
///
/// # Errors
/// When it cannot even be put back; its claim runs out by itself.
pub async fn deliver(worker: &MailWorker, due: &Due) -> Result<(), String> {
    let parts = &worker.parts;
    let claimed = parts.store.claim(due).await.map_err(|error| error.to_string())?;
    // Done, gone, or another worker's.
    let Some(claimed) = claimed else { return Ok(()) };
    meter_age(parts, &claimed);
    // Whatever becomes of the mail.
    if let Entry::Errand(errand) = &claimed.entry
        && let What::AccountDeleted { user_id, .. } | What::AccountWithdrawn { user_id } = errand.what
    {
        parts.store.sweep_user(errand.tenant_id, user_id).await.map_err(|error| error.to_string())?;
    }
    let (kind, slug, attempts) = (kind(&claimed.entry), slug(&claimed.entry), claimed.attempts);
    if claimed.mail_by() <= parts.clock.now() {
        tracing::error!(kind, tenant = %slug, attempts, "a mail expired unsent");
        parts.meters.count(Metric::ExpiredMails);
        return parts.store.done(due).await.map_err(|error| error.to_string());
    }
    match send(worker, &claimed).await {
        Ok(outcome) => {
            tracing::info!(kind, tenant = %slug, attempts, ?outcome, "an outbox entry is done");
            parts.store.done(due).await.map_err(|error| error.to_string())
        }
        Err(why) => {
            tracing::warn!(kind, tenant = %slug, attempts, why, "a mail is put back");
            let due_at = later(parts.clock.now(), SignedDuration::from_secs(wait(attempts)));
            parts.store.put_back(due, due_at).await.map_err(|error| error.to_string())
        }
    }
}

/// Told before the mail is tried: a worker that runs out of time is one to tell of.
fn meter_age(parts: &Parts, claimed: &Claimed) {
    let age = parts.clock.now().duration_since(claimed.created_at()).as_secs();
    if age >= LATE {
        parts.meters.measure(Metric::OutboxAge, age.unsigned_abs());
        parts.meters.print();
    }
}

async fn send(worker: &MailWorker, claimed: &Claimed) -> Result<Outcome, String> {
    let parts = &worker.parts;
    let tenant = parts.tenants.load(slug(&claimed.entry)).await.map_err(told)?;
    let Some(tenant) = tenant.filter(|tenant| tenant.standing == TenantStatus::Active) else {
        return Ok(Outcome::NothingToSend);
    };
    let Some(outgoing) = decide(parts, &tenant, &claimed.due, &claimed.entry).await.map_err(told)? else {
        return Ok(Outcome::NothingToSend);
    };
    if is_undeliverable(parts, &outgoing).await? {
        return Ok(Outcome::Undeliverable);
    }
    if !pay(parts, &tenant, claimed, &outgoing).await.map_err(told)? {
        return Ok(Outcome::OverBudget);
    }
    // Paid first: who is over budget must not fill the table either.
    if let Some((token, reset)) = outgoing.reset.as_deref() {
        let factors = parts.factors_key().map_err(told)?;
        parts.store.put_reset(tenant.id, token, reset, factors).await.map_err(|error| error.to_string())?;
    }
    let voice = Voice::of(&tenant, tenant.settings.mail.locale, worker.post.from());
    let own = own_words(parts, &tenant, &outgoing.letter, voice.locale).await?;
    let mail = render(&outgoing.letter, &voice, own.as_ref()).map_err(|error| error.to_string())?;
    match worker.post.send(&outgoing.to, &voice, &mail, &reference(claimed)).await {
        Ok(_) => Ok(Outcome::Sent),
        Err(PostError::Later(why)) => Err(why),
        Err(PostError::Never(why)) => {
            tracing::error!(why, "a mail is rejected");
            parts.meters.count(Metric::RejectedMails);
            Ok(Outcome::Rejected)
        }
    }
}

/// The tenant's own words for a letter, looked for only where it has some. What the settings do not allow any
/// more, such as a link to an origin that was given up, goes out in ours: the mail matters more than its words.
async fn own_words(
    parts: &Parts,
    tenant: &Tenant,
    letter: &Letter,
    locale: Locale,
) -> Result<Option<Template>, String> {
    let name = TemplateName { kind: letter.kind(), locale };
    if !tenant.templates.contains(&name) {
        return Ok(None);
    }
    let stored = parts.store.template(&tenant.slug, name).await.map_err(|error| error.to_string())?;
    // Cleared since the tenant was read.
    let Some(stored) = stored else { return Ok(None) };
    match Template::parse(&stored.text, name.kind, &Places::new(&tenant.settings)) {
        Ok(own) => Ok(Some(own)),
        Err(faults) => {
            let faults = faults.len();
            tracing::warn!(tenant = %tenant.slug, template = %name, faults, "a template does not hold any more");
            Ok(None)
        }
    }
}

/// Looked up before the mail is paid for: a mail that is not sent costs its mailbox no turn.
async fn is_undeliverable(parts: &Parts, outgoing: &Outgoing) -> Result<bool, String> {
    // An address that does not read as one was never reported as one.
    let Ok(email) = Email::parse(&outgoing.to) else { return Ok(false) };
    let found = parts.store.undeliverable(email.key()).await.map_err(|error| error.to_string())?;
    Ok(found.stops(outgoing.payment.purse(), parts.clock.now()))
}

/// Pays for a mail once, however often its delivery is tried.
async fn pay(
    parts: &Parts,
    tenant: &Tenant,
    claimed: &Claimed,
    outgoing: &Outgoing,
) -> Result<bool, Problem> {
    let store = &parts.store;
    let mailbox = || {
        Email::parse(&outgoing.to).map_or_else(|_| outgoing.to.to_ascii_lowercase(), |email| email.mailbox())
    };
    let errand = reference(claimed);
    let first = claimed.attempts == 1;
    Ok(match &outgoing.payment {
        Payment::Purse(purse) => store.pay(tenant.id, *purse, &mailbox(), &errand).await?,
        Payment::StrangerWithoutAccount => {
            store.pay(tenant.id, Purse::Stranger, &mailbox(), &errand).await?
                && (!first || store.pay_for_stranger(tenant.id, tenant.settings.mail.daily_budget).await?)
        }
        Payment::Notice { user, kind } => !first || store.first_notice(tenant.id, *user, kind).await?,
    })
}

/// Names the mail: the errand, or the user that the registration would make.
fn reference(claimed: &Claimed) -> String {
    match &claimed.entry {
        Entry::Errand(_) => claimed.due.errand_id().to_owned(),
        Entry::Registration(registration) => registration.user_id.to_string(),
    }
}

fn slug(entry: &Entry) -> &TenantSlug {
    match entry {
        Entry::Errand(errand) => &errand.slug,
        Entry::Registration(registration) => &registration.slug,
    }
}

fn kind(entry: &Entry) -> &'static str {
    match entry {
        Entry::Registration(_) => "registration",
        Entry::Errand(errand) => match errand.what {
            What::ResetRequested { .. } => "reset_requested",
            What::VerificationRequested { .. } => "verification_requested",
            What::Code { .. } => "code",
            What::PasswordChanged { .. } => "password_changed",
            What::SignedIn { .. } => "signed_in",
            What::FactorAttacked { .. } => "factor_attacked",
            What::FactorChanged { .. } => "factor_changed",
            What::FactorsReset { .. } => "factors_reset",
            What::BackupCodeUsed { .. } => "backup_code_used",
            What::AddressCode { .. } => "address_code",
            What::EmailChanged { .. } => "email_changed",
            What::EmailRestored { .. } => "email_restored",
            What::AccountDeleted { .. } => "account_deleted",
            What::Invited { .. } => "invited",
            What::AccountWithdrawn { .. } => "account_withdrawn",
        },
    }
}

fn wait(attempts: u32) -> i64 {
    let index = usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX);
    WAITS[index.min(WAITS.len() - 1)]
}

fn told(problem: Problem) -> String {
    problem.cause.unwrap_or_else(|| problem.code.word().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_waits_longer_after_each_failure() {
        let waits: Vec<_> = [1, 2, 3, 4, 5, 6, 100].map(wait).to_vec();
        assert_eq!(waits, [5, 15, 60, 300, 900, 900, 900]);
    }
}
