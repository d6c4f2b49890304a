//! The account and its address.

use jiff::Timestamp;

use super::{Block, Fact, Parts, action, counted, when};
use crate::mail::{
    letter::{Link, MailedCode},
    plain::Plain,
};

pub(super) fn verify_address<'a>(tenant: &Plain, link: &'a Link, hours: u32) -> Parts<'a> {
    let hours = counted(hours, "hour", "hours");
    (
        format!("Confirm your e-mail address for {tenant}"),
        "Confirm your e-mail address",
        vec![
            Block::Paragraph(format!(
                "Someone, most likely you, registered at {tenant} with this e-mail address."
            )),
            Block::Paragraph(format!(
                "To finish, open this page within {hours}. It will ask for the password that you \
                 chose when you registered."
            )),
            action("Confirm the address", link),
            Block::Paragraph("If you did not register, ignore this mail; nothing will happen.".to_owned()),
        ],
    )
}

pub(super) fn account_exists<'a>(tenant: &Plain, link: &'a Link) -> Parts<'a> {
    (
        format!("You already have an account at {tenant}"),
        "You already have an account",
        vec![
            Block::Paragraph(format!(
                "Someone, maybe you, tried to register at {tenant} with this e-mail address. You \
                 already have an account there, so nothing was changed."
            )),
            Block::Paragraph(
                "If it was you, sign in as usual. If you no longer know your password, you can choose \
                 a new one on this page."
                    .to_owned(),
            ),
            action("Choose a new password", link),
            Block::Paragraph(
                "If it was not you, ignore this mail; nothing will happen. Whoever it was did not \
                 learn that you have an account."
                    .to_owned(),
            ),
        ],
    )
}

pub(super) fn address_code<'a>(tenant: &Plain, code: &'a MailedCode, minutes: u32) -> Parts<'a> {
    let minutes = counted(minutes, "minute", "minutes");
    (
        format!("Your code to confirm this e-mail address for {tenant}"),
        "Confirm this e-mail address",
        vec![
            Block::Paragraph(format!(
                "Someone, most likely you, wants to use this e-mail address for an account at {tenant}. \
                 To confirm it, enter the code below on the page that asks for it. Tell it to nobody: \
                 no one from {tenant} will ever ask you for it."
            )),
            Block::Code(code.as_str()),
            Block::Paragraph(format!("The code works once, for {minutes}. A newer code replaces it.")),
            Block::Paragraph(
                "If you did not ask for it, ignore this mail; without the code, nothing will happen."
                    .to_owned(),
            ),
        ],
    )
}

pub(super) fn email_changed<'a>(tenant: &Plain, facts: Vec<Fact>, undo: &'a Link, days: u32) -> Parts<'a> {
    let days = counted(days, "day", "days");
    (
        format!("The e-mail address of your account at {tenant} was changed"),
        "Your e-mail address was changed",
        vec![
            Block::Paragraph(format!(
                "Your account at {tenant} had this e-mail address; now it has another one. Other devices \
                 that were signed in have been signed out."
            )),
            Block::Facts(facts),
            Block::Paragraph("If it was you, there is nothing to do.".to_owned()),
            Block::Paragraph(format!(
                "If it was not you, somebody else is using your account. You can undo the change on \
                 this page within {days}: this address comes back, every device is signed out, and you \
                 choose a new password."
            )),
            action("Undo the change", undo),
        ],
    )
}

pub(super) fn email_restored<'a>(tenant: &Plain, at: Timestamp) -> Parts<'a> {
    (
        format!("An account at {tenant} has its former e-mail address again"),
        "This address was taken off an account",
        vec![
            Block::Paragraph(format!(
                "This e-mail address was the one of an account at {tenant}. Whoever holds the address \
                 before it has undone that change, so it no longer is. Every device has been signed out, \
                 and the password has to be chosen anew."
            )),
            Block::Facts(vec![when(at)]),
            Block::Paragraph("If it was you, there is nothing to do.".to_owned()),
            Block::Paragraph(format!(
                "If the account is yours and you did not undo it, somebody else can read your former \
                 mailbox. Contact {tenant} now."
            )),
        ],
    )
}

pub(super) fn account_deleted<'a>(tenant: &Plain, at: Timestamp) -> Parts<'a> {
    (
        format!("Your account at {tenant} was deleted"),
        "Your account was deleted",
        vec![
            Block::Paragraph(format!(
                "The account at {tenant} with this e-mail address was deleted at its owner's request. \
                 Signing in to it no longer works. The address is free again: it can be used for a new \
                 account."
            )),
            Block::Facts(vec![when(at)]),
            Block::Paragraph("If it was you, there is nothing to do.".to_owned()),
            Block::Paragraph(format!(
                "If it was not you, somebody else was using your account. Contact {tenant} now."
            )),
        ],
    )
}
