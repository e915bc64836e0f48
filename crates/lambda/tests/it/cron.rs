//! What is due by the clock, and what other processes left.

use std::{net::TcpListener, time::Duration};

use serde_json::json;

use crate::story::{Aws, Caller};

const MINUTE: Duration = Duration::from_mins(1);

#[tokio::test]
async fn a_run_whose_process_is_gone_is_taken_up() {
    let aws = Aws::start().await;
    let crashing = aws.function("api", &[("FREEHOLD_FAULTS", "ProvisionCognitoUsers:crash-after")]).await;
    let operator = Caller::operator(&crashing).await;
    let account = operator.take_on("Acme").await;
    crashing.crashed().await;

    let api = aws.function("api", &[]).await;
    let operator = operator.through(&api);
    let left = operator.get(&format!("/api/accounts/{account}")).await.expect(200);
    assert_eq!(left["status"], "provisioning", "{left}");

    // The lease of the process that is gone has run out for this one.
    let cron = aws.function("cron", &[("FREEHOLD_CLOCK_OFFSET", "60")]).await;
    let round = cron.call(json!({}), MINUTE).await.unwrap();
    let jobs = json!({
        "account-removals": "succeeded", "all-tables": "succeeded", "invitation-expiries": "succeeded",
        "license-reminders": "succeeded", "name-claims": "succeeded", "user-endings": "succeeded",
        "written-tables": "succeeded"
    });
    assert_eq!(round, json!({ "jobs": jobs, "runs": 1, "rested": true }));
    let taken_on = operator.get(&format!("/api/accounts/{account}")).await.expect(200);
    assert_eq!(taken_on["status"], "active", "{taken_on}");

    let nothing = cron.call(json!({ "anything": "at all" }), MINUTE).await.unwrap();
    assert_eq!(nothing, json!({ "jobs": {}, "runs": 0, "rested": true }), "each job ran in its period");
}

#[tokio::test]
async fn accounts_whose_time_of_grace_is_over_are_removed() {
    let aws = Aws::start().await;
    let api = aws.function("api", &[("FREEHOLD_DELETION_GRACE_DAYS", "1")]).await;
    let operator = Caller::operator(&api).await;
    let account = operator.take_on("Acme").await;
    let address = format!("/api/accounts/{account}");
    let disabled = operator.send("DELETE", &format!("{address}?confirm=Acme"), None).await;
    assert!(disabled.status < 300, "{}", String::from_utf8_lossy(disabled.bytes()));
    assert_eq!(operator.get(&address).await.expect(200)["status"], "disabled");

    let today = aws.function("cron", &[]).await.call(json!({}), MINUTE).await.unwrap();
    assert_eq!(today["jobs"]["account-removals"], "succeeded", "{today}");
    assert_eq!(operator.get(&address).await.expect(200)["status"], "disabled");
    let later = aws.function("cron", &[("FREEHOLD_CLOCK_OFFSET", "172800")]).await;
    let round = later.call(json!({}), MINUTE).await.unwrap();
    assert_eq!(round["jobs"]["account-removals"], "succeeded", "{round}");
    assert_eq!((&round["runs"], &round["rested"]), (&json!(0), &json!(true)));
    let job = operator.get("/api/jobs/account-removals").await.expect(200);
    assert_eq!(job["lastRun"]["counts"]["begun"], 1, "{job}");
    let gone = operator.get(&address).await;
    assert!(gone.status == 404 || gone.expect(200)["status"] == "deleted", "{}", String::from_utf8_lossy(gone.bytes()));
}

async fn mails_to_ada(operator: &Caller<'_>) -> usize {
    let mails = operator.get("/api/outbox?to=ada@acme.example").await.expect(200);
    mails["items"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_round_sends_an_invitation_that_was_cut_off() {
    let aws = Aws::start().await;
    let api = aws.function("api", &[]).await;
    let operator = Caller::operator(&api).await;
    let account = operator.take_on("Acme").await;
    api.at_rest().await;
    let users = operator.get(&format!("/api/users?accountId={account}")).await.expect(200);
    let ada = format!("/api/users/{}/invitation?accountId={account}", users["items"][0]["id"].as_str().unwrap());
    assert_eq!(mails_to_ada(&operator).await, 1, "the onboarding sent one");

    // This server never answers, so the function's time ends between the commit and the mail.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    let settings = [
        ("FREEHOLD_AWS_SENDER", "freehold@platform.example"),
        ("FREEHOLD_AWS_ENDPOINT_SES", endpoint.as_str()),
        ("FREEHOLD_INVITATION_PAUSE_SECONDS", "0"),
    ];
    let cut = aws.function("api", &settings).await;
    let operator = operator.through(&cut);
    let answer = operator.send_within("POST", &ada, None, Duration::from_secs(3)).await;
    assert_eq!(answer.expect(503)["code"], "unavailable");

    let operator = operator.through(&api);
    let later = aws.function("cron", &[("FREEHOLD_CLOCK_OFFSET", "60")]).await;
    for _ in 0..2 {
        let round = later.call(json!({}), MINUTE).await.unwrap();
        assert_eq!((&round["runs"], &round["rested"]), (&json!(0), &json!(true)));
        assert_eq!(mails_to_ada(&operator).await, 2, "the round sent it, once");
    }
}

#[tokio::test]
async fn a_round_without_time_says_so() {
    let aws = Aws::start().await;
    let cron = aws.function("cron", &[]).await;
    let error = cron.call(json!({}), Duration::from_millis(100)).await.unwrap_err();
    assert!(error["errorMessage"].as_str().is_some_and(|why| why.contains("time was over")), "{error}");
    // The next has more.
    cron.call(json!({}), MINUTE).await.unwrap();
}
