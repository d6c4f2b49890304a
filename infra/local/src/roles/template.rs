//! The roles as `infra/stacks` has them.

use std::{collections::BTreeMap, sync::LazyLock};

use anyhow::{Context, anyhow};
use serde_json::Value;

use super::policy::Statement;

/// Every stack that has functions.
const STACKS: [(&str, &str); 7] = [
    ("registration.yaml", include_str!("../../../stacks/registration.yaml")),
    ("sign-in.yaml", include_str!("../../../stacks/sign-in.yaml")),
    ("sessions.yaml", include_str!("../../../stacks/sessions.yaml")),
    ("recovery.yaml", include_str!("../../../stacks/recovery.yaml")),
    ("account.yaml", include_str!("../../../stacks/account.yaml")),
    ("factors.yaml", include_str!("../../../stacks/factors.yaml")),
    ("mail.yaml", include_str!("../../../stacks/mail.yaml")),
];

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
    for (file, text) in STACKS {
        let stack: Value = serde_saphyr::from_str(text).with_context(|| file.to_owned())?;
        let resources = stack["Resources"].as_object().ok_or_else(|| anyhow!("{file} has no resources"))?;
        for (id, resource) in resources.iter().filter(|(_, resource)| is_function(resource)) {
            let name = name_of(resource).ok_or_else(|| anyhow!("{file}: {id} has no name"))?;
            let role =
                resources.get(&format!("{id}Role")).ok_or_else(|| anyhow!("{file}: {id} has no role"))?;
            roles.insert(name.to_owned(), statements(role).with_context(|| format!("{file}: {id}"))?);
        }
    }
    Ok(roles)
}

fn is_function(resource: &Value) -> bool {
    resource["Type"] == "AWS::Serverless::Function"
}

/// `latchkey-${Stage}-login` is `login`.
fn name_of(function: &Value) -> Option<&str> {
    function["Properties"]["FunctionName"].as_str()?.strip_prefix("latchkey-${Stage}-")
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
                    let only_appends = action == "PutItem"
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
        for (function, statements) in roles().unwrap() {
            let reads = statements.iter().any(|statement| statement.partitions.iter().any(|at| at == "K#*"));
            let stack = STACKS
                .iter()
                .find(|(_, text)| text.contains(&format!("latchkey-${{Stage}}-{function}'")))
                .unwrap();
            let (_, function) = stack.1.split_once(&format!("latchkey-${{Stage}}-{function}'")).unwrap();
            let (variables, _) = function.split_once("AWS::IAM::Role").unwrap();
            assert!(!reads || variables.contains("LATCHKEY_KEY_SIGNING"), "{variables}");
        }
    }
}
