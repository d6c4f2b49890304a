//! The processor's time of processes.

use std::time::Duration;

use nix::sys::{
    resource::{UsageWho, getrusage},
    time::TimeValLike,
};

/// Of all processes of this one that have ended, in user and system.
///
/// # Errors
/// When the system does not say.
pub fn of_ended() -> anyhow::Result<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let micros = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    Ok(Duration::from_micros(micros.try_into()?))
}

/// Of those that have ended since there was so much.
///
/// # Errors
/// As [`of_ended`].
pub fn since(before: Duration) -> anyhow::Result<Duration> {
    Ok(of_ended()?.saturating_sub(before))
}
