//! The few calls that every verb is made of. Each is boxed: it is some kilobytes, which would be moved at every step from
//! here to the endpoint.

use std::collections::HashMap;

use aws_sdk_dynamodb::{
    error::ProvideErrorMetadata,
    primitives::Blob,
    types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure},
};
use jiff::Timestamp;
use serde::{Serialize, de::DeserializeOwned};

use super::{
    Store, StoreError,
    keys::{Key, Table},
};

pub(super) type Item = HashMap<String, AttributeValue>;

/// The outcome of a write that has a condition.
pub(super) enum Written {
    /// It was made; the item as it is now, where the write asks for it.
    Done(Item),
    /// The condition does not hold; the item as it is, if there is one.
    Refused(Option<Item>),
}

impl Written {
    pub(super) fn is_done(&self) -> bool {
        matches!(self, Self::Done(_))
    }
}

/// A change of one item: `UpdateItem`, alone or in a transaction.
#[derive(Debug, Clone)]
pub(super) struct Change {
    pub key: Key,
    pub expression: String,
    pub condition: Option<String>,
    pub names: HashMap<String, String>,
    pub values: Item,
}

impl Change {
    pub(super) fn of(key: Key, expression: impl Into<String>) -> Self {
        Self {
            key,
            expression: expression.into(),
            condition: None,
            names: HashMap::new(),
            values: Item::new(),
        }
    }

    pub(super) fn when(mut self, condition: impl Into<String>) -> Self {
        self.condition = Some(condition.into());
        self
    }

    pub(super) fn name(mut self, placeholder: &str, name: impl Into<String>) -> Self {
        self.names.insert(placeholder.to_owned(), name.into());
        self
    }

    pub(super) fn value(mut self, placeholder: &str, value: AttributeValue) -> Self {
        self.values.insert(placeholder.to_owned(), value);
        self
    }

    pub(super) fn text(self, placeholder: &str, text: impl Into<String>) -> Self {
        self.value(placeholder, AttributeValue::S(text.into()))
    }

    pub(super) fn number(self, placeholder: &str, number: impl Into<i64>) -> Self {
        self.value(placeholder, AttributeValue::N(number.into().to_string()))
    }

    pub(super) fn time(self, placeholder: &str, at: Timestamp) -> Self {
        self.number(placeholder, at.as_second())
    }
}

impl Store {
    /// Reads an item strongly.
    pub(super) async fn get<T: DeserializeOwned>(&self, key: &Key) -> Result<Option<T>, StoreError> {
        self.get_item(key).await?.map(read).transpose()
    }

    pub(super) async fn get_item(&self, key: &Key) -> Result<Option<Item>, StoreError> {
        let request = self
            .dynamo
            .get_item()
            .table_name(self.tables.name(key.table))
            .set_key(Some(attributes(key)))
            .consistent_read(true);
        let answer = Box::pin(request.send()).await.map_err(|error| StoreError::of("GetItem", &error))?;
        Ok(answer.item)
    }

    /// Reads the items of a partition strongly whose sort keys begin as `key`'s does.
    pub(super) async fn query<T: DeserializeOwned>(&self, key: &Key) -> Result<Vec<T>, StoreError> {
        self.query_items(key).await?.into_iter().map(read).collect()
    }

    pub(super) async fn query_items(&self, key: &Key) -> Result<Vec<Item>, StoreError> {
        let mut items = Vec::new();
        let mut from = None;
        loop {
            let (page, next) = self.query_page(key, from, None).await?;
            items.extend(page);
            from = next;
            if from.is_none() {
                return Ok(items);
            }
        }
    }

    /// So many of them at most, and from where to go on.
    pub(super) async fn query_page(
        &self,
        key: &Key,
        from: Option<Item>,
        most: Option<i32>,
    ) -> Result<(Vec<Item>, Option<Item>), StoreError> {
        let mut request = self
            .dynamo
            .query()
            .table_name(self.tables.name(key.table))
            .consistent_read(true)
            .set_limit(most)
            .set_exclusive_start_key(from)
            .expression_attribute_values(":pk", AttributeValue::S(key.partition.clone()));
        request = if key.sort.is_empty() {
            request.key_condition_expression("pk = :pk")
        } else {
            request
                .key_condition_expression("pk = :pk AND begins_with(sk, :sk)")
                .expression_attribute_values(":sk", AttributeValue::S(key.sort.clone()))
        };
        let answer = Box::pin(request.send()).await.map_err(|error| StoreError::of("Query", &error))?;
        Ok((answer.items.unwrap_or_default(), answer.last_evaluated_key))
    }

    /// Writes a whole item, whatever was there.
    pub(super) async fn put(&self, key: &Key, item: Item) -> Result<(), StoreError> {
        let request = self
            .dynamo
            .put_item()
            .table_name(self.tables.name(key.table))
            .set_item(Some(with_key(key, item)));
        Box::pin(request.send()).await.map_err(|error| StoreError::of("PutItem", &error))?;
        Ok(())
    }

    /// Writes a whole item where there is none; false where there is one.
    pub(super) async fn put_new(&self, key: &Key, item: Item) -> Result<bool, StoreError> {
        let request = self
            .dynamo
            .put_item()
            .table_name(self.tables.name(key.table))
            .set_item(Some(with_key(key, item)))
            .condition_expression("attribute_not_exists(pk)");
        let answer = Box::pin(request.send()).await;
        match answer {
            Ok(_) => Ok(true),
            Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(false),
            Err(error) => Err(StoreError::of("PutItem", &error)),
        }
    }

