//! The queues of dead letters against moto.
//!
//! What moto does otherwise than SQS: it gives messages in the order in which they came, each once, and always all that
//! are there.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use aws::{
    connect::Limits,
    queues::{KEPT_SECONDS, Options, QueueStatus, SqsQueues},
};
use aws_sdk_sqs::{Client, types::QueueAttributeName};
use kernel::{
    ports::dead_letters::DeadLetterQueues,
    workflow::{DeadLetter, Worker, WorkerName},
};
use testkit::conformance::dead_letters::{self, Keeper, letter};

use crate::{
    emulator::{Emulator, Lossy, Shared, connection, moto},
    stub::{Stub, json_error},
};

const WORKER: Worker = plane::features::accounts::workers::COGNITO_PROVISIONER;

async fn queues(endpoint: String, prefix: &str) -> SqsQueues {
    let retry_for = Duration::from_secs(2);
    let options = Options { endpoint: Some(endpoint), prefix: prefix.to_owned(), retry_for };
    SqsQueues::new(&connection(Limits::default()).await, options, Arc::new(Shared))
}

async fn made(emulator: &Emulator, prefix: &str) -> SqsQueues {
    let queues = queues(emulator.endpoint(), prefix).await;
    for worker in plane::features::workers() {
        queues.repair(&worker.into()).await.unwrap();
    }
    queues
}

/// Somebody who looks into the queues with SQS's own means.
struct Looker {
    client: Client,
    prefix: String,
}

impl Looker {
    async fn at(emulator: &Emulator, prefix: &str) -> Self {
        let config = connection(Limits::default()).await;
        let config = aws_sdk_sqs::config::Builder::from(&config).endpoint_url(emulator.endpoint()).build();
        Self { client: Client::from_conf(config), prefix: prefix.to_owned() }
    }

    async fn url(&self, worker: &WorkerName) -> String {
        let name = format!("{}{worker}-dlq", self.prefix);
        self.client.get_queue_url().queue_name(name).send().await.unwrap().queue_url.unwrap()
    }

    /// What an alarm would see.
    async fn visible(&self, worker: &WorkerName) -> String {
        const VISIBLE: QueueAttributeName = QueueAttributeName::ApproximateNumberOfMessages;
        let request = self.client.get_queue_attributes().queue_url(self.url(worker).await).attribute_names(VISIBLE);
        request.send().await.unwrap().attributes.unwrap()[&VISIBLE].clone()
    }
}

