//! Making, changing and removing roles.

use super::model::{Role, RoleKind, RolePermissions};
use crate::{
    change::Change,
    confirmations::{Affected, Confirmations},
    event_kinds::Reference,
    features::{
        groups::{model::GroupRole, ops::MAX_COUNTED},
        licenses::model::License,
        products::model::Product,
        services::model::Service,
    },
    guard::{
        Granted,
        actions::{Action, RoleCreate, RoleDelete, RoleEdit},
        delegation::may_grant,
        rights::{self, EffectivePermissions, MenuPermission},
    },
    http::idempotency::AnswerHead,
    ids::{EnterpriseId, GroupId, ProductId, RoleId, ServiceId},
    names::is_reserved,
    operation::{CommitPlace, retrying},
    plane::Plane,
    ports::table::{Condition, MAX_PAGE, Write},
    problem::{Code, Problem, Result},
    record::{Record as _, Stored, TenantRecord as _, decode},
    text::Name,
};

/// So many groups stop giving a role that is deleted in one commit.
const GROUPS_AT_ONCE: usize = 80;

impl Plane {
    /// Creates a role with its first permissions.
    pub(super) async fn create_role(
        &self,
        who: &Granted<RoleCreate>,
        role: &Role,
        permissions: Vec<MenuPermission>,
    ) -> Result<()> {
        rights::check(&permissions).map_err(|error| Problem::field("/permissions", error.to_string()))?;
        unreserved(&role.name)?;
        self.licensed_enterprise(who, role.enterprise_id).await?;
        check_narrowing(self, who, role.product_id, role.service_id).await?;
        may_grant(who.actor(), &EffectivePermissions::of(role.mask, &permissions))?;
        let permissions = RolePermissions { account_id: role.account_id, role_id: role.id, permissions };
        let mut change = Change::by(who).about(Role::NOUN, role.id);
        change.create(role);
        change.create(&permissions);
        change.claim_name(&role.name_claim(), &name_taken(&role.name));
        change.event(&super::events::CREATED, &Reference::to(Role::NOUN, role.id));
        change.answers(AnswerHead::created(location(role.id), 1), role);
        self.commit(change).await
    }

    pub(super) async fn replace_role(
        &self,
        who: &Granted<RoleEdit>,
        old: &Stored<Role>,
        new: Role,
        confirmed: Confirmations,
    ) -> Result<Stored<Role>> {
        let is_renamed = new.name != old.name;
        if old.kind == RoleKind::Platform || (old.built_in && is_renamed) {
            return Err(protected());
        }
        let permissions = self.role_permissions(who, new.id).await?;
        let mut change = Change::by(who).about(Role::NOUN, new.id);
        if new.mask != old.mask {
            let (before, after) = (
                EffectivePermissions::of(old.mask, &permissions.permissions),
                EffectivePermissions::of(new.mask, &permissions.permissions),
            );
            may_grant(who.actor(), &after)?;
            change_role_grants(self, who, &mut change, new.id, [before, after], confirmed).await?;
        }
        if is_renamed {
            unreserved(&new.name)?;
            change.rename(&old.name_claim(), &new.name_claim(), name_taken(&new.name));
        }
        // The commit fails if the permissions changed since the mask was checked against them.
        change.write_or(
            Write::Check {
                key: RolePermissions::key(new.account_id, new.id),
                when: Condition::Version(permissions.version),
            },
            Problem::new(Code::Conflict, "the role's permissions changed meanwhile; try again"),
        );
        change.replace(old, &new);
        change.event(&super::events::UPDATED, &Reference::to(Role::NOUN, new.id));
        self.commit(change).await?;
        Ok(Stored { record: new, version: old.version + 1 })
    }

    /// Deletes a role. One that many groups give takes several commits: the first is of the role as it was read, and the
    /// others go on with the role as they find it.
    pub async fn delete_role(
        &self,
        who: &Granted<RoleDelete>,
        role: &Stored<Role>,
        confirmed: Confirmations,
    ) -> Result<()> {
        if role.built_in {
            return Err(protected());
        }
        let mut left = remove_givers(self, who, role, CommitPlace::First, confirmed).await?;
        while left {
            left = retrying(|| async {
                let role = self.rows(who).get(role.id).await?;
                remove_givers(self, who, &role, CommitPlace::Later, confirmed).await
            })
            .await?;
        }
        Ok(())
    }

