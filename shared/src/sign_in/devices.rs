//! Devices that a login presents, and that a second factor makes.

use jiff::SignedDuration;

use super::later;
use crate::{
    domain::{
        Tenant,
        device::{Device, DeviceKind},
        ids::{DeviceId, UserId},
        user::{Epoch, Login},
    },
    http::{Problem, Request},
    runtime::Parts,
    tokens::{Bearer, Kind, Proof, Selector},
};

/// A device token that we made, whatever has become of its device.
#[derive(Debug, Clone)]
pub struct Presented {
    pub token: Bearer,
    pub user_id: UserId,
    pub device_id: DeviceId,
}

impl Presented {
    /// Reads a device token; anything that is not one of ours for this tenant is as if it were not
    /// there.
    ///
    /// # Errors
    /// 500 where the function lacks the factors' key.
    pub fn read(
        parts: &Parts,
        request: &Request,
        tenant: &Tenant,
        text: &str,
    ) -> Result<Option<Self>, Problem> {
        let proof = Proof { key: parts.factors_key()?, tenant: tenant.id };
        let token = Bearer::parse(Kind::Device, text).filter(|token| token.is_ours(&proof, request.at));
        Ok(token.and_then(|token| Some(Self { user_id: token.user()?, device_id: token.device()?, token })))
    }
}

/// Makes a device and its token; nothing is stored yet.
///
/// # Errors
/// 500 where the function lacks the factors' key.
pub fn remember(
    parts: &Parts,
    request: &Request,
    tenant: &Tenant,
    (user_id, epoch): (UserId, Epoch),
    kind: DeviceKind,
) -> Result<(Device, Bearer), Problem> {
    let days = match kind {
        DeviceKind::Trusted => i64::from(tenant.settings.trusted_device_days),
        DeviceKind::Known => Device::KNOWN_DAYS,
    };
    let device_id = DeviceId::fresh(&*parts.clock, &*parts.entropy);
    let expires_at = later(request.at, SignedDuration::from_hours(24 * days));
    let token = token(parts, tenant, (user_id, device_id), expires_at)?;
    let device = Device {
        device_id,
        user_id,
        epoch,
        kind,
        name: None,
        token_hash: token.hash(),
        origin: request.origin(),
        created_at: request.at,
        last_used_at: request.at,
        expires_at,
    };
    Ok((device, token))
}

/// A fresh token for a device.
pub(super) fn token(
    parts: &Parts,
    tenant: &Tenant,
    (user_id, device_id): (UserId, DeviceId),
    until: jiff::Timestamp,
) -> Result<Bearer, Problem> {
    let proof = Proof { key: parts.factors_key()?, tenant: tenant.id };
    let selector = Selector::device(user_id, device_id);
    Ok(Bearer::proven(Kind::Device, selector, &proof, parts.entropy.bytes(), until))
}

impl Device {
    /// Whether it still stands for this user.
    #[must_use]
    pub fn stands(&self, login: &Login, tenant: &Tenant, request: &Request) -> bool {
        self.user_id == login.user_id
            && self.epoch == login.epoch
            && self.expires_at > request.at
            && tenant.honours(self.created_at)
    }

    /// Exchanges the device's token; `None` for the loser of a race.
    ///
    /// # Errors
    /// 503 when the store cannot answer.
    pub async fn rotate(&self, parts: &Parts, tenant: &Tenant) -> Result<Option<Bearer>, Problem> {
        let next = token(parts, tenant, (self.user_id, self.device_id), self.expires_at)?;
        let won = parts.store.rotate_device(tenant.id, self, &next.hash()).await?;
        Ok(won.then_some(next))
    }
}
