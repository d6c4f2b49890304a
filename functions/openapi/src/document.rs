//! Puts the document together.

use latchkey::{
    administration::MOST_LISTED,
    http::{
        Endpoint, Operation, Route,
        describe::{Answer, Named, Security},
        problem::Code,
    },
};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

pub struct Document {
    base_url: String,
    paths: Map<String, Value>,
    schemas: Map<String, Value>,
}

impl Document {
    pub fn new(base_url: &str) -> Self {
        let mut document = Self { base_url: base_url.to_owned(), paths: Map::new(), schemas: Map::new() };
        for named in [
            Named::of::<HTTPValidationError>(),
            Named::of::<MetaResponse>(),
            Named::of::<ProblemDocument>(),
            Named::of::<GatewayMessage>(),
        ] {
            document.add(&named);
        }
        document
    }

    /// Adds every route of an endpoint.
    pub fn of<E: Endpoint>(mut self) -> Self {
        for (route, operation) in E::ROUTES.iter().zip(E::describe()) {
            let described = self.operation(route, &operation);
            let path = self.paths.entry(route.path).or_insert_with(|| json!({}));
            path[route.method.to_ascii_lowercase()] = described;
        }
        self
    }

    pub fn finish(self) -> Value {
        json!({
            "openapi": "3.1.0",
            "info": {
                "title": "Authentication API",
                "version": "1",
                "description": "Latchkey: authentication for many tenants.",
            },
            "servers": [{ "url": self.base_url }],
            "paths": self.paths,
            "components": {
                "schemas": self.schemas,
                "securitySchemes": {
                    "bearerAuth": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" },
                    "awsSigV4": {
                        "type": "apiKey", "in": "header", "name": "Authorization",
                        "x-amazon-apigateway-authtype": "awsSigv4",
                    },
                },
            },
        })
    }

    fn operation(&mut self, route: &Route, operation: &Operation) -> Value {
        let mut described = json!({
            "tags": [tag(route)],
            "summary": operation.summary,
            "description": operation.about,
            "operationId": operation.id,
            "security": security(operation.secured),
            "responses": {
                "200": { "description": "Successful Response", "content": self.answer(&operation.answer) },
                "422": answer_of("Validation Error", "application/json", "HTTPValidationError"),
                "default": answer_of("A problem (RFC 9457)", "application/problem+json", "Problem"),
            },
        });
        if matches!(operation.answer, Answer::Page) {
            // A person reads what is wrong on a page.
            described["responses"]["default"]["content"]["text/html"] =
                json!({ "schema": { "type": "string" } });
        }
        if operation.secured == Security::Administrator {
            // API Gateway refuses whoever has not signed or may not call; an endpoint refuses as ever.
            let mut refused = answer_of("Forbidden", "application/problem+json", "Problem");
            refused["content"]["application/json"] = json!({ "schema": reference("GatewayMessage") });
            described["responses"]["403"] = refused;
        }
        let parameters = parameters(route, operation);
        if !parameters.is_empty() {
            described["parameters"] = parameters.into();
        }
        if let Some(body) = &operation.body {
            self.add(body);
            described["requestBody"] = json!({
                "required": true,
                "content": { "application/json": { "schema": reference(&body.name) } },
            });
        }
        described
    }

    fn answer(&mut self, answer: &Answer) -> Value {
        let schema = match answer {
            Answer::Page => return json!({ "*/*": { "schema": { "type": "string" } } }),
            Answer::Open | Answer::Document => json!({}),
            Answer::Data { wrapper, data } => {
                self.add(data);
                let wrapped = json!({
                    "type": "object",
                    "properties": { "data": reference(&data.name), "meta": reference("MetaResponse") },
                    "required": ["data"],
                });
                self.schemas.insert((*wrapper).to_owned(), wrapped);
                reference(wrapper)
            }
        };
        json!({ "application/json": { "schema": schema } })
    }

    fn add(&mut self, named: &Named) {
        for (name, schema) in &named.schemas {
            // A schema of our own types always serialises.
            self.schemas.insert(name.clone(), serde_json::to_value(schema).unwrap_or_default());
        }
    }
}

/// The contract's, or whom the operation is for.
fn tag(route: &Route) -> &'static str {
    if route.path.starts_with("/api/v1/admin/") {
        "Administration"
    } else if route.path.starts_with("/api/v1/me") {
        "Account"
    } else {
        "Authentication"
    }
}

fn parameters(route: &Route, operation: &Operation) -> Vec<Value> {
    let text = || json!({ "type": "string" });
    let in_path = route.path.split(['{', '}']).skip(1).step_by(2).map(|name| ("path", name, true, text()));
    let in_query = operation.query.iter().map(|(name, required)| ("query", *name, *required, text()));
    let limit = json!({ "type": "integer", "minimum": 1, "maximum": MOST_LISTED });
    let of_page = [("query", "cursor", false, text()), ("query", "limit", false, limit)];
    in_path
        .chain(in_query)
        .chain(of_page.into_iter().filter(|_| operation.paged))
        .map(|(place, name, required, schema)| {
            json!({ "name": name, "in": place, "required": required, "schema": schema })
        })
        .collect()
}

fn security(secured: Security) -> Value {
    match secured {
        Security::Optional => json!([{}, { "bearerAuth": [] }]),
        Security::User => json!([{ "bearerAuth": [] }]),
        Security::Public => json!([]),
        Security::Administrator => json!([{ "awsSigV4": [] }]),
    }
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn answer_of(description: &str, kind: &str, schema: &str) -> Value {
    json!({ "description": description, "content": { kind: { "schema": reference(schema) } } })
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what `Problem::response` writes")]
struct HTTPValidationError {
    #[schema(required = false)]
    detail: Vec<ValidationError>,
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what `Problem::response` writes")]
struct ValidationError {
    #[schema(schema_with = location)]
    loc: Vec<String>,
    msg: String,
    #[schema(rename = "type")]
    kind: String,
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what `Response::data` writes")]
struct MetaResponse {
    request_id: Option<String>,
    #[schema(required = false, format = DateTime)]
    timestamp: String,
}

/// RFC 9457.
#[derive(ToSchema)]
#[schema(as = Problem)]
#[expect(dead_code, reason = "describes what `Problem::response` writes")]
struct ProblemDocument {
    #[schema(rename = "type")]
    kind: String,
    title: String,
    status: u16,
    detail: String,
    #[schema(schema_with = codes)]
    code: String,
    request_id: String,
    /// Of `captcha_required` and `captcha_refused`: what is to be solved.
    captcha: Option<CaptchaDocument>,
}

/// What API Gateway says for itself.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what API Gateway writes")]
struct GatewayMessage {
    message: String,
}

#[derive(ToSchema)]
#[schema(as = Captcha)]
#[expect(dead_code, reason = "describes what `Problem::response` writes")]
struct CaptchaDocument {
    provider: String,
    site_key: Option<String>,
}

/// Names and positions, as FastAPI has it.
fn location() -> utoipa::openapi::schema::Array {
    use utoipa::openapi::{
        ObjectBuilder,
        schema::{AnyOfBuilder, ArrayBuilder, Type},
    };
    let part = AnyOfBuilder::new()
        .item(ObjectBuilder::new().schema_type(Type::String))
        .item(ObjectBuilder::new().schema_type(Type::Integer));
    ArrayBuilder::new().items(part).build()
}

fn codes() -> utoipa::openapi::schema::Object {
    utoipa::openapi::ObjectBuilder::new()
        .schema_type(utoipa::openapi::schema::Type::String)
        .enum_values(Some(Code::ALL.iter().map(|code| code.word())))
        .build()
}
