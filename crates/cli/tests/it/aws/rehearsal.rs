//! `make acceptance-aws`, rehearsed whole over emulators that are as strict as AWS. So a fault of the script shows here, and not
//! in somebody's account.

use std::{collections::BTreeSet, path::Path, process::Command, time::Duration};

use serde_json::{Value, json};
use testkit::gate::{Behind, Gate, Rates, Strictness};

/// Makes the run that the script makes in an account, and tells what it found on the last line.
const DRIVER: &str = "
import json, sys
scripts, binary, endpoint, settings = sys.argv[1:]
sys.path.insert(0, scripts)
import acceptance
run = acceptance.Acceptance(binary, 'eu-central-1', lambda service: endpoint, json.loads(settings))
run.notice()
run.run()
print(json.dumps(run.found))
";

/// No emulator evaluates trust or policies: this is found out in an account alone.
const IN_AN_ACCOUNT_ALONE: [&str; 4] = [
    "without one it does not",
    "with another's it does not",
    "a session policy for another table shuts this one",
    "what no policy permits is denied",
];

#[test]
fn what_is_found_out_in_an_account_is_rehearsed_whole() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let behind = runtime.block_on(Behind::start());
    let gate = runtime.block_on(Gate::before(&behind));
    gate.be(Strictness {
        transactions: Some(Duration::from_millis(2)),
        // The script reads a table under DynamoDB's own key by a role of its own.
        owners_keys: false,
        backups_come_late: 2,
        stacks_drift: true,
        stacks_roll_back: true,
        secrets_leave: true,
        rates: Some(Rates { cloudformation: 10, tables_at_once: 250, table_lasts: Duration::from_millis(100) }),
        indexes_lag: Some(Duration::from_millis(100)),
    });
    let endpoints = ["CLOUDFORMATION", "DYNAMODB", "EVENTBRIDGE", "SECRETS_MANAGER", "SES", "SSM", "STS"]
        .map(|service| (format!("FREEHOLD_AWS_ENDPOINT_{service}"), json!(gate.endpoint())));
    let settings: Value = endpoints.into_iter().collect::<serde_json::Map<_, _>>().into();
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let ran = Command::new(root.join("target/venv-aws/bin/python"))
        .args(["-c", DRIVER])
        .arg(root.join("scripts"))
        .args([env!("CARGO_BIN_EXE_freehold"), &gate.endpoint(), &settings.to_string()])
        .env("AWS_ACCESS_KEY_ID", "AKIAEMULATOR")
        .env("AWS_SECRET_ACCESS_KEY", "not-a-secret")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .output()
        .unwrap();
    let (told, errors) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    let last = told.lines().last().unwrap_or_default();
    let found: Vec<(String, bool)> = serde_json::from_str(last).unwrap_or_else(|_| panic!("{told}\n{errors}"));
    let missed: BTreeSet<&str> = found.iter().filter(|(_, so)| !so).map(|(what, _)| what.as_str()).collect();
    assert_eq!(missed, IN_AN_ACCOUNT_ALONE.into(), "{told}\n{errors}");
    for what in ["the run fails by the stack's reason", "it goes on when the cause is gone", "nothing is left"] {
        assert!(found.iter().any(|(told, _)| told == what), "{what}: {told}");
    }
}
