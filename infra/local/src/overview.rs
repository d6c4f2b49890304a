//! What a running stack tells: people on standard error, programs on standard output.

use std::fmt::Write;

use latchkey::http::Route;
use serde::Serialize;

use crate::{Stack, demo::Demo, gateway::iam::SECRET};

/// The line that says that everything answers.
#[derive(Debug, Serialize)]
struct Ready<'a> {
    gateway: Option<&'a str>,
    dynamodb: &'a str,
    mail: &'a str,
    tenant: &'a str,
}

/// `ready {"gateway":…,"dynamodb":…,"mail":…,"tenant":…}`; no gateway is `null`.
///
/// # Errors
/// Never: strings are always JSON.
pub fn ready(stack: &Stack, demo: &Demo) -> anyhow::Result<String> {
    let ready = Ready {
        gateway: stack.gateway(),
        dynamodb: stack.dynamodb(),
        mail: stack.mail(),
        tenant: &demo.slug,
    };
    Ok(format!("ready {}", serde_json::to_string(&ready)?))
}

/// What somebody who has just started it wants to know.
#[must_use]
pub fn overview(stack: &Stack, demo: &Demo) -> String {
    let mut text = String::from("\nLatchkey, on this machine only\n\n");
    if let Some(gateway) = stack.gateway() {
        line(&mut text, "gateway", gateway);
        if let Some(base_url) = stack.environment().get("LATCHKEY_BASE_URL") {
            line(&mut text, "pages", &format!("{base_url}/t/{}/account", demo.slug));
        }
    }
    line(&mut text, "DynamoDB", stack.dynamodb());
    line(&mut text, "inbox", &format!("{}/", stack.mail()));
    line(&mut text, "bounces", "mail to bounce@simulator.amazonses.com, or to complaint@");
    line(&mut text, "tenant", &demo.slug);
    line(&mut text, "user", &demo.email);
    match &demo.password {
        Some(password) => line(&mut text, "password", password),
        None => line(&mut text, "password", "as before (forgotten? reset it by mail)"),
    }
    if let Some(gateway) = stack.gateway() {
        text.push('\n');
        for (route, _) in stack.routes() {
            text.push_str(&curl(gateway, route, &demo.slug));
            text.push('\n');
        }
    }
    if stack.gateway().is_none() {
        text.push_str(
            "\n  cargo lambda watch -A 127.0.0.1 -P 9100 --disable-cors --env-file infra/local/lambda.env\n",
        );
    }
    text.push_str("\nCtrl-C ends it.\n");
    text
}

fn line(text: &mut String, name: &str, value: &str) {
    // Writing to a string does not fail.
    let _ = writeln!(text, "  {name:<9} {value}");
}

/// A `curl` line for a route: what only a caller can know stands in capitals.
fn curl(gateway: &str, route: &Route, slug: &str) -> String {
    let path = route
        .path
        .split('/')
        .map(|segment| match segment.strip_prefix('{').and_then(|inner| inner.strip_suffix('}')) {
            Some("tenant_slug") => slug.to_owned(),
            Some(name) => name.trim_end_matches('+').to_uppercase(),
            None => segment.to_owned(),
        })
        .collect::<Vec<_>>()
        .join("/");
    let url = format!("{gateway}{path}");
    let curl = if route.path.starts_with("/api/v1/admin/") {
        format!("curl --aws-sigv4 aws:amz:local:execute-api -u local-owner:{SECRET}")
    } else {
        "curl".to_owned()
    };
    match route.method {
        "GET" => format!("  {curl} {url}"),
        "DELETE" => format!("  {curl} -X DELETE {url}"),
        method => format!("  {curl} -X {method} -H 'content-type: application/json' -d '{{}}' {url}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_to_try_each_route_with() {
        let line = |route| curl("http://g", &route, "acme");
        assert_eq!(
            line(Route::post("/t/{tenant_slug}/login")),
            "  curl -X POST -H 'content-type: application/json' -d '{}' http://g/t/acme/login"
        );
        assert_eq!(line(Route::get("/me/sessions/{session_id}")), "  curl http://g/me/sessions/SESSION_ID");
        let signed =
            "  curl --aws-sigv4 aws:amz:local:execute-api -u local-owner:local http://g/api/v1/admin/x";
        assert_eq!(line(Route::get("/api/v1/admin/x")), signed);
        assert_eq!(line(Route::delete("/me")), "  curl -X DELETE http://g/me");
    }
}
