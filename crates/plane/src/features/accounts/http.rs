//! Accounts over HTTP.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::{
    deprovisioning::Receipt,
    intake::NewAccount,
    model::{Account, AccountStatus, Address, CloudType, ProvisioningRef, RunStatus},
    ops::{Deletion, location},
};
use crate::{
    features::users::model::User,
    guard::{
        Granted,
        actions::{AccountCreate, AccountDelete, AccountEdit, AccountList, AccountRead, ProvisioningRead, UserRead},
    },
    http::{
        answer::{Accepted, Created, Found, FoundStored},
        extract::{IfMatch, Json, Path, Query},
        routes::Routes,
    },
    ids::AccountId,
    page::{Limit, Page, PageQuery},
    plane::Plane,
    ports::table::{Bodies, Index, Order, Query as TableQuery, Range},
    problem::{Code, Problem, Result},
    record::{Record as _, decode_part},
    scan::Scanned,
    system::SystemTask,
    text::{Name, fold},
};

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/api/accounts", list, "List accounts, by name")
        .post("/api/accounts", create, "Create an account and begin its onboarding")
        .refusing(&[404])
        .answering_in_commit()
        .get("/api/accounts/{accountId}", read, "Show an account")
        .put("/api/accounts/{accountId}", update, "Update an account")
        .delete(
            "/api/accounts/{accountId}",
            delete,
            "Delete an account: disable it, and remove it after the time of grace",
        )
        .post("/api/accounts/{accountId}/restore", restore, "Restore an account within its time of grace")
        .answering_in_commit()
        .costly()
        .get("/api/accounts/{accountId}/technical-users", technical_users, "List the technical users of an account")
        .get("/api/accounts/{accountId}/receipt", receipt, "Show what was removed of a deleted account")
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct AccountFilter {
    limit: Limit,
    #[schemars(length(min = 1, max = 4096))]
    cursor: Option<String>,
    /// Accounts whose names begin so, however they are written.
    name: Option<Name>,
    /// Left out: all but the deleted ones. `failed` also finds accounts whose removal failed.
    status: Option<AccountStatus>,
    cloud_type: Option<CloudType>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(example = json!({
    "masterAccountName": "Acme Group",
    "address": {
        "line1": "1 Main St", "city": "Springfield", "state": "IL", "postalCode": "62701", "country": "US",
    },
}))]
struct AccountUpdate {
    #[serde(default)]
    name: Option<Name>,
    #[serde(default)]
    master_account_name: Option<Name>,
    #[serde(default)]
    address: Option<Address>,
}

async fn list(_: Granted<AccountList>, plane: Plane, Query(which): Query<AccountFilter>) -> Result<Page<Account>> {
    let name = which.name.as_ref().map(|name| fold(name.as_str()));
    let of = format!("accounts {name:?} {:?} {:?}", which.status, which.cloud_type);
    // Deleted accounts are indexed by status only, so that they do not lengthen every list.
    let (index, pk) = match which.status {
        Some(AccountStatus::Deleted) => (Index::Gsi3, format!("ACCOUNT#{}", AccountStatus::Deleted.as_str())),
        Some(_) | None => (Index::Gsi1, Account::BY_NAME.to_owned()),
    };
    let range = match &name {
        Some(name) if index == Index::Gsi1 => Range::Prefix(name.clone()),
        Some(_) | None => Range::All,
    };
    let after = which.cursor.as_deref().map(|cursor| plane.cursors().open(&of, cursor)).transpose()?;
    let query = TableQuery { index, pk, range, order: Order::Ascending, limit: which.limit.get(), after };
    let shared = plane.system(SystemTask::AccountLifecycle);
    let (page, next) = if which.status.is_none() && which.cloud_type.is_none() {
        let Bodies { bodies, next } = shared.bodies(&query).await?;
        (bodies, next)
    } else {
        let found = shared.scan(query, |item| {
            let account: FilteredFields = decode_part(item, Account::NOUN)?;
            Ok::<_, Problem>(
                which.status.is_none_or(|status| account.has_status(status))
                    && which.cloud_type.is_none_or(|cloud| cloud == account.cloud_type),
            )
        });
        let Scanned { items, next } = found.await?;
        (items.into_iter().map(|item| item.body).collect(), next)
    };
    Ok(Page::new(page, next.map(|position| plane.cursors().seal(&of, &position))))
}

/// The fields of an account that filters read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FilteredFields {
    status: AccountStatus,
    cloud_type: CloudType,
    #[serde(default)]
    provisioning: Option<ProvisioningRef>,
}

impl FilteredFields {
    /// A removal that failed stays under way until its run is tried again: the filter for failures finds it too.
    fn has_status(&self, asked: AccountStatus) -> bool {
        let failed = self.provisioning.as_ref().is_some_and(|run| run.status == RunStatus::Failed);
        let failed_removal = self.status == AccountStatus::Deprovisioning && failed;
        asked == self.status || asked == AccountStatus::Failed && failed_removal
    }
}

async fn create(who: Granted<AccountCreate>, plane: Plane, Json(new): Json<NewAccount>) -> Result<Created<Account>> {
    let account = plane.create_account(&who, new).await?;
    Ok(Created { location: location(account.id), record: account })
}

async fn read(who: Granted<AccountRead>, plane: Plane, Path(_): Path<AccountId>) -> Result<FoundStored<Account>> {
    let item = plane.system(SystemTask::AccountLifecycle).get(&Account::key(who.account())).await?;
    Ok(item.ok_or_else(|| Problem::new(Code::NotFound, "there is no such account"))?.into())
}

async fn update(
    who: Granted<AccountEdit>,
    plane: Plane,
    Path(_): Path<AccountId>,
    if_match: IfMatch,
    Json(update): Json<AccountUpdate>,
) -> Result<Found<Account>> {
    let old = plane.account(&who).await?;
    if_match.allows(Account::NOUN, old.version)?;
    let new = Account {
        name: update.name.unwrap_or_else(|| old.name.clone()),
        master_account_name: update.master_account_name.unwrap_or_else(|| old.master_account_name.clone()),
        address: update.address.unwrap_or_else(|| old.address.clone()),
        updated_at: plane.now(),
        ..old.record.clone()
    };
    plane.replace_account(&who, &old, new).await.map(Found)
}

async fn delete(
    who: Granted<AccountDelete>,
    plane: Plane,
    Path(_): Path<AccountId>,
    Query(deletion): Query<Deletion>,
    if_match: IfMatch,
) -> Result<Accepted<Account>> {
    let old = plane.account(&who).await?;
    if_match.allows(Account::NOUN, old.version)?;
    Ok(Accepted(plane.delete_account(&who, old, &deletion).await?))
}

async fn restore(who: Granted<AccountDelete>, plane: Plane, Path(_): Path<AccountId>) -> Result<Found<Account>> {
    Ok(Found(plane.restore_account(&who).await?))
}

async fn technical_users(
    who: Granted<UserRead>,
    plane: Plane,
    Path(_): Path<AccountId>,
    Query(page): Query<PageQuery>,
) -> Result<Page<User>> {
    plane.rows(&who).filtered(&page, "technical", |user: &User| user.technical).await
}

async fn receipt(
    who: Granted<ProvisioningRead>,
    plane: Plane,
    Path(account): Path<AccountId>,
) -> Result<Found<Receipt>> {
    let receipt = plane.rows(&who).at(Receipt::key(account).sk).await?;
    Ok(Found(receipt.ok_or_else(|| Problem::not_found("receipt"))?))
}
