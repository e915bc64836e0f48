//! The groups and the workstreams of a user, each list replaced as a whole.

use super::{
    model::{Assignment, Membership, User},
    ops::keep_an_administrator,
};
use crate::{
    change::Change,
    confirmations::Confirmations,
    event_kinds::Reference,
    features::{groups::model::Group, workstreams::model::Workstream},
    guard::{
        Granted,
        actions::{Action, UserEdit},
        actor::{access, access_by_groups},
        delegation::{may_give, may_grant},
    },
    ids::{EnterpriseId, GroupId, UserId, WorkstreamId, known},
    plane::Plane,
    ports::table::{Condition, Write},
    problem::{Code, Problem, Result},
    record::{Linked, Record as _, Stored, create, encode},
};

/// The maximum number of a user's groups, and of a user's workstreams, so that a change of them is one commit.
const MAX_LINKS: usize = 30;

/// The memberships of a user.
pub(super) async fn memberships<A: Action>(
    plane: &Plane,
    who: &Granted<A>,
    id: UserId,
) -> Result<Linked<User, GroupId>> {
    let record: Stored<User> = plane.rows(who).get(id).await?;
    let links: Vec<Membership> = plane.rows(who).links(Membership::of(id)).await?;
    Ok(Linked { record, ids: links.iter().map(|link| link.group_id).collect() })
}

/// The groups that a user is in.
pub(super) async fn groups(plane: &Plane, memberships: &Linked<User, GroupId>) -> Result<Vec<Group>> {
    Ok(access_by_groups(plane, memberships.record.account_id, memberships.ids.clone()).await?.groups)
}

/// Replaces the groups that a user is in.
pub(super) async fn set_groups(
    plane: &Plane,
    who: &Granted<UserEdit>,
    old: &Linked<User, GroupId>,
    groups: &[GroupId],
    confirmed: Confirmations,
) -> Result<Linked<User, GroupId>> {
    let Linked { record: user, ids: there } = old;
    let id = user.id;
    let groups = distinct(groups, "/groupIds")?;
    let new: Vec<GroupId> = groups.iter().copied().filter(|group| !there.contains(group)).collect();
    let new = joinable(plane, who, user.enterprise_id, &new).await?;
    let mut change = Change::by(who).about(User::NOUN, id);
    join(&mut change, user, &new);
    let gone: Vec<GroupId> = there.iter().copied().filter(|group| !groups.contains(group)).collect();
    if gone.contains(&known::PLATFORM_ADMIN_GROUP) {
        keep_an_administrator(plane, &mut change, id).await?;
    }
    if !gone.is_empty() {
        let held = access(plane, user.account_id, id).await?.roles;
        let taken = access_by_groups(plane, user.account_id, gone.clone()).await?.grants;
        plane.take_rights(who, &mut change, &taken, &held).await?;
        if who.actor().user.id == id {
            let left = access_by_groups(plane, user.account_id, groups.clone()).await?.grants;
            plane.keep_own_administration(who, &left, confirmed)?;
        }
    }
    for group_id in gone {
        let link = Membership { account_id: user.account_id, user_id: id, group_id };
        change.write(Write::Delete { key: encode(&link).key, when: Condition::Always });
    }
    change.replace(user, &User { updated_at: plane.now(), ..user.record.clone() });
    change.event(&super::events::GROUPS_UPDATED, &Reference::to(User::NOUN, id));
    plane.commit(change).await?;
    memberships(plane, who, id).await
}

/// The assignments of a user to workstreams.
pub(super) async fn assignments<A: Action>(
    plane: &Plane,
    who: &Granted<A>,
    id: UserId,
) -> Result<Linked<User, WorkstreamId>> {
    let record: Stored<User> = plane.rows(who).get(id).await?;
    let links: Vec<Assignment> = plane.rows(who).links(Assignment::of(id)).await?;
    Ok(Linked { record, ids: links.iter().map(|link| link.workstream_id).collect() })
}

