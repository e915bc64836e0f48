//! Where what the product tells people goes: the topic of alerts.

use super::{Check, Preflight};
use crate::alerts::{Message, Topic};

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
            // Whoever may publish need not be permitted to count who listens.
            Ok(_) | Err(_) => Check::ok(CHECK, format!("{} takes them", topic.arn())),
        }
    }
}
