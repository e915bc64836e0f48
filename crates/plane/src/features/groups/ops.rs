//! Making, changing and removing groups, and the roles that they give.

use std::collections::HashSet;

use super::model::{Group, GroupRole};
use crate::{
    change::Change,
    confirmations::{Affected, Confirmations},
    event_kinds::Reference,
    features::{
        roles::{
            model::Role,
            ops::{refuse_if_assigned, unreserved},
        },
        users::model::{Membership, User},
    },
    guard::{
        Granted,
        actions::{Action, GroupCreate, GroupDelete, GroupEdit},
        actor::access_by_groups,
        delegation::{may_give, may_grant},
        rights::EffectivePermissions,
    },
    http::idempotency::AnswerHead,
    ids::{GroupId, RoleId, known},
    operation::{CommitPlace, retrying},
    page::{Page, PageQuery},
    plane::Plane,
    ports::table::{Condition, MAX_PAGE, Write},
    problem::{Code, Problem, Result},
    record::{Linked, Record as _, Stored, create, decode},
    text::Name,
};

/// A group gives at most this many roles, so that a change of them is one commit.
pub const MAX_ROLES: usize = 40;

/// So many memberships are counted before a deletion.
pub const MAX_COUNTED: usize = 10_000;

/// So many members leave a group that is deleted in one commit.
const MEMBERS_AT_ONCE: usize = 40;

impl Plane {
    pub(super) async fn create_group(
        &self,
        who: &Granted<GroupCreate>,
        group: &Group,
        role_ids: &[RoleId],
    ) -> Result<()> {
        unreserved(&group.name)?;
        self.licensed_enterprise(who, group.enterprise_id).await?;
        let mut change = Change::by(who).about(Group::NOUN, group.id);
        change.create(group);
        change.claim_name(&group.name_claim(), &name_taken(&group.name));
        give_roles(self, who, &mut change, group, [&[], role_ids], Confirmations::default()).await?;
        change.event(&super::events::CREATED, &Reference::to(Group::NOUN, group.id));
        change.answers(AnswerHead::created(location(group.id), 1), group);
        self.commit(change).await
    }

    /// Replaces a group, and the roles that it gives unless `role_ids` is `None`.
    pub(super) async fn replace_group(
        &self,
        who: &Granted<GroupEdit>,
        old: &Stored<Group>,
        new: Group,
        role_ids: Option<&[RoleId]>,
        confirmed: Confirmations,
    ) -> Result<Stored<Group>> {
        let mut change = Change::by(who).about(Group::NOUN, new.id);
        if new.name != old.name {
            if old.built_in {
                return Err(protected());
            }
            unreserved(&new.name)?;
            change.rename(&old.name_claim(), &new.name_claim(), name_taken(&new.name));
        }
        if let Some(role_ids) = role_ids {
            let present = group_role_ids(self, who, new.id).await?;
            give_roles(self, who, &mut change, &new, [&present, role_ids], confirmed).await?;
        }
        change.replace(old, &new);
        change.event(&super::events::UPDATED, &Reference::to(Group::NOUN, new.id));
        self.commit(change).await?;
        Ok(Stored { record: new, version: old.version + 1 })
    }

    /// Deletes a group. One with many members takes several commits: the first is of the group as it was read, and the
    /// others go on with the group as they find it.
    pub(super) async fn delete_group(
        &self,
        who: &Granted<GroupDelete>,
        group: &Stored<Group>,
        confirmed: Confirmations,
    ) -> Result<()> {
        if group.built_in {
            return Err(protected());
        }
        keep_own_right_without_group(self, who, group.id, EffectivePermissions::default(), confirmed).await?;
        let mut left = remove_members(self, who, group, CommitPlace::First, confirmed).await?;
        while left {
            left = retrying(|| async {
                let group = self.rows(who).get(group.id).await?;
                remove_members(self, who, &group, CommitPlace::Later, confirmed).await
            })
            .await?;
        }
        Ok(())
    }

