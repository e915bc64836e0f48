//! Removing what belongs to an account, in commits that each leave it consistent. Everything here can be repeated.

use crate::{
    change::Claim,
    features::users::model::User,
    ids::AccountId,
    kinds::{RecordKind, Stage, delete},
    plane::Plane,
    ports::{
        dedicated_tables::Progress,
        table::{Condition, CrossAccountRole, Index, MAX_WRITES, Order, Query, Range, TableName, Write},
    },
    problem::Result,
    record::{Record, TenantRecord, decode, delete as delete_record, partition},
    router::{Route, RouteState},
    system::{SystemTable, SystemTask},
    workflow::StepError,
};

/// Removes the route, in the shared table.
pub(super) async fn route(plane: &Plane, account: AccountId) -> Result<()> {
    plane.system(SystemTask::Deprovisioning).commit(Route::removal(account)).await?;
    plane.router().forget(account);
    Ok(())
}

/// Lets no more writes through to the account, in any of its tables.
pub(super) async fn close_route(plane: &Plane, account: AccountId) -> Result<()> {
    let shared = plane.system(SystemTask::Deprovisioning);
    let Some(item) = shared.get(&Route::key(account)).await? else { return Ok(()) };
    let old = decode::<Route>(&item)?;
    if let Some(own) = own_table(plane, account).await?
        && let Some(item) = own.get(&Route::key(account)).await?
    {
        close(&own, &decode(&item)?).await?;
    }
    close(&shared, &old).await?;
    plane.router().forget(account);
    Ok(())
}

async fn close(table: &SystemTable, old: &crate::record::Stored<Route>) -> Result<()> {
    if old.state == RouteState::Open {
        let closed = Route { state: RouteState::Closed, version: old.record.version + 1, ..old.record.clone() };
        table.commit(closed.puts(Condition::Version(old.version))).await?;
    }
    Ok(())
}

/// An account's own table, if it is there now: it is being removed, by whichever process has the step.
pub(super) async fn own_table(plane: &Plane, account: AccountId) -> Result<Option<SystemTable>> {
    plane.system_dedicated(SystemTask::Deprovisioning, account).await
}

/// Removes the published copy of the route.
pub(super) async fn parameters(plane: &Plane, account: AccountId) -> Result<(), StepError> {
    for last in ["dynamodb/table-name", "cloud-type", "provisioning-status"] {
        let name = format!("/accounts/{account}/{last}");
        plane.ports().params.delete(&name).await?;
    }
    Ok(())
}

/// The role for the account's table, if that is in another AWS account.
pub(super) async fn grant(plane: &Plane, account: AccountId) -> Result<Option<CrossAccountRole>> {
    let item = plane.system(SystemTask::Deprovisioning).get(&Route::key(account)).await?;
    Ok(item.map(|item| decode::<Route>(&item)).transpose()?.and_then(|route| route.record.grant))
}

/// Removes the account's own table, if it has one. A table in another AWS account is emptied: its owner keeps it, and
/// so is what goes with it.
pub(super) async fn table(plane: &Plane, account: AccountId) -> Result<Progress, StepError> {
    if grant(plane, account).await?.is_some() {
        empty(plane, account).await?;
        return Ok(Progress::Done);
    }
    Ok(plane.ports().dedicated_tables.remove_table(account, &TableName::dedicated(account)).await?)
}

async fn empty(plane: &Plane, account: AccountId) -> Result<()> {
    links_and_access(plane, account).await?;
    let Some(own) = own_table(plane, account).await? else { return Ok(()) };
    loop {
        let rows = own.query(&whole(account, Range::All, MAX_WRITES)).await?;
        if rows.items.is_empty() {
            return Ok(());
        }
        own.commit(rows.items.iter().map(|item| delete(&item.key)).collect()).await?;
    }
}

/// Removes links, groups, roles and workstreams.
pub(super) async fn links_and_access(plane: &Plane, account: AccountId) -> Result<()> {
    let kinds = plane.kinds().deleted_until(Stage::Access);
    all_of_kinds(plane, account, &kinds).await?;
    if let Some(own) = own_table(plane, account).await? {
        for kind in &kinds {
            all_of(&own, account, kind).await?;
        }
    }
    Ok(())
}

