//! What an administrator does: an account that is made, and one that is taken away.

use jiff::Timestamp;

use super::{Block, Parts, action, counted, when};
use crate::mail::{letter::Link, plain::Plain};

pub(super) fn invited<'a>(tenant: &Plain, link: &'a Link, days: u32) -> Parts<'a> {
    let days = counted(days, "day", "days");
    (
        format!("Your invitation to {tenant}"),
        "You have been invited",
        vec![
            Block::Paragraph(format!(
                "An administrator of {tenant} made an account for you with this e-mail address."
            )),
            Block::Paragraph(format!(
                "To use it, choose a password on this page. The link works once, for {days}; a newer \
                 invitation replaces it."
            )),
            action("Choose a password", link),
            Block::Paragraph(
                "If you do not want the account, ignore this mail: without a password nobody can sign in \
                 to it."
                    .to_owned(),
            ),
        ],
    )
}

pub(super) fn account_removed<'a>(tenant: &Plain, at: Timestamp) -> Parts<'a> {
    (
        format!("Your account at {tenant} was deleted"),
        "Your account was deleted",
        vec![
            Block::Paragraph(format!(
                "An administrator of {tenant} deleted the account with this e-mail address. Signing in to \
                 it no longer works."
            )),
            Block::Facts(vec![when(at)]),
            Block::Paragraph(format!("If you think that this is a mistake, contact {tenant}.")),
        ],
    )
}
