//! The adapter of Step Functions against moto, whose interpreter runs the documents of `deploy/asl` and calls our function.
//!
//! What moto does otherwise than Step Functions: it does not ask whether the role may call the function, keeps names of
//! executions for ever, and takes data of any size.

use std::{sync::Arc, time::Duration};

use aws::{
    connect::Limits,
    states::{Options, StateMachines},
};
use plane::{
    ports::machines::{Machines as _, MachinesError, Standing, Start},
    workflow::{Driver, Settings},
};
use serde_json::{Value, json};
use testkit::{
    emulator::Emulator,
    functions::Functions,
    workflow::{Subject as _, World, real::Real, suite},
};

use crate::{
    emulator::{Shared, connection},
    machines::{Script, definition, run},
};

const SCRIPTS: u64 = 12;
const ACCOUNT: &str = "123456789012";

/// moto that runs state machines, and has their tasks call these functions.
async fn moto(functions: &Functions) -> Emulator {
    let server = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/venv-aws/bin/moto_server");
    let calls = format!("MOTO_PORT={}", functions.port());
    let emulator = Emulator::start("/usr/bin/env", |at| {
        let port = at.port().to_string();
        [&calls, server, "-H", "127.0.0.1", "-p", &port].map(str::to_owned).into()
    })
    .await;
    let config = json!({ "stepfunctions": { "execute_state_machine": true }, "lambda": { "use_docker": false } });
    let url = format!("{}/moto-api/config", emulator.endpoint());
    reqwest::Client::new().post(url).json(&config).send().await.unwrap().error_for_status().unwrap();
    emulator
}

async fn create(emulator: &Emulator, name: &str, definition: &Value) {
    let request = json!({
        "name": name, "definition": definition.to_string(), "roleArn": format!("arn:aws:iam::{ACCOUNT}:role/steps"),
    });
    let authorization = "AWS4-HMAC-SHA256 Credential=AKIAEMULATOR/20260101/eu-central-1/states/aws4_request, \
                         SignedHeaders=host, Signature=none";
    let answer = reqwest::Client::new()
        .post(emulator.endpoint())
        .header("x-amz-target", "AWSStepFunctions.CreateStateMachine")
        .header("content-type", "application/x-amz-json-1.0")
        .header("authorization", authorization)
        .body(request.to_string())
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
}

async fn machines(emulator: &Emulator, prefix: &str) -> StateMachines {
    let options = Options {
        endpoint: Some(emulator.endpoint()),
        region: "eu-central-1".into(),
        account: ACCOUNT.into(),
        prefix: prefix.to_owned(),
        ..Options::default()
    };
    StateMachines::new(&connection(Limits::default()).await, options, Arc::new(Shared))
}

#[tokio::test]
async fn a_start_is_one_start_however_often_it_is_made() {
    let functions = Functions::serve().await;
    let emulator = moto(&functions).await;
    let machines = machines(&emulator, "freehold-").await;
    let waits = json!({ "StartAt": "Wait", "States": { "Wait": { "Type": "Wait", "Seconds": 2, "End": true } } });
    create(&emulator, "freehold-waits", &waits).await;
    let start = Start { machine: "waits".into(), name: "one".into(), input: json!({ "turn": 0 }) };
    assert_eq!(machines.start(&start).await, Ok(Standing::Running));
    assert_eq!(machines.start(&start).await, Ok(Standing::Running));
    let ended = async {
        while machines.start(&start).await == Ok(Standing::Running) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        machines.start(&start).await
    };
    assert_eq!(tokio::time::timeout(Duration::from_secs(20), ended).await.unwrap(), Ok(Standing::Ended));
    let missing = Start { machine: "missing".into(), ..start };
    let refused = machines.start(&missing).await.unwrap_err();
    assert!(matches!(refused, MachinesError::Refused { fix, .. } if fix.contains("deploy/asl")), "{refused:?}");
}

/// Retries wait here as long as the documents say.
#[tokio::test(start_paused = true)]
async fn runs_go_as_the_embedded_driver_has_them_go() {
    const KINDS: [&str; 3] = ["public", "private", "hybrid"];
    let mut steps = Vec::new();
    for kind in KINDS {
        steps.push(suite::reference(&Real::onboarding(kind)).await.steps);
    }
    let mut runs = Vec::new();
    for number in 0..SCRIPTS {
        let kind = usize::try_from(number % 3).unwrap();
        let script = Script::short(5_000 + number, &steps[kind]);
        let kind = KINDS[kind];
        let (one, other) = (Real::onboarding(kind), Real::onboarding(kind));
        let world = one.world().await;
        let driver = driver(&world, script.settings());
        let ours = run(&one, &world, &driver, &script, None).await;
        driver.abandon();
        runs.push((number, script, ours, other.world().await, other));
    }
    tokio::time::resume();
    let functions = Functions::serve().await;
    let emulator = moto(&functions).await;
    let led = runs.into_iter().map(async |(number, script, ours, world, real)| {
        let (prefix, function) = (format!("s{number}-"), format!("step-{number}"));
        for machine in ["account-onboarding-v1", "account-onboarding-v1-undo"] {
            create(&emulator, &format!("{prefix}{machine}"), &definition(machine, &function)).await;
        }
        let machines = Arc::new(machines(&emulator, &prefix).await);
        let driver = driver(&world, Settings { machines: Some(machines), ..script.settings() });
        functions.register(&function, driver.clone());
        let theirs = run(&real, &world, &driver, &script, None).await;
        assert_eq!(ours, theirs, "script {number}: {}", script.faults);
        driver.abandon();
    });
    futures::future::join_all(led).await;
}

fn driver(world: &World, settings: Settings) -> Driver {
    Driver::new(Arc::clone(&world.table), world.workflows.clone(), Arc::clone(&world.clock), settings)
}
