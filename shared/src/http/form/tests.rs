use super::*;

fn kinds(problem: &Problem) -> Vec<(String, &'static str)> {
    problem.faults.iter().map(|located| (located.at.join("."), located.fault.kind)).collect()
}

#[test]
fn names_every_fault_at_once() {
    let mut form = Form::of_body(br#"{"b": 1, "c": "yes", "d": []}"#).unwrap();
    let values = (form.text("a", any), form.text("b", any), form.flag("c"), form.optional_object("d", Ok));
    let problem = form.finish(values).unwrap_err();
    assert_eq!(
        kinds(&problem),
        [
            ("body.a".to_owned(), "missing"),
            ("body.b".to_owned(), "string_type"),
            ("body.c".to_owned(), "bool_type"),
            ("body.d".to_owned(), "dict_type"),
        ]
    );
}

#[test]
fn refuses_what_is_not_plain_json() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let nested = format!("{{\"a\":{}{}}}", "[".repeat(32), "]".repeat(32));
    for body in [
        "{",
        "{\"a\":1,\"a\":2}",
        "{\"a\":{\"b\":1,\"b\":2}}",
        "{\"a\":1e400}",
        "{\"a\":\"\\ud800\"}",
        "\u{feff}{}",
        "{} {}",
        "nul",
        deep.as_str(),
        nested.as_str(),
    ] {
        let problem = Form::of_body(body.as_bytes()).unwrap_err();
        assert_eq!(problem.faults[0].fault.kind, "json_invalid", "{}", &body[..body.len().min(40)]);
    }
    for body in ["[]", "1", "\"a\"", "null"] {
        let problem = Form::of_body(body.as_bytes()).unwrap_err();
        assert_eq!(problem.faults[0].fault.kind, "model_attributes_type", "{body}");
    }
    assert!(Form::of_body(b"\xff\xfe").is_err());
    assert_eq!(Form::of_body(b"").unwrap_err().faults[0].fault.kind, "missing");
    let allowed = format!("{{\"a\":{}{}}}", "[".repeat(30), "]".repeat(30));
    assert!(Form::of_body(allowed.as_bytes()).is_ok());
}

#[test]
fn a_query_key_that_stands_twice_is_at_fault() {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let mut form = Form::of_query([pair("a", "1"), pair("a", "2")]);
    let values = (form.text("a", any),);
    assert_eq!(kinds(&form.finish(values).unwrap_err()), [("query.a".to_owned(), "value_error")]);
}
