//! What every adapter of the queues of dead letters must pass, judged by what is in them.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use plane::{
    features::{
        self,
        accounts::workers::{COGNITO_PROVISIONER, DYNAMODB_PROVISIONER, PROVISIONING_VERIFIER, SES_NOTIFICATION},
    },
    ids::{AccountId, DeadLetterId, ExecutionId},
    ports::dead_letters::DeadLetterQueues,
    workflow::{DeadLetter, Failure, Worker, WorkerName},
};
use serde_json::json;

use super::{cases, run, settled};
use crate::random::SeededRandom;

/// Who looks into a queue, and leaves it as it is.
#[async_trait]
pub trait Keeper: Send + Sync {
    /// All that can be received from a worker's queue, in any order, repeats included.
    async fn kept(&self, worker: &WorkerName) -> Vec<DeadLetter>;
}

/// Empty queues, and somebody who looks into them.
pub type Queues = (Arc<dyn DeadLetterQueues>, Arc<dyn Keeper>);

/// Runs every case on queues of its own and answers how many there were.
pub async fn check<Made>(make: impl Fn() -> Made) -> usize
where
    Made: Future<Output = Queues>,
{
    run(cases(), make).await
}

/// A letter; another number is another one.
pub fn letter(number: u64, worker: Worker) -> DeadLetter {
    let at = Timestamp::from_second(1_780_315_200).expect("a moment of 2026");
    let rng = SeededRandom::new(number);
    DeadLetter {
        id: DeadLetterId::new(at, &rng),
        worker: worker.into(),
        execution_id: ExecutionId::new(at, &rng),
        workflow: "account-onboarding".into(),
        account_id: Some(AccountId::new(at, &rng)),
        state: "ProvisionCognitoUsers".into(),
        item: Some(1),
        reference: json!({ "name": "Zoë 漢字 \u{1f980} \"quoted\" <&>" }),
        error: Failure::new("fault", "failed on purpose"),
        attempts: 3,
        at,
        expires_at: at,
    }
}

/// Holds that these are in the queue, each at least once, and nothing else.
async fn holds(keeper: &Arc<dyn Keeper>, worker: Worker, expected: &[&DeadLetter]) {
    let right = |kept: &Vec<DeadLetter>| {
        expected.iter().all(|letter| kept.contains(letter)) && kept.iter().all(|letter| expected.contains(&letter))
    };
    let kept = settled(async || keeper.kept(&worker.into()).await, right).await;
    assert!(right(&kept), "{}: {kept:?}, expected {expected:?}", worker.name());
}

cases! { Queues;
    each_worker_has_a_queue(queues) {
        for (number, worker) in (0..).zip(features::workers()) {
            queues.0.post(&letter(number, worker)).await.unwrap();
        }
        for (number, worker) in (0..).zip(features::workers()) {
            holds(&queues.1, worker, &[&letter(number, worker)]).await;
        }
    }
    what_is_withdrawn_is_gone_and_the_others_stay(queues) {
        let worker = COGNITO_PROVISIONER;
        let letters: Vec<_> = (0..25).map(|number| letter(number, worker)).collect();
        for letter in &letters {
            queues.0.post(letter).await.unwrap();
        }
        queues.0.withdraw(&worker.into(), &[letters[7].id, letters[24].id]).await.unwrap();
        let left: Vec<_> = letters.iter().filter(|letter| ![letters[7].id, letters[24].id].contains(&letter.id)).collect();
        holds(&queues.1, worker, &left).await;
    }
    repeats_are_withdrawn_together(queues) {
        let worker = SES_NOTIFICATION;
        for _ in 0..3 {
            queues.0.post(&letter(1, worker)).await.unwrap();
        }
        queues.0.withdraw(&worker.into(), &[letter(1, worker).id]).await.unwrap();
        holds(&queues.1, worker, &[]).await;
    }
    withdrawing_what_is_not_there_is_fine(queues) {
        let worker = DYNAMODB_PROVISIONER;
        queues.0.withdraw(&worker.into(), &[letter(1, worker).id]).await.unwrap();
        queues.0.post(&letter(2, worker)).await.unwrap();
        queues.0.withdraw(&worker.into(), &[letter(1, worker).id]).await.unwrap();
        queues.0.withdraw(&worker.into(), &[]).await.unwrap();
        holds(&queues.1, worker, &[&letter(2, worker)]).await;
    }
    a_letter_comes_again_after_it_was_withdrawn(queues) {
        let worker = PROVISIONING_VERIFIER;
        queues.0.post(&letter(1, worker)).await.unwrap();
        queues.0.withdraw(&worker.into(), &[letter(1, worker).id]).await.unwrap();
        queues.0.post(&letter(1, worker)).await.unwrap();
        holds(&queues.1, worker, &[&letter(1, worker)]).await;
    }
}
