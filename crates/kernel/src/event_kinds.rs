//! The kinds of lifecycle events. A slice declares each kind once, with the type of its detail; the catalogue in
//! docs/events.md and its JSON Schemas are generated from the declarations.

use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};

/// One kind of event, with the type of its detail.
#[derive(Debug)]
pub struct EventKind<D> {
    /// The noun and what happened to it, such as `group.created`.
    pub name: &'static str,
    /// When it is sent, as a sentence.
    pub summary: &'static str,
    detail: PhantomData<fn(D)>,
}

impl<D: Serialize + JsonSchema> EventKind<D> {
    pub const fn new(name: &'static str, summary: &'static str) -> Self {
        Self { name, summary, detail: PhantomData }
    }

    /// The kind, for the catalogue.
    pub const fn declared(&self) -> DeclaredEvent {
        DeclaredEvent { name: self.name, summary: self.summary, detail: schema_of::<D> }
    }
}

fn schema_of<D: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    D::json_schema(generator)
}

/// A kind of event in the catalogue.
#[derive(Clone, Copy, Debug)]
pub struct DeclaredEvent {
    pub name: &'static str,
    pub summary: &'static str,
    pub detail: fn(&mut SchemaGenerator) -> Schema,
}

/// A detail that names one thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// The noun of the API, such as `group`.
    pub kind: String,
    pub id: String,
}

impl Reference {
    pub fn to(kind: &str, id: impl std::fmt::Display) -> Self {
        Self { kind: kind.to_owned(), id: id.to_string() }
    }
}

/// A detail without fields: the event's account says it all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoDetail {}

/// The three events of a kind of record that is created, updated and deleted.
#[derive(Debug)]
pub struct RecordEvents {
    pub created: EventKind<Reference>,
    pub updated: EventKind<Reference>,
    pub deleted: EventKind<Reference>,
}

impl RecordEvents {
    pub const fn declared(&self) -> [DeclaredEvent; 3] {
        [self.created.declared(), self.updated.declared(), self.deleted.declared()]
    }
}
