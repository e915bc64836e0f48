//! Connections over HTTP.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    model::{Connection, Region, RoleArn},
    ops::STACK_TEMPLATE,
};
use crate::{
    guard::{
        Granted,
        actions::{ConnectionCreate, ConnectionDelete, ConnectionEdit, ConnectionRead},
    },
    http::{
        answer::{Created, Found, NoContent, Plain},
        extract::{IfMatch, Json, Path, Query},
        routes::Routes,
    },
    ids::ConnectionId,
    page::{Page, PageQuery},
    plane::Plane,
    problem::Result,
    record::Record as _,
    text::Name,
};

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/api/connections", list, "List connections to other accounts of AWS, the oldest first")
        .post("/api/connections", create, "Begin a connection to another account of AWS")
        .answering_in_commit()
        .get("/api/connections/{connectionId}", read, "Show a connection")
        .delete("/api/connections/{connectionId}", delete, "Delete a connection that no account uses")
        .get("/api/connections/{connectionId}/stack", stack, "Show the stack that the other account's owner makes")
        .post("/api/connections/{connectionId}/verify", verify, "Verify that the role opens as it must")
        .costly()
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(example = json!({
    "name": "Acme's own account",
    "region": "eu-central-1",
}))]
struct NewConnection {
    name: Name,
    /// Where the table is to be, such as `eu-central-1`.
    region: Region,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(example = json!({
    "roleArn": "arn:aws:iam::123456789012:role/freehold-acme",
}))]
struct Verification {
    /// The output `RoleArn` of the stack.
    role_arn: RoleArn,
}

/// A stack of CloudFormation, for the owner of the other account to make there.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct OwnersStack {
    stack_name: String,
    region: Region,
    parameters: Vec<StackParameter>,
    /// YAML.
    template: String,
    /// Creates the stack; expects the template in a file of this name.
    command: String,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct StackParameter {
    name: String,
    value: String,
}

async fn list(_: Granted<ConnectionRead>, plane: Plane, Query(page): Query<PageQuery>) -> Result<Page<Connection>> {
    plane.connections(&page).await
}

async fn read(_: Granted<ConnectionRead>, plane: Plane, Path(id): Path<ConnectionId>) -> Result<Found<Connection>> {
    plane.connection(id).await.map(Found)
}

async fn create(
    who: Granted<ConnectionCreate>,
    plane: Plane,
    Json(new): Json<NewConnection>,
) -> Result<Created<Connection>> {
    let connection = plane.begin_connection(&who, new.name, new.region).await?;
    Ok(Created { location: format!("/api/connections/{}", connection.id), record: connection })
}

async fn stack(_: Granted<ConnectionRead>, plane: Plane, Path(id): Path<ConnectionId>) -> Result<Plain<OwnersStack>> {
    let connection = plane.connection(id).await?.record;
    let parameters = super::ops::stack_parameters(&plane, &connection).await?;
    let stack_name = format!("freehold-account-{}", connection.account_id);
    let given: Vec<String> = parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let command = format!(
        "aws cloudformation deploy --region {} --stack-name {stack_name} --template-file account-table.yaml \
         --capabilities CAPABILITY_NAMED_IAM --parameter-overrides {}",
        connection.region.as_str(),
        given.join(" ")
    );
    let parameters = parameters.into_iter().map(|(name, value)| StackParameter { name: name.to_owned(), value });
    Ok(Plain(OwnersStack {
        stack_name,
        region: connection.region,
        parameters: parameters.collect(),
        template: STACK_TEMPLATE.to_owned(),
        command,
    }))
}

async fn verify(
    who: Granted<ConnectionEdit>,
    plane: Plane,
    Path(id): Path<ConnectionId>,
    Json(asked): Json<Verification>,
) -> Result<Found<Connection>> {
    plane.verify_connection(&who, id, asked.role_arn).await.map(Found)
}

async fn delete(
    who: Granted<ConnectionDelete>,
    plane: Plane,
    Path(id): Path<ConnectionId>,
    if_match: IfMatch,
) -> Result<NoContent> {
    let old = plane.connection(id).await?;
    if_match.allows(Connection::NOUN, old.version)?;
    plane.delete_connection(&who, &old).await?;
    Ok(NoContent)
}
