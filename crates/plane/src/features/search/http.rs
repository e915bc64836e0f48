//! Search over HTTP.

use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use crate::{
    directory::enterprise::Enterprise,
    features::{
        accounts::model::Account, licenses::sight::CatalogueSight, products::model::Product, services::model::Service,
    },
    guard::{Granted, actions},
    http::{answer::Plain, extract::Query, routes::Routes},
    ids::{AccountId, EnterpriseId, ProductId, RecordId, ServiceId, example},
    plane::Plane,
    problem::{Code, Problem, Result},
    record::Record as _,
    search::{FoundRecord, MatchRank, SearchRequest, SearchText},
    system::SystemTask,
    text::Bounded,
};

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/api/search", search, "Search records of every kind by name, e-mail address or id")
        .refusing(&[404])
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SearchQuery {
    /// A part of a name or an e-mail address, in either case, with or without accents; several words in any order; or an id, or its
    /// first eight digits or more.
    q: Bounded<200>,
    /// How many records are found at most.
    #[serde(default)]
    limit: FoundLimit,
    /// Only in this account. Left out: operators who may list accounts search all of them, others their own.
    #[serde(default)]
    within: Option<AccountId>,
}

/// How many records a search finds: 1 to 50.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "u32")]
struct FoundLimit(usize);

impl FoundLimit {
    const MAX: usize = 50;
}

impl Default for FoundLimit {
    fn default() -> Self {
        Self(20)
    }
}

impl TryFrom<u32> for FoundLimit {
    type Error = &'static str;

    fn try_from(limit: u32) -> std::result::Result<Self, Self::Error> {
        let limit = usize::try_from(limit).ok().filter(|limit| (1..=Self::MAX).contains(limit));
        limit.map(Self).ok_or("a number from 1 to 50")
    }
}

impl JsonSchema for FoundLimit {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "FoundLimit".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": 1, "maximum": Self::MAX, "default": 20 })
    }
}

/// What a search found.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(example = json!({
    "items": [{
        "kind": "user",
        "id": "0192d3c4-5e6f-7a8b-9c0d-1e2f3a4b5c09",
        "name": "Grace Hopper",
        "detail": "grace@acme.example",
        "matched": "name",
        "rank": "prefix",
        "account": { "id": example::ACCOUNT, "name": "Acme" },
        "enterprise": { "id": example::ENTERPRISE, "name": "Retail" },
    }],
    "complete": true,
}))]
struct SearchAnswer {
    /// The best matches first: exact ones, then beginnings of names, of words, and other parts.
    items: Vec<SearchMatch>,
    /// All that one may see was searched. If not, some records were not read yet, or are too many for the server's memory: ask again, or
    /// search within one account.
    complete: bool,
}

/// A record that was found.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct SearchMatch {
    /// What the record is, such as `user` or `license`.
    kind: &'static str,
    id: RecordId,
    name: String,
    /// What tells it from others of the same name: the e-mail address of a user, the contact of a license.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// What matched: `name`, `id`, or the field, such as `email`.
    matched: &'static str,
    rank: Rank,
    /// The account that it belongs to. An account belongs to itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<Owner>,
    /// The enterprise that it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    enterprise: Option<Owner>,
}

/// What a record belongs to.
#[derive(Debug, Serialize, JsonSchema)]
struct Owner {
    id: RecordId,
    name: String,
}

/// How well a record matches.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Rank {
    /// A text or the id is what was asked for.
    Exact,
    /// It begins so.
    Prefix,
    /// A word of it begins so.
    Word,
    /// It contains that.
    Part,
    /// It contains each of the words.
    Scattered,
}

async fn search(
    who: Granted<actions::Search>,
    plane: Plane,
    Query(asked): Query<SearchQuery>,
) -> Result<Plain<SearchAnswer>> {
    let SearchQuery { q, limit: FoundLimit(limit), within } = asked;
    let text = SearchText::parse(q.as_str())?;
    if let Some(account) = within.filter(|account| *account != who.account()) {
        if !who.actor().operator {
            return Err(Problem::new(Code::Forbidden, "the request names an account that is not yours"));
        }
        let found = plane.system(SystemTask::AccountLifecycle).get(&Account::key(account)).await?;
        found.ok_or_else(|| Problem::new(Code::NotFound, "there is no such account"))?;
    }
    let sight = plane.catalogue_sight(&who).await?;
    let sees = Arc::new(move |noun: &str, id: Uuid| sees(&sight, noun, id));
    let result = plane.search(who.actor(), &SearchRequest { text, limit, within }, sees).await?;
    let items = result.found.into_iter().map(SearchMatch::from).collect();
    Ok(Plain(SearchAnswer { items, complete: result.is_complete }))
}

fn sees(sight: &CatalogueSight, noun: &str, id: Uuid) -> bool {
    match noun {
        Enterprise::NOUN => sight.sees_enterprise(EnterpriseId::from_uuid(id)),
        Product::NOUN => sight.sees_product(ProductId::from_uuid(id)),
        Service::NOUN => sight.sees_service(ServiceId::from_uuid(id)),
        _ => true,
    }
}

impl From<FoundRecord> for SearchMatch {
    fn from(found: FoundRecord) -> Self {
        let account = found.account.map(|(id, name)| Owner { id: RecordId::from_uuid(id.uuid()), name });
        let enterprise = found.enterprise.map(|(id, name)| Owner { id: RecordId::from_uuid(id.uuid()), name });
        let rank = match found.rank {
            MatchRank::Exact => Rank::Exact,
            MatchRank::Prefix => Rank::Prefix,
            MatchRank::Word => Rank::Word,
            MatchRank::Part => Rank::Part,
            MatchRank::Scattered => Rank::Scattered,
        };
        let FoundRecord { kind, id, name, detail, matched, .. } = found;
        Self { kind, id: RecordId::from_uuid(id), name, detail, matched, rank, account, enterprise }
    }
}
