//! What is asked of each endpoint: calls that succeed, each of somebody else from another network.

use std::{net::Ipv4Addr, sync::Arc};

use anyhow::bail;
use latchkey::{
    domain::{Clock, Tenant, clock::WallClock, jwk::Algorithm},
    jiff::SignedDuration,
};
use reqwest::Method;
use serde_json::{Value, json};
use tests::{Answer, House, PASSWORD, Person, below, factors, people::registration};

/// An endpoint's way, with the function that answers and what it does beside its own work.
#[derive(Debug, Clone, Copy)]
pub struct Scene {
    pub name: &'static str,
    pub function: &'static str,
    pub hashes: bool,
    /// Signs a token.
    pub signs: Option<Algorithm>,
    /// Verifies a passkey's signature.
    pub asserts: bool,
}

const fn scene(name: &'static str, function: &'static str) -> Scene {
    Scene { name, function, hashes: false, signs: None, asserts: false }
}

impl Scene {
    const fn hashing(self) -> Self {
        Self { hashes: true, ..self }
    }

    const fn signing(self, algorithm: Algorithm) -> Self {
        Self { signs: Some(algorithm), ..self }
    }

    const fn asserting(self) -> Self {
        Self { asserts: true, ..self }
    }
}

pub const LOGIN: Scene = scene("login", "login").hashing().signing(Algorithm::Es256);
pub const SCENES: [Scene; 15] = [
    scene("register", "register").hashing(),
    scene("verify-email", "verify-email"),
    LOGIN,
    scene("login, RS256", "login").hashing().signing(Algorithm::Rs256),
    scene("login, MFA due", "login").hashing(),
    scene("mfa/email/send", "mfa-email-send"),
    scene("mfa/webauthn/begin", "mfa-webauthn-begin"),
    scene("mfa/verify email", "mfa-verify").signing(Algorithm::Es256),
    scene("mfa/verify totp", "mfa-verify").signing(Algorithm::Es256),
    scene("mfa/verify webauthn", "mfa-verify").signing(Algorithm::Es256).asserting(),
    scene("mfa/verify backup", "mfa-verify").hashing().signing(Algorithm::Es256),
    scene("forgot-password", "forgot-password"),
    scene("password/reset", "password-reset").hashing(),
    scene("session/refresh", "session-refresh").signing(Algorithm::Es256),
    scene("GET /me", "me"),
];

/// A call that is ready to be made, and can be made once.
pub struct Call {
    address: Ipv4Addr,
    method: Method,
    path: String,
    token: Option<String>,
    body: Value,
}

impl Call {
    /// Makes it. It succeeds, or what is measured is something else.
    pub async fn make(&self, house: &House) -> Answer {
        let bearer = self.token.as_ref().map(|token| format!("Bearer {token}"));
        let mut headers = vec![("content-type", "application/json")];
        headers.extend(bearer.as_deref().map(|bearer| ("authorization", bearer)));
        let body = if self.method == Method::GET { Vec::new() } else { self.body.to_string().into_bytes() };
        let client = house.client_at(self.address);
        let answer = client.send(self.method.clone(), &self.path, &headers, body).await;
        answer.data();
        answer
    }
}

/// People of a tenant, who have registered an hour apart; the house's clock shows the real time after it.
pub struct People {
    tenant: Arc<Tenant>,
    people: Vec<Person>,
}

impl People {
    /// So many, in a tenant that a scene wants.
    pub async fn of(scene: &Scene, house: &House, count: usize) -> Self {
        let settings = match scene.name {
            "login, MFA due" | "mfa/email/send" | "mfa/verify email" => {
                factors::settings("required", &["email"])
            }
            "mfa/webauthn/begin" | "mfa/verify totp" | "mfa/verify webauthn" | "mfa/verify backup" => {
                factors::settings("optional", &["totp", "webauthn", "backup_code"])
            }
            "login, RS256" => json!({ "tokens": { "algorithm": "RS256" }, "mail": { "new_sign_in": false } }),
            _ => json!({ "mail": { "new_sign_in": false } }),
        };
        let tenant = house.tenant("acme", settings).await;
        let mut people = Vec::new();
        for number in 0..count {
            people.push(house.person(&tenant, &format!("person{number}@example.com")).await);
            house.advance(SignedDuration::from_hours(1));
        }
        house.advance(WallClock.now().duration_since(house.world().clock.now()));
        Self { tenant, people }
    }