/// Removes the identities of the account's people, and the links that were sent to them.
pub(super) async fn identities(plane: &Plane, account: AccountId) -> Result<(), StepError> {
    let mut query = whole(account, Range::Prefix(format!("{}#", User::KIND)), 200);
    loop {
        let rows = plane.system(SystemTask::Deprovisioning).query(&query).await?;
        for item in &rows.items {
            let user = decode::<User>(item)?;
            plane.remove_identity(user.id).await?;
        }
        match rows.next {
            Some(next) => query.after = Some(next),
            None => return Ok(()),
        }
    }
}

/// Removes all records of some kinds, named by the beginning of their sort keys, from the shared table.
pub(super) async fn kinds(plane: &Plane, account: AccountId, names: &[&str]) -> Result<()> {
    let declared = plane.kinds().deleted_until(Stage::Rest);
    let named = |kind: &&RecordKind| kind.sort.strip_suffix('#').is_some_and(|name| names.contains(&name));
    let kinds: Vec<RecordKind> = declared.iter().filter(named).copied().collect();
    all_of_kinds(plane, account, &kinds).await
}

async fn all_of_kinds(plane: &Plane, account: AccountId, kinds: &[RecordKind]) -> Result<()> {
    for kind in kinds {
        all_of(&plane.system(SystemTask::Deprovisioning), account, kind).await?;
    }
    plane.changed(account);
    Ok(())
}

/// Removes everything of an account from the shared table but what stays.
pub(super) async fn everything(plane: &Plane, account: AccountId) -> Result<()> {
    all_of_kinds(plane, account, &plane.kinds().deleted_until(Stage::Rest)).await?;
    // What was written meanwhile, and what no kind declares.
    remove_rest(plane, whole(account, Range::All, 500)).await
}

async fn remove_rest(plane: &Plane, mut query: Query) -> Result<()> {
    let shared = plane.system(SystemTask::Deprovisioning);
    loop {
        let rows = shared.query(&query).await?;
        let gone: Vec<Write> =
            rows.items.iter().filter(|item| !plane.kinds().stays(&item.key)).map(|item| delete(&item.key)).collect();
        for writes in gone.chunks(MAX_WRITES) {
            shared.commit(writes.to_vec()).await?;
        }
        match rows.next {
            Some(next) => query.after = Some(next),
            None => return Ok(()),
        }
    }
}

async fn all_of(table: &SystemTable, account: AccountId, kind: &RecordKind) -> Result<()> {
    loop {
        let range = if kind.sort.ends_with('#') {
            Range::Prefix(kind.sort.to_owned())
        } else {
            Range::Between(kind.sort.to_owned(), kind.sort.to_owned())
        };
        let rows = table.query(&whole(account, range, MAX_WRITES)).await?;
        if rows.items.is_empty() {
            return Ok(());
        }
        let mut commit = Vec::new();
        for item in &rows.items {
            let mut writes = (kind.deletion)(item)?;
            if kind.noun == User::NOUN {
                writes.extend(earlier_claim(table, &decode::<User>(item)?.record).await?);
            }
            // Records can share what they count on, and no two writes of a commit may have one key.
            let shared = writes.iter().any(|write| commit.iter().any(|other: &Write| other.key() == write.key()));
            if shared || commit.len() + writes.len() > MAX_WRITES {
                table.commit(std::mem::take(&mut commit)).await?;
            }
            commit.extend(writes);
        }
        table.commit(commit).await?;
    }
}

/// What frees the address that a user claimed on the whole platform in an earlier version.
async fn earlier_claim(table: &SystemTable, user: &User) -> Result<Option<Write>> {
    let claim = User::platform_email_claim(user.id, &user.email);
    let there = table.get(&crate::record::encode(&claim).key).await?;
    let there = there.map(|item| decode::<Claim>(&item)).transpose()?;
    let is_own = there.is_some_and(|there| there.holder == claim.holder);
    Ok((is_own && !user.technical).then(|| delete_record(&claim)))
}

pub(super) fn whole(account: AccountId, range: Range, limit: usize) -> Query {
    Query { index: Index::Table, pk: partition(account), range, order: Order::Ascending, limit, after: None }
}
