//! Lists, a page at a time.

use crate::domain::Fault;
use crate::http::{Form, Problem, Request};

/// How many a page has at most.
pub const MOST_LISTED: usize = 100;
const USUAL: usize = 50;

/// Which page a request asks for: `cursor` as the page before gave it, and `limit`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing<C> {
    pub after: Option<C>,
    pub most: usize,
}

impl<C> Listing<C> {
    /// Reads `cursor` and `limit` out of the query beside what else is asked.
    ///
    /// # Errors
    /// 422 for a cursor that is none of ours, or a limit that is not from 1 to 100.
    pub fn of<T>(
        request: &Request,
        cursor: impl FnOnce(&str) -> Option<C>,
        more: impl FnOnce(&mut Form) -> Option<T>,
    ) -> Result<(Self, T), Problem> {
        let mut form = request.query();
        let not_ours = || Fault::value("must be the next_cursor of an answer");
        let after = form.optional_text("cursor", |text| cursor(text).ok_or_else(not_ours));
        let most = form.optional_text("limit", limit);
        let more = more(&mut form);
        let (after, most, more) = form.finish((after, most, more))?;
        Ok((Self { after, most: most.unwrap_or(USUAL) }, more))
    }
}

fn limit(text: &str) -> Result<usize, Fault> {
    let limit = text.parse().ok().filter(|limit| (1..=MOST_LISTED).contains(limit));
    limit.ok_or_else(|| Fault::value(format!("must be from 1 to {MOST_LISTED}")))
}