    /// A call of each person.
    ///
    /// # Errors
    /// When there is no such scene.
    pub async fn calls(&self, scene: &Scene, house: &House) -> anyhow::Result<Vec<Call>> {
        self.calls_from(0, scene, house).await
    }

    /// A call of each person who has moved to another network: a person's tries are counted in each.
    ///
    /// # Errors
    /// When there is no such scene.
    pub async fn calls_from(&self, network: u8, scene: &Scene, house: &House) -> anyhow::Result<Vec<Call>> {
        let mut calls = Vec::new();
        for (number, person) in self.people.iter().enumerate() {
            let [.., low] = number.to_be_bytes();
            let address = Ipv4Addr::new(127, 45, network, low.max(1));
            let mut asked = self.asked(scene.name, house, person, address).await?;
            asked.path = match asked.path.strip_prefix('/') {
                Some(_) => asked.path,
                None => below(self.tenant.slug.as_str(), &asked.path),
            };
            calls.push(asked);
        }
        Ok(calls)
    }

    async fn asked(
        &self,
        name: &str,
        house: &House,
        person: &Person,
        address: Ipv4Addr,
    ) -> anyhow::Result<Call> {
        let slug = self.tenant.slug.as_str();
        let client = &house.client_at(address);
        let call = |method: Method, path: &str, body: Value| Call {
            address,
            method,
            path: path.to_owned(),
            token: None,
            body,
        };
        let post = |path: &str, body: Value| call(Method::POST, path, body);
        let login = json!({ "email": person.email, "password": PASSWORD });
        let shown = |handle: &str, method: &str, code: &str| {
            post("mfa/verify", json!({ "mfa_token": handle, "method": method, "code": code }))
        };
        Ok(match name {
            "register" => post("register", registration(&format!("new.{}", person.email), PASSWORD)),
            "verify-email" => {
                let email = format!("new.{}", person.email);
                client.post(slug, "register", &registration(&email, PASSWORD)).await.data();
                let token = house.mailed_token(&email, "lk_vfy_").await;
                call(Method::GET, &format!("verify-email?token={token}"), Value::Null)
            }
            "login" | "login, RS256" | "login, MFA due" => post("login", login),
            "mfa/email/send" => {
                let handle = person.handle(client).await;
                post(&format!("mfa/email/send?mfa_token={handle}&user_id={}", person.user_id), json!({}))
            }
            "mfa/verify email" => {
                let handle = person.handle(client).await;
                let code = person.code(house, client, &handle).await;
                shown(&handle, "email", &code)
            }
            "mfa/verify totp" => {
                let (app, _) = person.enroll_app(house, client, &person.token(client).await).await;
                // That of now has confirmed it.
                shown(&person.handle(client).await, "totp", &app.code(house, 1))
            }
            "mfa/verify backup" => {
                let (_, enrolled) = person.enroll_app(house, client, &person.token(client).await).await;
                let code = enrolled["backup_codes"][0].as_str().unwrap_or_default();
                shown(&person.handle(client).await, "backup_code", code)
            }
            "mfa/webauthn/begin" => {
                person.enroll_key(client, &person.token(client).await).await;
                let handle = person.handle(client).await;
                post(&format!("mfa/webauthn/begin?mfa_token={handle}&user_id={}", person.user_id), json!({}))
            }
            "mfa/verify webauthn" => {
                let (mut key, _) = person.enroll_key(client, &person.token(client).await).await;
                let handle = person.handle(client).await;
                let (challenge, options) = person.challenge(client, &handle).await;
                let body = json!({
                    "mfa_token": handle,
                    "method": "webauthn",
                    "challenge_id": challenge,
                    "credential": key.get(&options),
                });
                post("mfa/verify", body)
            }
            "forgot-password" => post("forgot-password", json!({ "email": person.email })),
            "password/reset" => {
                let token = person.reset_token(house, client).await;
                post(
                    "password/reset",
                    json!({ "token": token, "new_password": "an entirely new pass phrase 7" }),
                )
            }
            "session/refresh" => {
                let tokens = client.post(slug, "login", &login).await.data()["tokens"].clone();
                post("session/refresh", json!({ "refresh_token": tokens["refresh_token"] }))
            }
            "GET /me" => {
                let token = Some(person.token(client).await);
                Call { token, ..call(Method::GET, "/api/v1/me", Value::Null) }
            }
            _ => bail!("there is no scene {name}"),
        })
    }
}
