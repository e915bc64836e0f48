//! The function `mail_events`: notes with users what SES reports of their mail. EventBridge calls it with the events of a
//! configuration set: bounces and complaints.

use std::sync::Arc;

use cli::hosted::Hosted;
use lambda_http::{
    Error,
    lambda_runtime::{self, LambdaEvent},
    service_fn,
};
use plane::features::users::{
    mail_problems::{MailReport, note_mail_problem},
    model::{MailProblem, MailProblemKind},
};
use serde_json::{Value, json};

use crate::clock;

/// The sub-types by which SES says that it sent nothing, for the address is on a list of suppressed ones.
const SUPPRESSED: [&str; 2] = ["OnAccountSuppressionList", "Suppressed"];

pub(crate) async fn run(hosted: Hosted) -> Result<(), Error> {
    let hosted = Arc::new(hosted);
    let handler = service_fn(move |event: LambdaEvent<Value>| {
        let hosted = Arc::clone(&hosted);
        async move {
            hosted.wake().await;
            let left = clock::left(event.context.deadline);
            let noted = clock::within(left, note(&hosted, &event.payload)).await;
            noted.unwrap_or_else(|| Err("the function's time was over before the report was noted".into()))
        }
    });
    lambda_runtime::run(handler).await
}

async fn note(hosted: &Hosted, event: &Value) -> Result<Value, Error> {
    let reports = reports(event);
    let mut noted = 0;
    for report in &reports {
        let is_noted = note_mail_problem(hosted.plane(), report).await?;
        noted += usize::from(is_noted);
        if !is_noted {
            tracing::info!(account.id = %report.account, "mail to an address that no user has reached nobody");
        }
    }
    Ok(json!({ "reports": reports.len(), "noted": noted }))
}

/// What an event of SES reports. Mail that may still arrive, other events, and mail of others are none.
fn reports(event: &Value) -> Vec<MailReport> {
    let detail = &event["detail"];
    let Some(account) = detail["mail"]["tags"]["account"][0].as_str().and_then(|account| account.parse().ok()) else {
        return Vec::new();
    };
    let (report, recipients, sub_type, kind) = match detail["eventType"].as_str() {
        Some("Bounce") if detail["bounce"]["bounceType"] == "Permanent" => {
            (&detail["bounce"], "bouncedRecipients", "bounceSubType", MailProblemKind::Bounced)
        }
        Some("Complaint") => {
            (&detail["complaint"], "complainedRecipients", "complaintSubType", MailProblemKind::Complained)
        }
        _ => return Vec::new(),
    };
    let is_suppressed = report[sub_type].as_str().is_some_and(|kind| SUPPRESSED.contains(&kind));
    let kind = if is_suppressed { MailProblemKind::Suppressed } else { kind };
    let Some(at) = report["timestamp"].as_str().and_then(|at| at.parse().ok()) else { return Vec::new() };
    let recipients = report[recipients].as_array().into_iter().flatten();
    let addresses = recipients.filter_map(|recipient| recipient["emailAddress"].as_str());
    addresses
        .map(|address| MailReport { account, address: bare(address).to_owned(), problem: MailProblem { kind, at } })
        .collect()
}

/// An address without the name before it.
fn bare(address: &str) -> &str {
    address.rsplit_once('<').map_or(address, |(_, rest)| rest.trim_end_matches('>')).trim()
}
