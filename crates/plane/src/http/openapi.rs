//! The OpenAPI 3.1 document, written by the guards, arguments and answers of the handlers themselves.

use std::collections::BTreeSet;

use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::routes::Route;
use crate::{
    guard::{
        actions::{ActionFacts, Class},
        nameable, rights,
    },
    ids::AccountId,
    problem::{Code, ProblemDocument},
};

/// One operation of the document, as far as it is written.
#[derive(Debug, Default)]
pub struct Operation {
    parameters: Vec<Value>,
    path_parameters: Vec<Value>,
    body: Option<Value>,
    responses: Map<String, Value>,
    security: Option<Value>,
    statuses: Vec<u16>,
    facts: Option<&'static ActionFacts>,
    is_post: bool,
}

/// `*`, or a list of tags.
const ENTITY_TAGS: &str = "^(\\*|[ ,]*(W/)?\"[!#-~]*\"( *,( *(W/)?\"[!#-~]*\")?)* *)$";

impl Operation {
    /// The operation asks for an access token and a right.
    pub fn needs_token(&mut self, facts: &'static ActionFacts, schemas: &mut SchemaGenerator) {
        self.security = Some(json!([{ "token": [] }]));
        self.refuses(&[401, 403]);
        self.facts = Some(facts);
        let nameable = nameable(facts);
        for (name, documented, what) in [
            (
                "accountId",
                nameable.account,
                "The account that is meant; left out, the caller's own. Operators name other accounts here.",
            ),
            ("enterpriseId", nameable.enterprise, "The enterprise that is meant; left out, the caller's own."),
        ] {
            if documented {
                self.parameters.push(json!({
                    "name": name, "in": "query", "required": false, "description": what,
                    "schema": AccountId::json_schema(schemas)
                }));
                self.refuses(&[400, 404]);
            }
        }
        if self.is_post {
            self.parameters.push(json!({
                "name": "Idempotency-Key", "in": "header", "required": false,
                "description": "The same key with the same request gets the same answer for 24 hours, with \
                    `idempotent-replayed: true`. While the first request runs, a second one is refused with 409. \
                    A refusal is not kept.",
                "schema": { "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$" }
            }));
            self.refuses(&[400, 422]);
        }
    }

    /// The operation is open to all.
    pub fn is_public(&mut self) {
        self.security = Some(json!([]));
    }

    pub fn takes_path(&mut self, schemas: &[Schema]) {
        self.path_parameters = schemas.iter().map(|schema| json!(schema)).collect();
        self.refuses(&[400, 404]);
    }

    pub fn takes_query(&mut self, schema: Schema) {
        let schema = schema.to_value();
        let required = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
        let properties = schema.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
        for (name, mut schema) in properties {
            let description = schema.as_object_mut().and_then(|schema| schema.remove("description"));
            let required = required.contains(&json!(name));
            let mut parameter =
                json!({ "name": name, "in": "query", "required": required, "schema": not_null(schema) });
            if let Some(description) = description {
                parameter["description"] = description;
            }
            self.parameters.push(parameter);
        }
        self.refuses(&[400]);
    }

    pub fn takes_if_match(&mut self) {
        self.parameters.push(json!({
            "name": "If-Match", "in": "header", "required": false,
            "description": "The `ETag` of the version that you read: the request succeeds only if the record still has that \
                            version. A list of tags is accepted, and so are tags that a compressing proxy has changed, such as \
                            `W/\"3\"` or `\"3-gzip\"`. Without it, the last write wins.",
            "schema": { "type": "string", "pattern": ENTITY_TAGS }
        }));
        self.refuses(&[412]);
    }

    pub fn takes_last_event_id(&mut self) {
        self.parameters.push(json!({
            "name": "Last-Event-ID", "in": "header", "required": false,
            "description": "The id of the last event that was seen: the stream goes on after it. An id of an earlier run \
                begins at the beginning of the present one. A number alone is taken as one of the present run.",
            "schema": { "type": "string", "pattern": LAST_EVENT_ID }
        }));
    }

