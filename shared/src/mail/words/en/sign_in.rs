//! Passwords, codes and sign-ins.

use jiff::Timestamp;

use super::{Block, Fact, Parts, action, counted, network_of, when};
use crate::mail::{
    letter::{Link, MailedCode},
    plain::Plain,
    words::device,
};

pub(super) fn reset_password<'a>(tenant: &Plain, link: &'a Link, minutes: u32) -> Parts<'a> {
    let minutes = counted(minutes, "minute", "minutes");
    (
        format!("Choose a new password for {tenant}"),
        "Choose a new password",
        vec![
            Block::Paragraph(format!(
                "Someone, most likely you, asked to reset the password of your account at {tenant}."
            )),
            Block::Paragraph(format!(
                "You can choose a new one on this page. The link works once, for {minutes}."
            )),
            action("Choose a new password", link),
            Block::Paragraph(
                "If you did not ask for this, ignore this mail; your password stays as it is.".to_owned(),
            ),
        ],
    )
}

pub(super) fn mailed_code<'a>(tenant: &Plain, code: &'a MailedCode, minutes: u32) -> Parts<'a> {
    let minutes = counted(minutes, "minute", "minutes");
    (
        format!("Your code for signing in to {tenant}"),
        "Your sign-in code",
        vec![
            Block::Paragraph(format!(
                "Someone, most likely you, is signing in to {tenant} with this e-mail address and the \
                 right password. To go on, enter the code below on the page that asks for it. Tell it \
                 to nobody: no one from {tenant} will ever ask you for it."
            )),
            Block::Code(code.as_str()),
            Block::Paragraph(format!("The code works once, for {minutes}. A newer code replaces it.")),
            Block::Paragraph(
                "If you are not signing in, somebody else knows your password. Do not pass the code \
                 on, and change your password now."
                    .to_owned(),
            ),
        ],
    )
}

pub(super) fn password_changed<'a>(tenant: &Plain, at: Timestamp, from: &str) -> Parts<'a> {
    (
        format!("Your password at {tenant} was changed"),
        "Your password was changed",
        vec![
            Block::Paragraph(format!(
                "The password of your account at {tenant} was changed. Other devices that were signed \
                 in have been signed out."
            )),
            Block::Facts(vec![when(at), network_of(from)]),
            Block::Paragraph("If it was you, there is nothing to do.".to_owned()),
            Block::Paragraph(format!(
                "If it was not you, somebody else is using your account. Go to the sign-in page of \
                 {tenant} yourself, choose “Forgot password” and set a new password now. Then change \
                 the password of your mailbox too."
            )),
        ],
    )
}

pub(super) fn new_sign_in<'a>(tenant: &Plain, at: Timestamp, from: &str, agent: &str) -> Parts<'a> {
    (
        format!("New sign-in to your account at {tenant}"),
        "New sign-in to your account",
        vec![
            Block::Paragraph(format!(
                "Someone signed in to your account at {tenant} from a device that we have not seen \
                 before."
            )),
            Block::Facts(vec![
                when(at),
                network_of(from),
                Fact { label: "Device, as it names itself", value: device(agent, "on", "unknown") },
            ]),
            Block::Paragraph("If it was you, there is nothing to do.".to_owned()),
            Block::Paragraph(format!(
                "If it was not you, somebody else knows your password. Go to the sign-in page of \
                 {tenant} yourself, choose “Forgot password” and set a new one now. That also signs \
                 out every device."
            )),
        ],
    )
}
