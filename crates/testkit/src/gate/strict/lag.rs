//! Indexes that lag: queries of them are answered by a second table, to which each write comes only a while later.

use std::{collections::HashSet, time::Duration};

use serde_json::{Value, json};
use tokio::sync::{Mutex, OnceCell};

use super::Place;
use crate::{
    emulator::{Emulator, dynoxide},
    gate::{behind::Asking, call::Call},
};

/// What the indexes show.
#[derive(Default)]
pub(in crate::gate) struct Replica {
    emulator: OnceCell<Emulator>,
    /// The tables that it has. Held while a record is copied, so that of two copies the later one stays.
    tables: Mutex<HashSet<String>>,
}

impl Replica {
    pub(in crate::gate) async fn emulator(&self) -> &Emulator {
        self.emulator.get_or_init(dynoxide).await
    }

    /// Whether a call reads an index.
    pub(in crate::gate) fn answers(call: &Call) -> bool {
        call.service == "dynamodb"
            && ["Query", "Scan"].contains(&call.operation.as_str())
            && call.body.contains("\"IndexName\"")
    }

    /// Has a table as it is now, unless it has it already.
    pub(in crate::gate) async fn have(&self, told: &Asking, table: &str) {
        let mut tables = self.tables.lock().await;
        if tables.contains(table) {
            return;
        }
        let described = told.now("DescribeTable", &json!({ "TableName": table })).await;
        let Some(described) = described else { return };
        let made = &described["Table"];
        let only = |of: &Value, names: &[&str]| {
            names.iter().map(|name| ((*name).to_owned(), of[*name].clone())).collect::<Value>()
        };
        let mut create = only(made, &["TableName", "AttributeDefinitions", "KeySchema"]);
        create["BillingMode"] = "PAY_PER_REQUEST".into();
        let indexes = made["GlobalSecondaryIndexes"].as_array().cloned().unwrap_or_default();
        create["GlobalSecondaryIndexes"] =
            indexes.iter().map(|index| only(index, &["IndexName", "KeySchema", "Projection"])).collect();
        let replica = self.emulator().await;
        told.of(replica, "CreateTable", &create).await;
        tables.insert(table.to_owned());
        let mut from = Value::Null;
        loop {
            let mut scan = json!({ "TableName": table });
            if from.is_object() {
                scan["ExclusiveStartKey"] = from;
            }
            let page = told.now("Scan", &scan).await.unwrap_or_default();
            for item in page["Items"].as_array().into_iter().flatten() {
                told.of(replica, "PutItem", &json!({ "TableName": table, "Item": item })).await;
            }
            from = page["LastEvaluatedKey"].clone();
            if !from.is_object() {
                return;
            }
        }
    }

    /// Shows these records as they are by then.
    pub(in crate::gate) async fn show(&self, told: &Asking, places: &[Place], later: Duration) {
        tokio::time::sleep(later).await;
        let replica = self.emulator().await;
        for (table, pk, sk) in places {
            let _tables = self.tables.lock().await;
            let key = json!({ "PK": { "S": pk }, "SK": { "S": sk } });
            let read = json!({ "TableName": table, "Key": key, "ConsistentRead": true });
            let Some(found) = told.now("GetItem", &read).await else { continue };
            if found["Item"].is_object() {
                told.of(replica, "PutItem", &json!({ "TableName": table, "Item": found["Item"] })).await;
            } else {
                told.of(replica, "DeleteItem", &json!({ "TableName": table, "Key": key })).await;
            }
        }
    }

    /// A table has gone.
    pub(in crate::gate) async fn drop_table(&self, told: &Asking, table: &str) {
        if self.tables.lock().await.remove(table) {
            told.of(self.emulator().await, "DeleteTable", &json!({ "TableName": table })).await;
        }
    }
}

/// The tables that a call reads or writes.
pub(in crate::gate) fn tables_of(call: &Call) -> Vec<String> {
    let body = serde_json::from_str::<Value>(&call.body).unwrap_or_default();
    let mut tables: Vec<String> = super::written(call)
        .map(|(places, _)| places.into_iter().map(|(table, _, _)| table).collect())
        .unwrap_or_default();
    tables.extend(body["TableName"].as_str().map(ToOwned::to_owned));
    tables.sort();
    tables.dedup();
    tables
}
