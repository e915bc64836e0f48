//! Day-0 over HTTP: open to the holder of the set-up token, once.

use schemars::JsonSchema;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::json;

use super::model::{Admin, StepDone};
use crate::{
    http::guarded::Credentials,
    http::{answer::Created, extract::Json, routes::Routes},
    ids::known,
    plane::Plane,
    problem::{Problem, Result},
    text::Email,
};

pub(super) fn routes() -> Routes {
    Routes::default().post("/api/bootstrap", run, "Set the platform up (Day-0)").refusing(&[403])
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(example = json!({
    "setupToken": "fhb_3q2-7wAAAAB4Nn9pYk1zT0c1dXJ0QXJrYQ",
    "adminEmail": "root@platform.example",
    "adminPassword": "Copper-4-kettle-meadow",
}))]
struct NewPlatform {
    /// Printed by the server at its first start, or taken from its configuration.
    #[serde(default, deserialize_with = "secret")]
    #[schemars(with = "Option<String>", length(max = 512))]
    setup_token: Option<SecretString>,
    /// The first administrator's address; left out, `admin@adminplatform.com`, to which no mail goes: the first sign-in
    /// then asks for a real address.
    #[serde(default)]
    admin_email: Option<Email>,
    /// The initial password; left out, one is generated and answered once. The first sign-in asks for another.
    #[serde(default, deserialize_with = "secret")]
    #[schemars(with = "Option<String>", length(min = 12, max = 256))]
    admin_password: Option<SecretString>,
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SecretString>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.map(SecretString::from))
}

/// The platform as it was set up.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Platform {
    steps: Vec<StepDone>,
    admin_email: Email,
    /// The generated password, shown this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    initial_password: Option<String>,
}

async fn run(_: Credentials, plane: Plane, Json(new): Json<NewPlatform>) -> Result<Created<Platform>> {
    if new.setup_token.as_ref().is_some_and(|token| token.expose_secret().chars().count() > 512) {
        return Err(Problem::field("/setupToken", "a set-up token has at most 512 characters"));
    }
    let standard = Admin::default();
    let admin = Admin { email: new.admin_email.unwrap_or(standard.email), password: new.admin_password, ..standard };
    // Several processes serve a store in the cloud, where mail leaves the machine.
    if !plane.settings().alone && admin.email.is_default_admin() {
        return Err(Problem::field("/adminEmail", "an address that reaches the administrator is required here"));
    }
    let done = plane.bootstrap_by_token(new.setup_token.as_ref(), &admin).await?;
    let record = Platform {
        steps: done.steps,
        admin_email: done.admin_email,
        initial_password: done.generated_password.map(|password| password.expose_secret().to_owned()),
    };
    Ok(Created { location: format!("/api/accounts/{}", known::ROOT_ACCOUNT), record })
}
