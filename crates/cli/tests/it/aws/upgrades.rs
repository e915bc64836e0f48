//! The tables of each released version open in this one, without a step by hand. `scripts/golden.py --aws` reads them out.

use std::{path::Path, process::Command};

use serde_json::{Value, json};

use super::{Aws, post, signed};
use crate::{
    server::Home,
    upgrades::{check, goldens},
};

/// What a version stored.
fn stored(archive: &Path) -> Value {
    let text = Command::new("gunzip").arg("-c").arg(archive).output().unwrap();
    assert!(text.status.success(), "{}", archive.display());
    serde_json::from_slice(&text.stdout).unwrap()
}

impl Aws {
    fn dynoxide(&self, operation: &str, body: &Value) {
        let headers = signed(&format!("DynamoDB_20120810.{operation}"), "dynamodb", "1.0");
        let (status, answer) = post(&self.dynoxide, "/", &headers, &body.to_string());
        assert_eq!(status, 200, "{operation}: {answer}");
    }

    fn restore(&self, stored: &Value) {
        for table in stored["tables"].as_array().unwrap() {
            self.dynoxide("CreateTable", &table["create"]);
            let name = &table["create"]["TableName"];
            let expiry = json!({ "AttributeName": "expires", "Enabled": true });
            self.dynoxide("UpdateTimeToLive", &json!({ "TableName": name, "TimeToLiveSpecification": expiry }));
            for item in table["items"].as_array().unwrap() {
                self.dynoxide("PutItem", &json!({ "TableName": name, "Item": item }));
            }
        }
        for (name, value) in stored["secrets"].as_object().unwrap() {
            let mut secret = value.clone();
            secret["Name"] = json!(name);
            self.ask("secretsmanager.CreateSecret", "secretsmanager", &secret);
        }
        for (name, value) in stored["parameters"].as_object().unwrap() {
            let parameter = json!({ "Name": name, "Value": value, "Type": "String" });
            self.ask("AmazonSSM.PutParameter", "ssm", &parameter);
        }
    }
}

#[test]
fn tables_of_each_released_version_open_with_all_that_they_hold() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for archive in goldens("json.gz") {
        let stored = stored(&archive);
        let aws = Aws::start();
        aws.restore(&stored);
        let home = Home::new();
        // The bus and the sender are no records.
        aws.run(&home, &["preflight", "--fix"]).good();
        let server = home.serve_with(&aws.environment());
        runtime.block_on(check(&server.url(), &stored["expected"]));
        server.stop();
    }
}
