//! Several writes, all or none. Where a half-done change would hurt a person, and nowhere else:
//! it costs twice the units and three times the time of a write.

use std::time::Duration;

use aws_sdk_dynamodb::{
    operation::transact_write_items::TransactWriteItemsError,
    types::{Delete, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

use super::{
    Store, StoreError,
    dynamo::{Change, Item, attributes, with_key},
    keys::Key,
};
use crate::metrics::Metric;

/// The writes of one transaction, in order.
#[derive(Default)]
pub(super) struct Transaction {
    writes: Vec<Write>,
}

enum Write {
    PutNew(Key, Item),
    Put(Key, Item),
    /// In place of what a change stands on.
    PutOver(Change, Item),
    Change(Change),
    Delete(Key),
    /// A change whose expression is that nothing is left.
    DeleteIf(Change),
}

/// What became of it.
pub(super) enum Committed {
    Done,
    /// The condition of the write at `index` does not hold; the item there, if there is one.
    Refused {
        index: usize,
        item: Option<Item>,
        /// Every write whose condition does not hold.
        all: Vec<usize>,
    },
}

impl Transaction {
    pub(super) fn put_new(mut self, key: Key, item: Item) -> Self {
        self.writes.push(Write::PutNew(key, item));
        self
    }

    pub(super) fn put(mut self, key: Key, item: Item) -> Self {
        self.writes.push(Write::Put(key, item));
        self
    }

    /// Puts an item in the place of a change's, on the change's condition.
    pub(super) fn put_over(mut self, change: Change, item: Item) -> Self {
        self.writes.push(Write::PutOver(change, item));
        self
    }

    pub(super) fn change(mut self, change: Change) -> Self {
        self.writes.push(Write::Change(change));
        self
    }

    pub(super) fn delete(mut self, key: Key) -> Self {
        self.writes.push(Write::Delete(key));
        self
    }

    /// Deletes the item of a change, on the change's condition.
    pub(super) fn delete_if(mut self, change: Change) -> Self {
        self.writes.push(Write::DeleteIf(change));
        self
    }
}

const CONFLICT_RETRIES: u32 = 3;

impl Store {
    /// Commits, and retries a conflict with another transaction three times with jitter.
    ///
    /// One request token for all of it: whatever a later try meets, its own earlier commit is a success. One that was
    /// canceled is tried anew under it.
    pub(super) async fn commit(&self, transaction: Transaction) -> Result<Committed, StoreError> {
        let items =
            transaction.writes.into_iter().map(|write| self.item_of(write)).collect::<Result<Vec<_>, _>>()?;
        let token = BASE64_URL_SAFE_NO_PAD.encode(self.entropy.bytes::<24>());
        let mut conflicts = 0;
        loop {
            let request = self
                .dynamo
                .transact_write_items()
                .client_request_token(token.clone())
                .set_transact_items(Some(items.clone()));
            let answer = Box::pin(request.send()).await;
            let Err(error) = answer else { return Ok(Committed::Done) };
            let Some(TransactWriteItemsError::TransactionCanceledException(canceled)) =
                error.as_service_error()
            else {
                return Err(StoreError::of("TransactWriteItems", &error));
            };
            let reasons = canceled.cancellation_reasons();
            let coded = |wanted: &'static str| {
                let found =
                    move |(index, code): (usize, Option<&str>)| (code == Some(wanted)).then_some(index);
                reasons.iter().map(|reason| reason.code()).enumerate().filter_map(found)
            };
            let all: Vec<_> = coded("ConditionalCheckFailed").collect();
            if let Some(&index) = all.first() {
                return Ok(Committed::Refused { index, item: reasons[index].item.clone(), all });
            }
            if coded("TransactionConflict").next().is_none() {
                return Err(StoreError::Busy(format!(
                    "TransactWriteItems: {}",
                    reasons.iter().filter_map(|reason| reason.code()).collect::<Vec<_>>().join(",")
                )));
            }
            conflicts += 1;
            self.meters.count(Metric::TransactionConflicts);
            if conflicts > CONFLICT_RETRIES {
                return Err(StoreError::Busy("TransactWriteItems: conflicts with others".to_owned()));
            }
            let jitter = self.entropy.below(20 << conflicts);
            tokio::time::sleep(Duration::from_millis(u64::from(10 + jitter))).await;
        }
    }

    fn item_of(&self, write: Write) -> Result<TransactWriteItem, StoreError> {
        let item = TransactWriteItem::builder();
        let unbuilt = |error| StoreError::Broken(format!("a transaction's write: {error}"));
        Ok(match write {
            Write::PutNew(key, values) => item.put(
                Put::builder()
                    .table_name(self.tables.name(key.table))
                    .set_item(Some(with_key(&key, values)))
                    .condition_expression("attribute_not_exists(pk)")
                    .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
                    .build()
                    .map_err(unbuilt)?,
            ),
            Write::Put(key, values) => item.put(
                Put::builder()
                    .table_name(self.tables.name(key.table))
                    .set_item(Some(with_key(&key, values)))
                    .build()
                    .map_err(unbuilt)?,
            ),
            Write::PutOver(change, values) => item.put(
                Put::builder()
                    .table_name(self.tables.name(change.key.table))
                    .set_item(Some(with_key(&change.key, values)))
                    .set_condition_expression(change.condition)
                    .set_expression_attribute_values((!change.values.is_empty()).then_some(change.values))
                    .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
                    .build()
                    .map_err(unbuilt)?,
            ),
            Write::Delete(key) => item.delete(
                Delete::builder()
                    .table_name(self.tables.name(key.table))
                    .set_key(Some(attributes(&key)))
                    .build()
                    .map_err(unbuilt)?,
            ),
            Write::DeleteIf(change) => item.delete(
                Delete::builder()
                    .table_name(self.tables.name(change.key.table))
                    .set_key(Some(attributes(&change.key)))
                    .set_condition_expression(change.condition)
                    .set_expression_attribute_values((!change.values.is_empty()).then_some(change.values))
                    .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
                    .build()
                    .map_err(unbuilt)?,
            ),
            Write::Change(change) => item.update(
                Update::builder()
                    .table_name(self.tables.name(change.key.table))
                    .set_key(Some(attributes(&change.key)))
                    .update_expression(change.expression)
                    .set_condition_expression(change.condition)
                    .set_expression_attribute_names((!change.names.is_empty()).then_some(change.names))
                    .set_expression_attribute_values((!change.values.is_empty()).then_some(change.values))
                    .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
                    .build()
                    .map_err(unbuilt)?,
            ),
        }
        .build())
    }
}