    pub fn takes_body(&mut self, schema: &Schema) {
        self.body = Some(json!({ "required": true, "content": { "application/json": { "schema": schema } } }));
        self.refuses(&[400, 408, 413, 415]);
    }

    /// The body may be left out.
    pub fn takes_optional_body(&mut self, schema: &Schema) {
        self.body = Some(json!({ "required": false, "content": { "application/json": { "schema": schema } } }));
        self.refuses(&[400, 413, 415]);
    }

    pub fn answers(&mut self, status: u16, description: &str, schema: Option<&Schema>, headers: &[&str]) {
        let mut response = json!({ "description": description });
        if let Some(schema) = schema {
            // Any JSON of ours is an object; generators of clients refuse `true`.
            let schema = if schema.as_bool() == Some(true) { json!({ "type": "object" }) } else { json!(schema) };
            response["content"] = json!({ "application/json": { "schema": schema } });
        }
        for header in headers {
            response["headers"][*header] = json!({ "$ref": format!("#/components/headers/{header}") });
        }
        self.responses.insert(status.to_string(), response);
    }

    pub fn streams(&mut self, description: &str, schema: &Schema) {
        // The schema is that of one event, as OpenAPI 3.2 says it in `itemSchema`.
        let event = json!({
            "type": "object",
            "required": ["event", "data"],
            "properties": {
                "id": { "type": "string" },
                "event": { "type": "string" },
                "data": { "type": "string", "contentMediaType": "application/json", "contentSchema": schema },
            },
        });
        self.responses.insert(
            "200".into(),
            json!({ "description": description, "content": { "text/event-stream": { "schema": event } } }),
        );
        let over = "It is over, and the event that was seen was its last: a client need not connect again.";
        self.answers(204, over, None, &[]);
    }

    /// The operation can refuse with these statuses.
    pub fn refuses(&mut self, statuses: &[u16]) {
        for status in statuses {
            if !self.statuses.contains(status) {
                self.statuses.push(*status);
            }
        }
    }

    fn finish(mut self, route: &Route) -> Value {
        self.refuses(&[400, 429, 500, 503]);
        if route.method != "get" {
            self.refuses(&[409, 507]);
        }
        self.refuses(route.refuses);
        self.statuses.sort_unstable();
        for status in &self.statuses {
            let problem = json!({ "$ref": format!("#/components/responses/Problem{status}") });
            self.responses.entry(status.to_string()).or_insert(problem);
        }
        let mut parameters: Vec<Value> = path_names(route.path)
            .zip(&self.path_parameters)
            .map(|(name, schema)| json!({ "name": name, "in": "path", "required": true, "schema": schema }))
            .collect();
        // An account in the path is not named in the query as well.
        let in_path = |parameter: &Value| path_names(route.path).any(|name| parameter["name"] == name);
        let mut others = self.parameters;
        others.retain(|parameter| !in_path(parameter));
        parameters.extend(others);
        let mut operation = json!({
            "operationId": route.operation_id(),
            "summary": route.summary,
            "tags": [route.tag()],
            "parameters": parameters,
            "responses": self.responses,
            "security": self.security.unwrap_or_else(|| json!([])),
        });
        if self.facts.is_none() {
            operation["description"] = json!(if self.is_post { NO_KEY } else { "Open to all." });
        }
        if let Some(facts) = self.facts {
            let right = &facts.right;
            let who = match facts.class {
                Class::Own => "any signed-in user".to_owned(),
                Class::Tenant => format!("`{right}` in the account; operators in any account"),
                Class::Platform => format!("operators with `{right}`"),
            };
            operation["description"] = json!(format!("Who may: {who}."));
            operation["x-right"] = json!({
                "action": facts.id,
                "class": facts.class.as_str(),
                "menu": right.menu.as_str(),
                "tab": right.tab,
                "verb": right.verb.as_str(),
            });
        }
        if route.is_costly() {
            operation["x-costly"] = json!(true);
        }
        if let Some(body) = self.body {
            operation["requestBody"] = body;
        }
        operation
    }
}

