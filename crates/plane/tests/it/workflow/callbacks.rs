//! Tokens by which a system outside answers a step that waits for it.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use kernel::{Features, jobs::Job, kinds::RecordKinds};
use plane::{
    ids::ExecutionId,
    plane::{ClosedTables, Kernel},
    ports::{
        clock::Clock,
        table::{Item, Table, TableName, Tables as _},
    },
    problem::{Code, Result},
    secret::PlatformKey,
    settings::Settings,
    workflow::{Answered, Failure, NewRun, Status, StepName, WaitAnswer, WaitId, Workflows, journal},
};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use testkit::{
    keys::MemoryKeys,
    memory::MemoryTables,
    workflow::{
        TimerClock,
        release::{self, Outside, Release},
    },
};
use uuid::Uuid;

/// A kernel whose only feature is the sample plan.
struct ReleaseAlone {
    table: Arc<dyn Table>,
    outside: Arc<Outside>,
}

#[async_trait]
impl Features for ReleaseAlone {
    fn workflows(&self) -> Workflows {
        let workers = Release::new(Arc::clone(&self.table), Arc::clone(&self.outside));
        Workflows::default().with(release::definition(), workers)
    }

    fn kinds(&self) -> RecordKinds {
        kernel::kernel_kinds()
    }

    async fn connected_tables(&self) -> Result<Vec<TableName>> {
        Ok(Vec::new())
    }

    fn jobs(&self) -> Vec<Job> {
        Vec::new()
    }

    async fn resume_invitation(&self, _: &Item) -> Result<bool> {
        Ok(false)
    }
}

/// A kernel with a release that is under way.
async fn released() -> (Kernel, Arc<Outside>, ExecutionId) {
    let mut ports = None;
    let product = MemoryTables::default();
    testkit::world::World::over_ports(Arc::new(product), Settings::default(), MemoryKeys::default(), |made| {
        ports = Some(made.clone());
    })
    .await;
    let mut ports = ports.unwrap();
    let tables = Arc::new(MemoryTables::default());
    let table = tables.create(&TableName::shared()).await.unwrap();
    let clock: Arc<dyn Clock> = Arc::new(TimerClock::new("2026-11-20T12:00:00Z".parse().unwrap()));
    ports.tables = ClosedTables::new(tables);
    ports.clock = Arc::clone(&clock);
    let execution = ExecutionId::from_uuid(Uuid::from_u128(0xe000));
    let new = NewRun { execution, plan: &release::plan(), account: None, input: json!({}) };
    table.commit(journal::start(new, clock.now())).await.unwrap();
    let kernel = Kernel::new(ports, Settings::default(), PlatformKey::new(&[7; 32])).await.unwrap();
    let outside = Arc::new(Outside::default());
    kernel.attach(Arc::new(ReleaseAlone { table, outside: Arc::clone(&outside) }));
    kernel.driver().resume().await.unwrap();
    (kernel, outside, execution)
}

/// Waits until the run rests at a step of this state.
async fn asked(kernel: &Kernel, outside: &Outside, execution: ExecutionId, state: &str) -> WaitId {
    loop {
        let open = kernel.driver().open_wait(execution).await.unwrap();
        if let Some(wait) = outside.asked(state).filter(|wait| open.is_some_and(|open| open.id == *wait)) {
            return wait;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_step_is_answered_by_the_token_that_was_made_for_it_alone() {
    let (kernel, outside, execution) = released().await;
    let built = WaitAnswer::Done { output: json!({ "artifact": "app-1.zip" }) };
    let approval = asked(&kernel, &outside, execution, "AskForApproval").await;
    // An approval is a person's: no token answers it.
    let refused = kernel.answer_callback(&kernel.callback_token(&approval), &built).await.unwrap_err();
    assert_eq!(refused.code, Code::NotFound);
    let approved = WaitAnswer::Done { output: json!({ "by": "ada" }) };
    kernel.driver().answer(&approval, &approved, Vec::new()).await.unwrap();

    let build = asked(&kernel, &outside, execution, "RunBuild").await;
    let token = kernel.callback_token(&build);
    assert_eq!(kernel.callback_token(&build).expose_secret(), token.expose_secret(), "each repeat has the same");
    assert!(!format!("{token:?}").contains(&execution.to_string()), "it does not print");
    let other = |wait: WaitId| kernel.callback_token(&wait).expose_secret().to_owned();
    let elsewhere = ExecutionId::from_uuid(Uuid::from_u128(0xe001));
    let of = |state: &str| StepName { state: state.to_owned(), item: None };
    let (named, code) = token.expose_secret().rsplit_once('.').unwrap();
    let forged = [
        String::new(),
        "...".to_owned(),
        named.to_owned(),
        format!("{named}."),
        format!("{named}.{}", "A".repeat(code.len())),
        format!("{}.{code}", named.replace("RunBuild", "Publish")),
        format!("{}x", token.expose_secret()),
        other(WaitId { execution: elsewhere, ..build.clone() }),
        other(WaitId { round: build.round + 1, ..build.clone() }),
        other(WaitId { step: of("Publish"), ..build.clone() }),
    ];
    for forged in forged {
        let refused = kernel.answer_callback(&SecretString::from(forged.clone()), &built).await.unwrap_err();
        assert!(matches!(refused.code, Code::NotFound | Code::Conflict), "{forged}: {refused:?}");
        assert_eq!(kernel.driver().open_wait(execution).await.unwrap().unwrap().id, build, "{forged}");
    }

    assert_eq!(kernel.answer_callback(&token, &built).await.unwrap(), Answered::Now);
    loop {
        let status = kernel.driver().journal().head(execution).await.unwrap().head.status;
        if status != Status::Running {
            assert_eq!(status, Status::Succeeded);
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let late = WaitAnswer::Failed { error: Failure::new("refused", "too late") };
    assert!(kernel.answer_callback(&token, &late).await.is_err(), "another answer to a run that has ended");
}
