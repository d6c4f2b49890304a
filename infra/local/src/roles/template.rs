//! The roles as `infra/stacks` has them.

use std::{collections::BTreeMap, sync::LazyLock};

use anyhow::{Context, anyhow};
use serde_json::Value;

use super::policy::Statement;
use crate::stacks::Resources;

/// Every role by its function's name. The templates are compiled in, so they are read once.
static ROLES: LazyLock<Result<BTreeMap<String, Vec<Statement>>, String>> =
    LazyLock::new(|| read().map_err(|error| format!("{error:#}")));

/// What each function's role allows in DynamoDB, by the function's name.
///
/// # Errors
/// When a stack is not as it should be: one sentence that names it.
pub fn roles() -> anyhow::Result<&'static BTreeMap<String, Vec<Statement>>> {
    ROLES.as_ref().map_err(|error| anyhow!("{error}"))
}

fn read() -> anyhow::Result<BTreeMap<String, Vec<Statement>>> {
    let mut roles = BTreeMap::new();
    for stack in Resources::of_all()? {
        for (id, name) in stack.functions()? {
            let role = stack.get(&format!("{id}Role"))?;
            let statements = statements(role).with_context(|| format!("{}: {id}", stack.file))?;
            roles.insert(name.to_owned(), statements);
        }
    }
    Ok(roles)
}

fn statements(role: &Value) -> anyhow::Result<Vec<Statement>> {
    let policies = role["Properties"]["Policies"].as_array().into_iter().flatten();
    let statements =
        policies.flat_map(|policy| policy["PolicyDocument"]["Statement"].as_array().into_iter().flatten());
    statements
        .filter(|statement| statement["Effect"] == "Allow")
        .filter_map(|statement| allowed(statement).transpose())
        .collect()
}

/// A statement about tables; `None` for one about something else.
fn allowed(statement: &Value) -> anyhow::Result<Option<Statement>> {
    let actions: Vec<String> = texts(&statement["Action"])
        .filter_map(|action| action.strip_prefix("dynamodb:"))
        .map(str::to_owned)
        .collect();
    let Some(resource) = statement["Resource"].as_str().and_then(table) else {
        return Ok(None);
    };
    if actions.is_empty() {
        return Ok(None);
    }
    let condition = &statement["Condition"];
    let partitions = texts(&condition["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]);
    let partitions: Vec<String> = partitions.map(str::to_owned).collect();
    if partitions.is_empty() != condition.is_null() {
        return Err(anyhow!("a condition that is not understood: {condition}"));
    }
    Ok(Some(Statement { actions, resource, partitions }))
}

/// `!Ref Users` is the table, `!Sub '${Challenges}/index/due'` its index.
fn table(resource: &str) -> Option<String> {
    let (table, index) = match resource.strip_prefix("${") {
        None => (resource, ""),
        Some(rest) => rest.split_once('}')?,
    };
    ["Tenants", "Users", "Challenges", "Events"].contains(&table).then(|| format!("{table}{index}"))
}

/// One text, or a list of texts.
fn texts(value: &Value) -> impl Iterator<Item = &str> {
    value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice).iter().filter_map(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_role_may_change_or_delete_an_audit_event_or_read_a_whole_table() {
        for (function, statements) in roles().unwrap() {
            for statement in statements {
                let on_events = statement.resource == "Events";
                for action in &statement.actions {
                    let about = format!("{function}: {action} on {statement:?}");
                    assert!(
                        !["Scan", "BatchWriteItem", "PartiQLSelect", "*"].contains(&action.as_str()),
                        "{about}"
                    );
                    // One function reads the record.
                    let looks = action == "Query" && function == "admin-audit";
                    let only_appends = action == "PutItem"
                        || looks
                        || !statement.partitions.iter().any(|at| at.starts_with(['A', '*']));
                    assert!(!on_events || only_appends, "{about}");
                    assert!(
                        !statement.partitions.is_empty() || statement.resource.contains("/index/"),
                        "{about}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_signing_key_is_read_by_who_has_the_key_to_open_it() {
        for stack in Resources::of_all().unwrap() {
            for (id, name) in stack.functions().unwrap() {
                let reads =
                    roles().unwrap()[name].iter().any(|it| it.partitions.iter().any(|at| at == "K#*"));
                let variables = &stack.get(id).unwrap()["Properties"]["Environment"]["Variables"];
                assert_eq!(reads, variables["LATCHKEY_KEY_SIGNING"].is_string(), "{name}");
            }
        }
    }
}
