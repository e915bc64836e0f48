//! Steps for the machines of Step Functions, which are moto's here.

use std::{sync::Arc, time::Duration};

use plane::workflow::{Plan, Worker};
use serde_json::json;
use testkit::functions::Functions;

use crate::{
    runtime::configured,
    story::{Aws, Caller},
};

const MINUTE: Duration = Duration::from_mins(1);

#[tokio::test]
async fn a_machine_takes_an_account_on_by_the_functions() {
    let functions = Functions::serve().await;
    let aws = Aws::with_machines(&functions, "freehold-step").await;
    let (api, step) = tokio::join!(aws.function("api", &[]), aws.function("step", &[]));
    let step = Arc::new(step);
    functions.register("freehold-step", move |payload| {
        let step = Arc::clone(&step);
        async move { step.call(payload, MINUTE).await }
    });
    let operator = Caller::operator(&api).await;
    let account = operator.take_on("Acme").await;
    let address = format!("/api/accounts/{account}");
    let active = async {
        loop {
            let seen = operator.get(&address).await.expect(200);
            if seen["status"] != "provisioning" {
                return seen;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    let seen = tokio::time::timeout(MINUTE, active).await.expect("the run ends");
    assert_eq!(seen["status"], "active", "{seen}");
}

/// Lambda's own three seconds would end them in mid-work.
#[test]
fn functions_have_the_time_that_their_work_takes() {
    let plans = plane::features::plans();
    let longest = plans.iter().flat_map(Plan::workers).map(Worker::timeout).max().unwrap();
    let minute = Duration::from_mins(1);
    assert!(
        configured("step") >= longest + minute / 2,
        "a worker has {longest:?}, and half a minute to say how it went"
    );
    // API Gateway waits half a minute, a user pool five seconds.
    for (handler, least) in [("api", minute / 2), ("cron", minute), ("stream", minute), ("pre_token", minute / 12)] {
        assert!(configured(handler) >= least, "{handler}");
    }
    assert!(configured("migrate_user") >= minute / 12);
    assert_eq!(configured("another"), Duration::from_secs(3), "nothing is configured for it");
}

#[tokio::test]
async fn what_is_no_step_is_refused_by_the_name_that_machines_know() {
    let aws = Aws::start().await;
    let step = aws.function("step", &[]).await;
    let refusals = [
        (json!({ "anything": "at all" }), "not_a_step"),
        (json!({ "executionId": "9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d", "turn": 0, "state": "No" }), "no_such_run"),
    ];
    for (payload, code) in refusals {
        let error = step.call(payload, MINUTE).await.unwrap_err();
        assert_eq!(error["errorType"], "Step.Permanent", "{error}");
        assert!(error["errorMessage"].as_str().unwrap().starts_with(code), "{error}");
    }
    let payload = json!({ "executionId": "9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d", "turn": 0 });
    let error = step.call(payload, Duration::from_millis(100)).await.unwrap_err();
    assert_eq!(error["errorType"], "Step.Transient", "{error}");
}
