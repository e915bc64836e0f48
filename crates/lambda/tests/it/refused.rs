//! Functions that can't begin say why, by name.

use std::collections::BTreeMap;

use serde_json::json;
use tempfile::TempDir;

use crate::runtime::Function;

/// Variables; an empty one is not set.
type Settings = &'static [(&'static str, &'static str)];

async fn refusal(handler: &str, settings: Settings) -> (String, String) {
    let folder = TempDir::new().unwrap();
    let mut environment: BTreeMap<_, _> = [
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "AKIAEMULATOR"),
        ("AWS_SECRET_ACCESS_KEY", "not-a-secret"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("FREEHOLD_PUBLIC_URL", "https://freehold.example"),
        ("FREEHOLD_ADMIN_EMAIL", "root@platform.example"),
        ("FREEHOLD_LOG_LEVEL", "error"),
        // A port that nobody listens on.
        ("FREEHOLD_AWS_ENDPOINT_DYNAMODB", "http://127.0.0.1:1"),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .into();
    environment.insert("FREEHOLD_DATA_DIR", folder.path().display().to_string());
    environment.extend(settings.iter().map(|(name, value)| (*name, (*value).to_owned())));
    environment.retain(|_, value| !value.is_empty());
    let function = Function::start(handler, &environment).await;
    let refusal = function.refusal().await;
    assert_eq!(refusal["stackTrace"], json!([]));
    let text = |field: &str| refusal[field].as_str().unwrap().to_owned();
    (text("errorType"), text("errorMessage"))
}

#[tokio::test]
async fn what_is_not_configured_is_named() {
    let cases: [(&str, Settings, &str); 6] = [
        ("apl", &[], "there is no handler \"apl\""),
        ("api", &[("FREEHOLD_PUBLIC_URL", "")], "set FREEHOLD_PUBLIC_URL"),
        ("api", &[("FREEHOLD_ADMIN_EMAIL", "")], "set FREEHOLD_ADMIN_EMAIL"),
        ("api", &[("AWS_REGION", "")], "no region of AWS is named; set aws_region, or AWS_REGION"),
        ("cron", &[("AWS_ACCESS_KEY_ID", ""), ("AWS_SECRET_ACCESS_KEY", "")], "credentials for AWS: there are none"),
        ("api", &[], "DynamoDB does not give the table app_data in eu-central-1"),
    ];
    for (handler, settings, expected) in cases {
        let (kind, why) = refusal(handler, settings).await;
        assert_eq!(kind, "Freehold.Configuration", "{why}");
        assert!(why.contains(expected), "{why}");
    }
}
