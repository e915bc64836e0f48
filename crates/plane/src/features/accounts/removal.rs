//! Removing what belongs to an account, in commits that each leave it consistent. Everything here can be repeated.

use crate::{
    change::Claim,
    features::{
        groups::model::{Group, GroupRole},
        licenses::{license_end, model::License},
        roles::model::Role,
        users::model::{Assignment, Home, Membership, User, subject},
        workstreams::model::Workstream,
    },
    ids::AccountId,
    plane::Plane,
    ports::{
        cloud::Progress,
        table::{Condition, Grant, Index, Item, Key, MAX_WRITES, Order, Query, Range, TableName, Write},
    },
    problem::Result,
    record::{TenantRecord, decode, partition},
    router::{Route, RouteState},
    system::{SystemTable, SystemTask},
    workflow::StepError,
};

/// The kinds that go with a technical group: links first.
const ACCESS: &[&str] =
    &[Membership::KIND, Assignment::KIND, GroupRole::KIND, Group::KIND, "PERMISSIONS", Role::KIND, Workstream::KIND];

/// What stays of an account that is gone: its record, its audit log, its events and its receipt.
pub(super) const STAYS: &[&str] =
    &["METADATA", "AUDIT#", "AUDITHEAD", "AUDITCHECKPOINT", "EVENT#", "RECEIPT", "INTAKE", "ROUTE"];

/// Removes the route, in the shared table.
pub(super) async fn route(plane: &Plane, account: AccountId) -> Result<()> {
    let write = Write::Delete { key: Route::key(account), when: Condition::Always };
    plane.system(SystemTask::Deprovisioning).commit(vec![write]).await?;
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
        table.commit(vec![crate::record::replace(old, &closed)]).await?;
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

/// The way to the account's table where that stands with somebody else.
pub(super) async fn grant(plane: &Plane, account: AccountId) -> Result<Option<Grant>> {
    let item = plane.system(SystemTask::Deprovisioning).get(&Route::key(account)).await?;
    Ok(item.map(|item| decode::<Route>(&item)).transpose()?.and_then(|route| route.record.grant))
}

/// Removes the account's own table, if it has one. One that stands with somebody else is emptied: it is its owner's, and
/// so is what goes with it.
pub(super) async fn table(plane: &Plane, account: AccountId) -> Result<Progress, StepError> {
    if grant(plane, account).await?.is_some() {
        empty(plane, account).await?;
        return Ok(Progress::Done);
    }
    Ok(plane.ports().cloud.remove_table(account, &TableName::dedicated(account)).await?)
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
    kinds(plane, account, ACCESS).await?;
    if let Some(own) = own_table(plane, account).await? {
        for kind in ACCESS {
            all_of(&own, account, &format!("{kind}#")).await?;
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

/// Removes all records of some kinds from the shared table.
pub(super) async fn kinds(plane: &Plane, account: AccountId, kinds: &[&str]) -> Result<()> {
    for kind in kinds {
        all_of(&plane.system(SystemTask::Deprovisioning), account, &format!("{kind}#")).await?;
    }
    plane.changed(account);
    Ok(())
}

/// Removes everything of an account from the shared table but what stays.
pub(super) async fn everything(plane: &Plane, account: AccountId) -> Result<()> {
    kinds(plane, account, ACCESS).await?;
    kinds(plane, account, &[User::KIND, License::KIND]).await?;
    let shared = plane.system(SystemTask::Deprovisioning);
    loop {
        let rows = shared.query(&whole(account, Range::All, 500)).await?;
        let gone: Vec<&Item> = rows.items.iter().filter(|item| !stays(&item.key)).collect();
        if !gone.is_empty() {
            for items in gone.chunks(MAX_WRITES) {
                shared.commit(items.iter().map(|item| delete(&item.key)).collect()).await?;
            }
            continue;
        }
        let Some(next) = rows.next else { return Ok(()) };
        let mut query = whole(account, Range::All, 500);
        query.after = Some(next);
        // Only what stays came so far; what does not may stand behind it.
        return remove_after(plane, query).await;
    }
}

async fn remove_after(plane: &Plane, mut query: Query) -> Result<()> {
    let shared = plane.system(SystemTask::Deprovisioning);
    loop {
        let rows = shared.query(&query).await?;
        let gone: Vec<Write> =
            rows.items.iter().filter(|item| !stays(&item.key)).map(|item| delete(&item.key)).collect();
        for writes in gone.chunks(MAX_WRITES) {
            shared.commit(writes.to_vec()).await?;
        }
        match rows.next {
            Some(next) => query.after = Some(next),
            None => return Ok(()),
        }
    }
}

/// Whether a record stays when its account is gone.
pub(super) fn stays(key: &Key) -> bool {
    STAYS.iter().any(|kind| key.sk == *kind || (kind.ends_with('#') && key.sk.starts_with(kind)))
}

async fn all_of(table: &SystemTable, account: AccountId, prefix: &str) -> Result<()> {
    loop {
        // Licenses can share the master data that they count on, and no two writes of a commit touch one key.
        let at_once = if prefix.starts_with(License::KIND) { 1 } else { 30 };
        let rows = table.query(&whole(account, Range::Prefix(prefix.to_owned()), at_once)).await?;
        if rows.items.is_empty() {
            return Ok(());
        }
        let mut writes = Vec::new();
        for item in &rows.items {
            writes.extend(one(item)?);
        }
        table.commit(writes).await?;
    }
}

/// The writes that remove a record with what hangs on it.
fn one(item: &Item) -> Result<Vec<Write>> {
    let kind = item.key.sk.split('#').next().unwrap_or_default();
    let claim = |claim: Claim| super::ops::release(&claim);
    let mut writes = vec![delete(&item.key)];
    match kind {
        User::KIND => {
            let user = decode::<User>(item)?.record;
            writes.push(delete(&Home::key(subject(user.id))));
            // The claim of the technical user goes with the account: a redrive makes the user again.
            if !user.technical {
                writes.push(claim(User::email_claim(user.id, &user.email)));
            }
        }
        Group::KIND => writes.push(claim(decode::<Group>(item)?.record.name_claim())),
        Role::KIND => writes.push(claim(decode::<Role>(item)?.record.name_claim())),
        Workstream::KIND => writes.push(claim(decode::<Workstream>(item)?.record.name_claim())),
        License::KIND => {
            writes = license_end(&decode::<License>(item)?.record);
            // Its use of the master data is counted down once, with the record itself.
            writes[0] = Write::Delete { key: item.key.clone(), when: Condition::Present };
        }
        _ => {}
    }
    Ok(writes)
}

fn delete(key: &Key) -> Write {
    Write::Delete { key: key.clone(), when: Condition::Always }
}

pub(super) fn whole(account: AccountId, range: Range, limit: usize) -> Query {
    Query { index: Index::Table, pk: partition(account), range, order: Order::Ascending, limit, after: None }
}