    /// Replaces the roles that a group gives.
    pub async fn set_group_roles(
        &self,
        who: &Granted<GroupEdit>,
        old: &Linked<Group, RoleId>,
        roles: &[RoleId],
        confirmed: Confirmations,
    ) -> Result<Linked<Group, RoleId>> {
        let Linked { record: group, ids: present } = old;
        let mut change = Change::by(who).about(Group::NOUN, group.id);
        give_roles(self, who, &mut change, group, [present, roles], confirmed).await?;
        change.replace(group, &Group { updated_at: self.now(), ..group.record.clone() });
        change.event(&super::events::ROLES_UPDATED, &Reference::to(Group::NOUN, group.id));
        self.commit(change).await?;
        self.group_role_links(who, group.id).await
    }

    /// The links of a group to the roles that it gives.
    pub async fn group_role_links<A: Action>(&self, who: &Granted<A>, id: GroupId) -> Result<Linked<Group, RoleId>> {
        let record: Stored<Group> = self.rows(who).get(id).await?;
        Ok(Linked { record, ids: group_role_ids(self, who, id).await? })
    }

    /// The roles that a group gives.
    pub async fn roles_of(&self, links: &Linked<Group, RoleId>) -> Result<Vec<Role>> {
        Ok(access_by_groups(self, links.record.account_id, vec![links.record.id]).await?.roles)
    }

    /// How many users are in groups, each counted once. Counting ends at [`MAX_COUNTED`] memberships.
    pub async fn members_of<A: Action>(
        &self,
        who: &Granted<A>,
        groups: impl IntoIterator<Item = GroupId>,
    ) -> Result<u64> {
        let (own, mut users, mut looked) = (self.rows(who), HashSet::new(), 0);
        for group in groups {
            let (members, mut after) = (Membership::members(who.account(), group), None);
            loop {
                let rows = own.listed_now(&members, MAX_PAGE, after.take()).await?;
                looked += rows.items.len();
                for link in &rows.items {
                    users.insert(decode::<Membership>(link)?.record.user_id);
                }
                after = rows.next;
                if after.is_none() || looked >= MAX_COUNTED {
                    break;
                }
            }
        }
        Ok(users.len() as u64)
    }

    /// A page of the members of a group.
    pub async fn group_members<A: Action>(
        &self,
        who: &Granted<A>,
        id: GroupId,
        page: &PageQuery,
    ) -> Result<Page<User>> {
        let own = self.rows(who);
        let _: Stored<Group> = own.get(id).await?;
        let members = Membership::members(who.account(), id);
        let of = &members.partition;
        let after = page.cursor.as_deref().map(|cursor| self.cursors().open(of, cursor)).transpose()?;
        let rows = own.listed(&members, page.limit.get(), after).await?;
        let mut users = Vec::with_capacity(rows.items.len());
        for link in &rows.items {
            let link = decode::<Membership>(link)?.record;
            users.extend(own.body::<User>(link.user_id).await?);
        }
        let next = rows.next.map(|position| self.cursors().seal(of, &position));
        Ok(Page::new(users, next))
    }
}

/// Takes some members out of a group, and deletes the group with the last of them. Answers whether
/// some are left.
async fn remove_members(
    plane: &Plane,
    who: &Granted<GroupDelete>,
    group: &Stored<Group>,
    place: CommitPlace,
    confirmed: Confirmations,
) -> Result<bool> {
    let (own, members) = (plane.rows(who), Membership::members(group.account_id, group.id));
    let rows = own.first_listed_now(&members, MEMBERS_AT_ONCE).await?;
    let roles = group_role_ids(plane, who, group.id).await?;
    let mut change = Change::by(who).about(Group::NOUN, group.id).in_enterprise(group.enterprise_id);
    if place == CommitPlace::First {
        for role_id in &roles {
            change.removes_elsewhere(&link(group, *role_id));
        }
        change.removes_elsewhere(&group.record);
    } else {
        change = change.following();
    }
    let taken = access_by_groups(plane, group.account_id, vec![group.id]).await?.grants;
    plane.take_rights_of_members(who, &mut change, &taken, group.id).await?;
    if place == CommitPlace::First && !confirmed.in_use {
        let users = plane.members_of(who, [group.id]).await?;
        refuse_if_assigned(Group::NOUN, Affected { users, groups: 0 })?;
    }
    for item in &rows.items {
        change.write(Write::Delete { key: item.key.clone(), when: Condition::Always });
    }
    if rows.next.is_some() {
        let left = Group { updated_at: plane.now(), ..group.record.clone() };
        change.replace(group, &left);
        plane.commit(change).await?;
        return Ok(true);
    }
    for role_id in roles {
        change.write(unlink(group, role_id));
    }
    change.remove(group);
    change.release_name(&group.name_claim());
    change.event(&super::events::DELETED, &Reference::to(Group::NOUN, group.id));
    plane.commit(change).await?;
    Ok(false)
}

