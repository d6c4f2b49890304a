//! Users who move in: read, checked and made many at a time.
//!
//! A thread reads and checks the rows in order; what passes is made by several transactions at once, of 33 users
//! each, every user whole or not at all. Nobody who is there is ever touched. An import that was cut off is run
//! again with `resume`: no checkpoint is kept, since a row whose address has an account is known by that.

mod keycloak;
mod read;
mod row;
mod shapes;

use std::{io::Read, time::Duration};

use clap::ValueEnum;
use latchkey::{
    administration::Deed,
    domain::{EmailKey, Tenant, event::Kind, ids::TenantId},
    runtime::Parts,
    store::{Arrival, ImportedUser, StoreError},
};
use tokio::{sync::mpsc, task::JoinSet};

use crate::{AdminError, Administrator};
use read::{Message, Reader};
pub use row::LEGACY_ID;

/// What a file is made like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Our own: a JSON object a line, as `user export` writes it
    Jsonl,
    /// Amazon Cognito: what `list-users` prints, or the CSV that it imports
    Cognito,
    /// Auth0: the bulk export, a JSON object a line, with or without hashes
    Auth0,
    /// Keycloak: a realm's export, or its users' part
    Keycloak,
}

/// How an import is done.
#[derive(Debug, Clone)]
pub struct Options {
    pub format: Format,
    /// Checks all, makes nothing.
    pub dry_run: bool,
    /// A row whose address has an account was made by the import that was cut off.
    pub resume: bool,
    /// In the place of a first or last name that is missing.
    pub missing_name: Option<String>,
}

/// What came of the rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Imported {
    pub read: u64,
    /// Made, or would be but for the dry run.
    pub imported: u64,
    /// There already, by an import that is resumed.
    pub present: u64,
    pub refused: u64,
}

