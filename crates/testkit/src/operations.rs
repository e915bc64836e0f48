//! The operations of the API's document, for tests that walk all of them: none can be forgotten, for nobody lists them.

use axum::http::Method;
use serde_json::{Map, Value, json};

/// One operation, as the document describes it.
#[derive(Clone, Debug)]
pub struct Operation {
    pub id: String,
    pub method: Method,
    /// With its parameters in braces.
    pub path: String,
    /// Whether it asks for a token.
    pub guarded: bool,
    /// The whole of its description.
    pub described: Value,
}

/// Every operation of the document.
pub fn operations() -> Vec<Operation> {
    let document = document();
    let paths = document["paths"].as_object().expect("a document has paths");
    let mut all = Vec::new();
    for (path, item) in paths {
        for (method, described) in item.as_object().expect("a path has operations") {
            all.push(Operation {
                id: described["operationId"].as_str().unwrap_or_default().to_owned(),
                method: method.to_uppercase().parse().expect("the document names methods"),
                path: path.clone(),
                guarded: described["security"].as_array().is_none_or(|ways| !ways.is_empty()),
                described: described.clone(),
            });
        }
    }
    all
}

/// The document that the service answers.
pub fn document() -> &'static Value {
    plane::product::document()
}

/// The place of an id in a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    Path(String),
    Query(String),
    /// By its JSON pointer.
    Body(String),
}

impl Place {
    /// What the id is called there: `groupId`, for a list too.
    pub fn name(&self) -> &str {
        match self {
            Self::Path(name) | Self::Query(name) => name,
            Self::Body(pointer) => {
                let named = pointer.rsplit('/').find(|part| part.parse::<usize>().is_err()).unwrap_or_default();
                named.strip_suffix('s').unwrap_or(named)
            }
        }
    }
}

/// A call of an operation: a sample that its schemas allow, to be changed by tests.
#[derive(Clone, Debug)]
pub struct Sample {
    pub method: Method,
    path: String,
    path_values: Vec<(String, String)>,
    pub query: Vec<(String, String)>,
    pub body: Option<Value>,
}

impl Operation {
    /// The parameters of a place (`path`, `query` or `header`).
    pub fn parameters(&self, place: &str) -> impl Iterator<Item = &Value> {
        let all = self.described["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
        all.iter().filter(move |parameter| parameter["in"] == place)
    }

    /// The schema of the body, without references at its top.
    pub fn body(&self) -> Option<&Value> {
        let schema = self.described.pointer("/requestBody/content/application~1json/schema")?;
        Some(resolved(schema))
    }

    /// Whether the document says that a status can come.
    pub fn answers(&self, status: u16) -> bool {
        self.described["responses"].get(status.to_string()).is_some()
    }

    /// A call that the schemas allow, with every field given that goes with the others, and ids from `id`, by their names.
    pub fn sample(&self, today: &str, id: &dyn Fn(&str) -> String) -> Sample {
        let text = |value: Value| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
        let name = |parameter: &Value| parameter["name"].as_str().expect("a parameter has a name").to_owned();
        let value = |parameter: &Value| text(sample(&parameter["schema"], &name(parameter), today, id));
        let required = self.parameters("query").filter(|parameter| parameter["required"] == true);
        let mut body = self.body().map(|schema| sample(schema, "", today, id));
        // A role has permissions of its own or those of a preset.
        if let Some(fields) =
            body.as_mut().and_then(Value::as_object_mut).filter(|body| body.contains_key("permissions"))
        {
            fields.remove("preset");
        }
        Sample {
            method: self.method.clone(),
            path: self.path.clone(),
            path_values: self.parameters("path").map(|one| (name(one), value(one))).collect(),
            query: required.map(|one| (name(one), value(one))).collect(),
            body,
        }
    }

    /// Every place where an id can be in a call of the operation.
    pub fn id_places(&self, sample: &Sample) -> Vec<Place> {
        let named = |place: &'static str| {
            self.parameters(place)
                .filter(|parameter| parameter["schema"]["format"] == "uuid")
                .filter_map(|parameter| parameter["name"].as_str().map(ToOwned::to_owned))
        };
        let mut places: Vec<_> = named("path").map(Place::Path).chain(named("query").map(Place::Query)).collect();
        if let Some(body) = &sample.body {
            ids_in(body, String::new(), &mut places);
        }
        places
    }
}

