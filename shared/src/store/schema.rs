//! The tables, as `infra/template.yaml` must have them and the local stack makes them.

use aws_sdk_dynamodb::{
    Client,
    error::ProvideErrorMetadata,
    types::{
        AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
        ProjectionType, ScalarAttributeType, StreamSpecification, StreamViewType, TimeToLiveSpecification,
    },
};

use super::{StoreError, keys::Table};

/// The names of the four tables in this deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tables {
    pub tenants: String,
    pub users: String,
    pub challenges: String,
    pub events: String,
}

impl Tables {
    pub(super) fn name(&self, table: Table) -> &str {
        match table {
            Table::Tenants => &self.tenants,
            Table::Users => &self.users,
            Table::Challenges => &self.challenges,
            Table::Events => &self.events,
        }
    }
}

/// The sparse index of what is to be mailed; keys only.
pub const DUE_INDEX: &str = "due";
/// The sparse index of tenants, and of a tenant's users, for administration; keys only.
pub const LISTING_INDEX: &str = "listing";
/// The attribute after which DynamoDB deletes an item, in unix seconds.
pub const TTL_ATTRIBUTE: &str = "expires_at";

/// An index: its name, its partition key and its sort key with their types.
type Index = (&'static str, (&'static str, ScalarAttributeType), (&'static str, ScalarAttributeType));

/// What one table has beside `pk` and `sk`, both strings.
struct Shape<'a> {
    name: &'a str,
    index: Option<Index>,
    ttl: bool,
    stream: bool,
}

fn shapes(tables: &Tables) -> [Shape<'_>; 4] {
    let due = || Some((DUE_INDEX, ("due_shard", ScalarAttributeType::S), ("due_at", ScalarAttributeType::N)));
    let listing = || {
        Some((
            LISTING_INDEX,
            ("listing_shard", ScalarAttributeType::S),
            ("listing_key", ScalarAttributeType::S),
        ))
    };
    [
        Shape { name: &tables.tenants, index: listing(), ttl: false, stream: false },
        Shape { name: &tables.users, index: listing(), ttl: true, stream: false },
        Shape { name: &tables.challenges, index: due(), ttl: true, stream: true },
        Shape { name: &tables.events, index: due(), ttl: true, stream: true },
    ]
}

/// Makes the tables that are not there yet.
///
/// # Errors
/// When DynamoDB does not answer or refuses.
pub async fn create_missing(client: &Client, tables: &Tables) -> Result<(), StoreError> {
    for shape in shapes(tables) {
        create(client, &shape).await?;
    }
    Ok(())
}

async fn create(client: &Client, shape: &Shape<'_>) -> Result<(), StoreError> {
    let mut request = client
        .create_table()
        .table_name(shape.name)
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(attribute("pk", ScalarAttributeType::S)?)
        .attribute_definitions(attribute("sk", ScalarAttributeType::S)?)
        .key_schema(key("pk", KeyType::Hash)?)
        .key_schema(key("sk", KeyType::Range)?);
    if let Some((name, (partition, partition_type), (sort, sort_type))) = &shape.index {
        request = request
            .attribute_definitions(attribute(partition, partition_type.clone())?)
            .attribute_definitions(attribute(sort, sort_type.clone())?)
            .global_secondary_indexes(
                GlobalSecondaryIndex::builder()
                    .index_name(*name)
                    .key_schema(key(partition, KeyType::Hash)?)
                    .key_schema(key(sort, KeyType::Range)?)
                    .projection(Projection::builder().projection_type(ProjectionType::KeysOnly).build())
                    .build()
                    .map_err(|error| unbuilt(&error))?,
            );
    }
    if shape.stream {
        request = request.stream_specification(
            StreamSpecification::builder()
                .stream_enabled(true)
                .stream_view_type(StreamViewType::KeysOnly)
                .build()
                .map_err(|error| unbuilt(&error))?,
        );
    }
    match request.send().await {
        Ok(_) => {}
        Err(error) if error.code() == Some("ResourceInUseException") => return Ok(()),
        Err(error) => return Err(StoreError::of("CreateTable", &error)),
    }
    if shape.ttl {
        let ttl = TimeToLiveSpecification::builder()
            .attribute_name(TTL_ATTRIBUTE)
            .enabled(true)
            .build()
            .map_err(|error| unbuilt(&error))?;
        client
            .update_time_to_live()
            .table_name(shape.name)
            .time_to_live_specification(ttl)
            .send()
            .await
            .map_err(|error| StoreError::of("UpdateTimeToLive", &error))?;
    }
    Ok(())
}

fn attribute(name: &str, kind: ScalarAttributeType) -> Result<AttributeDefinition, StoreError> {
    AttributeDefinition::builder()
        .attribute_name(name)
        .attribute_type(kind)
        .build()
        .map_err(|error| unbuilt(&error))
}

fn key(name: &str, kind: KeyType) -> Result<KeySchemaElement, StoreError> {
    KeySchemaElement::builder().attribute_name(name).key_type(kind).build().map_err(|error| unbuilt(&error))
}

fn unbuilt(error: &aws_smithy_types::error::operation::BuildError) -> StoreError {
    StoreError::Broken(format!("a table's description: {error}"))
}
