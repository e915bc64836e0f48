//! Queues of dead letters on SQS, one for each worker, so that an alarm can be on how many messages are visible.
//!
//! A message can't be fetched by its name: to withdraw one, messages are received and held back until it comes, then the
//! others are returned to the queue. If the process stops in between, SQS returns them when [`HELD`] is over.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_sqs::{
    Client,
    types::{
        ChangeMessageVisibilityBatchRequestEntry, DeleteMessageBatchRequestEntry, Message, MessageAttributeValue,
        QueueAttributeName,
    },
};
use kernel::{
    ids::DeadLetterId,
    ports::{
        dead_letters::{DeadLetterQueues, QueuesError},
        random::RandomSource,
    },
    workflow::{DeadLetter, WorkerName},
};

use crate::{
    fault::Fault,
    retry::{self, RetryPolicy},
};

/// How long a message is kept: 14 days, as long as the letter itself.
pub const KEPT_SECONDS: u32 = 14 * 24 * 3600;
/// So long nobody else sees what is held back while a letter is looked for.
const HELD: i32 = 60;
/// SQS gives and takes so many at once.
const AT_ONCE: i32 = 10;
/// So many messages are looked through for a letter: in a longer queue it stays, and goes when its time is over.
const MOST_BATCHES: usize = 50;
/// A call waits so many seconds for messages: without waiting, SQS asks a part of its servers alone.
const WAIT: i32 = 1;

/// How the queues are named and reached.
#[derive(Clone, Debug)]
pub struct Options {
    /// Another endpoint than the region's.
    pub endpoint: Option<String>,
    /// The prefix of all queue names, such as `freehold-`.
    pub prefix: String,
    /// No retry begins this long after the first attempt.
    pub retry_for: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self { endpoint: None, prefix: String::new(), retry_for: retry::MAX_DURATION }
    }
}

/// How a queue is set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueStatus {
    pub kept_seconds: u32,
    /// By a key of SQS or of KMS.
    pub encrypted: bool,
}

/// What came of looking through a queue.
struct Looked {
    /// So many of the letters were in it, and are gone.
    found: usize,
    /// It was looked through to its end.
    whole: bool,
}

/// The queues of one account and region of AWS.
#[derive(Clone)]
pub struct SqsQueues {
    client: Client,
    retry: RetryPolicy,
    prefix: String,
    urls: Arc<Mutex<HashMap<WorkerName, String>>>,
}

impl SqsQueues {
    pub fn new(config: &SdkConfig, options: Options, rng: Arc<dyn RandomSource>) -> Self {
        let Options { endpoint, prefix, retry_for } = options;
        let mut builder = aws_sdk_sqs::config::Builder::from(config);
        builder.set_endpoint_url(endpoint);
        let (client, retry) = (Client::from_conf(builder.build()), RetryPolicy::new(rng, retry_for));
        Self { client, retry, prefix, urls: Arc::default() }
    }

    /// What a worker's queue is called.
    pub fn name(&self, worker: &WorkerName) -> String {
        format!("{}{worker}-dlq", self.prefix)
    }

    pub async fn status(&self, worker: &WorkerName) -> Result<QueueStatus, Fault> {
        let url = self.url(worker).await?;
        let told = self
            .retry
            .repeat(|| async {
                let request = self.client.get_queue_attributes().queue_url(&url);
                let request = request.attribute_names(QueueAttributeName::All);
                request.send().await.map_err(|error| Fault::of(&error))
            })
            .await?;
        let attributes = told.attributes.unwrap_or_default();
        let text = |name| attributes.get(&name).map(String::as_str);
        let kept = text(QueueAttributeName::MessageRetentionPeriod).and_then(|seconds| seconds.parse().ok());
        let own_key = text(QueueAttributeName::SqsManagedSseEnabled) == Some("true");
        let kms_key = text(QueueAttributeName::KmsMasterKeyId).is_some_and(|key| !key.is_empty());
        Ok(QueueStatus { kept_seconds: kept.ok_or(Fault::Garbled)?, encrypted: own_key || kms_key })
    }

