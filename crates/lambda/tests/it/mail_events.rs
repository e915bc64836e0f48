//! What SES reports of mail is noted with the user.

use std::time::Duration;

use serde_json::{Value, json};

use crate::story::{Aws, Caller};

const MINUTE: Duration = Duration::from_mins(1);

/// As EventBridge hands it on.
pub(crate) fn event(kind: &str, account: &str, report: &Value) -> Value {
    let (detail_type, name) = match kind {
        "Bounce" => ("Email Bounced", "bounce"),
        _ => ("Email Complaint Received", "complaint"),
    };
    let mail = json!({ "messageId": "1", "destination": ["ada@acme.example"],
        "tags": { "ses:source-ip": ["203.0.113.7"], "account": [account], "kind": ["invitation"] } });
    let mut detail = json!({ "eventType": kind, "mail": mail });
    detail[name] = report.clone();
    json!({ "version": "0", "source": "aws.ses", "detail-type": detail_type, "detail": detail })
}

pub(crate) fn bounce(kind: &str, sub_type: &str, address: &str, at: &str) -> Value {
    json!({ "bounceType": kind, "bounceSubType": sub_type, "timestamp": at,
        "bouncedRecipients": [{ "emailAddress": address, "action": "failed", "status": "5.1.1" }] })
}

#[tokio::test]
async fn bounces_complaints_and_suppression_are_shown_with_the_user_until_the_next_invitation() {
    let aws = Aws::start().await;
    let settings = [("FREEHOLD_INVITATION_PAUSE_SECONDS", "0")];
    let (api, reports) = tokio::join!(aws.function("api", &settings), aws.function("mail_events", &[]));
    let operator = Caller::operator(&api).await;
    let account = operator.take_on("Acme").await;
    let users = format!("/api/users?accountId={account}");
    let problem = async || operator.get(&users).await.expect(200)["items"][0]["mailProblem"].clone();
    assert_eq!(problem().await, Value::Null);
    let note = async |event: Value| reports.call(event, MINUTE).await.unwrap()["noted"].clone();

    // What may still arrive is no problem, and neither is mail of others.
    let soft = bounce("Transient", "MailboxFull", "ada@acme.example", "2026-01-01T10:00:00.000Z");
    assert_eq!(note(event("Bounce", &account, &soft)).await, 0);
    let hard = bounce("Permanent", "General", "Ada <Ada@acme.example>", "2026-01-01T10:01:00.000Z");
    assert_eq!(note(event("Bounce", "another", &hard)).await, 0);
    let stranger = bounce("Permanent", "General", "eve@acme.example", "2026-01-01T10:01:00.000Z");
    assert_eq!(note(event("Bounce", &account, &stranger)).await, 0);
    assert_eq!(note(json!({ "detail": "nothing" })).await, 0);
    assert_eq!(problem().await, Value::Null);

    for _ in 0..2 {
        // EventBridge may hand it on twice.
        assert_eq!(note(event("Bounce", &account, &hard)).await, 1);
        assert_eq!(problem().await, json!({ "kind": "bounced", "at": "2026-01-01T10:01:00Z" }));
    }
    let complaint = json!({ "timestamp": "2026-01-01T10:02:00.000Z",
        "complainedRecipients": [{ "emailAddress": "ada@acme.example" }] });
    assert_eq!(note(event("Complaint", &account, &complaint)).await, 1);
    assert_eq!(problem().await["kind"], "complained");
    // What comes late does not hide what is known.
    assert_eq!(note(event("Bounce", &account, &hard)).await, 1);
    assert_eq!(problem().await["kind"], "complained");
    let kept_back = bounce("Permanent", "OnAccountSuppressionList", "ada@acme.example", "2026-01-01T10:03:00.000Z");
    assert_eq!(note(event("Bounce", &account, &kept_back)).await, 1);
    assert_eq!(problem().await["kind"], "suppressed");

    let user = operator.get(&users).await.expect(200)["items"][0]["id"].as_str().unwrap().to_owned();
    let invite = format!("/api/users/{user}/invitation?accountId={account}");
    operator.send("POST", &invite, None).await.expect(200);
    assert_eq!(problem().await, Value::Null, "a new mail may arrive");
}