/// Of operations that are open to all.
const NO_KEY: &str = "Open to all. An `Idempotency-Key` is ignored: nobody is known here whose key it could be, and an answer with \
credentials is not kept.";

/// The run and the number of an event. Clients of earlier versions send the number alone.
const LAST_EVENT_ID: &str =
    "^([0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}:[0-9]{1,18}|[0-9]{0,18})$";

/// A parameter that is left out is absent, never `null`.
fn not_null(mut schema: Value) -> Value {
    if let Some(types) = schema.get_mut("type").filter(|types| types.is_array()) {
        let one = types.as_array().and_then(|types| types.iter().find(|one| **one != "null")).cloned();
        *types = one.unwrap_or(Value::Null);
    }
    let options = schema.get("anyOf").and_then(Value::as_array);
    if let Some(one) = options.and_then(|options| options.iter().find(|one| one["type"] != "null")) {
        return one.clone();
    }
    if let Some(object) = schema.as_object_mut() {
        if object.get("default") == Some(&Value::Null) {
            object.remove("default");
        }
        if let Some(values) = object.get_mut("enum").and_then(Value::as_array_mut) {
            values.retain(|value| !value.is_null());
        }
    }
    schema
}

fn path_names(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|part| part.strip_prefix('{').and_then(|part| part.strip_suffix('}')))
}

/// A group of operations.
#[derive(Debug, Serialize)]
pub struct Tag {
    pub name: String,
    pub description: &'static str,
}

/// The whole document.
pub fn document(routes: &[Route], tags: &[Tag]) -> Value {
    let mut schemas = SchemaSettings::draft2020_12()
        .with(|settings| settings.definitions_path = "/components/schemas".into())
        .into_generator();
    let problem = schemas.subschema_for::<ProblemDocument>();
    let mut paths = Map::new();
    for route in routes {
        let mut operation = Operation { is_post: route.method == "post", ..Operation::default() };
        (route.describe)(&mut operation, &mut schemas);
        let path = paths.entry(route.path.to_owned()).or_insert_with(|| json!({}));
        path[route.method] = operation.finish(route);
    }
    let responses = problems(&problem, &paths);
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Freehold",
            "version": env!("CARGO_PKG_VERSION"),
            "description": DESCRIPTION,
            "license": { "name": "Apache 2.0", "identifier": env!("CARGO_PKG_LICENSE") },
        },
        "servers": [{ "url": "/" }],
        "x-menus": rights::table(),
        "tags": tags,
        "paths": paths,
        "components": {
            "schemas": definitions(&mut schemas),
            "responses": responses,
            "headers": {
                "ETag": { "description": "The version of the record, for `If-Match`.", "schema": { "type": "string" } },
                "Location": { "description": "Where the new record is.", "schema": { "type": "string" } },
                "Retry-After": { "description": "Seconds after which another try makes sense.", "schema": { "type": "integer" } },
            },
            "securitySchemes": {
                "token": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "The access token of a sign-in." }
            },
        },
    });
    plain_enums(&mut document);
    place_examples(&mut document);
    document
}

/// Moves the examples of request types from their schemas to the bodies, where every tool looks for them.
fn place_examples(document: &mut Value) {
    let schemas = document["components"]["schemas"].as_object_mut().expect("the document has schemas");
    let examples: Map<String, Value> = schemas
        .iter_mut()
        .filter_map(|(name, schema)| {
            let mut examples = schema.as_object_mut()?.shift_remove("examples")?;
            Some((format!("#/components/schemas/{name}"), examples[0].take()))
        })
        .collect();
    let paths = document["paths"].as_object_mut().expect("the document has paths");
    let operations = paths.values_mut().filter_map(Value::as_object_mut).flat_map(Map::values_mut);
    for body in operations.filter_map(|operation| operation.pointer_mut("/requestBody/content/application~1json")) {
        if let Some(example) = body["schema"]["$ref"].as_str().and_then(|name| examples.get(name)) {
            body["example"] = example.clone();
        }
    }
}

