//! GET, PATCH and DELETE `/api/v1/me/devices` and `…/{device_id}`: the devices that the caller told us to
//! remember.

use async_trait::async_trait;
use latchkey::{
    admission::Caller,
    domain::{
        Label,
        device::{Device, DeviceKind},
        event::Kind as EventKind,
        ids::DeviceId,
    },
    http::{Code, Endpoint, Operation, Problem, Request, Response, Route, describe::Security},
    keys::Purpose,
    runtime::Parts,
    sign_in::{DeviceWords, event},
};
use serde::Serialize;
use utoipa::ToSchema;

pub struct MeDevices {
    parts: Parts,
}

const ALL: &str = "/api/v1/me/devices";
const ONE: &str = "/api/v1/me/devices/{device_id}";

#[async_trait]
impl Endpoint for MeDevices {
    const NAME: &'static str = "me-devices";
    const ROUTES: &'static [Route] =
        &[Route::get(ALL), Route::delete(ALL), Route::get(ONE), Route::patch(ONE), Route::delete(ONE)];
    const KEYS: &'static [Purpose] = &[];

    fn new(parts: Parts) -> Self {
        Self { parts }
    }

    fn describe() -> Vec<Operation> {
        vec![
            Operation::new("list_devices", "List Devices", "The devices that are trusted or known.")
                .data::<DevicesResponse>("ApiResponse_DevicesResponse_")
                .secured(Security::User),
            Operation::new("forget_devices", "Forget Devices", "Forget every device.")
                .data::<Forgotten>("ApiResponse_Forgotten_")
                .secured(Security::User),
            Operation::new("show_device", "Show Device", "One device.")
                .data::<DeviceShown>("ApiResponse_DeviceShown_")
                .secured(Security::User),
            Operation::new("name_device", "Name Device", "Name a device.")
                .body::<DeviceNameRequest>()
                .data::<DeviceShown>("ApiResponse_DeviceShown_")
                .secured(Security::User),
            Operation::new("forget_device", "Forget Device", "Forget one device.")
                .data::<Forgotten>("ApiResponse_Forgotten_")
                .secured(Security::User),
        ]
    }

    async fn call(&self, request: &Request) -> Result<Response, Problem> {
        let name = match request.method {
            http::Method::PATCH => Some(name(request)?),
            _ => None,
        };
        let read = |tenant, user| self.parts.store.devices(tenant, user);
        let (caller, mut alive) = Caller::beside(request, &self.parts, read).await?;
        alive.retain(|device| {
            device.epoch == caller.user.epoch
                && device.expires_at > request.at
                && caller.tenant.honours(device.created_at)
        });
        let Some(id) = request.parameter("device_id") else {
            if request.method == http::Method::DELETE {
                return self.forget(request, &caller, &alive).await;
            }
            let devices = alive.iter().map(DeviceShown::of).collect();
            return Ok(Response::data(request, &DevicesResponse { devices }));
        };
        let id: DeviceId = id.parse().map_err(|_| Code::NotFound)?;
        let device = alive.into_iter().find(|device| device.device_id == id).ok_or(Code::NotFound)?;
        match (&request.method, name) {
            (&http::Method::DELETE, _) => self.forget(request, &caller, &[device]).await,
            (_, Some(name)) => self.name(request, &caller, device, name).await,
            _ => Ok(Response::data(request, &DeviceShown::of(&device))),
        }
    }
}

impl MeDevices {
    async fn name(
        &self,
        request: &Request,
        caller: &Caller,
        device: Device,
        name: Label,
    ) -> Result<Response, Problem> {
        let store = &self.parts.store;
        let named = store.name_device(caller.tenant.id, caller.user.user_id, device.device_id, &name).await?;
        if !named {
            return Err(Code::NotFound.into());
        }
        Ok(Response::data(request, &DeviceShown::of(&Device { name: Some(name), ..device })))
    }

    async fn forget(
        &self,
        request: &Request,
        caller: &Caller,
        devices: &[Device],
    ) -> Result<Response, Problem> {
        let store = &self.parts.store;
        let (tenant, user) = (&caller.tenant, caller.user.user_id);
        for device in devices {
            store.forget_device(tenant.id, user, device.device_id).await?;
            let forgotten = event(&self.parts, request, tenant, EventKind::DeviceForgotten, Some(user));
            store.record(&forgotten).await?;
        }
        Ok(Response::data(request, &Forgotten { forgotten: devices.len() }))
    }
}

fn name(request: &Request) -> Result<Label, Problem> {
    let mut form = request.form()?;
    let values = (form.text("name", Label::parse),);
    Ok(form.finish(values)?.0)
}

#[derive(Serialize, ToSchema)]
pub struct DevicesResponse {
    /// The oldest first.
    pub devices: Vec<DeviceShown>,
}

#[derive(Serialize, ToSchema)]
pub struct DeviceShown {
    pub device_id: String,
    /// `trusted` (spares the second factor) or `known` (spares the mail about a new sign-in).
    #[schema(value_type = String)]
    pub kind: DeviceKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where it was remembered: an IPv4 address or an IPv6 /64.
    pub network: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceWords>,
    pub user_agent: String,
    /// RFC 3339.
    pub created_at: String,
    pub last_used_at: String,
    pub expires_at: String,
}

#[derive(ToSchema)]
pub struct DeviceNameRequest {
    pub name: String,
}

#[derive(Serialize, ToSchema)]
pub struct Forgotten {
    /// How many devices.
    pub forgotten: usize,
}

impl DeviceShown {
    fn of(device: &Device) -> Self {
        Self {
            device_id: device.device_id.to_string(),
            kind: device.kind,
            name: device.name.as_ref().map(|name| name.as_str().to_owned()),
            network: device.origin.network.clone(),
            device: DeviceWords::of(&device.origin.agent),
            user_agent: device.origin.agent.clone(),
            created_at: device.created_at.to_string(),
            last_used_at: device.last_used_at.to_string(),
            expires_at: device.expires_at.to_string(),
        }
    }
}