#[async_trait]
impl Keeper for Looker {
    async fn kept(&self, worker: &WorkerName) -> Vec<DeadLetter> {
        let url = self.url(worker).await;
        let mut letters = Vec::new();
        loop {
            let request = self.client.receive_message().queue_url(&url).max_number_of_messages(10);
            let received = request.visibility_timeout(2).send().await.unwrap().messages.unwrap_or_default();
            if received.is_empty() {
                return letters;
            }
            letters.extend(received.iter().map(|message| serde_json::from_str(message.body().unwrap()).unwrap()));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn conforms() {
    let emulator = moto().await;
    let cases = AtomicUsize::new(0);
    let count = dead_letters::check(async || {
        let prefix = format!("case{}-", cases.fetch_add(1, Ordering::Relaxed));
        let queues = made(&emulator, &prefix).await;
        (
            Arc::new(queues) as Arc<dyn DeadLetterQueues>,
            Arc::new(Looker::at(&emulator, &prefix).await) as Arc<dyn Keeper>,
        )
    })
    .await;
    println!("SQS queues: {count} cases");
}

#[tokio::test]
async fn withdrawn_letters_put_the_alarm_out_and_the_others_are_visible_at_once() {
    let emulator = moto().await;
    let (queues, looker) = (made(&emulator, "").await, Looker::at(&emulator, "").await);
    for number in 0..3 {
        queues.post(&letter(number, WORKER)).await.unwrap();
    }
    assert_eq!(looker.visible(&WORKER.into()).await, "3");
    queues.withdraw(&WORKER.into(), &[letter(1, WORKER).id]).await.unwrap();
    assert_eq!(looker.visible(&WORKER.into()).await, "2");
    queues.withdraw(&WORKER.into(), &[letter(0, WORKER).id, letter(2, WORKER).id]).await.unwrap();
    assert_eq!(looker.visible(&WORKER.into()).await, "0");
}

#[tokio::test]
async fn a_letter_that_somebody_else_holds_is_withdrawn_later() {
    let emulator = moto().await;
    let (queues, looker) = (made(&emulator, "").await, Looker::at(&emulator, "").await);
    queues.post(&letter(1, WORKER)).await.unwrap();
    assert_eq!(looker.kept(&WORKER.into()).await, [letter(1, WORKER)]);
    let busy = queues.withdraw(&WORKER.into(), &[letter(1, WORKER).id]).await.unwrap_err();
    assert_eq!(busy.0, "SQS, cognito-provisioner-dlq: there already, or being changed; try again in a minute");
    let again = async { while queues.withdraw(&WORKER.into(), &[letter(1, WORKER).id]).await.is_err() {} };
    tokio::time::timeout(Duration::from_secs(20), again).await.expect("it comes back");
    assert_eq!(looker.visible(&WORKER.into()).await, "0");
}

#[tokio::test]
async fn queues_are_made_and_set_right() {
    let emulator = moto().await;
    let (queues, looker) = (queues(emulator.endpoint(), "freehold-").await, Looker::at(&emulator, "freehold-").await);
    assert_eq!(queues.status(&WORKER.into()).await.map_err(|fault| fault.to_string()), Err("not there".into()));
    looker.client.create_queue().queue_name("freehold-cognito-provisioner-dlq").send().await.unwrap();
    assert_ne!(queues.status(&WORKER.into()).await.unwrap().kept_seconds, KEPT_SECONDS);
    for _ in 0..2 {
        for worker in plane::features::workers() {
            queues.repair(&worker.into()).await.unwrap();
            let right = QueueStatus { kept_seconds: KEPT_SECONDS, encrypted: true };
            assert_eq!(queues.status(&worker.into()).await, Ok(right), "{}", worker.name());
        }
    }
}

#[tokio::test]
async fn a_letter_whose_answer_is_lost_is_posted_again_and_withdrawn_whole() {
    let emulator = moto().await;
    made(&emulator, "").await;
    let looker = Looker::at(&emulator, "").await;
    let lossy = Lossy::before(&emulator).await;
    let queues = queues(lossy.endpoint(), "").await;
    queues.status(&WORKER.into()).await.unwrap();
    lossy.lose(1);
    queues.post(&letter(1, WORKER)).await.unwrap();
    assert_eq!(looker.visible(&WORKER.into()).await, "2");
    queues.withdraw(&WORKER.into(), &[letter(1, WORKER).id]).await.unwrap();
    assert_eq!(looker.visible(&WORKER.into()).await, "0");
}

const URL: &str = r#"{"QueueUrl":"http://127.0.0.1:1/123456789012/cognito-provisioner-dlq"}"#;

#[tokio::test]
async fn what_sqs_refuses_is_named_with_its_fix() {
    for (code, status, expected) in [
        ("com.amazonaws.sqs#QueueDoesNotExist", 400, "not there; freehold preflight --fix makes the queues"),
        ("AccessDeniedException", 400, "access is denied; permit sqs:GetQueueUrl"),
        ("com.amazonaws.sqs#KmsAccessDenied", 400, "the key of KMS may not be used; permit kms:Decrypt"),
        ("com.amazonaws.sqs#KmsDisabled", 400, "the key of KMS is disabled; enable the key"),
    ] {
        let stub = Stub::answering([(200, URL.to_owned()), json_error(status, code)]).await;
        let queues = queues(stub.endpoint(), "").await;
        let refused = queues.post(&letter(1, WORKER)).await.unwrap_err();
        let whole = format!("SQS, cognito-provisioner-dlq: {expected}");
        assert!(refused.0.starts_with(&whole), "{refused}");
        assert_eq!(stub.asked().len(), 2, "{code} is not asked for again at once");
    }
}

#[tokio::test]
async fn a_throttled_letter_is_posted_when_sqs_takes_it() {
    let throttled = || json_error(400, "com.amazonaws.sqs#RequestThrottled");
    let taken = (200, r#"{"MessageId":"1","MD5OfMessageBody":""}"#.to_owned());
    let stub = Stub::answering([(200, URL.to_owned()), throttled(), throttled(), taken]).await;
    queues(stub.endpoint(), "").await.post(&letter(1, WORKER)).await.unwrap();
    assert_eq!(stub.asked().len(), 4);
}
