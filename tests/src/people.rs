//! People: how somebody gets an account and into it.

use latchkey::domain::Tenant;
use serde_json::{Value, json};

use crate::{Answer, Client, House};

/// What people choose here.
pub const PASSWORD: &str = "correct horse battery staple 42";

/// Somebody with an account.
#[derive(Clone)]
pub struct Person {
    pub email: String,
    pub user_id: String,
    pub slug: String,
}

impl House {
    /// Makes an account by the whole way: register, mail, verify.
    pub async fn person(&self, tenant: &Tenant, email: &str) -> Person {
        let client = self.client(1);
        let slug = tenant.slug.as_str();
        client.post(slug, "register", &registration(email, PASSWORD)).await.data();
        let token = self.mailed_token(email, "lk_vfy_").await;
        let verified =
            client.post(slug, "verify-email", &json!({ "token": token, "password": PASSWORD })).await;
        assert_eq!(verified.data()["status"], "verified");
        Person {
            email: email.to_owned(),
            user_id: verified.data()["user_id"].as_str().unwrap().to_owned(),
            slug: slug.to_owned(),
        }
    }

    /// A tenant `acme` of these settings with Ada in it, and a client at another address than she
    /// registered from.
    pub async fn ada_at_acme(&self, settings: Value) -> (Person, Client) {
        let tenant = self.tenant("acme", settings).await;
        let ada = self.person(&tenant, "ada@example.com").await;
        (ada, self.client(2))
    }
}

/// A registration's body.
#[must_use]
pub fn registration(email: &str, password: &str) -> Value {
    json!({ "email": email, "password": password, "first_name": "Ada", "last_name": "Lovelace" })
}

impl Person {
    pub async fn login(&self, client: &Client) -> Answer {
        self.login_with(client, PASSWORD).await
    }

    pub async fn login_with(&self, client: &Client, password: &str) -> Answer {
        client.post(&self.slug, "login", &json!({ "email": self.email, "password": password })).await
    }

    /// Signs in, by a mailed code where one is due: the tokens.
    pub async fn sign_in(&self, house: &House, client: &Client) -> Value {
        let login = self.login(client).await;
        if login.data()["status"] == "authenticated" {
            return login.data()["tokens"].clone();
        }
        let handle = login.data()["mfa_token"].as_str().unwrap().to_owned();
        let code = self.code(house, client, &handle).await;
        self.verify(client, &handle, &code).await.data()["tokens"].clone()
    }

    /// A handle, for a right password.
    pub async fn handle(&self, client: &Client) -> String {
        let login = self.login(client).await;
        login.data()["mfa_token"].as_str().unwrap().to_owned()
    }

    /// Has a code mailed for a handle, and reads it.
    pub async fn code(&self, house: &House, client: &Client, handle: &str) -> String {
        let path = format!("mfa/email/send?mfa_token={handle}&user_id={}", self.user_id);
        client.post(&self.slug, &path, &json!({})).await.data();
        house.mailed_code(&self.email).await
    }

    pub async fn verify(&self, client: &Client, handle: &str, code: &str) -> Answer {
        let body = json!({ "mfa_token": handle, "method": "email", "code": code });
        client.post(&self.slug, "mfa/verify", &body).await
    }

    /// Asks for a reset, and reads the token.
    pub async fn reset_token(&self, house: &House, client: &Client) -> String {
        client.post(&self.slug, "forgot-password", &json!({ "email": self.email })).await.data();
        house.mailed_token(&self.email, "lk_rst_").await
    }

    pub async fn reset(&self, client: &Client, token: &str, password: &str) -> Answer {
        client.post(&self.slug, "password/reset", &json!({ "token": token, "new_password": password })).await
    }
}
