//! English.

use jiff::Timestamp;

use super::{Block, Fact, Words, device, network};
use crate::{
    domain::settings::Method,
    mail::{
        letter::{Letter, Link, MailedCode},
        plain::Plain,
    },
};

pub(super) fn words<'a>(letter: &'a Letter, tenant: &Plain, answered: bool) -> Words<'a> {
    let (subject, heading, blocks) = match letter {
        Letter::VerifyAddress { link, expires_in_hours } => verify_address(tenant, link, *expires_in_hours),
        Letter::AccountExists { reset_link } => account_exists(tenant, reset_link),
        Letter::ResetPassword { link, expires_in_minutes } => {
            reset_password(tenant, link, *expires_in_minutes)
        }
        Letter::Code { code, expires_in_minutes } => mailed_code(tenant, code, *expires_in_minutes),
        Letter::PasswordChanged { at, network } => password_changed(tenant, *at, network),
        Letter::NewSignIn { at, network, agent } => new_sign_in(tenant, *at, network, agent),
        Letter::FactorUnderAttack { method, failures } => factor_under_attack(tenant, *method, *failures),
    };
    let answers =
        if answered { format!("Replies go to {tenant}.") } else { "Replies are not read.".to_owned() };
    let footer = format!("This mail was sent automatically for {tenant}. {answers}");
    Words { subject, heading, blocks, footer }
}

type Parts<'a> = (String, &'static str, Vec<Block<'a>>);

fn verify_address<'a>(tenant: &Plain, link: &'a Link, hours: u32) -> Parts<'a> {
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

fn account_exists<'a>(tenant: &Plain, link: &'a Link) -> Parts<'a> {
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

fn reset_password<'a>(tenant: &Plain, link: &'a Link, minutes: u32) -> Parts<'a> {
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

fn mailed_code<'a>(tenant: &Plain, code: &'a MailedCode, minutes: u32) -> Parts<'a> {
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

fn password_changed<'a>(tenant: &Plain, at: Timestamp, from: &str) -> Parts<'a> {
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

fn new_sign_in<'a>(tenant: &Plain, at: Timestamp, from: &str, agent: &str) -> Parts<'a> {
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

fn factor_under_attack<'a>(tenant: &Plain, method: Method, failures: u32) -> Parts<'a> {
    let times = counted(failures, "time", "times");
    let factor = match method {
        Method::Totp => "the code from your authenticator app",
        Method::Webauthn => "your passkey or security key",
        Method::Email => "the code that we mail to you",
        Method::BackupCode => "a backup code",
    };
    (
        format!("Somebody may know your password at {tenant}"),
        "Somebody may know your password",
        vec![
            Block::Paragraph(format!(
                "The second step of signing in to your account at {tenant} failed {times} in a row. \
                 What was asked for was {factor}. It is only asked for after the right password."
            )),
            Block::Paragraph("None of these tries got into your account.".to_owned()),
            Block::Paragraph("If it was you, there is nothing to do.".to_owned()),
            Block::Paragraph(format!(
                "If it was not you, somebody else knows your password. Go to the sign-in page of \
                 {tenant} yourself, choose “Forgot password” and set a new one now, one that you use \
                 nowhere else."
            )),
        ],
    )
}

fn action<'a>(label: &'static str, link: &'a Link) -> Block<'a> {
    Block::Action { label, link, written_out: "Or copy this link into your browser:" }
}

fn when(at: Timestamp) -> Fact {
    Fact { label: "When", value: at.strftime("%-d %B %Y, %H:%M UTC").to_string() }
}

fn network_of(text: &str) -> Fact {
    Fact { label: "Network address", value: network(text, "unknown") }
}

fn counted(n: u32, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}
