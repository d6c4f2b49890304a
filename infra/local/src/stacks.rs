//! The functions and routes as `infra/stacks` has them.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, anyhow};
use serde_json::{Map, Value};

/// Every stack that has functions.
const STACKS: [(&str, &str); 9] = [
    ("registration.yaml", include_str!("../../stacks/registration.yaml")),
    ("sign-in.yaml", include_str!("../../stacks/sign-in.yaml")),
    ("sessions.yaml", include_str!("../../stacks/sessions.yaml")),
    ("recovery.yaml", include_str!("../../stacks/recovery.yaml")),
    ("account.yaml", include_str!("../../stacks/account.yaml")),
    ("factors.yaml", include_str!("../../stacks/factors.yaml")),
    ("pages.yaml", include_str!("../../stacks/pages.yaml")),
    ("admin.yaml", include_str!("../../stacks/admin.yaml")),
    ("mail.yaml", include_str!("../../stacks/mail.yaml")),
];

/// One stack: its file's name and its resources. Short forms such as `!Ref` read as what they stand before.
pub(crate) struct Resources {
    pub file: &'static str,
    all: Map<String, Value>,
}

impl Resources {
    /// Every stack that has functions.
    ///
    /// # Errors
    /// When one is not as it should be: one sentence that names it.
    pub fn of_all() -> anyhow::Result<Vec<Self>> {
        STACKS.iter().map(|(file, text)| Self::read(file, text)).collect()
    }

    fn read(file: &'static str, text: &str) -> anyhow::Result<Self> {
        let mut stack: Value = serde_saphyr::from_str(text).with_context(|| file.to_owned())?;
        match stack["Resources"].take() {
            Value::Object(all) => Ok(Self { file, all }),
            _ => Err(anyhow!("{file} has no resources")),
        }
    }

    pub fn get(&self, id: &str) -> anyhow::Result<&Value> {
        self.all.get(id).ok_or_else(|| anyhow!("{}: there is no {id}", self.file))
    }

    /// The logical id and the resource of each of this type.
    pub fn of_type(&self, of: &str) -> impl Iterator<Item = (&str, &Value)> {
        self.all.iter().filter(move |(_, resource)| resource["Type"] == of).map(|(id, it)| (id.as_str(), it))
    }

    /// Each function's logical id and name: `latchkey-${Stage}-login` is `login`.
    pub fn functions(&self) -> anyhow::Result<Vec<(&str, &str)>> {
        self.of_type("AWS::Serverless::Function")
            .map(|(id, function)| {
                let name = function["Properties"]["FunctionName"].as_str();
                let name = name.and_then(|name| name.strip_prefix("latchkey-${Stage}-"));
                Ok((id, name.ok_or_else(|| anyhow!("{}: {id} has no name", self.file))?))
            })
            .collect()
    }
}

/// Every route of the deployed gateway, such as `POST /api/v1/…/login`, and its function's name.
///
/// # Errors
/// When a stack is not as it should be, or two routes are the same.
pub fn routes() -> anyhow::Result<BTreeMap<String, String>> {
    let mut routes = BTreeMap::new();
    for stack in Resources::of_all()? {
        let functions: BTreeMap<_, _> = stack.functions()?.into_iter().collect();
        for (id, route) in stack.of_type("AWS::ApiGatewayV2::Route") {
            let text = |name: &str| {
                route["Properties"][name]
                    .as_str()
                    .ok_or_else(|| anyhow!("{}: {id} has no {name}", stack.file))
            };
            let (key, target) = (text("RouteKey")?, text("Target")?);
            let integration = target.strip_prefix("integrations/${").and_then(|rest| rest.strip_suffix('}'));
            let integration = stack.get(integration.unwrap_or_default())?;
            let function = integration["Properties"]["IntegrationUri"].as_str().unwrap_or_default();
            let function = functions.get(function.trim_end_matches(".Arn")).copied().unwrap_or_default();
            if routes.insert(key.to_owned(), function.to_owned()).is_some() {
                return Err(anyhow!("{}: {key} is there twice", stack.file));
            }
        }
    }
    Ok(routes)
}

/// The routes that IAM guards.
///
/// # Errors
/// When a stack is not as it should be.
pub fn guarded_routes() -> anyhow::Result<BTreeSet<String>> {
    let mut routes = BTreeSet::new();
    for stack in Resources::of_all()? {
        for (_, route) in stack.of_type("AWS::ApiGatewayV2::Route") {
            let properties = &route["Properties"];
            if properties["AuthorizationType"] == "AWS_IAM" {
                routes.extend(properties["RouteKey"].as_str().map(str::to_owned));
            }
        }
    }
    Ok(routes)
}

/// Policies for those who call guarded routes, by logical id: patterns such as `GET/api/v1/admin/*`.
///
/// # Errors
/// When a stack is not as it should be.
pub fn invocation_policies() -> anyhow::Result<BTreeMap<String, Vec<String>>> {
    let mut policies = BTreeMap::new();
    for stack in Resources::of_all()? {
        for (id, policy) in stack.of_type("AWS::IAM::ManagedPolicy") {
            let statements = policy["Properties"]["PolicyDocument"]["Statement"].as_array();
            let resources = statements.into_iter().flatten().flat_map(|statement| {
                let resource = &statement["Resource"];
                resource.as_array().map_or(std::slice::from_ref(resource), Vec::as_slice)
            });
            let patterns = resources.map(|resource| {
                let called = resource.as_str().and_then(|arn| arn.split_once("${ApiId}/*/"));
                Ok(called.ok_or_else(|| anyhow!("{}: {id} is not about calls", stack.file))?.1.to_owned())
            });
            policies.insert(id.to_owned(), patterns.collect::<anyhow::Result<_>>()?);
        }
    }
    Ok(policies)
}

#[cfg(test)]
mod tests {
    use super::STACKS;
    use crate::environment::environment;

    /// What is measured here has to be so there.
    #[test]
    fn every_stack_tunes_memory_as_this_one() {
        let name = "GLIBC_TUNABLES";
        let line = format!("{name}: {}\n", environment("", "", "")[name]);
        for (file, text) in STACKS {
            assert_eq!(text.matches(&line).count(), 1, "{file}");
        }
    }

    /// AWS refuses a stack whose identities have names of their own, unless it is told that this is meant; no
    /// emulator does.
    #[test]
    fn what_deploys_may_name_identities() {
        let named =
            STACKS.iter().any(|(_, text)| text.contains("ManagedPolicyName:") || text.contains("RoleName:"));
        let deploys: Vec<_> = include_str!("../../samconfig.toml")
            .lines()
            .filter(|line| line.starts_with("capabilities = "))
            .collect();
        assert!(named && deploys.len() == 2, "{deploys:?}");
        assert!(deploys.iter().all(|line| line.contains("CAPABILITY_NAMED_IAM")), "{deploys:?}");
    }
}
