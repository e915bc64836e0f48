//! What operators and readers see: dead letters, redrive, undo, progress, and the slice's own records.

use std::time::Duration;

use plane::{
    features::accounts::workers::{COGNITO_PROVISIONER, DYNAMODB_PROVISIONER, SES_NOTIFICATION},
    ids::AccountId,
    workflow::{
        Faults, Head, OperateError, Progress, Status,
        progress::{StepKind, StepStatus},
    },
};
use serde_json::json;
use testkit::workflow::{Subject, World};
use uuid::Uuid;

use super::toy::{Toy, account, plan};

fn faults(told: &str) -> Faults {
    told.parse().unwrap()
}

async fn progress(world: &World) -> Progress {
    Progress::of(&plan(), &world.head().await, &world.events().await)
}

fn status(progress: &Progress, step: &str) -> StepStatus {
    progress.steps.iter().find(|one| one.name == step).unwrap().report.status
}

#[tokio::test(start_paused = true)]
async fn a_failed_run_says_where_and_why_and_leaves_a_letter() {
    let world = Toy::public().world().await;
    let driver = world.driver("only", faults("WriteCoreRecords:transient*3"));
    let head = world.run(&driver).await;
    let failure = head.failure.clone().unwrap();
    assert_eq!(
        (head.status, failure.state.as_str(), failure.error.code.as_str()),
        (Status::Failed, "WriteCoreRecords", "fault")
    );
    assert_eq!(account(&world).await, json!({ "status": "failed", "event": "account.provisioning.failed" }));

    let letters = world.dead_letters();
    let now = world.clock.now();
    let (page, _) = letters.list(Some(&DYNAMODB_PROVISIONER.into()), None, 10, None, now).await.unwrap();
    let letter = &page[0];
    assert_eq!((letter.state.as_str(), letter.attempts, letter.execution_id), ("WriteCoreRecords", 3, world.execution));
    assert!(letters.list(Some(&SES_NOTIFICATION.into()), None, 10, None, now).await.unwrap().0.is_empty());
    assert_eq!(letters.get(letter.id, now).await.unwrap().as_ref(), Some(letter));
    // Kept for 14 days and no longer.
    let days = |days: u64| now + Duration::from_secs(days * 86_400);
    assert!(letters.get(letter.id, days(13)).await.unwrap().is_some());
    assert!(letters.get(letter.id, days(14)).await.unwrap().is_none());

    driver.redrive(world.execution, vec![]).await.unwrap();
    let head: Head = world.closed(&driver).await;
    assert_eq!((head.status, head.failure), (Status::Succeeded, None));
    assert_eq!(account(&world).await, json!({ "status": "succeeded", "event": "account.provisioning.succeeded" }));
    assert!(letters.list(None, None, 10, None, now).await.unwrap().0.is_empty(), "what was redriven is no dead letter");
}

#[tokio::test(start_paused = true)]
async fn a_letter_can_be_discarded() {
    let world = Toy::public().world().await;
    let driver = world.driver("only", faults("SendCredentialNotifications[1]:permanent"));
    let head = world.run(&driver).await;
    assert_eq!((head.status, head.degraded.len()), (Status::Succeeded, 0), "a lost mail does not degrade");
    let letters = world.dead_letters();
    let (page, _) = letters.list(Some(&SES_NOTIFICATION.into()), None, 10, None, world.clock.now()).await.unwrap();
    assert_eq!((page.len(), page[0].item, &page[0].reference), (1, Some(1), &json!("user-1")));
    letters.discard(&page[0], Vec::new()).await.unwrap();
    letters.discard(&page[0], Vec::new()).await.unwrap();
    assert!(matches!(driver.replay(page[0].id, vec![]).await, Err(OperateError::NoSuchLetter)));
}

#[tokio::test(start_paused = true)]
async fn one_users_failure_degrades_until_it_is_replayed() {
    let world = Toy::public().world().await;
    let driver = world.driver("only", faults("ProvisionCognitoUsers[1]:throttled*4"));
    let head = world.run(&driver).await;
    assert_eq!((head.status, head.degraded), (Status::Succeeded, vec!["ProvisionCognitoUsers[1]: fault".to_owned()]));
    let seen = progress(&world).await;
    let map = seen.steps.iter().find(|step| step.name == "ProvisionCognitoUsers").unwrap();
    let items: Vec<_> = map.items.as_ref().unwrap().iter().map(|item| item.report.status).collect();
    assert_eq!(items, [StepStatus::Succeeded, StepStatus::Failed, StepStatus::Succeeded]);
    assert_eq!(map.report.status, StepStatus::Succeeded);

    let (page, _) = world.dead_letters().list(None, None, 10, None, world.clock.now()).await.unwrap();
    let before = world.events().await.len();
    driver.replay(page[0].id, vec![]).await.unwrap();
    let head = world.closed(&driver).await;
    assert_eq!((head.status, head.degraded.len()), (Status::Succeeded, 0));
    let again: Vec<_> = world.events().await[before..]
        .iter()
        .filter_map(|event| match &event.what {
            plane::workflow::EventKind::StepStarted { step, .. } => Some(step.to_string()),
            _ => None,
        })
        .collect();
    // The item, its mail, and the check of the whole; the others keep their results.
    assert_eq!(again, ["ProvisionCognitoUsers[1]", "SendCredentialNotifications[1]", "VerifyProvisioning"]);
}

