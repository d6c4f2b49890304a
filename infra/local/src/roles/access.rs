//! What a request to DynamoDB asks for, as IAM sees it.

use serde_json::Value;

/// One action on one item's partition, or on an index.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Access {
    /// Such as `GetItem`.
    pub action: String,
    /// The table's name, with `/index/<name>` where an index is read.
    pub resource: String,
    /// The partition key; `dynamodb:LeadingKeys` in a policy. `None` for what reads more than one.
    pub partition: Option<String>,
}

/// Everything that a request asks for. A transaction is its parts: IAM wants the right to each.
#[must_use]
pub fn accesses(operation: &str, body: &Value) -> Vec<Access> {
    match operation {
        "TransactWriteItems" => body["TransactItems"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_object)
            .flatten()
            .map(|(part, request)| single(action_of(part), request))
            .collect(),
        "BatchGetItem" => body["RequestItems"]
            .as_object()
            .into_iter()
            .flatten()
            .flat_map(|(table, wanted)| {
                wanted["Keys"].as_array().into_iter().flatten().map(move |key| (table, key))
            })
            .map(|(table, key)| Access {
                action: operation.to_owned(),
                resource: table.clone(),
                partition: key["pk"]["S"].as_str().map(str::to_owned),
            })
            .collect(),
        _ => vec![single(operation, body)],
    }
}

fn action_of(part: &str) -> &str {
    match part {
        "Put" => "PutItem",
        "Update" => "UpdateItem",
        "Delete" => "DeleteItem",
        "ConditionCheck" => "ConditionCheckItem",
        other => other,
    }
}

fn single(action: &str, request: &Value) -> Access {
    let table = request["TableName"].as_str().unwrap_or_default();
    let resource = match request["IndexName"].as_str() {
        Some(index) => format!("{table}/index/{index}"),
        None => table.to_owned(),
    };
    let partition = match action {
        "PutItem" => request["Item"]["pk"]["S"].as_str(),
        "Query" => queried(request),
        _ => request["Key"]["pk"]["S"].as_str(),
    };
    Access { action: action.to_owned(), resource, partition: partition.map(str::to_owned) }
}

/// The value of the first equation of a key condition, which is the partition's.
fn queried(request: &Value) -> Option<&str> {
    let (_, rest) = request["KeyConditionExpression"].as_str()?.split_once('=')?;
    let placeholder = rest.split_whitespace().next()?;
    request["ExpressionAttributeValues"][placeholder]["S"].as_str()
}
