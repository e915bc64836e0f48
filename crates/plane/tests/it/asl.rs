//! `deploy/asl` is what the plans come to. `make codegen` writes it anew.

use std::{fs, path::PathBuf};

use plane::{
    features::{accounts::onboarding, plans},
    workflow::{
        asl::{self, Machine},
        plan::Kind,
    },
};
use serde_json::Value;

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/asl"))
}

#[test]
fn documents_are_current() {
    for Machine { name, definition } in plans().iter().flat_map(asl::machines) {
        let path = folder().join(format!("{name}.json"));
        let text = serde_json::to_string_pretty(&definition).unwrap() + "\n";
        #[expect(clippy::disallowed_methods, reason = "an environment variable selects whether to write the files")]
        let update = std::env::var_os("UPDATE_MACHINES").is_some();
        if update {
            fs::create_dir_all(folder()).unwrap();
            fs::write(&path, &text).unwrap();
        }
        let written = fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(written, text, "{} is not current: run `make codegen`", path.display());
    }
}

#[test]
fn documents_have_the_plans_states_in_their_order() {
    for plan in plans() {
        let [forward, backward] = asl::machines(&plan);
        let states = forward.definition["States"].as_object().unwrap();
        let named: Vec<_> = states.keys().take(plan.states.len()).map(String::as_str).collect();
        assert_eq!(named, plan.states.iter().map(|state| state.name).collect::<Vec<_>>());
        for state in &plan.states {
            if let Kind::Map(map) = &state.kind {
                let document = &states[state.name];
                assert_eq!(document["MaxConcurrency"], map.max_concurrency);
                assert!(document["ItemProcessor"]["States"][map.inner].is_object());
            }
        }
        let undone: Vec<_> = backward.definition["States"].as_object().unwrap().keys().cloned().collect();
        let undoable = plan.states.iter().rev().filter(|state| state.work().is_some_and(|task| task.undoable));
        let expected: Vec<_> = undoable.map(|state| format!("Undo{}", state.name)).collect();
        assert_eq!(undone[..expected.len()], expected);
    }
}

/// As part "Retry & Error Handling Strategy" of the platform's architecture gives them.
#[test]
fn documents_retry_and_catch_as_documented() {
    let [machine, _] = asl::machines(onboarding::definition().plan());
    let states = &machine.definition["States"];
    let retry = |state: &Value, name: &str| {
        let retries = state["Retry"].as_array().unwrap().clone();
        let found = retries
            .into_iter()
            .find(|retry| retry["ErrorEquals"].as_array().unwrap().iter().any(|error| error == name));
        found.map(|retry| {
            (retry["IntervalSeconds"].as_u64(), retry["MaxAttempts"].as_u64(), retry["BackoffRate"].as_f64())
        })
    };
    let users = &states["ProvisionCognitoUsers"]["ItemProcessor"]["States"]["ProvisionSingleUser"];
    for state in [&states["ProvisionDynamoDB"], &states["CreateStack"], users] {
        let throttled = Some((Some(2), Some(3), Some(2.0)));
        assert_eq!(retry(state, "Lambda.TooManyRequestsException"), throttled);
        assert_eq!(retry(state, "Lambda.ServiceException"), throttled);
        assert_eq!(retry(state, "States.TaskFailed"), Some((Some(5), Some(2), Some(2.0))));
    }
    assert_eq!(retry(&states["VerifyProvisioning"], "States.TaskFailed"), None, "a terminal check is not repeated");
    assert_eq!(states["ProvisionDynamoDB"]["Catch"][0]["Next"], "HandleDynamoDBFailure");
    assert_eq!(states["ProvisionDynamoDB"]["Catch"][0]["ErrorEquals"][0], "States.ALL");
    assert_eq!(states["VerifyProvisioning"]["Catch"][0]["Next"], "HandleFailure");
    assert_eq!(users["Catch"][0]["Next"], "ProvisionSingleUserFailed");
    assert_eq!(states["ProvisionCognitoUsers"]["MaxConcurrency"], 5);
    assert_eq!(states["SendCredentialNotifications"]["MaxConcurrency"], 10);
    assert_eq!(machine.definition["TimeoutSeconds"], 900);
}