#[tokio::test(start_paused = true)]
async fn a_verifier_that_says_no_is_asked_again_by_a_redrive() {
    let (world, ledger) = Toy::public().world_and_ledger().await;
    ledger.verdicts.lock().unwrap().push(false);
    let driver = world.driver("only", Faults::default());
    let head = world.run(&driver).await;
    let failure = head.failure.unwrap();
    assert_eq!((failure.state.as_str(), failure.error.code.as_str()), ("VerifyProvisioning", "not_provisioned"));
    assert_eq!(account(&world).await["event"], "account.provisioning.failed");
    driver.redrive(world.execution, vec![]).await.unwrap();
    assert_eq!(world.closed(&driver).await.status, Status::Succeeded);
}

#[tokio::test(start_paused = true)]
async fn only_what_failed_is_redriven_or_undone() {
    let world = Toy::public().world().await;
    let driver = world.driver("only", Faults::default());
    for _ in 0..2 {
        let refused = driver.redrive(world.execution, vec![]).await;
        assert!(matches!(refused, Err(OperateError::NotFailed(Status::Running | Status::Succeeded))));
        let refused = driver.undo(world.execution, vec![]).await;
        assert!(matches!(refused, Err(OperateError::NotFailed(Status::Running | Status::Succeeded))));
        world.run(&driver).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_undo_that_fails_is_stuck_until_somebody_helps() {
    let world = Toy::private().world().await;
    let driver = world.driver("only", faults("WriteCoreRecords:permanent,undo.CreateStack:permanent"));
    world.run(&driver).await;
    driver.undo(world.execution, vec![]).await.unwrap();
    let head = world.closed(&driver).await;
    assert_eq!((head.status, head.failure.unwrap().state.as_str()), (Status::Stuck, "CreateStack"));
    let seen = progress(&world).await;
    assert_eq!(status(&seen, "WriteCoreRecords"), StepStatus::Undone);
    assert_eq!(status(&seen, "CreateStack"), StepStatus::Stuck);
    assert_eq!(account(&world).await["status"], "stuck");
    driver.redrive(world.execution, vec![]).await.unwrap();
    assert_eq!(world.closed(&driver).await.status, Status::Undone);
    assert_eq!((world.leftovers)().await, [""; 0]);
    assert_eq!(account(&world).await["status"], "undone");
}

#[tokio::test(start_paused = true)]
async fn progress_tells_of_every_step() {
    use StepStatus::{Failed, Pending, Skipped, Succeeded};
    let world = Toy::public().world().await;
    let all = |progress: &Progress| progress.steps.iter().map(|step| step.report.status).collect::<Vec<_>>();
    assert_eq!(all(&progress(&world).await), [Pending; 10]);

    let driver = world.driver("only", faults("WriteCoreRecords:permanent"));
    world.run(&driver).await;
    let failed = progress(&world).await;
    let expected = [Succeeded, Succeeded, Succeeded, Succeeded, Skipped, Failed, Pending, Pending, Pending, Pending];
    assert_eq!(all(&failed), expected, "{failed:#?}");
    assert_eq!(failed.steps[5].report.error.as_ref().unwrap().code, "fault");
    assert_eq!(
        (failed.steps[6].kind, failed.steps[6].worker.clone()),
        (StepKind::Map, Some(COGNITO_PROVISIONER.into()))
    );

    driver.redrive(world.execution, vec![]).await.unwrap();
    world.closed(&driver).await;
    let whole = progress(&world).await;
    assert_eq!(
        all(&whole),
        [Succeeded, Succeeded, Succeeded, Succeeded, Skipped, Succeeded, Succeeded, Succeeded, Succeeded, Succeeded]
    );
    let text = serde_json::to_value(&whole).unwrap();
    assert_eq!(text["status"], "succeeded");
    assert_eq!(text["steps"][1]["name"], "ProvisionDynamoDB");
    assert_eq!(text["steps"][1]["worker"], "dynamodb-provisioner");
    assert_eq!(text["steps"][1]["status"], "succeeded");
    assert_eq!(text["steps"][1]["attempts"], 1);
    assert!(text["steps"][1]["startedAt"].is_string() && text["finishedAt"].is_string());
    assert_eq!(serde_json::from_value::<Progress>(text).unwrap(), whole);
}

#[tokio::test(start_paused = true)]
async fn runs_are_listed_and_the_open_ones_apart() {
    let world = Toy::public().world().await;
    let journal = world.journal();
    assert_eq!(journal.open(None).await.unwrap().0.len(), 1);
    world.run(&world.driver("only", Faults::default())).await;
    assert!(journal.open(None).await.unwrap().0.is_empty());
    let own = AccountId::from_uuid(Uuid::from_u128(7));
    assert_eq!(journal.of_account(own, 1, None).await.unwrap().0[0].execution_id, world.execution);
    let other = AccountId::from_uuid(Uuid::from_u128(8));
    assert!(journal.of_account(other, 1, None).await.unwrap().0.is_empty());
    assert_eq!(journal.all(10, None).await.unwrap().0.len(), 1);
}