    /// Makes a queue, or corrects the attributes of an existing one.
    pub async fn repair(&self, worker: &WorkerName) -> Result<(), Fault> {
        let kept = (QueueAttributeName::MessageRetentionPeriod, KEPT_SECONDS.to_string());
        let own_key = (QueueAttributeName::SqsManagedSseEnabled, "true".to_owned());
        match self.status(worker).await {
            Ok(QueueStatus { kept_seconds: KEPT_SECONDS, encrypted: true }) => Ok(()),
            Ok(QueueStatus { encrypted, .. }) => {
                let url = self.url(worker).await?;
                // A key of KMS that somebody has chosen stays.
                let attributes: HashMap<_, _> = [kept].into_iter().chain((!encrypted).then_some(own_key)).collect();
                self.retry
                    .repeat(|| async {
                        let request = self.client.set_queue_attributes().queue_url(&url);
                        let request = request.set_attributes(Some(attributes.clone()));
                        request.send().await.map_err(|error| Fault::of(&error))
                    })
                    .await
                    .map(drop)
            }
            Err(Fault::NotFound) => {
                let name = self.name(worker);
                let attributes: HashMap<_, _> = [kept, own_key].into();
                self.retry
                    .repeat(|| async {
                        let request = self.client.create_queue().queue_name(&name);
                        let request = request.set_attributes(Some(attributes.clone()));
                        request.send().await.map_err(|error| Fault::of(&error))
                    })
                    .await
                    .map(drop)
            }
            Err(fault) => Err(fault),
        }
    }

