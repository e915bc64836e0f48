//! Workstreams over HTTP.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::json;

use super::{
    model::{MOST_TOOLS, Tool, Workstream},
    ops::creation,
};
use crate::{
    guard::{
        Granted,
        actions::{WorkstreamCreate, WorkstreamDelete, WorkstreamEdit, WorkstreamRead},
    },
    http::{
        answer::{Created, Found, NoContent},
        extract::{IfMatch, Json, Path, Query, ReadByGuard},
        idempotency::AnswerHead,
        routes::Routes,
    },
    ids::{AccountId, EnterpriseId, WorkstreamId, example},
    page::{Limit, Page, PageQuery},
    patch::Patch,
    plane::Plane,
    problem::Result,
    record::{Record as _, RecordName},
    search::folded,
    text::{Description, Name},
};

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/api/workstreams", list, "List workstreams")
        .post("/api/workstreams", create, "Create a workstream")
        .answering_in_commit()
        .post("/api/workstreams/ensure-default", ensure_default, "Show the Default workstream; make it if need be")
        .answering_in_commit()
        .get("/api/workstreams/{workstreamId}", read, "Show a workstream")
        .put("/api/workstreams/{workstreamId}", update, "Update a workstream: its name, description or tools")
        .delete("/api/workstreams/{workstreamId}", delete, "Delete a workstream and take everybody out of it")
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct WorkstreamFilter {
    limit: Limit,
    #[schemars(length(min = 1, max = 4096))]
    cursor: Option<String>,
    /// Those whose names contain this, without case and accents.
    name: Option<Name>,
}

async fn list(
    who: Granted<WorkstreamRead>,
    plane: Plane,
    Query(which): Query<WorkstreamFilter>,
) -> Result<Page<Workstream>> {
    let page = PageQuery { limit: which.limit, cursor: which.cursor };
    let rows = plane.workload_rows(&who).await?;
    let Some(name) = which.name else { return rows.page(&page).await };
    let wanted = folded(name.as_str());
    rows.filtered(&page, &wanted, |workstream: &RecordName| folded(workstream.name.as_str()).contains(&wanted)).await
}

async fn read(who: Granted<WorkstreamRead>, plane: Plane, Path(id): Path<WorkstreamId>) -> Result<Found<Workstream>> {
    Ok(Found(plane.workload_rows(&who).await?.get(id).await?))
}

/// The tools of a workstream: at most 16.
#[derive(Debug, Default, Deserialize)]
#[serde(try_from = "Vec<Tool>")]
struct Tools(Vec<Tool>);

impl TryFrom<Vec<Tool>> for Tools {
    type Error = String;

    fn try_from(tools: Vec<Tool>) -> Result<Self, String> {
        if tools.len() <= MOST_TOOLS { Ok(Self(tools)) } else { Err(format!("at most {MOST_TOOLS} tools")) }
    }
}

impl JsonSchema for Tools {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Tools".into()
    }
    fn json_schema(schemas: &mut SchemaGenerator) -> Schema {
        let tool = schemas.subschema_for::<Tool>();
        json_schema!({ "type": "array", "maxItems": MOST_TOOLS, "items": tool })
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(example = json!({
    "accountId": example::ACCOUNT,
    "enterpriseId": example::ENTERPRISE,
    "name": "Checkout",
    "description": "The new checkout",
    "tools": [{ "tool": "Git", "url": "https://git.example.com/acme/checkout", "settings": { "branch": "main" } }],
}))]
struct NewWorkstream {
    /// Left out, the caller's own.
    #[serde(default)]
    #[expect(dead_code, reason = "the guard reads it")]
    account_id: Option<ReadByGuard<AccountId>>,
    /// Left out, the caller's own.
    #[serde(default)]
    #[expect(dead_code, reason = "the guard reads it")]
    enterprise_id: Option<ReadByGuard<EnterpriseId>>,
    name: Name,
    #[serde(default)]
    description: Option<Description>,
    #[serde(default)]
    tools: Tools,
}

async fn create(
    who: Granted<WorkstreamCreate>,
    plane: Plane,
    Json(new): Json<NewWorkstream>,
) -> Result<Created<Workstream>> {
    let now = plane.now();
    let workstream = Workstream {
        id: WorkstreamId::new(now, plane.rng()),
        account_id: who.account(),
        enterprise_id: plane.enterprise_for_new(&who).await?,
        name: new.name,
        description: new.description,
        tools: new.tools.0,
        built_in: false,
        created_at: now,
        updated_at: now,
    };
    let location = format!("/api/workstreams/{}", workstream.id);
    let mut change = creation(&who, &workstream);
    change.answers(AnswerHead::created(location.clone(), 1), &workstream);
    plane.commit(change).await?;
    Ok(Created { location, record: workstream })
}

async fn ensure_default(who: Granted<WorkstreamCreate>, plane: Plane) -> Result<Found<Workstream>> {
    let enterprise = plane.enterprise_for_new(&who).await?;
    plane.ensure_default_workstream(&who, enterprise).await.map(Found)
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(example = json!({
    "accountId": example::ACCOUNT,
    "description": "The checkout of all shops",
    "tools": [],
}))]
struct WorkstreamUpdate {
    #[serde(default)]
    #[expect(dead_code, reason = "the guard reads it")]
    account_id: Option<ReadByGuard<AccountId>>,
    #[serde(default)]
    #[expect(dead_code, reason = "the guard reads it")]
    enterprise_id: Option<ReadByGuard<EnterpriseId>>,
    #[serde(default)]
    name: Option<Name>,
    #[serde(default)]
    description: Patch<Option<Description>>,
    /// The tools from now on.
    #[serde(default)]
    tools: Option<Tools>,
}

async fn update(
    who: Granted<WorkstreamEdit>,
    plane: Plane,
    Path(id): Path<WorkstreamId>,
    if_match: IfMatch,
    Json(update): Json<WorkstreamUpdate>,
) -> Result<Found<Workstream>> {
    let old = plane.workload_rows(&who).await?.get::<Workstream>(id).await?;
    if_match.allows(Workstream::NOUN, old.version)?;
    let new = Workstream {
        name: update.name.unwrap_or_else(|| old.name.clone()),
        description: update.description.or(old.description.clone()),
        tools: update.tools.map_or_else(|| old.tools.clone(), |tools| tools.0),
        updated_at: plane.now(),
        ..old.record.clone()
    };
    plane.replace_workstream(&who, &old, new).await.map(Found)
}

async fn delete(
    who: Granted<WorkstreamDelete>,
    plane: Plane,
    Path(id): Path<WorkstreamId>,
    if_match: IfMatch,
) -> Result<NoContent> {
    let old = plane.workload_rows(&who).await?.get::<Workstream>(id).await?;
    if_match.allows(Workstream::NOUN, old.version)?;
    plane.delete_workstream(&who, &old).await?;
    Ok(NoContent)
}
