//! The functions that a user pool calls: what Cognito sends, and what it is answered. Cognito itself calls nobody here.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    runtime::Function,
    story::{ADMIN, Aws, Caller, PASSWORD},
};

const MINUTE: Duration = Duration::from_mins(1);

/// What all events of a pool have.
fn event(version: &str, source: &str, name: &str, request: Value, response: Value) -> Value {
    json!({
        "version": version, "triggerSource": source, "region": "eu-central-1", "userPoolId": "eu-central-1_people",
        "userName": name, "callerContext": { "awsSdkVersion": "aws-sdk-rust", "clientId": "app" },
        "request": request, "response": response
    })
}

async fn administrator(aws: &Aws) -> String {
    let api = aws.function("api", &[]).await;
    let operator = Caller::operator(&api).await;
    let users = operator.get("/api/users").await.expect(200);
    let items = users["items"].as_array().unwrap();
    let admin = items.iter().find(|user| user["email"] == ADMIN).unwrap_or_else(|| panic!("no administrator: {users}"));
    admin["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn tokens_are_stamped_with_what_the_directory_says() {
    let aws = Aws::start().await;
    let admin = administrator(&aws).await;
    let pre_token = aws.function("pre_token", &[]).await;
    let request = json!({
        "userAttributes": { "sub": "5f0c5dbe-5f2f-4c2c-9d69-b1f9a6c1d7e2", "email": ADMIN },
        "groupConfiguration": { "groupsToOverride": ["of-the-pool"], "iamRolesToOverride": [], "preferredRole": null }
    });

    let asked =
        event("1", "TokenGeneration_Authentication", &admin, request.clone(), json!({ "claimsOverrideDetails": null }));
    let answered = pre_token.call(asked.clone(), MINUTE).await.unwrap();
    assert_eq!(answered["request"], asked["request"]);
    let details = &answered["response"]["claimsOverrideDetails"];
    let claims = &details["claimsToAddOrOverride"];
    assert_eq!(claims["custom:account_id"], "a0000000-0000-0000-0000-000000000001");
    for claim in ["custom:enterprise_id", "custom:role"] {
        assert!(claims[claim].is_string(), "{answered}");
    }
    assert!(claims.as_object().unwrap().values().all(Value::is_string), "version 1 takes texts alone: {claims}");
    let groups = details["groupOverrideDetails"]["groupsToOverride"].as_array().unwrap();
    assert!(!groups.contains(&json!("of-the-pool")), "{groups:?}");

    let mut both = request;
    both["scopes"] = json!(["aws.cognito.signin.user.admin"]);
    let asked =
        event("2", "TokenGeneration_RefreshTokens", &admin, both, json!({ "claimsAndScopeOverrideDetails": null }));
    let answered = pre_token.call(asked, MINUTE).await.unwrap();
    let both = &answered["response"]["claimsAndScopeOverrideDetails"];
    for token in ["idTokenGeneration", "accessTokenGeneration"] {
        assert_eq!(&both[token]["claimsToAddOrOverride"], claims);
    }
    assert_eq!(both["groupOverrideDetails"], details["groupOverrideDetails"]);
    assert_eq!(both["accessTokenGeneration"]["scopesToSuppress"], json!(["aws.cognito.signin.user.admin"]));
    let asked = event("2", "TokenGeneration_Authentication", "somebody", json!({ "scopes": [] }), json!({}));
    let answered = pre_token.call(asked, MINUTE).await.unwrap();
    let suppressed = json!({ "accessTokenGeneration": { "scopesToSuppress": ["aws.cognito.signin.user.admin"] } });
    assert_eq!(answered["response"], json!({ "claimsAndScopeOverrideDetails": suppressed }), "nobody has it either");

    // Who is nobody of the product's gets tokens that show nothing of it.
    for stranger in ["5f0c5dbe-5f2f-4c2c-9d69-b1f9a6c1d7e2", "somebody"] {
        let asked = event("1", "TokenGeneration_HostedAuth", stranger, json!({}), json!({}));
        let answered = pre_token.call(asked, MINUTE).await.unwrap();
        assert_eq!(answered["response"], json!({ "claimsOverrideDetails": null }));
    }
}

async fn moves(function: &Function, source: &str, name: &str, request: Value) -> Result<Value, Value> {
    let response = json!({
        "userAttributes": null, "finalUserStatus": null, "messageAction": null, "desiredDeliveryMediums": null,
        "forceAliasCreation": null
    });
    let answered = function.call(event("1", source, name, request, response), MINUTE).await;
    answered.map(|answered| answered["response"].clone())
}

#[tokio::test]
async fn people_move_in_by_their_passwords_and_nobody_is_told_who_is_known() {
    let aws = Aws::start().await;
    let admin = administrator(&aws).await;
    let function = aws.function("migrate_user", &[]).await;
    let sign_in = async |name: &str, password: &str| {
        moves(&function, "UserMigration_Authentication", name, json!({ "password": password })).await
    };
    let moved = json!({
        "userAttributes": {
            "email": ADMIN, "email_verified": "true", "custom:account_id": "a0000000-0000-0000-0000-000000000001"
        },
        "finalUserStatus": "CONFIRMED", "messageAction": "SUPPRESS", "desiredDeliveryMediums": null,
        "forceAliasCreation": false
    });
    assert_eq!(sign_in(&admin, PASSWORD).await.unwrap(), moved);
    let by_address = sign_in(ADMIN, PASSWORD).await.unwrap();
    assert_eq!(by_address["userAttributes"]["username"], admin.as_str());

    let refused = sign_in(&admin, "Wrong-7-walrus-lantern").await.unwrap_err();
    assert_eq!(refused["errorType"], "Freehold.Refused");
    for (name, password) in [("nobody@example.com", PASSWORD), ("", PASSWORD), (&admin, "")] {
        assert_eq!(sign_in(name, password).await.unwrap_err(), refused, "{name}");
    }
    for _ in 0..5 {
        sign_in(&admin, "Wrong-7-walrus-lantern").await.unwrap_err();
    }
    assert_eq!(sign_in(&admin, PASSWORD).await.unwrap_err(), refused, "locked, and it is not told");

    let forgot = moves(&function, "UserMigration_ForgotPassword", ADMIN, json!({})).await.unwrap();
    assert_eq!(forgot["userAttributes"]["email"], ADMIN);
    assert_eq!((&forgot["finalUserStatus"], &forgot["messageAction"]), (&Value::Null, &json!("SUPPRESS")));
    let unknown = moves(&function, "UserMigration_ForgotPassword", "nobody@example.com", json!({})).await.unwrap_err();
    assert_eq!(unknown, refused);

    let strange = moves(&function, "PreSignUp_SignUp", ADMIN, json!({})).await.unwrap_err();
    assert_eq!(strange["errorType"], "Freehold.Event");
}
