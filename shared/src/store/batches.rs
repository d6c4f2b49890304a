//! Many items of the users' table in one call.

use std::{collections::HashMap, time::Duration};

use aws_sdk_dynamodb::types::{DeleteRequest, KeysAndAttributes, WriteRequest};

use super::{
    Store, StoreError,
    dynamo::{Item, attributes, key_of},
    keys::{Key, Table},
};

/// `BatchGetItem` takes so many keys.
const MOST_READ: usize = 100;
/// `BatchWriteItem` takes so many writes.
const MOST_WRITTEN: usize = 25;
/// So often what DynamoDB left undone is asked for again; where somebody waits for a request's answer.
const TRIES: u32 = 8;
const TRIES_OF_A_REQUEST: u32 = 4;

impl Store {
    /// Reads a few of a user's items strongly, each where its key stands.
    pub(super) async fn get_each<const N: usize>(
        &self,
        keys: [Key; N],
    ) -> Result<[Option<Item>; N], StoreError> {
        let mut found = [const { None }; N];
        for item in self.batch_get_within(TRIES_OF_A_REQUEST, &keys, None).await? {
            let key = key_of(Table::Users, &item)?;
            if let Some(place) = keys.iter().position(|wanted| *wanted == key) {
                found[place] = Some(item);
            }
        }
        Ok(found)
    }

    /// Reads users' items strongly, in no particular order; those that are not there are left out. `only` names
    /// the one attribute that is wanted, if it is one.
    pub(super) async fn batch_get(&self, keys: &[Key], only: Option<&str>) -> Result<Vec<Item>, StoreError> {
        self.batch_get_within(TRIES, keys, only).await
    }

    async fn batch_get_within(
        &self,
        tries: u32,
        keys: &[Key],
        only: Option<&str>,
    ) -> Result<Vec<Item>, StoreError> {
        let mut items = Vec::with_capacity(keys.len());
        let table = self.tables.name(Table::Users);
        for keys in keys.chunks(MOST_READ) {
            let wanted = KeysAndAttributes::builder()
                .set_keys(Some(keys.iter().map(attributes).collect()))
                .consistent_read(true)
                .set_projection_expression(only.map(str::to_owned))
                .build()
                .map_err(|error| unbuilt(&error))?;
            let mut wanted = HashMap::from([(table.to_owned(), wanted)]);
            for round in 0.. {
                let request = self.dynamo.batch_get_item().set_request_items(Some(wanted));
                let answer = Box::pin(request.send()).await;
                let answer = answer.map_err(|error| StoreError::of("BatchGetItem", &error))?;
                items.extend(answer.responses.unwrap_or_default().remove(table).unwrap_or_default());
                wanted = answer.unprocessed_keys.unwrap_or_default();
                if wanted.is_empty() {
                    break;
                }
                self.pause(round, tries, "BatchGetItem").await?;
            }
        }
        Ok(items)
    }

    /// Deletes users' items, whether or not they are there.
    pub(super) async fn batch_delete(&self, keys: &[Key]) -> Result<(), StoreError> {
        for keys in keys.chunks(MOST_WRITTEN) {
            let delete = |key: &Key| {
                let request = DeleteRequest::builder().set_key(Some(attributes(key))).build();
                request.map(|request| WriteRequest::builder().delete_request(request).build())
            };
            let writes: Vec<_> =
                keys.iter().map(delete).collect::<Result<_, _>>().map_err(|error| unbuilt(&error))?;
            let mut left = HashMap::from([(self.tables.name(Table::Users).to_owned(), writes)]);
            for round in 0.. {
                let answer = self.dynamo.batch_write_item().set_request_items(Some(left)).send().await;
                let answer = answer.map_err(|error| StoreError::of("BatchWriteItem", &error))?;
                left = answer.unprocessed_items.unwrap_or_default();
                if left.is_empty() {
                    break;
                }
                self.pause(round, TRIES, "BatchWriteItem").await?;
            }
        }
        Ok(())
    }

    /// Waits longer after each round, with jitter.
    async fn pause(&self, round: u32, tries: u32, operation: &str) -> Result<(), StoreError> {
        if round >= tries {
            return Err(StoreError::Busy(format!("{operation}: much is left undone")));
        }
        let most = 25_u32 << round;
        let wait = most / 2 + self.entropy.below(most);
        tokio::time::sleep(Duration::from_millis(u64::from(wait))).await;
        Ok(())
    }
}

fn unbuilt(error: &aws_smithy_types::error::operation::BuildError) -> StoreError {
    StoreError::Broken(format!("a batch: {error}"))
}
