//! People's second factors: enrolled and used as their apps and browsers would.

use serde_json::{Value, json};
use totp_rs::{Algorithm, Builder, Secret};

use crate::{Answer, Client, House, Person, authenticator::Authenticator};

/// A tenant of users who may have any factor, and whose passkeys live on `example.com`.
#[must_use]
pub fn settings(policy: &str, methods: &[&str]) -> Value {
    json!({
        "mfa": { "policy": policy, "methods": methods },
        "origins": [crate::authenticator::ORIGIN],
        "relying_party": { "id": crate::authenticator::RP_ID },
    })
}

/// An authenticator app with one secret.
#[derive(Clone)]
pub struct App(totp_rs::Totp);

impl App {
    /// Types in what the enrolment showed.
    #[must_use]
    pub fn of(secret: &Value) -> Self {
        let secret = Secret::try_from_base32(secret.as_str().unwrap()).unwrap();
        Self(
            Builder::new()
                .with_algorithm(Algorithm::SHA1)
                .with_secret(secret)
                .with_account_name("ada")
                .with_issuer(Some("Acme"))
                .build()
                .unwrap(),
        )
    }

    /// The code of this moment, or of so many steps later.
    #[must_use]
    pub fn code(&self, house: &House, steps: i64) -> String {
        let second = house.parts.clock.now().as_second() + 30 * steps;
        self.0.generate(u64::try_from(second).unwrap()).to_string()
    }
}

impl Person {
    /// Enrols an authenticator app: the app, and the answer that confirms it.
    pub async fn enroll_app(&self, house: &House, client: &Client, token: &str) -> (App, Value) {
        let begun = client.post_as("/api/v1/me/mfa/totp/enroll", token, &json!({})).await;
        let app = App::of(&begun.data()["secret"]);
        let body = json!({ "code": app.code(house, 0), "name": "My phone" });
        let confirmed = client.post_as("/api/v1/me/mfa/totp/confirm", token, &body).await;
        (app, confirmed.data().clone())
    }

    /// Enrols a passkey: the authenticator, and the answer that confirms it.
    pub async fn enroll_key(&self, client: &Client, token: &str) -> (Authenticator, Value) {
        let (challenge, options) = self.begin_key(client, token).await;
        let (key, credential) = Authenticator::create(&options);
        let body = json!({ "challenge_id": challenge, "credential": credential, "name": "My key" });
        let finished = client.post_as("/api/v1/me/mfa/webauthn/register/finish", token, &body).await;
        (key, finished.data().clone())
    }

    /// A challenge for a new passkey, and the options that go to the browser.
    pub async fn begin_key(&self, client: &Client, token: &str) -> (Value, Value) {
        let begun = client.post_as("/api/v1/me/mfa/webauthn/register/begin", token, &json!({})).await;
        (begun.data()["challenge_id"].clone(), begun.data()["public_key"].clone())
    }

    /// Shows a code for a handle.
    pub async fn show(&self, client: &Client, handle: &str, method: &str, code: &str) -> Answer {
        let body = json!({ "mfa_token": handle, "method": method, "code": code });
        client.post(&self.slug, "mfa/verify", &body).await
    }

    /// A challenge for the passkeys of who has this handle.
    pub async fn challenge(&self, client: &Client, handle: &str) -> (Value, Value) {
        let path = format!("mfa/webauthn/begin?mfa_token={handle}&user_id={}", self.user_id);
        let begun = client.post(&self.slug, &path, &json!({})).await;
        (begun.data()["challenge_id"].clone(), begun.data()["public_key"].clone())
    }

    /// Shows an assertion for a handle.
    pub async fn show_key(&self, client: &Client, handle: &str, challenge: &Value, key: &Value) -> Answer {
        let body = json!({ "mfa_token": handle, "method": "webauthn", "challenge_id": challenge, "credential": key });
        client.post(&self.slug, "mfa/verify", &body).await
    }

    /// The access token of a session that is fresh: by a password alone.
    pub async fn token(&self, client: &Client) -> String {
        let login = self.login(client).await;
        token_of(login.data())
    }

    /// The access token of a session that an app's next code opened. Codes are used up: the clock moves
    /// on first.
    pub async fn token_by_app(&self, house: &House, client: &Client, app: &App) -> String {
        house.advance(latchkey::jiff::SignedDuration::from_secs(30));
        let handle = self.handle(client).await;
        let shown = self.show(client, &handle, "totp", &app.code(house, 0)).await;
        token_of(shown.data())
    }
}

/// The access token in an answer's data.
#[must_use]
pub fn token_of(data: &Value) -> String {
    data["tokens"]["access_token"].as_str().unwrap_or_else(|| panic!("no token in {data}")).to_owned()
}
