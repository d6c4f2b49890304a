//! The reading of a file: rows in order, checked, in bundles of what one transaction takes.

use std::{
    collections::HashSet,
    io::{self, BufRead, BufReader, Read},
};

use latchkey::{
    domain::{EmailKey, Tenant, ids::UserId},
    runtime::Parts,
    store::ImportedUser,
};
use tokio::sync::mpsc::Sender;

use super::{
    Format, Options, keycloak,
    row::{Given, Row, Rules},
    shapes,
};
use crate::AdminError;

pub enum Message {
    /// Where the row stands, and why.
    Refused(u64, String),
    Users(Vec<(u64, ImportedUser)>),
}

/// No row is longer; what is, is no file of rows.
const LONGEST: u64 = 1 << 20;

pub struct Reader {
    parts: Parts,
    tenant: Tenant,
    options: Options,
    to: Sender<Message>,
    seen: HashSet<EmailKey>,
    ids: HashSet<UserId>,
    bundle: Vec<(u64, ImportedUser)>,
}

/// Nobody listens any more.
struct Deaf;

impl Reader {
    pub fn new(parts: Parts, tenant: Tenant, options: Options, to: Sender<Message>) -> Self {
        let (seen, ids, bundle) = (HashSet::new(), HashSet::new(), Vec::new());
        Self { parts, tenant, options, to, seen, ids, bundle }
    }

    /// Reads all, and sends what becomes of it.
    ///
    /// # Errors
    /// [`AdminError::Unreadable`], never with what was read.
    pub fn read(mut self, input: Box<dyn Read + Send>) -> Result<(), AdminError> {
        let mut input = BufReader::with_capacity(1 << 16, input);
        skip_mark(&mut input).map_err(unreadable)?;
        let done = match self.options.format {
            Format::Jsonl => self.lines(input, shapes::own),
            Format::Auth0 => self.lines(input, shapes::auth0),
            Format::Keycloak => self.rows(keycloak::realm(&whole(input)?)),
            Format::Cognito if begins_as_json(&mut input).map_err(unreadable)? => {
                self.rows(shapes::cognito_list(&whole(input)?))
            }
            Format::Cognito => self.table(input),
        }?;
        // Where nobody listens, the cause is told there.
        if done.is_ok() {
            let _ = self.send();
        }
        Ok(())
    }

    fn lines(
        &mut self,
        mut input: impl BufRead,
        shape: fn(&str) -> Result<Given, String>,
    ) -> Result<Result<(), Deaf>, AdminError> {
        let mut line = Vec::new();
        for at in 1.. {
            line.clear();
            let read = (&mut input).take(LONGEST).read_until(b'\n', &mut line).map_err(unreadable)?;
            if read == 0 {
                break;
            }
            if read as u64 == LONGEST {
                return Err(AdminError::Unreadable(format!("line {at} has more than 1 MiB")));
            }
            if line.trim_ascii().is_empty() {
                continue;
            }
            let given = match std::str::from_utf8(line.trim_ascii()) {
                Ok(text) => shape(text),
                Err(_) => Err("this is not UTF-8".to_owned()),
            };
            if let Err(deaf) = self.take(Row { at, given }) {
                return Ok(Err(deaf));
            }
        }
        Ok(Ok(()))
    }

    fn rows(&mut self, rows: Result<Vec<Row>, String>) -> Result<Result<(), Deaf>, AdminError> {
        let rows =
            rows.map_err(|why| AdminError::Unreadable(format!("the file is not of this format: {why}")))?;
        Ok(rows.into_iter().try_for_each(|row| self.take(row)))
    }

    fn table(&mut self, input: impl Read) -> Result<Result<(), Deaf>, AdminError> {
        let mut table = csv::ReaderBuilder::new().from_reader(input);
        let no_table = || AdminError::Unreadable("this is no CSV with a header".to_owned());
        let header = table.headers().map_err(|_| no_table())?.clone();
        if !header.iter().any(|name| name == "email") {
            return Err(AdminError::Unreadable("the header has no column email".to_owned()));
        }
        for record in table.records() {
            let row = match record {
                Ok(record) => {
                    let at = record.position().map_or(0, csv::Position::line);
                    Row { at, given: Ok(shapes::cognito_row(&header, &record)) }
                }
                Err(error) => {
                    let at = error.position().map_or(0, csv::Position::line);
                    Row {
                        at,
                        given: Err("the row has other columns than the header, or is not UTF-8".to_owned()),
                    }
                }
            };
            if let Err(deaf) = self.take(row) {
                return Ok(Err(deaf));
            }
        }
        Ok(Ok(()))
    }

    /// Of several rows with one address the first counts.
    fn take(&mut self, row: Row) -> Result<(), Deaf> {
        let missing_name = self.options.missing_name.as_deref();
        let rules = Rules { parts: &self.parts, tenant: &self.tenant, missing_name };
        let user = match row.given.and_then(|given| given.check(&rules)) {
            Ok(user) => user,
            Err(why) => return self.refuse(row.at, why),
        };
        if !self.seen.insert(user.email.key().clone()) {
            return self.refuse(row.at, "email: an earlier row has this address".to_owned());
        }
        if !self.ids.insert(user.user_id) {
            return self.refuse(row.at, "user_id: an earlier row has this id".to_owned());
        }
        self.bundle.push((row.at, user));
        if self.bundle.len() >= ImportedUser::MOST_AT_ONCE { self.send() } else { Ok(()) }
    }

    fn refuse(&self, at: u64, why: String) -> Result<(), Deaf> {
        self.to.blocking_send(Message::Refused(at, why)).map_err(|_| Deaf)
    }

    fn send(&mut self) -> Result<(), Deaf> {
        if self.bundle.is_empty() {
            return Ok(());
        }
        let bundle = std::mem::take(&mut self.bundle);
        self.to.blocking_send(Message::Users(bundle)).map_err(|_| Deaf)
    }
}

/// The mark that some programs begin a UTF-8 file with.
fn skip_mark(input: &mut impl BufRead) -> io::Result<()> {
    if input.fill_buf()?.starts_with("\u{feff}".as_bytes()) {
        input.consume("\u{feff}".len());
    }
    Ok(())
}

fn begins_as_json(input: &mut impl BufRead) -> io::Result<bool> {
    Ok(input.fill_buf()?.trim_ascii_start().starts_with(b"{"))
}

/// A document has to be read whole: it is one value.
fn whole(mut input: impl Read) -> Result<String, AdminError> {
    let mut text = String::new();
    input.read_to_string(&mut text).map_err(unreadable)?;
    Ok(text)
}

#[expect(clippy::needless_pass_by_value, reason = "it stands in map_err")]
fn unreadable(error: io::Error) -> AdminError {
    AdminError::Unreadable(format!("the file: {error}"))
}
