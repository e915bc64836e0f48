//! Making, changing and removing roles.

use super::model::{Role, RoleKind, RolePermissions};
use crate::{
    change::Change,
    event_kinds::Reference,
    features::{
        groups::model::GroupRole, licenses::model::License, products::model::Product, services::model::Service,
    },
    guard::{
        Granted,
        actions::{Action, RoleCreate, RoleDelete, RoleEdit},
        delegation::may_grant,
        rights::{self, EffectivePermissions, MenuPermission},
    },
    http::idempotency::AnswerHead,
    ids::{EnterpriseId, ProductId, RoleId, ServiceId},
    names::is_reserved,
    plane::Plane,
    ports::table::{Condition, Write},
    problem::{Code, Problem, Result},
    record::{Record as _, Stored, TenantRecord as _},
    text::Name,
};

impl Plane {
    pub(super) async fn create_role(&self, who: &Granted<RoleCreate>, role: &Role) -> Result<()> {
        unreserved(&role.name)?;
        self.licensed_enterprise(who, role.enterprise_id).await?;
        check_narrowing(self, who, role.product_id, role.service_id).await?;
        may_grant(who.actor(), &EffectivePermissions::of(role.mask, &[]))?;
        let permissions = RolePermissions { account_id: role.account_id, role_id: role.id, permissions: Vec::new() };
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
            change_role_grants(self, who, &mut change, new.id, &before, after).await?;
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

    pub async fn delete_role(&self, who: &Granted<RoleDelete>, role: &Stored<Role>) -> Result<()> {
        if role.built_in {
            return Err(protected());
        }
        let id = role.id;
        let (own, givers) = (self.rows(who), GroupRole::givers(role.account_id, id));
        let mut after = None;
        let permissions = self.role_permissions(who, id).await?;
        let before = EffectivePermissions::of(role.mask, &permissions.permissions);
        let mut is_recorded = false;
        loop {
            let links = own.listed_now(&givers, 80, after.take()).await?;
            if links.items.is_empty() && links.next.is_some() {
                // The index still shows what the last round removed.
                after = links.next;
                continue;
            }
            let mut change = Change::by(who).about(Role::NOUN, id).in_enterprise(role.enterprise_id);
            if is_recorded {
                change = change.following();
            } else {
                change.removes_elsewhere(&role.record);
                change.removes_elsewhere(&permissions.record);
            }
            change_role_grants(self, who, &mut change, id, &before, EffectivePermissions::default()).await?;
            for link in &links.items {
                change.write(Write::Delete { key: link.key.clone(), when: Condition::Always });
            }
            if links.next.is_none() {
                change.remove(role);
                change.release_name(&role.name_claim());
                change.write(Write::Delete { key: RolePermissions::key(role.account_id, id), when: Condition::Always });
                change.event(&super::events::DELETED, &Reference::to(Role::NOUN, id));
                return self.commit(change).await;
            }
            self.commit(change).await?;
            is_recorded = true;
        }
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
        change_role_grants(self, who, &mut change, id, &before, after).await?;
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
    before: &EffectivePermissions,
    after: EffectivePermissions,
) -> Result<()> {
    if before.within(&after) {
        return Ok(());
    }
    plane.take_rights_by_role(who, change, before, role).await?;
    let actor = who.actor();
    if actor.account() != who.account() || !actor.access.roles.iter().any(|own| own.id == role) {
        return Ok(());
    }
    let mut left = after;
    for own in actor.access.roles.iter().filter(|own| own.id != role) {
        let permissions = plane.role_permissions(who, own.id).await?;
        left.add(own.mask, &permissions.permissions);
    }
    plane.keep_own_administration(who, &left)
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
