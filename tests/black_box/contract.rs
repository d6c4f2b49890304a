//! What is served is a superset of the contract, and every list of endpoints names the same.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use tests::House;

fn contract() -> Value {
    serde_json::from_str(include_str!("../contract/authentication.openapi.json")).unwrap()
}

async fn served(house: &House) -> Value {
    house.client(2).send(reqwest::Method::GET, "/api/v1/openapi.json", &[], Vec::new()).await.body
}

/// `anyOf: [X, null]` and `type: [x, null]` say the same; words for people do not count.
fn normal(schema: &Value) -> Value {
    let mut schema = schema.clone();
    if let Some(object) = schema.as_object_mut() {
        object.remove("description");
        if let Some(Value::Array(choices)) = object.remove("anyOf") {
            let some: Vec<_> = choices.iter().filter(|choice| choice["type"] != "null").map(normal).collect();
            let mut merged =
                if let [only] = some.as_slice() { only.clone() } else { json!({ "anyOf": some }) };
            if some.len() < choices.len() {
                let kind = merged["type"].clone();
                merged["type"] = json!([kind, "null"]);
            }
            return merged;
        }
        if let Some(Value::Array(kinds)) = object.get_mut("type") {
            kinds.sort_by_key(|kind| kind == "null");
        }
        for (_, value) in object.iter_mut() {
            *value = normal(value);
        }
    }
    schema
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_served_is_a_superset_of_the_contract() {
    let house = House::start().await;
    let (contract, served) = (contract(), served(&house).await);
    let mut compared = 0;
    for (path, methods) in contract["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let ours = &served["paths"][path][method];
            assert!(ours.is_object(), "{method} {path}");
            assert_eq!(ours["operationId"], operation["operationId"], "{path}");
            assert_eq!(ours["tags"], operation["tags"], "{path}");
            assert_eq!(ours["requestBody"], operation["requestBody"], "{path}");
            assert_eq!(
                ours["responses"]["422"]["content"], operation["responses"]["422"]["content"],
                "{path}"
            );
            assert_eq!(
                ours["responses"]["200"]["content"], operation["responses"]["200"]["content"],
                "{path}"
            );
            assert_eq!(ours["parameters"], operation["parameters"], "{path}");
            compared += 1;
        }
    }
    for (name, schema) in contract["components"]["schemas"].as_object().unwrap() {
        let ours = &served["components"]["schemas"][name];
        assert!(ours.is_object(), "{name}");
        let names = |schema: &Value| -> BTreeSet<String> {
            let list = schema["required"].as_array().cloned().unwrap_or_default();
            list.iter().map(|name| name.as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(names(ours), names(schema), "{name}");
        for (property, wanted) in schema["properties"].as_object().unwrap() {
            assert_eq!(normal(&ours["properties"][property]), normal(wanted), "{name}.{property}");
        }
        compared += 1;
    }
    let audit = &served["paths"]["/api/v1/admin/tenants/{tenant_slug}/audit"]["get"];
    assert_eq!(audit["tags"], json!(["Administration"]));
    let limit = json!({ "type": "integer", "minimum": 1, "maximum": 100 });
    let limit = json!({ "name": "limit", "in": "query", "required": false, "schema": limit });
    assert!(audit["parameters"].as_array().unwrap().contains(&limit), "{}", audit["parameters"]);
    println!("contract: {compared} operations and schemas served as contracted");
    assert_eq!(compared, 9 + 14);
}

/// The document's bodies and the endpoints' own reading of them agree, field by field.
#[tokio::test(flavor = "multi_thread")]
async fn every_described_body_is_read_as_described() {
    let house = House::start().await;
    house.tenant("acme", json!({})).await;
    let served = served(&house).await;
    let client = house.client(2);
    let mut bodies = 0;
    for (path, methods) in served["paths"].as_object().unwrap() {
        let Some(reference) =
            methods["post"]["requestBody"]["content"]["application/json"]["schema"]["$ref"].as_str()
        else {
            continue;
        };
        bodies += 1;
        let schema = &served["components"]["schemas"][reference.rsplit('/').next().unwrap()];
        let path = path.replace("{tenant_slug}", "acme");
        let send = |body: Value| {
            let (client, path, house) = (client.clone(), path.clone(), &house);
            async move {
                if path.starts_with("/api/v1/admin/") {
                    return house.administer("local-owner", reqwest::Method::POST, &path, Some(&body)).await;
                }
                let headers = [("content-type", "application/json")];
                client.send(reqwest::Method::POST, &path, &headers, body.to_string().into_bytes()).await
            }
        };
        let places = |names: Vec<String>| {
            names.into_iter().map(|name| format!("body.{name}")).collect::<BTreeSet<_>>()
        };
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        let required = places(required.iter().map(|name| name.as_str().unwrap().to_owned()).collect());
        let empty = send(json!({})).await;
        if required.is_empty() {
            assert_ne!(empty.status, 422, "{path}");
        } else {
            let named: BTreeSet<_> = empty.faults().into_iter().map(|(place, _)| place).collect();
            assert_eq!(named, required, "{path}");
        }
        let properties = schema["properties"].as_object().unwrap();
        let wrong: serde_json::Map<_, _> = properties.keys().map(|name| (name.clone(), json!(7))).collect();
        let named: BTreeSet<_> =
            send(wrong.into()).await.faults().into_iter().map(|(place, _)| place).collect();
        assert_eq!(named, places(properties.keys().cloned().collect()), "{path}");
    }
    assert_eq!(bodies, 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn routes_document_and_events_name_the_same_endpoints() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let routes: BTreeSet<String> =
        house.stack().routes().iter().map(|(route, _)| route.to_string()).collect();
    let served = served(&house).await;
    let described: BTreeSet<String> = served["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, methods)| {
            methods.as_object().unwrap().keys().map(move |method| format!("{} {path}", method.to_uppercase()))
        })
        .collect();
    assert_eq!(routes, described);
    let events = concat!(env!("CARGO_MANIFEST_DIR"), "/../events");
    let (mut v1, mut v2, mut others) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for file in std::fs::read_dir(events).unwrap() {
        let path = file.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let event: Value = serde_json::from_str(&text).unwrap();
        match event["version"].as_str() {
            Some("2.0") => drop(v2.insert(event["routeKey"].as_str().unwrap().to_owned())),
            Some("1.0") => {
                let (method, path) = (&event["httpMethod"], &event["resource"]);
                v1.insert(format!("{} {}", method.as_str().unwrap(), path.as_str().unwrap()));
            }
            _ => {
                let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                others.insert((name, event["detail-type"].as_str().unwrap_or("stream").to_owned()));
            }
        }
    }
    assert_eq!(v2, routes);
    assert_eq!(v1, routes);
    let meant = [
        ("mail-feedback.bounce.json", "Email Bounced"),
        ("mail-feedback.complaint.json", "Email Complaint Received"),
        ("mail-worker.minute.json", "Scheduled Event"),
        ("mail-worker.stream.json", "stream"),
    ];
    assert_eq!(others, meant.map(|(name, kind)| (name.to_owned(), kind.to_owned())).into());
}

/// Every path has OPTIONS besides: the functions answer CORS themselves.
#[tokio::test]
async fn the_template_and_the_watch_routes_lead_to_the_same_functions() {
    let house = House::start_here().await;
    let mut routes = BTreeMap::new();
    for (route, function) in house.stack().routes() {
        routes.insert(route.to_string(), (*function).to_owned());
        routes.insert(format!("OPTIONS {}", route.path), (*function).to_owned());
    }
    assert_eq!(local::stacks::routes().unwrap(), routes);
    let manifest: Value = toml_edit::de::from_str(include_str!("../../Cargo.toml")).unwrap();
    let by_path = &manifest["workspace"]["metadata"]["lambda"]["watch"]["router"];
    let mut watched = BTreeMap::new();
    for (path, targets) in by_path.as_object().unwrap() {
        for target in targets.as_array().unwrap() {
            let text = |name: &str| target[name].as_str().unwrap().to_owned();
            watched.insert(format!("{} {path}", text("method")), text("function"));
        }
    }
    assert_eq!(watched, routes);
}