async fn group_role_ids<A: Action>(plane: &Plane, who: &Granted<A>, id: GroupId) -> Result<Vec<RoleId>> {
    let links: Vec<GroupRole> = plane.rows(who).links(GroupRole::of(id)).await?;
    Ok(links.into_iter().map(|link| link.role_id).collect())
}

/// Adds to a change what makes a group give these roles, and no others.
async fn give_roles<A: Action>(
    plane: &Plane,
    who: &Granted<A>,
    change: &mut Change,
    group: &Group,
    [present, wanted]: [&[RoleId]; 2],
    confirmed: Confirmations,
) -> Result<()> {
    if wanted.len() > MAX_ROLES {
        return Err(Problem::field("/roleIds", format!("a group gives at most {MAX_ROLES} roles")));
    }
    if group.id == known::PLATFORM_ADMIN_GROUP {
        return Err(protected());
    }
    let mut new = wanted.to_vec();
    new.sort_unstable();
    new.dedup();
    for role in plane.roles_by_id(who, group.enterprise_id, &new).await? {
        if present.contains(&role.id) {
            continue;
        }
        may_give(who.actor(), std::slice::from_ref(&role))?;
        let permissions = plane.role_permissions(who, role.id).await?;
        may_grant(who.actor(), &EffectivePermissions::of(role.mask, &permissions.permissions))?;
        change.write(create(&GroupRole { account_id: group.account_id, group_id: group.id, role_id: role.id }));
        change.write_or(
            Write::Check { key: Role::key(group.account_id, role.id), when: Condition::Present },
            Problem::new(Code::Conflict, "a role was deleted meanwhile; try again"),
        );
    }
    let gone: Vec<RoleId> = present.iter().copied().filter(|role| !wanted.contains(role)).collect();
    if gone.is_empty() {
        return Ok(());
    }
    let taken = grants_of_roles(plane, who, &gone).await?;
    plane.take_rights_of_members(who, change, &taken, group.id).await?;
    let left = grants_of_roles(plane, who, &new).await?;
    keep_own_right_without_group(plane, who, group.id, left, confirmed).await?;
    for role_id in gone {
        change.write(unlink(group, role_id));
    }
    Ok(())
}

/// What some roles give together. A role that is gone gives nothing.
async fn grants_of_roles<A: Action>(plane: &Plane, who: &Granted<A>, roles: &[RoleId]) -> Result<EffectivePermissions> {
    let mut grants = EffectivePermissions::default();
    for role in roles {
        let Some(role) = plane.rows(who).find::<Role>(*role).await? else { continue };
        let permissions = plane.role_permissions(who, role.id).await?;
        grants.add(role.mask, &permissions.permissions);
    }
    Ok(grants)
}

/// Refuses if the caller is a member of a group and administers the account no more once it gives `left` instead.
async fn keep_own_right_without_group<A: Action>(
    plane: &Plane,
    who: &Granted<A>,
    id: GroupId,
    left: EffectivePermissions,
    confirmed: Confirmations,
) -> Result<()> {
    let actor = who.actor();
    if actor.account() != who.account() || !actor.access.groups.iter().any(|group| group.id == id) {
        return Ok(());
    }
    let others = actor.access.groups.iter().map(|group| group.id).filter(|group| *group != id).collect();
    let mut after = access_by_groups(plane, actor.account(), others).await?.grants;
    after.add_all(&left);
    plane.keep_own_administration(who, &after, confirmed)
}

fn link(group: &Group, role_id: RoleId) -> GroupRole {
    GroupRole { account_id: group.account_id, group_id: group.id, role_id }
}

fn unlink(group: &Group, role_id: RoleId) -> Write {
    Write::Delete { key: link(group, role_id).place().key, when: Condition::Always }
}

fn name_taken(name: &Name) -> Problem {
    Problem::new(Code::NameTaken, format!("there is a group named {name} in this enterprise"))
}

fn protected() -> Problem {
    Problem::new(Code::Protected, "this group is the platform's own")
}

pub fn location(id: GroupId) -> String {
    format!("/api/groups/{id}")
}