/// The workstreams that a user is in.
pub(super) async fn workstreams<A: Action>(
    plane: &Plane,
    who: &Granted<A>,
    assignments: &Linked<User, WorkstreamId>,
) -> Result<Vec<Workstream>> {
    let rows = plane.workload_rows(who).await?;
    let mut workstreams = Vec::with_capacity(assignments.ids.len());
    for id in &assignments.ids {
        // One that was deleted meanwhile is no workstream any more.
        workstreams.extend(rows.find::<Workstream>(id).await?.map(|stored| stored.record));
    }
    Ok(workstreams)
}

/// Replaces the workstreams that a user is in.
pub(super) async fn set_workstreams(
    plane: &Plane,
    who: &Granted<UserEdit>,
    old: &Linked<User, WorkstreamId>,
    wanted: &[WorkstreamId],
) -> Result<Linked<User, WorkstreamId>> {
    let Linked { record: user, ids: there } = old;
    let id = user.id;
    let wanted = assignable(plane, who, user.enterprise_id, wanted).await?;
    let mut change = Change::by(who).about(User::NOUN, id);
    for workstream_id in wanted.iter().filter(|workstream| !there.contains(workstream)) {
        change.create(&Assignment { account_id: user.account_id, user_id: id, workstream_id: *workstream_id });
    }
    for workstream_id in there.iter().copied().filter(|workstream| !wanted.contains(workstream)) {
        let link = Assignment { account_id: user.account_id, user_id: id, workstream_id };
        change.write(Write::Delete { key: encode(&link).key, when: Condition::Always });
    }
    change.replace(user, &User { updated_at: plane.now(), ..user.record.clone() });
    change.event(&super::events::WORKSTREAMS_UPDATED, &Reference::to(User::NOUN, id));
    plane.commit(change).await?;
    assignments(plane, who, id).await
}

/// Those of the groups, once each, if all are in the enterprise and give nothing that the caller does not hold.
pub(super) async fn joinable<A: Action>(
    plane: &Plane,
    who: &Granted<A>,
    enterprise: EnterpriseId,
    ids: &[GroupId],
) -> Result<Vec<GroupId>> {
    let ids = distinct(ids, "/groupIds")?;
    if ids.is_empty() {
        return Ok(ids);
    }
    let access = access_by_groups(plane, who.account(), ids.clone()).await?;
    for (place, id) in ids.iter().enumerate() {
        if !access.groups.iter().any(|group| group.id == *id && group.enterprise_id == enterprise) {
            return Err(Problem::not_found_at("group in this enterprise", format!("/groupIds/{place}")));
        }
    }
    may_give(who.actor(), &access.roles)?;
    may_grant(who.actor(), &access.grants)?;
    Ok(ids)
}

/// Those of the workstreams, once each, if all are in the enterprise.
pub(super) async fn assignable<A: Action>(
    plane: &Plane,
    who: &Granted<A>,
    enterprise: EnterpriseId,
    ids: &[WorkstreamId],
) -> Result<Vec<WorkstreamId>> {
    let ids = distinct(ids, "/workstreamIds")?;
    if ids.is_empty() {
        return Ok(ids);
    }
    let rows = plane.workload_rows(who).await?;
    for (place, id) in ids.iter().enumerate() {
        let found: Option<Stored<Workstream>> = rows.find(id).await?;
        if found.is_none_or(|workstream| workstream.enterprise_id != enterprise) {
            return Err(Problem::not_found_at("workstream in this enterprise", format!("/workstreamIds/{place}")));
        }
    }
    Ok(ids)
}

pub(super) fn join(change: &mut Change, user: &User, groups: &[GroupId]) {
    for group_id in groups {
        change.write(create(&Membership { account_id: user.account_id, user_id: user.id, group_id: *group_id }));
        change.write_or(
            Write::Check { key: Group::key(user.account_id, *group_id), when: Condition::Present },
            Problem::new(Code::Conflict, "a group was deleted meanwhile; try again"),
        );
    }
}

fn distinct<T: Copy + Ord>(ids: &[T], pointer: &str) -> Result<Vec<T>> {
    if ids.len() > MAX_LINKS {
        return Err(Problem::field(pointer, format!("at most {MAX_LINKS}")));
    }
    let mut distinct = ids.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    Ok(distinct)
}