    /// What a role permits; a role that was never given anything permits nothing.
    pub async fn role_permissions<A: Action>(&self, who: &Granted<A>, id: RoleId) -> Result<Stored<RolePermissions>> {
        let rows = self.rows(who);
        let role: Stored<Role> = rows.get(id).await?;
        let none = || RolePermissions { account_id: role.account_id, role_id: id, permissions: Vec::new() };
        let found = rows.at(RolePermissions::key(role.account_id, id).sk).await?;
        Ok(found.unwrap_or_else(|| Stored { record: none(), version: 0 }))
    }

    pub(super) async fn replace_role_permissions(
        &self,
        who: &Granted<RoleEdit>,
        old: &Stored<RolePermissions>,
        permissions: Vec<MenuPermission>,
        confirmed: Confirmations,
    ) -> Result<Stored<RolePermissions>> {
        rights::check(&permissions).map_err(|error| Problem::field("/permissions", error.to_string()))?;
        let id = old.role_id;
        let role: Stored<Role> = self.rows(who).get(id).await?;
        if role.kind == RoleKind::Platform {
            return Err(protected());
        }
        may_grant(who.actor(), &EffectivePermissions::of(role.mask, &permissions))?;
        let new = RolePermissions { account_id: role.account_id, role_id: id, permissions };
        let mut change = Change::by(who).about(Role::NOUN, id).in_enterprise(role.enterprise_id);
        let (before, after) = (
            EffectivePermissions::of(role.mask, &old.permissions),
            EffectivePermissions::of(role.mask, &new.permissions),
        );
        change_role_grants(self, who, &mut change, id, [before, after], confirmed).await?;
        change.write_or(
            Write::Check { key: Role::key(role.account_id, id), when: Condition::Version(role.version) },
            Problem::new(Code::Conflict, "the role changed meanwhile; try again"),
        );
        change.replace(old, &new);
        change.event(&super::events::PERMISSIONS_UPDATED, &Reference::to(Role::NOUN, id));
        self.commit(change).await?;
        Ok(Stored { record: new, version: old.version + 1 })
    }

    /// Refuses an enterprise that the account has no license for.
    pub async fn licensed_enterprise<A: Action>(&self, who: &Granted<A>, enterprise: EnterpriseId) -> Result<()> {
        // Not by the index of the enterprise: it may not show a license that was given just now.
        let licenses: Vec<License> = self.rows(who).links(format!("{}#", License::KIND)).await?;
        if licenses.iter().any(|license| license.enterprise_id == enterprise) {
            return Ok(());
        }
        Err(Problem::new(Code::NoActiveLicense, "the account has no license for this enterprise")
            .help("GET /api/licenses lists what the account is licensed for"))
    }

    /// The roles of these ids, all of the account and enterprise; refuses if one is not there.
    pub async fn roles_by_id<A: Action>(
        &self,
        who: &Granted<A>,
        enterprise: EnterpriseId,
        ids: &[RoleId],
    ) -> Result<Vec<Role>> {
        let own = self.rows(who);
        let mut roles = Vec::with_capacity(ids.len());
        for (place, id) in ids.iter().enumerate() {
            let role: Option<Stored<Role>> = own.at(Role::key(who.account(), *id).sk).await?;
            let role = role.map(|stored| stored.record);
            match role.filter(|role| role.enterprise_id == enterprise) {
                Some(role) => roles.push(role),
                None => return Err(Problem::not_found_at("role in this enterprise", format!("/roleIds/{place}"))),
            }
        }
        Ok(roles)
    }
}

/// Takes a role from some of the groups that give it, and deletes the role with the last of them. Answers whether some
/// are left.
async fn remove_givers(
    plane: &Plane,
    who: &Granted<RoleDelete>,
    role: &Stored<Role>,
    place: CommitPlace,
    confirmed: Confirmations,
) -> Result<bool> {
    let (own, givers) = (plane.rows(who), GroupRole::givers(role.account_id, role.id));
    let links = own.first_listed_now(&givers, GROUPS_AT_ONCE).await?;
    let permissions = plane.role_permissions(who, role.id).await?;
    let before = EffectivePermissions::of(role.mask, &permissions.permissions);
    let mut change = Change::by(who).about(Role::NOUN, role.id).in_enterprise(role.enterprise_id);
    if place == CommitPlace::First {
        change.removes_elsewhere(&role.record);
        change.removes_elsewhere(&permissions.record);
    } else {
        change = change.following();
    }
    let grants = [before, EffectivePermissions::default()];
    change_role_grants(plane, who, &mut change, role.id, grants, confirmed).await?;
    if place == CommitPlace::First && !confirmed.in_use {
        let groups = groups_with(plane, who, role).await?;
        let users = plane.members_of(who, groups.iter().copied()).await?;
        refuse_if_assigned(Role::NOUN, Affected { users, groups: groups.len() as u64 })?;
    }
    for link in &links.items {
        change.write(Write::Delete { key: link.key.clone(), when: Condition::Always });
    }
    if links.next.is_some() {
        let left = Role { updated_at: plane.now(), ..role.record.clone() };
        change.replace(role, &left);
        plane.commit(change).await?;
        return Ok(true);
    }
    change.remove(role);
    change.release_name(&role.name_claim());
    change.write(Write::Delete { key: RolePermissions::key(role.account_id, role.id), when: Condition::Always });
    change.event(&super::events::DELETED, &Reference::to(Role::NOUN, role.id));
    plane.commit(change).await?;
    Ok(false)
}

