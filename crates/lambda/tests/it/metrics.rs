//! What functions write for CloudWatch to make metrics of.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::story::{Aws, Caller};

#[tokio::test]
async fn functions_write_metrics_in_the_embedded_format() {
    let aws = Aws::start().await;
    let api = aws.function("api", &[("FREEHOLD_ENVIRONMENT", "staging")]).await;
    Caller::operator(&api).await.take_on("Acme").await;
    api.at_rest().await;
    let lines = api.written();
    let metrics: Vec<Value> = lines.iter().map(|line| serde_json::from_str(line).expect(line)).collect();
    for line in &metrics {
        assert_eq!(line["_aws"]["CloudWatchMetrics"][0]["Namespace"], "AccountProvisioning", "{line}");
        assert_eq!(line["Environment"], "staging", "{line}");
    }
    let workers: BTreeSet<_> = metrics.iter().filter_map(|line| line["Worker"].as_str()).collect();
    let all = ["cognito-provisioner", "dynamodb-provisioner", "provisioning-verifier", "ses-notification"];
    assert_eq!(workers, all.into());
    let ended = metrics.iter().find(|line| line["ExecutionsSucceeded"] == 1.0).expect("a run succeeded");
    assert!(ended["ExecutionTime"].as_f64().is_some_and(|time| time > 0.0), "{ended}");

    // What is no installation that anybody has is refused at the start.
    let refused = aws.function("api", &[("FREEHOLD_ENVIRONMENT", "moon")]).await.refusal().await;
    assert!(refused["errorMessage"].as_str().is_some_and(|why| why.contains("environment")), "{refused}");
}
