//! JSON bodies of requests, and the values in them.

use latchkey::{
    domain::{
        CustomData, GivenPassword, Label, NewPassword, PersonName, TenantSlug, password::About,
        settings::Settings,
    },
    http::{Code, Form, form::any},
};
use serde_json::{Map, Value};

use crate::{emails, is_ours, tokens, uris};

/// A body has so many values at most that a target looks at.
const MOST: usize = 8;

/// A JSON body: what is taken says what any reader reads there, and each value is taken or at fault.
pub fn bodies(data: &[u8]) {
    match Form::of_body(data) {
        Ok(form) => {
            let read: Map<String, Value> = serde_json::from_slice(data).unwrap();
            assert!(levels(&Value::Object(read.clone())) <= 32);
            for (name, value) in read.iter().take(MOST) {
                assert!(form.mentions(name));
                value_of(data, name, value);
                inside(value);
            }
        }
        Err(problem) => {
            assert!(problem.code == Code::Invalid && problem.faults.len() == 1);
            assert!(is_ours(&problem.faults[0].fault.message));
            assert_eq!(problem.response("id").status, 422);
        }
    }
}

/// Every reader of one value.
fn value_of(data: &[u8], name: &str, value: &Value) {
    let mut form = Form::of_body(data).unwrap();
    let read = (
        form.text(name, any),
        form.optional_text(name, any),
        form.text_if_given(name, any),
        form.flag(name),
        form.optional_object(name, Ok),
        form.object(name, Ok),
    );
    let text = value.as_str().map(str::to_owned);
    let object = value.is_object().then(|| value.clone());
    assert_eq!(read.0, text);
    assert_eq!(read.1, if value.is_null() { Some(None) } else { text.clone().map(Some) });
    assert_eq!(read.2, text.map(Some));
    assert_eq!(read.3, value.as_bool());
    assert_eq!(read.4, if value.is_null() { Some(None) } else { object.clone().map(Some) });
    assert_eq!(read.5, object);
    // No value is all of these at once.
    let problem = form.finish(read).unwrap_err();
    assert!(problem.faults.iter().all(|located| located.at[1] == name));
}

/// What the endpoints make of the values in a body.
fn inside(value: &Value) {
    if let Value::String(text) = value {
        text_of(text);
    }
    match CustomData::parse(value.clone()) {
        Ok(data) => {
            let stored = serde_json::to_value(&data).unwrap();
            assert_eq!((&stored, levels(value) <= 5), (value, true));
        }
        Err(fault) => assert!(is_ours(&fault.message)),
    }
}

fn text_of(text: &str) {
    if let Ok(name) = PersonName::parse(text) {
        assert_eq!(PersonName::parse(name.as_str()).unwrap(), name);
        assert!(!name.as_str().contains(['\r', '\n']));
    }
    if let Ok(label) = Label::parse(text) {
        assert_eq!(Label::parse(label.as_str()).unwrap().as_str(), label.as_str());
    }
    if let Ok(slug) = TenantSlug::parse(text) {
        assert_eq!(slug.as_str(), text);
    }
    let about = About { email: None, tenant_name: "Acme Works", tenant_slug: "acme" };
    if let Ok(chosen) = NewPassword::parse(text, &Settings::default().password_rules(), &about) {
        // Who chose it can type it in, as it was or in the form that is hashed.
        let hashed = std::str::from_utf8(chosen.expose()).unwrap();
        for typed in [text, hashed] {
            assert_eq!(GivenPassword::parse(typed).unwrap().expose(), chosen.expose());
        }
    }
    emails(text.as_bytes());
    uris(text.as_bytes());
    tokens(text.as_bytes());
}

fn levels(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(levels).max().unwrap_or_default(),
        Value::Object(members) => 1 + members.values().map(levels).max().unwrap_or_default(),
        _ => 0,
    }
}