/// The groups that give a role, up to a bound.
async fn groups_with(plane: &Plane, who: &Granted<RoleDelete>, role: &Role) -> Result<Vec<GroupId>> {
    let (own, givers) = (plane.rows(who), GroupRole::givers(role.account_id, role.id));
    let (mut groups, mut after) = (Vec::new(), None);
    loop {
        let links = own.listed_now(&givers, MAX_PAGE, after.take()).await?;
        for link in &links.items {
            groups.push(decode::<GroupRole>(link)?.record.group_id);
        }
        after = links.next;
        if after.is_none() || groups.len() >= MAX_COUNTED {
            return Ok(groups);
        }
    }
}

/// Refuses to delete what users or groups have.
pub fn refuse_if_assigned(noun: &str, affected: Affected) -> Result<()> {
    let count = |many: u64, noun: &str| format!("{many} {noun}{}", if many == 1 { "" } else { "s" });
    let Affected { users, groups } = affected;
    let detail = match (users, groups) {
        (0, 0) => return Ok(()),
        (users, 0) => format!("{} in this {noun} would lose what it gives", count(users, "user")),
        (users, groups) => format!("{} and {} would lose this {noun}", count(users, "user"), count(groups, "group")),
    };
    let problem = Problem::new(Code::StillAssigned, detail);
    Err(Problem { affected: Some(Box::new(affected)), ..problem }
        .help("to delete it all the same, repeat the request with confirm=in-use"))
}

/// Refuses a product or service that is not there, or that the caller does not see: both get the same answer.
async fn check_narrowing(
    plane: &Plane,
    who: &Granted<RoleCreate>,
    product: Option<ProductId>,
    service: Option<ServiceId>,
) -> Result<()> {
    if product.is_none() && service.is_none() {
        return Ok(());
    }
    let sight = plane.catalogue_sight(who).await?;
    if let Some(product) = product
        && !(sight.sees_product(product) && plane.masters::<Product>(&[product]).await?.contains_key(&product))
    {
        return Err(Problem::not_found_at(Product::NOUN, "/productId"));
    }
    if let Some(service) = service
        && !(sight.sees_service(service) && plane.masters::<Service>(&[service]).await?.contains_key(&service))
    {
        return Err(Problem::not_found_at(Service::NOUN, "/serviceId"));
    }
    Ok(())
}

/// Permits that a role comes to give something else: nobody takes more than they hold, or their own right to
/// administer the account.
async fn change_role_grants<A: Action>(
    plane: &Plane,
    who: &Granted<A>,
    change: &mut Change,
    role: RoleId,
    [before, after]: [EffectivePermissions; 2],
    confirmed: Confirmations,
) -> Result<()> {
    if before.within(&after) {
        return Ok(());
    }
    plane.take_rights_by_role(who, change, &before, role).await?;
    let actor = who.actor();
    if actor.account() != who.account() || !actor.access.roles.iter().any(|own| own.id == role) {
        return Ok(());
    }
    let mut left = after;
    for own in actor.access.roles.iter().filter(|own| own.id != role) {
        let permissions = plane.role_permissions(who, own.id).await?;
        left.add(own.mask, &permissions.permissions);
    }
    plane.keep_own_administration(who, &left, confirmed)
}

pub fn unreserved(name: &Name) -> Result<()> {
    if is_reserved(name.as_str()) {
        return Err(Problem::field("/name", "this name is reserved: it sounds like authority over the platform"));
    }
    Ok(())
}

fn name_taken(name: &Name) -> Problem {
    Problem::new(Code::NameTaken, format!("there is a role named {name} in this enterprise"))
}

fn protected() -> Problem {
    Problem::new(Code::Protected, "this role is the platform's own")
}

pub fn location(id: RoleId) -> String {
    format!("/api/roles/{id}")
}
