//! Accounts whose table is in another account of AWS: the product makes no such route yet, so it is planted with the account.

use serde_json::{Value, json};
use testkit::gate::Call;

/// The role that stands in the routes of accounts whose table is somebody else's.
pub(super) const ROLE: &str = "arn:aws:iam::210987654321:role/freehold-table";
pub(super) const EXTERNAL: &str = "0123456789abcdef0123456789abcdef";

/// The account that a call makes, if it makes one.
pub(super) fn account_made(call: &Call) -> Option<String> {
    if call.service != "dynamodb" || !(call.body.contains("METADATA") && call.body.contains("INTAKE")) {
        return None;
    }
    let body: Value = serde_json::from_str(&call.body).ok()?;
    let mut keys = body["TransactItems"].as_array()?.iter().map(|write| &write["Update"]["Key"]);
    let made = keys.find(|key| key["SK"]["S"] == "METADATA").and_then(|key| key["PK"]["S"].as_str())?;
    made.strip_prefix("ACCOUNT#").map(str::to_owned)
}

pub(super) fn route(account: &str, pk: &str) -> Value {
    let table = format!("app_acct_{account}");
    let body = json!({
        "accountId": account, "table": table, "copiesDirectory": false, "version": 1, "state": "open",
        "grant": { "role": ROLE, "externalId": EXTERNAL, "region": "eu-central-1" }
    });
    json!({ "TableName": "app_data", "Item": {
        "PK": { "S": pk }, "SK": { "S": "ROUTE" }, "version": { "N": "1" }, "body": { "S": body.to_string() },
        "fields": { "M": {
            "accountId": { "S": account }, "table": { "S": table }, "copiesDirectory": { "BOOL": false },
            "version": { "N": "1" }, "state": { "S": "open" }
        } }
    } })
}