/// Writes enumerations of texts as plain `enum`, with what each value means in the description: generators of clients
/// make a union of types from the `oneOf` of `const` that schemars writes, and then can't tell the values apart.
pub(super) fn plain_enums(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            members.values_mut().for_each(plain_enums);
            if let Some((values, meanings)) = members.get("oneOf").and_then(text_values) {
                let about = members.get("description").and_then(Value::as_str);
                let lines: Vec<_> = about.map(str::to_owned).into_iter().chain(meanings).collect();
                members.insert("description".into(), lines.join("\n\n").into());
                members.remove("oneOf");
                members.insert("type".into(), "string".into());
                members.insert("enum".into(), values.into());
            }
        }
        Value::Array(items) => items.iter_mut().for_each(plain_enums),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The values of an enumeration of texts, and what is said of each.
fn text_values(options: &Value) -> Option<(Vec<Value>, Vec<String>)> {
    let (mut values, mut meanings) = (Vec::new(), Vec::new());
    for option in options.as_array()? {
        match (option.get("enum").and_then(Value::as_array), option.get("const")) {
            (Some(several), None) if option["type"] == "string" => values.extend(several.iter().cloned()),
            (None, Some(Value::String(one))) => {
                values.push(one.as_str().into());
                meanings.extend(option["description"].as_str().map(|meaning| format!("`{one}`: {meaning}")));
            }
            _ => return None,
        }
    }
    Some((values, meanings))
}

const DESCRIPTION: &str = "A multi-tenant control plane: accounts, the people in them, what they are licensed for and what they may do.\n\n\
Ids are UUIDs, in either case, times RFC 3339 in UTC, dates `YYYY-MM-DD`, from 1900 on. Lists are paged: `limit` from 1 to 200, and the `nextCursor` of one page as the \
`cursor` of the next. Every answer carries `x-request-id`. Errors are problem documents (RFC 9457) with a stable `code`.\n\n\
Patterns are written for every dialect of regular expressions, so they name control and white-space characters up to U+00FF alone. A text of the \
format `line` is one line of printable characters: it also neither begins nor ends with other white space, holds no characters that are invisible, \
reorder text or are for private use, and has joiners (U+200C, U+200D) between letters of scripts that join alone.";

fn definitions(schemas: &mut SchemaGenerator) -> Value {
    json!(schemas.take_definitions(true))
}

/// One response for each status with which an operation can refuse, with the codes that go with it.
fn problems(problem: &Schema, paths: &Map<String, Value>) -> Value {
    let operations = paths.values().flat_map(|path| path.as_object().into_iter().flat_map(Map::values));
    let used: BTreeSet<_> =
        operations.flat_map(|operation| operation["responses"].as_object().into_iter().flat_map(Map::keys)).collect();
    let mut responses = Map::new();
    for code in Code::ALL.iter().filter(|code| used.contains(&code.status().to_string())) {
        let codes = Code::ALL.iter().filter(|other| other.status() == code.status());
        let lines: Vec<_> = codes.map(|code| format!("`{}`: {}.", code.as_str(), code.title())).collect();
        let mut response = json!({
            "description": lines.join(" "),
            "content": { "application/problem+json": { "schema": problem } },
        });
        if matches!(code.status(), 429 | 503) {
            response["headers"]["Retry-After"] = json!({ "$ref": "#/components/headers/Retry-After" });
        }
        responses.insert(format!("Problem{}", code.status()), response);
    }
    Value::Object(responses)
}