impl Sample {
    /// The same call with another text in a place.
    #[must_use]
    pub fn with(mut self, place: &Place, text: &str) -> Self {
        match place {
            Place::Path(name) => {
                for (_, value) in self.path_values.iter_mut().filter(|(own, _)| own == name) {
                    text.clone_into(value);
                }
            }
            Place::Query(name) => {
                self.query.retain(|(own, _)| own != name);
                self.query.push((name.clone(), text.to_owned()));
            }
            Place::Body(pointer) => {
                let value = self.body.as_mut().and_then(|body| body.pointer_mut(pointer));
                *value.expect("the place was found in the body") = json!(text);
            }
        }
        self
    }

    /// Path and query, as they go over the wire.
    pub fn uri(&self) -> String {
        let mut uri = self.path.clone();
        for (name, value) in &self.path_values {
            uri = uri.replace(&format!("{{{name}}}"), value);
        }
        for (place, (name, value)) in self.query.iter().enumerate() {
            uri.push(if place == 0 { '?' } else { '&' });
            uri.extend([name.as_str(), "=", value.as_str()]);
        }
        uri
    }
}

fn ids_in(value: &Value, pointer: String, places: &mut Vec<Place>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                ids_in(value, format!("{pointer}/{name}"), places);
            }
        }
        Value::Array(items) => {
            for (place, value) in items.iter().enumerate() {
                ids_in(value, format!("{pointer}/{place}"), places);
            }
        }
        Value::String(_) => {
            let place = Place::Body(pointer);
            if place.name().ends_with("Id") {
                places.push(place);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A schema with the references at its top followed, and of several forms the first that is not `null`.
pub fn resolved(schema: &Value) -> &Value {
    if let Some(reference) = schema["$ref"].as_str() {
        let pointer = reference.strip_prefix('#').expect("references stay in the document");
        return resolved(document().pointer(pointer).expect("references lead somewhere"));
    }
    let forms = schema["anyOf"].as_array().or_else(|| schema["oneOf"].as_array());
    let first = forms.and_then(|forms| forms.iter().find(|form| form["type"] != "null"));
    first.map_or(schema, resolved)
}

fn sample(schema: &Value, name: &str, today: &str, id: &dyn Fn(&str) -> String) -> Value {
    let schema = resolved(schema);
    if let Some(value) = schema.get("const").or_else(|| schema["enum"].get(0)) {
        return value.clone();
    }
    let kind = schema["type"].as_str().or_else(|| schema["type"].get(0).and_then(Value::as_str)).unwrap_or_default();
    match kind {
        "object" => {
            let properties = schema["properties"].as_object().into_iter().flatten();
            json!(properties.map(|(name, of)| (name.clone(), sample(of, name, today, id))).collect::<Map<_, _>>())
        }
        "array" => {
            let one = name.strip_suffix('s').unwrap_or(name);
            json!([sample(&schema["items"], one, today, id)])
        }
        "boolean" => json!(false),
        "integer" | "number" => schema.get("minimum").filter(|least| **least != 0).cloned().unwrap_or_else(|| json!(1)),
        _ => json!(text(schema, name, today, id)),
    }
}

fn text(schema: &Value, name: &str, today: &str, id: &dyn Fn(&str) -> String) -> String {
    match schema["format"].as_str() {
        Some("uuid") => id(name),
        Some("date") => today.to_owned(),
        Some("idn-email") => "probe@probe.example".to_owned(),
        _ if name.to_lowercase().ends_with("email") => "probe@probe.example".to_owned(),
        _ if name.to_lowercase().contains("password") => crate::world::PASSWORD.to_owned(),
        _ if name == "phone" => "+1 555 0100".to_owned(),
        _ if name == "jobName" => "license-reminders".to_owned(),
        _ if name == "url" => "https://git.example.com/acme".to_owned(),
        _ if name == "country" => "US".to_owned(),
        _ if name == "region" => "eu-central-1".to_owned(),
        _ if name == "roleArn" => "arn:aws:iam::123456789012:role/probe".to_owned(),
        _ => "Probe".to_owned(),
    }
}
