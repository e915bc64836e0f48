//! The adapter of Step Functions against moto, whose interpreter runs the documents of `deploy/asl` and calls our function.
//!
//! What moto does otherwise than Step Functions: it does not ask whether the role may call the function, keeps names of
//! executions for ever, and takes data of any size.

use std::{sync::Arc, time::Duration};

use aws::{
    connect::Limits,
    states::{DeployedState, Options, StateMachines},
};
use kernel::{
    ports::machines::{ExecutionStatus, Machines as _, MachinesError, Start},
    workflow::{Driver, Settings, asl},
};
use plane::features::accounts::onboarding;
use serde_json::json;
use testkit::{
    emulator::{Emulator, create_machine, deploy_machines, moto_with_machines},
    functions::Functions,
    workflow::{Subject as _, World, real::Real, suite},
};

use crate::{
    emulator::{Shared, connection},
    machines::{Script, run},
};

const SCRIPTS: u64 = 12;
const ACCOUNT: &str = "123456789012";

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
    let emulator = moto_with_machines(&functions).await;
    let machines = machines(&emulator, "freehold-").await;
    let waits = json!({ "StartAt": "Wait", "States": { "Wait": { "Type": "Wait", "Seconds": 2, "End": true } } });
    create_machine(&emulator, "freehold-waits", &waits).await;
    let start = Start { machine: "waits".into(), name: "one".into(), input: json!({ "turn": 0 }) };
    assert_eq!(machines.start(&start).await, Ok(ExecutionStatus::Running));
    assert_eq!(machines.start(&start).await, Ok(ExecutionStatus::Running));
    let ended = async {
        while machines.start(&start).await == Ok(ExecutionStatus::Running) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        machines.start(&start).await
    };
    assert_eq!(tokio::time::timeout(Duration::from_secs(20), ended).await.unwrap(), Ok(ExecutionStatus::Ended));
    let missing = Start { machine: "missing".into(), ..start };
    let refused = machines.start(&missing).await.unwrap_err();
    assert!(matches!(refused, MachinesError::Refused { fix, .. } if fix.contains("deploy/asl")), "{refused:?}");
}

#[tokio::test]
async fn machines_are_compared_with_their_documents() {
    let functions = Functions::serve().await;
    let emulator = moto_with_machines(&functions).await;
    let [machine, _] = asl::machines(&onboarding::definition().into_plan());
    let deployed = async |prefix: &str| machines(&emulator, prefix).await.deployed(&machine).await;
    assert_eq!(deployed("freehold-").await, Ok(DeployedState::Missing));
    deploy_machines(&emulator, "freehold-", "arn:aws:lambda:eu-central-1:123456789012:function:step").await;
    assert_eq!(deployed("freehold-").await, Ok(DeployedState::Current));
    let mut older = machine.definition.clone();
    older["TimeoutSeconds"] = json!(60);
    create_machine(&emulator, "older-account-onboarding-v1", &older).await;
    assert_eq!(deployed("older-").await, Ok(DeployedState::Other));
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
    let emulator = moto_with_machines(&functions).await;
    let led = runs.into_iter().map(async |(number, script, ours, world, real)| {
        let (prefix, function) = (format!("s{number}-"), format!("step-{number}"));
        deploy_machines(&emulator, &prefix, &function).await;
        let machines = Arc::new(machines(&emulator, &prefix).await);
        let driver = driver(&world, Settings { machines: Some(machines), ..script.settings() });
        functions.register_steps(&function, driver.clone());
        let theirs = run(&real, &world, &driver, &script, None).await;
        assert_eq!(ours, theirs, "script {number}: {}", script.faults);
        driver.abandon();
    });
    futures::future::join_all(led).await;
}

fn driver(world: &World, settings: Settings) -> Driver {
    Driver::new(Arc::clone(&world.table), world.workflows.clone(), Arc::clone(&world.clock), settings)
}
