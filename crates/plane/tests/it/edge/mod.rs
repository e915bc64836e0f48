//! The edge: what reaches the service before anybody's right is known, tried over every operation of the document.

mod bodies;
mod callers;
mod headers;
mod parameters;
mod readings;
mod wording;

use plane::ids::known;
use testkit::{operations::Operation, store::Store, world::World};

pub(super) const JSON: (&str, &str) = ("content-type", "application/json");

/// The ids that the platform's operator may name.
pub(super) fn own_id(name: &str) -> String {
    match name {
        "accountId" => known::ROOT_ACCOUNT.to_string(),
        "enterpriseId" => known::GLOBAL_ENTERPRISE.to_string(),
        _ => "0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c6d".to_owned(),
    }
}

/// The records of a store, without the audit log and the events: those are sealed and delivered in the background.
pub(super) async fn records(store: &Store) -> Vec<String> {
    let background = ["sk: \"AUDIT", "sk: \"EVENT"];
    let mut records = store.records().await;
    records.retain(|record| !background.iter().any(|key| record.contains(key)));
    records
}

/// A valid request body of an operation, if it takes one.
pub(super) fn body_of(world: &World, operation: &Operation) -> Option<serde_json::Value> {
    operation.sample(&world.today().to_string(), &own_id).body
}
