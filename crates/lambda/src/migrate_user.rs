//! The function `migrate_user`: somebody whom a user pool does not know comes into it, by the password that the product has
//! a hash of, or to be given another by a code.
//!
//! INVARIANT: all refusals have the same words.

use std::sync::Arc;

use cli::hosted::Hosted;
use lambda_http::{
    Error,
    lambda_runtime::{self, Diagnostic, LambdaEvent},
    service_fn,
};
use plane::identity::MigratingUser;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{clock, pre_token::RETRY_FOR};

/// What is read of an event.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    trigger_source: Source,
    user_name: String,
    request: Request,
}

#[derive(Clone, Copy, Deserialize)]
enum Source {
    #[serde(rename = "UserMigration_Authentication")]
    SignIn,
    #[serde(rename = "UserMigration_ForgotPassword")]
    ForgotPassword,
}

#[derive(Deserialize)]
struct Request {
    #[serde(default)]
    password: Option<SecretString>,
}

pub(crate) async fn run(hosted: Hosted) -> Result<(), Error> {
    let hosted = Arc::new(hosted);
    let handler = service_fn(move |event: LambdaEvent<Value>| {
        let hosted = Arc::clone(&hosted);
        async move {
            hosted.wake().await;
            let left = clock::left(event.context.deadline).min(RETRY_FOR);
            let judged = clock::within(left, judge(&hosted, &event.payload)).await;
            judged
                .unwrap_or_else(|| Err(away("the function's time was over")))
                .map(|moved| answered(event.payload, moved))
        }
    });
    lambda_runtime::run(handler).await
}

/// Who comes in, and in which state.
struct Moved {
    moving: MigratingUser,
    /// `None`: the pool asks for a new password.
    status: Option<&'static str>,
}

async fn judge(hosted: &Hosted, event: &Value) -> Result<Moved, Diagnostic> {
    let asked = Asked::deserialize(event).map_err(|error| Diagnostic {
        error_type: "Freehold.Event".into(),
        error_message: format!("the event is none of a user pool that looks for somebody: {error}"),
    })?;
    let moved = match asked.trigger_source {
        Source::SignIn => {
            let password = asked.request.password.unwrap_or_default();
            let moving = hosted.migrate_by_password(&asked.user_name, &password).await;
            moving.map_err(|error| away(&error.to_string()))?.map(|moving| Moved { moving, status: Some("CONFIRMED") })
        }
        Source::ForgotPassword => {
            let moving = hosted.migrate_by_code(&asked.user_name).await;
            moving.map_err(|error| away(&error.to_string()))?.map(|moving| Moved { moving, status: None })
        }
    };
    moved.ok_or_else(|| Diagnostic {
        error_type: "Freehold.Refused".into(),
        error_message: "the e-mail address or the password is not right".into(),
    })
}

/// The event with its answer. Nothing is mailed.
fn answered(mut event: Value, Moved { moving, status }: Moved) -> Value {
    let MigratingUser { subject, email, account } = moving;
    let mut attributes = json!({ "email": email, "email_verified": "true", "custom:account_id": account });
    // In the pool people are called by their subject, whatever they typed.
    if event["userName"].as_str() != Some(subject.to_string().as_str()) {
        attributes["username"] = json!(subject);
    }
    event["response"] = json!({
        "userAttributes": attributes, "finalUserStatus": status, "messageAction": "SUPPRESS",
        "desiredDeliveryMediums": null, "forceAliasCreation": false
    });
    event
}

fn away(why: &str) -> Diagnostic {
    tracing::warn!(why, "nobody can move into the user pool now");
    Diagnostic { error_type: "Freehold.Unavailable".into(), error_message: "the directory does not answer now".into() }
}