    /// What an operator can do about a fault of the queues.
    pub const fn fix(fault: Fault) -> &'static str {
        match fault {
            Fault::NotFound => {
                "freehold preflight --fix makes the queues; or check aws_dead_letter_queue_prefix and the region"
            }
            Fault::Denied => {
                "permit sqs:GetQueueUrl, GetQueueAttributes, SendMessage, ReceiveMessage, DeleteMessage and \
                 ChangeMessageVisibility on the queues"
            }
            Fault::InUse => "try again in a minute",
            fault => fault.fix(),
        }
    }

    async fn url(&self, worker: &WorkerName) -> Result<String, Fault> {
        if let Some(url) = self.urls.lock().expect("no holder panics").get(worker) {
            return Ok(url.clone());
        }
        let name = self.name(worker);
        let found = self
            .retry
            .repeat(|| async {
                self.client.get_queue_url().queue_name(&name).send().await.map_err(|error| Fault::of(&error))
            })
            .await?;
        let url = found.queue_url.ok_or(Fault::Garbled)?;
        self.urls.lock().expect("no holder panics").insert(worker.clone(), url.clone());
        Ok(url)
    }

    async fn send(&self, letter: &DeadLetter) -> Result<(), Fault> {
        let url = self.url(&letter.worker).await?;
        let body = serde_json::to_string(letter).expect("a dead letter is plain JSON");
        self.retry
            .repeat(|| async {
                let mut request = self.client.send_message().queue_url(&url).message_body(&body);
                request = request.message_attributes("id", attribute(&letter.id.to_string()));
                request = request.message_attributes("workflow", attribute(&letter.workflow));
                if let Some(account) = letter.account_id {
                    request = request.message_attributes("accountId", attribute(&account.to_string()));
                }
                request.send().await.map_err(|error| Fault::of(&error))
            })
            .await
            .map(drop)
    }

    async fn take_out(&self, worker: &WorkerName, letters: &[DeadLetterId]) -> Result<(), Fault> {
        if letters.is_empty() {
            return Ok(());
        }
        let url = self.url(worker).await?;
        let mut held = Vec::new();
        let looked = self.look_through(&url, letters, &mut held).await;
        let given_back = self.give_back(&url, &held).await;
        let Looked { found, whole } = looked?;
        given_back?;
        if found == letters.len() {
            return Ok(());
        }
        if !whole {
            tracing::warn!(queue = self.name(worker), "a queue is too long to look through: letters stay in it");
            return Ok(());
        }
        // One that somebody else holds now is seen by nobody, and comes back: it is looked for again.
        if self.length(&url).await? > held.len() { Err(Fault::InUse) } else { Ok(()) }
    }

    /// Deletes what carries one of the ids, and holds the others.
    async fn look_through(&self, url: &str, letters: &[DeadLetterId], held: &mut Vec<String>) -> Result<Looked, Fault> {
        let (mut found, mut whole) = (Vec::new(), false);
        for _ in 0..MOST_BATCHES {
            let messages = self.receive(url).await?;
            if messages.is_empty() {
                whole = true;
                break;
            }
            let mut out = Vec::new();
            for message in messages {
                let id = id_of(&message);
                let Some(receipt) = message.receipt_handle else { continue };
                match id.filter(|id| letters.contains(id)) {
                    Some(id) => {
                        found.push(id);
                        out.push(receipt);
                    }
                    None => held.push(receipt),
                }
            }
            self.delete(url, &out).await?;
        }
        found.sort_unstable();
        found.dedup();
        Ok(Looked { found: found.len(), whole })
    }

    async fn receive(&self, url: &str) -> Result<Vec<Message>, Fault> {
        let received = self
            .retry
            .repeat(|| async {
                let request = self.client.receive_message().queue_url(url).max_number_of_messages(AT_ONCE);
                let request = request.visibility_timeout(HELD).wait_time_seconds(WAIT);
                request.send().await.map_err(|error| Fault::of(&error))
            })
            .await?;
        Ok(received.messages.unwrap_or_default())
    }

    async fn delete(&self, url: &str, receipts: &[String]) -> Result<(), Fault> {
        if receipts.is_empty() {
            return Ok(());
        }
        let entries = receipts.iter().enumerate().map(|(number, receipt)| {
            let entry = DeleteMessageBatchRequestEntry::builder().id(number.to_string()).receipt_handle(receipt);
            entry.build().expect("id and receipt are given")
        });
        let entries: Vec<_> = entries.collect();
        self.retry
            .repeat(|| async {
                let request = self.client.delete_message_batch().queue_url(url).set_entries(Some(entries.clone()));
                let answer = request.send().await.map_err(|error| Fault::of(&error))?;
                answer.failed().first().map_or(Ok(()), |failed| Err(Fault::named(failed.code())))
            })
            .await
    }

    async fn give_back(&self, url: &str, receipts: &[String]) -> Result<(), Fault> {
        for receipts in receipts.chunks(10) {
            let entries = receipts.iter().enumerate().map(|(number, receipt)| {
                let entry = ChangeMessageVisibilityBatchRequestEntry::builder().id(number.to_string());
                let entry = entry.receipt_handle(receipt).visibility_timeout(0);
                entry.build().expect("id and receipt are given")
            });
            let entries: Vec<_> = entries.collect();
            // An entry that is not accepted comes back by itself when its time is over.
            self.retry
                .repeat(|| async {
                    let request = self.client.change_message_visibility_batch().queue_url(url);
                    let request = request.set_entries(Some(entries.clone()));
                    request.send().await.map_err(|error| Fault::of(&error))
                })
                .await?;
        }
        Ok(())
    }

    /// How many messages are in a queue, those that somebody holds included.
    async fn length(&self, url: &str) -> Result<usize, Fault> {
        const COUNTS: [QueueAttributeName; 2] = [
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
        ];
        let told = self
            .retry
            .repeat(|| async {
                let request = self.client.get_queue_attributes().queue_url(url);
                let request = request.set_attribute_names(Some(COUNTS.to_vec()));
                request.send().await.map_err(|error| Fault::of(&error))
            })
            .await?;
        let counts = told.attributes.unwrap_or_default();
        Ok(COUNTS.iter().filter_map(|name| counts.get(name)?.parse::<usize>().ok()).sum())
    }

    fn error(&self, worker: &WorkerName, fault: Fault) -> QueuesError {
        QueuesError(format!("SQS, {}: {fault}; {}", self.name(worker), Self::fix(fault)))
    }
}

#[async_trait]
impl DeadLetterQueues for SqsQueues {
    async fn post(&self, letter: &DeadLetter) -> Result<(), QueuesError> {
        self.send(letter).await.map_err(|fault| self.error(&letter.worker, fault))
    }

    async fn withdraw(&self, worker: &WorkerName, letters: &[DeadLetterId]) -> Result<(), QueuesError> {
        self.take_out(worker, letters).await.map_err(|fault| self.error(worker, fault))
    }
}

fn attribute(value: &str) -> MessageAttributeValue {
    MessageAttributeValue::builder().data_type("String").string_value(value).build().expect("the type is given")
}

/// Whatever else is in the queue is none of ours, and stays.
fn id_of(message: &Message) -> Option<DeadLetterId> {
    let letter: serde_json::Value = serde_json::from_str(message.body()?).ok()?;
    letter["id"].as_str()?.parse().ok()
}
