//! Row 23: what API Gateway would never hand to a function is refused as well, and ends no process.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use base64::{Engine, prelude::BASE64_STANDARD};
use latchkey::runtime::{Function, World};
use serde_json::{Value, json};
use tests::{House, scale};
use tokio::time::Instant;

use crate::strange_requests::{Call, LIMIT, calls, fair, tries};

/// What API Gateway would not say of a request, or not so.
fn lies(honest: &Value) -> Vec<(&'static str, Value)> {
    let text = honest["body"].as_str().unwrap_or("{}").to_owned();
    let with = |changes: &[(&str, Value)]| {
        let mut event = honest.clone();
        for (pointer, value) in changes {
            let (parent, name) = pointer.rsplit_once('/').unwrap();
            event.pointer_mut(parent).unwrap()[name] = value.clone();
        }
        event
    };
    let base64 =
        |name, body: &str| (name, with(&[("/body", body.into()), ("/isBase64Encoded", true.into())]));
    let zipped =
        BASE64_STANDARD.encode(b"\x1f\x8b\x08\0\0\0\0\0\0\x03\xab\xae\x05\0\x43\xbf\xa6\xa3\x02\0\0\0");
    let mut lies = vec![
        base64("JSON that is called base64", &text),
        base64("base64 without its end", "YQ"),
        base64("base64 with half of its end", "YQ="),
        base64("base64 with an end amidst", "YQ==YQ=="),
        base64("base64 with a blank", "Y Q=="),
        base64("base64 with spare bits", "YR=="),
        base64("base64 for URLs", "__--"),
        base64("base64 beyond ASCII", "é≠"),
        base64("base64 of nothing but ends", "===="),
        base64("base64 of gzip", &zipped),
        base64("base64 of more than is looked at", &"A".repeat(600_000)),
        ("escapes of more than is looked at", with(&[("/body", "\"".repeat(300_000).into())])),
        ("base64 that is called text", with(&[("/body", BASE64_STANDARD.encode(&text).into())])),
    ];
    for header in ["Host", "Authorization"] {
        for (what, value) in [
            ("a bracket", "[".to_owned()),
            ("no port", "a:b:c".to_owned()),
            ("blanks", "a b".to_owned()),
            ("ten times what may come", format!("Bearer {}", "x".repeat(100_000))),
        ] {
            let mut lie = honest.clone();
            say(&mut lie, header, &value);
            // Whatever the header does, the body is at fault.
            lie["body"] = "{".into();
            lies.push((what, lie));
        }
    }
    if honest["version"] == "1.0" {
        // As a REST API has it, which is no lie.
        let mut lie = with(&[("/body", "{".into())]);
        lie.as_object_mut().unwrap().remove("version");
        lies.push(("no version", lie));
    } else {
        for (name, query) in
            [("a query that is no URI", "a=<\"` é\0>#?"), ("a query of escapes", "%&%zz=%ff")]
        {
            lies.push((name, with(&[("/rawQueryString", query.into()), ("/body", "{".into())])));
        }
    }
    lies
}

/// Sets a header, whatever the version of the event.
fn say(event: &mut Value, header: &str, value: &str) {
    let name = if event["version"] == "1.0" { header.to_owned() } else { header.to_lowercase() };
    event["headers"][&name] = value.into();
    if event["version"] == "1.0" {
        event["multiValueHeaders"][&name] = json!([value]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_lies_is_refused_and_ends_no_process() {
    let _crowd = tests::crowd().await;
    let house = House::start_here().await;
    let tenant = house.tenant("acme", json!({})).await;
    let ada = house.person(&tenant, "ada@example.com").await;
    let token = format!("Bearer {}", ada.token(&house.client(3)).await);
    let world = World::of(Arc::clone(&house.parts.clock), Arc::clone(&house.parts.entropy));
    let functions = local::functions::mount(house.stack().environment(), world).await.unwrap();
    let mut wrong = Vec::new();
    let (mut sent, mut slowest, mut endpoints) = (0, Duration::ZERO, BTreeSet::new());
    for call in ["1.0", "2.0"].into_iter().flat_map(calls).filter(Call::has_body) {
        let serves = |function: &&Arc<dyn Function>| {
            function.routes().iter().any(|route| route.to_string() == call.key)
        };
        let function = functions.iter().find(serves).unwrap();
        let mut event = call.event.clone();
        if call.path.starts_with("/api/v1/me") {
            say(&mut event, "Authorization", &token);
        }
        for (what, lie) in lies(&event) {
            let (mut times, mut status) = (Vec::new(), 0);
            while times.len() < tries() {
                let began = Instant::now();
                let answer = local::invoke::invoke(function, &lie).await.unwrap_or_default();
                times.push(began.elapsed());
                let answer: Value = serde_json::from_slice(&answer).unwrap_or_default();
                status = answer["statusCode"].as_u64().unwrap_or(0);
                if scale(began.elapsed() < LIMIT, false) {
                    break;
                }
            }
            let took = fair(times);
            if !(400..500).contains(&status) || took >= LIMIT {
                wrong.push(format!("{}: {what}: {status} in {took:?}", call.key));
            }
            (sent, slowest) = (sent + 1, slowest.max(took));
        }
        endpoints.insert(call.key);
    }
    println!(
        "row 23: {sent} lying events at {} endpoints: {} not 4xx in time, slowest {} ms",
        endpoints.len(),
        wrong.len(),
        slowest.as_millis()
    );
    assert!(wrong.is_empty(), "{wrong:#?}");
}
