//! A code that was mailed to the person's address (never above AAL1, NIST SP 800-63B-4 §3.1.3.1).

use latchkey::{
    domain::{handle::Handle, session::Authentication},
    http::Problem,
    runtime::Parts,
    sign_in::MailedDigits,
    tokens::Bearer,
};

use crate::Proven;

/// Whether the code is the last that was mailed for this handle, and still good. It is spent with
/// the handle.
pub fn check(
    parts: &Parts,
    token: &Bearer,
    handle: &Handle,
    code: &MailedDigits,
) -> Result<Option<Proven>, Problem> {
    let (Some(mac), Some(until)) = (&handle.code_mac, handle.code_until) else { return Ok(None) };
    let right = code.matches(parts, &token.hash(), mac)?;
    let fresh = parts.clock.now() < until;
    Ok((right && fresh).then(|| Proven::by(Authentication::PasswordAndMail)))
}