    /// Changes one item, if its condition holds.
    pub(super) async fn change(&self, change: Change) -> Result<Written, StoreError> {
        use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
        let request = self
            .dynamo
            .update_item()
            .table_name(self.tables.name(change.key.table))
            .set_key(Some(attributes(&change.key)))
            .update_expression(change.expression)
            .set_condition_expression(change.condition)
            .set_expression_attribute_names((!change.names.is_empty()).then_some(change.names))
            .set_expression_attribute_values((!change.values.is_empty()).then_some(change.values))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let answer = Box::pin(request.send()).await;
        match answer {
            Ok(answer) => Ok(Written::Done(answer.attributes.unwrap_or_default())),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                    Ok(Written::Refused(failed.item.clone()))
                }
                _ => Err(StoreError::of("UpdateItem", &error)),
            },
        }
    }

    /// Changes one item as [`change`](Self::change) does, and once: where an answer is lost the SDK tries again, meets
    /// what it wrote itself, and is told that it is done. The expression has to begin with its `SET`.
    pub(super) async fn change_once(&self, change: Change) -> Result<Written, StoreError> {
        let attempt = AttributeValue::B(Blob::new(self.entropy.bytes::<12>()));
        let first = "(attribute_not_exists(written_by) OR written_by <> :attempt)";
        let condition = change
            .condition
            .as_ref()
            .map_or_else(|| first.to_owned(), |condition| format!("{first} AND ({condition})"));
        let expression = change.expression.replacen("SET ", "SET written_by = :attempt, ", 1);
        let change = Change { expression, condition: Some(condition), ..change };
        Ok(match self.change(change.value(":attempt", attempt.clone())).await? {
            Written::Refused(Some(item)) if item.get("written_by") == Some(&attempt) => Written::Done(item),
            written => written,
        })
    }

    /// Deletes an item, whether or not it is there.
    pub(super) async fn delete(&self, key: &Key) -> Result<(), StoreError> {
        let request =
            self.dynamo.delete_item().table_name(self.tables.name(key.table)).set_key(Some(attributes(key)));
        Box::pin(request.send()).await.map_err(|error| StoreError::of("DeleteItem", &error))?;
        Ok(())
    }

    /// What an index holds in one partition, in order, up to `before` where it is given: keys alone.
    pub(super) async fn indexed(
        &self,
        table: Table,
        index: &str,
        partition: (&str, &str),
        before: Option<(&str, Timestamp)>,
        (from, most): (Option<Item>, i32),
    ) -> Result<(Vec<Item>, Option<Item>), StoreError> {
        let mut request = self
            .dynamo
            .query()
            .table_name(self.tables.name(table))
            .index_name(index)
            .limit(most)
            .set_exclusive_start_key(from)
            .expression_attribute_names("#p", partition.0)
            .expression_attribute_values(":p", AttributeValue::S(partition.1.to_owned()));
        request = match before {
            None => request.key_condition_expression("#p = :p"),
            Some((name, at)) => request
                .key_condition_expression("#p = :p AND #s <= :s")
                .expression_attribute_names("#s", name)
                .expression_attribute_values(":s", AttributeValue::N(at.as_second().to_string())),
        };
        let answer = Box::pin(request.send()).await.map_err(|error| StoreError::of("Query", &error))?;
        Ok((answer.items.unwrap_or_default(), answer.last_evaluated_key))
    }
}

pub(super) fn attributes(key: &Key) -> Item {
    with_key(key, Item::new())
}

pub(super) fn with_key(key: &Key, mut item: Item) -> Item {
    item.insert("pk".to_owned(), AttributeValue::S(key.partition.clone()));
    item.insert("sk".to_owned(), AttributeValue::S(key.sort.clone()));
    item
}

pub(super) fn key_of(table: Table, item: &Item) -> Result<Key, StoreError> {
    let part = |name: &str| match item.get(name) {
        Some(AttributeValue::S(text)) => Ok(text.clone()),
        _ => Err(StoreError::Broken(format!("an item without a {name}"))),
    };
    Ok(Key { table, partition: part("pk")?, sort: part("sk")? })
}

pub(super) fn read<T: DeserializeOwned>(item: Item) -> Result<T, StoreError> {
    serde_dynamo::from_item(serde_dynamo::Item::from(item))
        .map_err(|error| StoreError::Broken(format!("an item does not read: {error}")))
}

pub(super) fn write(value: &impl Serialize) -> Result<Item, StoreError> {
    serde_dynamo::to_item(value)
        .map(|item: serde_dynamo::Item| item.into())
        .map_err(|error| StoreError::Broken(format!("an item does not write: {error}")))
}

pub(super) fn expiring(mut item: Item, at: Timestamp) -> Item {
    item.insert(super::schema::TTL_ATTRIBUTE.to_owned(), AttributeValue::N(at.as_second().to_string()));
    item
}

pub(super) fn number(item: &Item, name: &str) -> Option<i64> {
    match item.get(name) {
        Some(AttributeValue::N(number)) => number.parse().ok(),
        _ => None,
    }
}
