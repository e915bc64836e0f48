//! Where what the product tells people goes: the topic of alerts, the queues of dead letters.

use std::collections::BTreeSet;

use kernel::workflow::{Plan, WorkerName};

use super::{Check, Preflight};
use crate::{
    alerts::{Message, Topic},
    fault::Fault,
    queues::{KEPT_SECONDS, QueueStatus, SqsQueues},
};

impl Preflight {
    /// Sends an alert: that a topic can be published to shows in no other way.
    pub(super) async fn alerts(&self) -> Check {
        const CHECK: &str = "alerts";
        const ATTRIBUTES: [(&str, &str); 1] = [("kind", "preflight")];
        let Some(topic) = self.connected.topic() else {
            let fix = "set aws_alert_topic to have them reach people";
            return Check::warning(CHECK, "none: alerts go to the event bus alone", fix);
        };
        let text = r#"{"type":"preflight","detail":"Freehold's alerts arrive here"}"#;
        let message = Message { subject: "Freehold: preflight", text, attributes: &ATTRIBUTES };
        if let Err(fault) = topic.publish(&message).await {
            return Check::bad(CHECK, format!("{}: {fault}", topic.arn()), Topic::fix(fault));
        }
        match topic.subscribers().await {
            Ok(0) => {
                let finding = format!("{} takes alerts, but nobody has subscribed to it", topic.arn());
                Check::warning(CHECK, finding, format!("aws sns subscribe --topic-arn {}", topic.arn()))
            }
            // Permission to publish does not include permission to count subscriptions.
            Ok(_) | Err(_) => Check::ok(CHECK, format!("{} takes them", topic.arn())),
        }
    }

    pub(super) async fn queues(&self) -> Vec<Check> {
        const CHECK: &str = "dead letters";
        let Some(queues) = self.connected.queues() else {
            let fix = "set aws_dead_letter_queue_prefix to have alarms see them";
            return vec![Check::warning(CHECK, "no queues: they stand in the table alone", fix)];
        };
        let mut checks = Vec::new();
        for worker in self.workers() {
            let name = queues.name(&worker);
            let fixes = "freehold preflight --fix sets it right";
            checks.push(match queues.status(&worker).await {
                Ok(QueueStatus { encrypted: false, .. }) => {
                    Check::bad(CHECK, format!("{name} is not encrypted"), fixes)
                }
                Ok(QueueStatus { kept_seconds, .. }) if kept_seconds != KEPT_SECONDS => {
                    let days = kept_seconds / 86_400;
                    Check::bad(CHECK, format!("{name} keeps its letters for {days} days, not for 14"), fixes)
                }
                Ok(QueueStatus { .. }) => Check::ok(CHECK, format!("{name}, encrypted, kept for 14 days")),
                Err(fault) => Check::bad(CHECK, format!("{name}: {fault}"), SqsQueues::fix(fault)),
            });
        }
        checks
    }

    /// Answers which could not be made.
    pub(super) async fn make_queues(&self) -> Vec<Check> {
        let Some(queues) = self.connected.queues() else { return Vec::new() };
        let mut failed = Vec::new();
        for worker in self.workers() {
            if let Err(fault) = queues.repair(&worker).await {
                let finding = format!("{} can't be made: {fault}", queues.name(&worker));
                let fix = match fault {
                    Fault::Denied => "permit sqs:CreateQueue and SetQueueAttributes",
                    fault => SqsQueues::fix(fault),
                };
                failed.push(Check::bad("dead letters", finding, fix));
            }
        }
        failed
    }

    /// The workers of the plans, each of which has a queue.
    fn workers(&self) -> BTreeSet<WorkerName> {
        self.plans.iter().flat_map(Plan::workers).map(WorkerName::from).collect()
    }
}
