//! The tables, made where they are not there.

use std::time::Duration;

use anyhow::Context;
use aws_credential_types::Credentials;
use aws_sdk_dynamodb::{
    Client, Config,
    config::{BehaviorVersion, Region},
};
use latchkey::{
    runtime,
    store::{Tables, schema},
};

use crate::environment::{self, Environment};

/// How long a table may take to be made.
const PATIENCE: Duration = Duration::from_secs(30);

/// The tables' names, out of the environment of the functions.
///
/// # Errors
/// When one is not there.
pub fn names(environment: &Environment) -> anyhow::Result<Tables> {
    let name = |variable| environment::get(environment, variable).map(str::to_owned);
    Ok(Tables {
        tenants: name("LATCHKEY_TABLE_TENANTS")?,
        users: name("LATCHKEY_TABLE_USERS")?,
        challenges: name("LATCHKEY_TABLE_CHALLENGES")?,
        events: name("LATCHKEY_TABLE_EVENTS")?,
    })
}

/// Makes the tables that are not there yet.
///
/// # Errors
/// When DynamoDB does not answer or refuses.
pub async fn create(environment: &Environment) -> anyhow::Result<()> {
    schema::create_missing(&client(environment)?, &names(environment)?)
        .await
        .context("the tables cannot be made")
}

/// A client of the stack's DynamoDB.
///
/// # Errors
/// When the environment does not say where it is.
pub fn client(environment: &Environment) -> anyhow::Result<Client> {
    let text = |variable| environment::get(environment, variable);
    let credentials =
        Credentials::new(text("AWS_ACCESS_KEY_ID")?, text("AWS_SECRET_ACCESS_KEY")?, None, None, "local");
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(text("AWS_REGION")?.to_owned()))
        .endpoint_url(text("AWS_ENDPOINT_URL_DYNAMODB")?)
        .credentials_provider(credentials)
        .http_client(runtime::http_client(runtime::plain_connector(runtime::Patience::once(PATIENCE))))
        .build();
    Ok(Client::from_conf(config))
}