/// What is told while an import runs.
pub enum News<'a> {
    /// A row is refused: where it stands and why, without what it gave. Not in order.
    Refused(u64, &'a str),
    Progress(&'a Imported),
}

/// So many transactions are under way at once.
const AT_ONCE: usize = 12;
/// So often a transaction is tried where DynamoDB is busy: half a minute in all.
const TRIES: u32 = 9;

/// Takes users in.
///
/// # Errors
/// [`AdminError::Unreadable`] where the whole does not read as its format; [`AdminError::CutOff`] where the store
/// cannot answer: run again with `resume`; what `tell` gives.
pub async fn import(
    by: &Administrator,
    tenant: &Tenant,
    input: Box<dyn Read + Send>,
    options: &Options,
    mut tell: impl FnMut(News<'_>) -> Result<(), AdminError>,
) -> Result<Imported, AdminError> {
    if !options.dry_run {
        // Before the first user: an import that is cut off is in the record, too.
        by.record(tenant, Kind::UsersImported, Deed::default()).await?;
    }
    let parts = &by.parts;
    let (sender, mut messages) = mpsc::channel(2 * AT_ONCE);
    let reader = Reader::new(parts.clone(), tenant.clone(), options.clone(), sender);
    let reading = tokio::task::spawn_blocking(move || reader.read(input));
    let mut imported = Imported::default();
    let mut tasks = JoinSet::new();
    while let Some(message) = messages.recv().await {
        match message {
            Message::Refused(at, why) => {
                imported.read += 1;
                imported.refused += 1;
                tell(News::Refused(at, &why))?;
            }
            Message::Users(users) => {
                if tasks.len() >= AT_ONCE {
                    settle(tasks.join_next().await, &mut imported, &mut tell)?;
                }
                imported.read += users.len() as u64;
                let (parts, tenant, options) = (parts.clone(), tenant.id, options.clone());
                tasks.spawn(async move { take_in(&parts, tenant, users, &options).await });
            }
        }
        tell(News::Progress(&imported))?;
    }
    while let Some(task) = tasks.join_next().await {
        settle(Some(task), &mut imported, &mut tell)?;
        tell(News::Progress(&imported))?;
    }
    reading.await.map_err(|_| AdminError::Unreadable("the reading of the file ended early".to_owned()))??;
    Ok(imported)
}

/// What became of a row.
enum Fate {
    Made,
    Present,
    Refused(&'static str),
}

type Settled = Result<Vec<(u64, Fate)>, StoreError>;

fn settle(
    task: Option<Result<Settled, tokio::task::JoinError>>,
    imported: &mut Imported,
    tell: &mut impl FnMut(News<'_>) -> Result<(), AdminError>,
) -> Result<(), AdminError> {
    let Some(task) = task else { return Ok(()) };
    let ended = StoreError::Broken("an import's task ended early".to_owned());
    let settled = task.unwrap_or(Err(ended));
    let so_far = imported.imported;
    for (at, fate) in settled.map_err(|why| AdminError::CutOff(so_far, why))? {
        match fate {
            Fate::Made => imported.imported += 1,
            Fate::Present => imported.present += 1,
            Fate::Refused(why) => {
                imported.refused += 1;
                tell(News::Refused(at, why))?;
            }
        }
    }
    Ok(())
}

const TAKEN: &str = "email: there is an account with this address";

async fn take_in(
    parts: &Parts,
    tenant: TenantId,
    mut users: Vec<(u64, ImportedUser)>,
    options: &Options,
) -> Settled {
    let mut fates = Vec::with_capacity(users.len());
    if options.resume || options.dry_run {
        let emails: Vec<&EmailKey> = users.iter().map(|(_, user)| user.email.key()).collect();
        let (taken, _) = insist(parts, || parts.store.taken(tenant, &emails)).await?;
        users.retain(|(at, user)| {
            let there = taken.contains(user.email.key());
            if there {
                fates.push((*at, if options.resume { Fate::Present } else { Fate::Refused(TAKEN) }));
            }
            !there
        });
    }
    if options.dry_run || users.is_empty() {
        fates.extend(users.into_iter().map(|(at, _)| (at, Fate::Made)));
        return Ok(fates);
    }
    let (places, users): (Vec<u64>, Vec<ImportedUser>) = users.into_iter().unzip();
    let key = parts.passwords_key().map_err(|problem| StoreError::Broken(problem.code.word().to_owned()))?;
    let (arrivals, again) = insist(parts, || parts.store.import_users(tenant, &users, key)).await?;
    for ((at, user), arrival) in places.into_iter().zip(&users).zip(arrivals) {
        let fate = match arrival {
            Arrival::Made => Fate::Made,
            // The answer to a try that was made may be lost.
            Arrival::EmailTaken if again && is_ours(parts, tenant, user).await? => Fate::Made,
            Arrival::EmailTaken => Fate::Refused(TAKEN),
            Arrival::IdTaken => Fate::Refused("user_id: it is another user's"),
        };
        fates.push((at, fate));
    }
    Ok(fates)
}

/// What a call of the store gives, and whether it took more than one try: DynamoDB may be busy for a while.
async fn insist<T, F>(parts: &Parts, mut call: impl FnMut() -> F) -> Result<(T, bool), StoreError>
where
    F: Future<Output = Result<T, StoreError>>,
{
    let mut round = 0;
    loop {
        match call().await {
            Ok(given) => return Ok((given, round > 0)),
            Err(StoreError::Busy(_) | StoreError::Away(_)) if round + 1 < TRIES => {
                let most = 50_u32 << round;
                let wait = most + parts.entropy.below(most);
                tokio::time::sleep(Duration::from_millis(u64::from(wait))).await;
                round += 1;
            }
            Err(error) => return Err(error),
        }
    }
}

async fn is_ours(parts: &Parts, tenant: TenantId, user: &ImportedUser) -> Result<bool, StoreError> {
    let (login, _) = insist(parts, || parts.store.login(tenant, user.email.key())).await?;
    Ok(login.is_some_and(|login| login.user_id == user.user_id))
}
