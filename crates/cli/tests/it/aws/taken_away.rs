//! What an owner, a limit or a region takes away in the middle of an onboarding: each a named condition with its fix, after
//! which the run goes on and nothing is half there.

use serde_json::json;
use testkit::gate::{Answer, Call};

use super::{
    bad,
    conditions::fails_and_heals,
    lane::{Cloud, Lane},
};
use crate::server::Home;

/// Calls by the session of a role: of tables in other accounts of AWS.
fn by_role(call: &Call) -> bool {
    call.service == "dynamodb" && call.key != "AKIAEMULATOR"
}

#[test]
fn what_is_taken_away_in_mid_onboarding_is_named_and_the_run_goes_on_when_it_is_given_back() {
    type Script = fn(&Call) -> Option<Answer>;
    let cases: [(Cloud, Script, &str, &str); 5] = [
        // The owner of the other account disables the key of the table.
        (
            Cloud::Elsewhere,
            |call| {
                let message = "arn:aws:kms:eu-central-1:210987654321:key/1 is disabled";
                by_role(call).then(|| Answer::error(400, "KMSDisabledException", message))
            },
            "key_disabled",
            "enable",
        ),
        // The owner tightens the role's policy.
        (
            Cloud::Elsewhere,
            |call| {
                let message = "User: arn:aws:sts::210987654321:assumed-role/x is not authorized to perform this";
                by_role(call).then(|| Answer::error(400, "AccessDeniedException", message))
            },
            "access_denied",
            "permit the action",
        ),
        // No stack fits in any more, and no parameter.
        (
            Cloud::Private,
            |call| {
                let message = "Limit for stack has been exceeded";
                (call.operation == "CreateStack").then(|| Answer::xml_error(400, "LimitExceededException", message))
            },
            "quota_used_up",
            "quota",
        ),
        (
            Cloud::Public,
            |call| {
                let message = "You have exceeded the number of parameters for this AWS account";
                (call.operation == "PutParameter").then(|| Answer::error(400, "ParameterLimitExceeded", message))
            },
            "quota_used_up",
            "quota",
        ),
        // A key of KMS that is about to be deleted encrypts the parameters.
        (
            Cloud::Public,
            |call| {
                let message = "arn:aws:kms:eu-central-1:123456789012:key/1 is pending deletion";
                (call.operation == "PutParameter").then(|| Answer::error(400, "KMSInvalidStateException", message))
            },
            "key_unusable",
            "cancel-key-deletion",
        ),
    ];
    let home = Home::new();
    let lane = Lane::open(&home);
    for (number, (cloud, script, code, fix)) in cases.into_iter().enumerate() {
        let failure = fails_and_heals(&lane, cloud, &format!("t0{number}00t"), script);
        assert_eq!(failure["code"], code, "{failure}");
        assert!(failure["fix"].as_str().is_some_and(|told| told.contains(fix)), "{failure}");
    }
}

#[test]
fn a_region_without_a_service_is_named_by_preflight() {
    let home = Home::new();
    let lane = Lane::open(&home);
    // Nobody listens there, as at the address of a service that the region does not have.
    let missing = [("FREEHOLD_AWS_ENDPOINT_SES", "http://127.0.0.1:1")];
    let ran = lane.scripted_with(&["preflight", "--json"], &missing, |_| None);
    assert_eq!(ran.code, Some(1), "{}", ran.out);
    let found = bad(&ran.out);
    assert!(found["sender"].contains("out of reach") && found["sender"].contains("check the region"), "{found:?}");
}

#[test]
fn limits_are_shown_with_what_they_allow_and_warn_when_they_are_near() {
    let home = Home::new();
    let lane = Lane::open(&home);
    let limits = |out: &str| {
        let checks: Vec<serde_json::Value> = serde_json::from_str(out).unwrap();
        checks.into_iter().find(|check| check["name"] == "limits").unwrap()
    };
    let shown = limits(&lane.scripted(&["preflight", "--json"], |_| None).good());
    assert_eq!(shown["state"], "ok", "{shown}");
    assert!(shown["finding"].as_str().unwrap().contains("room for"), "{shown}");
    let full = |call: &Call| {
        let names: Vec<String> = (0..2_400).map(|number| format!("table-{number}")).collect();
        let answer = json!({ "TableNames": names }).to_string();
        let headers = [("content-type", "application/x-amz-json-1.0")];
        (call.operation == "ListTables").then(|| Answer::new(200, &headers, answer))
    };
    let near = limits(&lane.scripted(&["preflight", "--json"], full).good());
    assert_eq!(near["state"], "warning", "{near}");
    assert!(near["fix"].as_str().unwrap().contains("tables of DynamoDB in Service Quotas"), "{near}");
}
