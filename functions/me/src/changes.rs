//! What a person changes of their profile.

use latchkey::{
    domain::{CustomData, PersonName},
    http::{Problem, Request},
    store::ProfileChanges,
};
use serde::de::IgnoredAny;
use utoipa::ToSchema;

/// Names cannot be null; null custom data are none (RFC 7396).
pub fn parse(request: &Request) -> Result<ProfileChanges, Problem> {
    let mut form = request.form()?;
    let mentions_data = form.mentions("custom_data");
    let values = (
        form.text_if_given("first_name", PersonName::parse),
        form.text_if_given("last_name", PersonName::parse),
        form.optional_object("custom_data", CustomData::parse),
    );
    let (first_name, last_name, custom_data) = form.finish(values)?;
    Ok(ProfileChanges { first_name, last_name, custom_data: mentions_data.then_some(custom_data) })
}

#[derive(ToSchema)]
pub struct ProfileRequest {
    #[schema(required = false)]
    pub first_name: String,
    #[schema(required = false)]
    pub last_name: String,
    #[schema(value_type = Option<Object>)]
    pub custom_data: Option<IgnoredAny>,
}
