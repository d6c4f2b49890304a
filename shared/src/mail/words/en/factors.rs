//! Second factors.

use jiff::Timestamp;

use super::{Block, Parts, counted, network_of, when};
use crate::{
    domain::{errand::FactorChange, settings::Method},
    mail::{plain::Plain, words::FEW_BACKUP_CODES},
};

pub(super) fn factor_under_attack<'a>(tenant: &Plain, method: Method, failures: u32) -> Parts<'a> {
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

pub(super) fn factor_changed<'a>(
    tenant: &Plain,
    method: Method,
    change: FactorChange,
    at: Timestamp,
    from: &str,
) -> Parts<'a> {
    let (event, effect) = event_and_effect(method, change);
    let signed_out = match (method, change) {
        (Method::BackupCode, _) | (_, FactorChange::Added) => "",
        (_, FactorChange::Removed | FactorChange::Replaced) => {
            " Other devices that were signed in have been signed out."
        }
    };
    let repair = match (method, change) {
        (Method::BackupCode, _) => " and make new backup codes",
        (_, FactorChange::Added) => " and remove what was added",
        (_, FactorChange::Removed) => " and set up again what was removed",
        (_, FactorChange::Replaced) => ", remove what is not yours and set up your own again",
    };
    (
        format!("{event} at {tenant}"),
        event,
        vec![
            Block::Paragraph(format!("{event} at {tenant}. {effect}{signed_out}")),
            Block::Facts(vec![when(at), network_of(from)]),
            Block::Paragraph("If it was you, there is nothing to do.".to_owned()),
            Block::Paragraph(format!(
                "If it was not you, somebody else is using your account. Go to the sign-in page of \
                 {tenant} yourself, choose “Forgot password” and set a new password now. That also \
                 signs out every device. Then sign in{repair}. If you cannot get in, contact \
                 {tenant}."
            )),
        ],
    )
}

/// The event, to be followed by "at" and the tenant, and what it means for signing in.
fn event_and_effect(method: Method, change: FactorChange) -> (&'static str, &'static str) {
    const USABLE: &str = "It can now be used for the second step of signing in.";
    const UNUSABLE: &str = "It can no longer be used for signing in.";
    match (method, change) {
        (Method::Totp, FactorChange::Added) => ("An authenticator app was added to your account", USABLE),
        (Method::Totp, FactorChange::Removed) => {
            ("An authenticator app was removed from your account", UNUSABLE)
        }
        (Method::Totp, FactorChange::Replaced) => (
            "A new authenticator app replaced the one in your account",
            "Codes from the earlier one no longer work.",
        ),
        (Method::Webauthn, FactorChange::Added) => {
            ("A passkey or security key was added to your account", USABLE)
        }
        (Method::Webauthn, FactorChange::Removed) => {
            ("A passkey or security key was removed from your account", UNUSABLE)
        }
        (Method::Webauthn, FactorChange::Replaced) => {
            ("A new passkey or security key replaced one in your account", "The earlier one no longer works.")
        }
        (Method::Email, FactorChange::Added) => (
            "Codes by e-mail were switched on for your account",
            "They can now be used for the second step of signing in.",
        ),
        (Method::Email, FactorChange::Removed) => (
            "Codes by e-mail were switched off for your account",
            "They can no longer be used for signing in.",
        ),
        (Method::Email, FactorChange::Replaced) => {
            ("Codes by e-mail were set up anew for your account", "The earlier setup is no longer used.")
        }
        (Method::BackupCode, FactorChange::Added) => (
            "Backup codes were made for your account",
            "Each of them can be used once for the second step of signing in.",
        ),
        (Method::BackupCode, FactorChange::Removed) => {
            ("The backup codes were removed from your account", "None of them works any more.")
        }
        (Method::BackupCode, FactorChange::Replaced) => {
            ("New backup codes were made for your account", "The earlier ones no longer work.")
        }
    }
}

pub(super) fn factors_reset<'a>(tenant: &Plain, at: Timestamp) -> Parts<'a> {
    (
        format!("The second factors of your account at {tenant} were removed"),
        "Your second factors were removed",
        vec![
            Block::Paragraph(format!(
                "An administrator of {tenant} removed all second factors from your account, backup \
                 codes included. Every device was signed out. Your password stays as it is."
            )),
            Block::Facts(vec![when(at)]),
            Block::Paragraph(format!(
                "If you asked for it, sign in as usual. If {tenant} asks for a second factor, you \
                 set one up again as you sign in."
            )),
            Block::Paragraph(format!(
                "If you did not ask for it, contact {tenant} now: until you set up a second factor \
                 again, your password alone protects your account."
            )),
        ],
    )
}

pub(super) fn backup_code_used<'a>(tenant: &Plain, left: u32, at: Timestamp, from: &str) -> Parts<'a> {
    let rest = match left {
        0 => "It was the last one.".to_owned(),
        1 => "There is one left.".to_owned(),
        _ => format!("There are {left} left."),
    };
    let if_you = if left > FEW_BACKUP_CODES {
        "If it was you, there is nothing to do."
    } else {
        "If it was you, make new backup codes in your account soon. They replace the earlier ones."
    };
    (
        format!("A backup code was used to sign in to your account at {tenant}"),
        "A backup code was used",
        vec![
            Block::Paragraph(format!(
                "One of the backup codes of your account at {tenant} was used to sign in. {rest}"
            )),
            Block::Facts(vec![when(at), network_of(from)]),
            Block::Paragraph(if_you.to_owned()),
            Block::Paragraph(format!(
                "If it was not you, somebody else knows your password and a backup code. Go to the \
                 sign-in page of {tenant} yourself, choose “Forgot password” and set a new password \
                 now. That also signs out every device. Then sign in and make new backup codes, so \
                 that the old ones no longer work."
            )),
        ],
    )
}
