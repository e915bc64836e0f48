//! The function `pre_token`: what the directory says of somebody goes into their tokens, for clients to show, before the
//! user pool signs them. It takes events of version 1, whose claims come into id tokens, and of versions 2 and 3, whose come
//! into access tokens too.
//!
//! INVARIANT: what it answers gives no rights. So where the directory does not answer, tokens are given that show less.

use std::{sync::Arc, time::Duration};

use cli::hosted::Hosted;
use lambda_http::{
    Error,
    lambda_runtime::{self, LambdaEvent},
    service_fn,
};
use plane::{ids::Subject, ports::identity::Profile};
use serde_json::{Map, Value, json};

use crate::clock;

/// A user pool waits five seconds for an answer, whatever the function has.
pub(crate) const RETRY_FOR: Duration = Duration::from_secs(4);

/// The scope of self-service at a pool.
const SELF_SERVICE: &str = "aws.cognito.signin.user.admin";

pub(crate) async fn run(hosted: Hosted) -> Result<(), Error> {
    let hosted = Arc::new(hosted);
    let handler = service_fn(move |event: LambdaEvent<Value>| {
        let hosted = Arc::clone(&hosted);
        async move {
            hosted.wake().await;
            let left = clock::left(event.context.deadline).min(RETRY_FOR);
            let shown = clock::within(left, shown(&hosted, &event.payload)).await.flatten();
            if shown.is_none() {
                tracing::warn!("tokens are given that show nothing of the directory");
            }
            Ok::<_, Error>(stamped(event.payload, shown))
        }
    });
    lambda_runtime::run(handler).await
}

async fn shown(hosted: &Hosted, event: &Value) -> Option<Profile> {
    let subject = event["userName"].as_str()?.parse::<Subject>().ok()?;
    hosted.shown(subject).await.unwrap_or_else(|error| {
        tracing::warn!(%error, "the directory did not answer");
        None
    })
}

/// The event with its answer.
fn stamped(mut event: Value, shown: Option<Profile>) -> Value {
    let both = event["version"] != "1" || event["request"].get("scopes").is_some();
    // The scope lets the holder of an access token change a password, sign out or delete themself at the pool, past the
    // product's lock, policy and audit. The product asks the pool as an administrator, and needs no scope.
    let suppressed = json!({ "scopesToSuppress": [SELF_SERVICE] });
    let answer = shown.map(|Profile { account, enterprise, role, groups, .. }| {
        let mut claims = Map::new();
        claims.insert("custom:account_id".into(), json!(account));
        claims.extend(enterprise.map(|enterprise| ("custom:enterprise_id".into(), json!(enterprise))));
        claims.extend(role.map(|role| ("custom:role".into(), json!(role))));
        // Groups of the pool are no groups of the product.
        let groups = json!({ "groupsToOverride": groups });
        if both {
            let mut access = suppressed.clone();
            access["claimsToAddOrOverride"] = json!(claims);
            let id = json!({ "claimsToAddOrOverride": claims });
            json!({ "idTokenGeneration": id, "accessTokenGeneration": access, "groupOverrideDetails": groups })
        } else {
            json!({ "claimsToAddOrOverride": claims, "groupOverrideDetails": groups })
        }
    });
    let answer = answer.or_else(|| both.then(|| json!({ "accessTokenGeneration": suppressed })));
    let name = if both { "claimsAndScopeOverrideDetails" } else { "claimsOverrideDetails" };
    event["response"] = json!({ name: answer });
    event
}
