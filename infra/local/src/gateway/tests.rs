use std::sync::Arc;

use async_trait::async_trait;
use latchkey::{
    domain::{clock::WallClock, entropy::SystemEntropy},
    http::Route,
    runtime::Function,
};
use serde_json::{Value, json};

use super::*;
use crate::serving::{Tasks, listen};

/// Answers with the event it got, but for what a path asks for.
struct Echo;

#[async_trait]
impl Function for Echo {
    fn name(&self) -> &'static str {
        "echo"
    }

    fn routes(&self) -> &'static [Route] {
        const ROUTES: &[Route] = &[Route::get("/echo/{what}"), Route::post("/echo/{what}")];
        ROUTES
    }

    async fn invoke(&self, event: &[u8]) -> Result<Vec<u8>, String> {
        let event: Value = serde_json::from_slice(event).unwrap();
        let answer = match event["pathParameters"]["what"].as_str().unwrap() {
            "fail" => return Err("as asked".to_owned()),
            "panic" => panic!("as asked"),
            "nonsense" => return Ok(b"nonsense".to_vec()),
            "inferred" => json!({"plain": true}),
            "full" => json!({
                "statusCode": 201,
                "headers": {"x-one": "1", "vary": "a,b"},
                "multiValueHeaders": {"x-many": ["1", "2"], "vary": ["a", "b"]},
                "cookies": ["a=1; Path=/", "b=2"],
                "body": "AAH/",
                "isBase64Encoded": true,
            }),
            _ => json!({"statusCode": 200, "body": event.to_string()}),
        };
        Ok(answer.to_string().into_bytes())
    }
}

async fn served() -> (Tasks, String) {
    let mut tasks = Tasks::new();
    let listener = listen("gateway", "--gateway", "127.0.0.1:0".parse().unwrap()).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let routes = RouteTable::of(&[Arc::new(Echo)]).unwrap();
    let gateway = Gateway {
        routes,
        iam: Iam::of_templates().unwrap(),
        clock: Arc::new(WallClock),
        entropy: Arc::new(SystemEntropy::default()),
    };
    gateway.serve(&mut tasks, listener);
    (tasks, url)
}

async fn message(answer: reqwest::Response) -> (u16, Value) {
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test]
async fn a_request_becomes_an_event_and_its_answer_a_response() {
    let (_tasks, url) = served().await;
    let client = reqwest::Client::new();
    let answer = client
        .post(format!("{url}/echo/a%20b?x=1&x=2"))
        .header("cookie", "c=1")
        .json(&json!({"k": "v"}))
        .send()
        .await
        .unwrap();
    let request_id = answer.headers()["apigw-requestid"].to_str().unwrap().to_owned();
    let event: Value = answer.json().await.unwrap();
    assert_eq!(event["pathParameters"]["what"], "a b");
    assert_eq!(event["queryStringParameters"]["x"], "1,2");
    assert_eq!(event["cookies"], json!(["c=1"]));
    assert_eq!(event["body"], r#"{"k":"v"}"#);
    assert_eq!(event["requestContext"]["http"]["sourceIp"], "127.0.0.1");
    assert_eq!(event["requestContext"]["http"]["protocol"], "HTTP/1.1");
    assert_eq!(event["requestContext"]["requestId"], request_id);
}

#[tokio::test]
async fn the_source_is_the_peer() {
    let (_tasks, url) = served().await;
    let other = reqwest::Client::builder().local_address("127.0.0.7".parse().ok()).build().unwrap();
    let event: Value = other.get(format!("{url}/echo/x")).send().await.unwrap().json().await.unwrap();
    assert_eq!(event["requestContext"]["http"]["sourceIp"], "127.0.0.7");
}

#[tokio::test]
async fn headers_cookies_and_bytes_come_through() {
    let (_tasks, url) = served().await;
    let answer = reqwest::get(format!("{url}/echo/full")).await.unwrap();
    assert_eq!(answer.status(), 201);
    let all = |name: &str| -> Vec<&str> {
        answer.headers().get_all(name).iter().map(|value| value.to_str().unwrap()).collect()
    };
    assert_eq!(all("x-one"), ["1"]);
    assert_eq!(all("x-many"), ["1", "2"]);
    assert_eq!(all("vary"), ["a,b"]);
    assert_eq!(all("set-cookie"), ["a=1; Path=/", "b=2"]);
    assert_eq!(answer.bytes().await.unwrap().as_ref(), [0, 1, 255]);
}

#[tokio::test]
async fn an_answer_without_a_status_is_the_body() {
    let (_tasks, url) = served().await;
    let answer = reqwest::get(format!("{url}/echo/inferred")).await.unwrap();
    assert_eq!(message(answer).await, (200, json!({"plain": true})));
}

#[tokio::test]
async fn a_failed_invocation_is_an_internal_error() {
    let (_tasks, url) = served().await;
    for what in ["fail", "panic", "nonsense"] {
        let answer = reqwest::get(format!("{url}/echo/{what}")).await.unwrap();
        assert_eq!(message(answer).await, (500, json!({"message": "Internal Server Error"})), "{what}");
    }
}

#[tokio::test]
async fn an_unknown_path_and_a_head_are_not_found() {
    let (_tasks, url) = served().await;
    let answer = reqwest::get(format!("{url}/nothing")).await.unwrap();
    assert_eq!(message(answer).await, (404, json!({"message": "Not Found"})));
    let head = reqwest::Client::new().head(format!("{url}/echo/x")).send().await.unwrap();
    assert_eq!(head.status(), 404);
}

#[tokio::test]
async fn options_reach_the_function() {
    let (_tasks, url) = served().await;
    let request = reqwest::Client::new().request(reqwest::Method::OPTIONS, format!("{url}/echo/x"));
    let event: Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(event["routeKey"], "OPTIONS /echo/{what}");
}

#[tokio::test]
async fn a_large_body_is_refused() {
    let (_tasks, url) = served().await;
    for size in [MAX_EVENT + 1, MAX_BODY + 1] {
        let request = reqwest::Client::new().post(format!("{url}/echo/x")).body(vec![b'x'; size]);
        let answer = request.send().await.unwrap();
        assert_eq!(message(answer).await, (413, json!({"message": "Request Entity Too Large"})));
    }
}

/// A gateway whose functions are behind another one's Invoke API, so to speak.
#[tokio::test]
async fn a_remote_function_fails_and_answers_alike() {
    use axum::{http::HeaderMap, routing::post};

    let api = Router::new().route(
        "/2015-03-31/functions/echo/invocations",
        post(|body: axum::body::Bytes| async move {
            let mut headers = HeaderMap::new();
            match Echo.invoke(&body).await {
                Ok(answer) => (headers, answer),
                Err(error) => {
                    headers.insert("x-amz-function-error", HeaderValue::from_static("Unhandled"));
                    (headers, error.into_bytes())
                }
            }
        }),
    );
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, api).into_future());

    let remote: Arc<dyn Function> =
        Arc::new(crate::invoke::Remote::of(&Echo, (&url, ""), reqwest::Client::new()));
    let event = |what: &str| json!({"pathParameters": {"what": what}});
    let answer = invoke(&remote, &event("inferred")).await.unwrap();
    assert_eq!(answer, br#"{"plain":true}"#);
    let error = invoke(&remote, &event("fail")).await.unwrap_err();
    assert!(error.contains("as asked"), "{error}");
}
