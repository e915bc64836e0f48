//! Actors: who a request comes from, as the store says now. Remembered until a write to their account.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use moka::sync::Cache;

use super::{
    actions::ActionFacts,
    policy::{Policy, Principal, Scope},
    rights::EffectivePermissions,
    seat_rule::{SeatRuling, Selections},
};
use crate::{
    Kernel,
    day::Day,
    directory::{
        account::{Account, AccountStatus},
        group::{Group, GroupRole},
        role::{Role, RoleKind, RolePermissions},
        user::{Home, Membership, User},
    },
    ids::{AccountId, EnterpriseId, GroupId, RoleId, Subject, UserId, known},
    ports::table::{Item, Key, MAX_KEYS, Table},
    problem::Result,
    record::{decode, links},
};

/// Somebody who is signed in, with all that the guard asks for.
#[derive(Debug)]
pub struct Actor {
    pub user: User,
    pub account_status: AccountStatus,
    /// Holds a platform role as a user of the platform account.
    pub operator: bool,
    pub access: Access,
    /// By the licenses of the day on which the actor was loaded.
    pub(super) seat_ruling: SeatRuling,
    loaded_on: Day,
    rulings: Mutex<HashMap<(&'static str, Scope), bool>>,
}

/// What a user's groups and roles come to.
#[derive(Debug, Default)]
pub struct Access {
    pub groups: Vec<Group>,
    pub roles: Vec<Role>,
    pub grants: EffectivePermissions,
}

impl Actor {
    pub const fn account(&self) -> AccountId {
        self.user.account_id
    }

    pub const fn enterprise(&self) -> EnterpriseId {
        self.user.enterprise_id
    }

    /// The user's enterprise is the Global one, which means all.
    pub fn every_enterprise(&self) -> bool {
        self.user.enterprise_id == known::GLOBAL_ENTERPRISE && self.user.account_id == known::ROOT_ACCOUNT
    }

    /// Whether the policy permits an action in a scope. The answer is a function of this actor and its arguments, so
    /// it is remembered as long as the actor.
    pub fn may(&self, policy: &Policy, action: &'static ActionFacts, scope: Scope) -> bool {
        /// An actor asks for few scopes; one who asks for many (an operator going through accounts) starts afresh.
        const REMEMBERED: usize = 256;
        let mut rulings = self.rulings.lock().expect("no holder panics");
        if let Some(permitted) = rulings.get(&(action.id, scope)) {
            return *permitted;
        }
        let permitted = policy.decide(&self.principal(), action, scope).permitted;
        if rulings.len() >= REMEMBERED {
            rulings.clear();
        }
        rulings.insert((action.id, scope), permitted);
        permitted
    }

    /// The actor in the policy's words. Dates are judged before, on every request.
    pub fn principal(&self) -> Principal {
        Principal {
            subject: self.user.subject(),
            account: self.account(),
            enterprise: self.enterprise(),
            every_enterprise: self.every_enterprise(),
            active: self.account_status == AccountStatus::Active,
            operator: self.operator,
            rights: self.access.grants.words().collect(),
        }
    }
}

/// Actors as they were loaded, each good until something in its account is written or the day ends.
#[derive(Clone)]
pub struct Actors {
    cache: Cache<Subject, Remembered>,
    epochs: Arc<Epochs>,
    /// What roles give, beside the stored bytes that say so: they are the greater part of what it takes to compute
    /// anybody's rights, and seldom change.
    given: Cache<RoleId, (Bytes, EffectivePermissions)>,
    pub(super) selections: Selections,
    /// How long an actor is believed where other processes write to the store too.
    believed: Option<Duration>,
}

#[derive(Clone)]
struct Remembered {
    actor: Arc<Actor>,
    epoch: u64,
    at: Instant,
}

impl Actors {
    /// `believed`: how old a remembered actor may be where other processes write to the same store; `None` where this
    /// process alone does.
    pub fn new(believed: Option<Duration>) -> Self {
        Self {
            cache: Cache::new(4096),
            epochs: Arc::default(),
            given: Cache::new(1024),
            selections: Cache::new(64),
            believed,
        }
    }

    /// What a role gives by these permissions, before its mask. Bytes that were read before are not read again.
    fn given(&self, role: RoleId, permissions: &Item) -> Result<EffectivePermissions> {
        if let Some((_, given)) = self.given.get(&role).filter(|(body, _)| *body == permissions.body) {
            return Ok(given);
        }
        let given = EffectivePermissions::unmasked(&decode::<RolePermissions>(permissions)?.record.permissions);
        self.given.insert(role, (permissions.body.clone(), given.clone()));
        Ok(given)
    }

    /// A record of an account was written: cached actors of that account are stale.
    pub fn forget(&self, account: AccountId) {
        self.epochs.advance(account);
    }

    /// All cached actors are stale.
    pub fn forget_all(&self) {
        self.cache.invalidate_all();
    }
}

/// Counts the writes to accounts. Accounts share counters: a clash costs a reload, never a stale actor.
struct Epochs(Vec<AtomicU64>);

impl Default for Epochs {
    fn default() -> Self {
        Self((0..4096).map(|_| AtomicU64::new(0)).collect())
    }
}

impl Epochs {
    fn of(&self, account: AccountId) -> &AtomicU64 {
        let hash = account.uuid().as_u128().wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835) >> 116;
        &self.0[usize::try_from(hash).unwrap_or(0) % self.0.len()]
    }

    fn now(&self, account: AccountId) -> u64 {
        self.of(account).load(Ordering::Acquire)
    }

    fn advance(&self, account: AccountId) {
        self.of(account).fetch_add(1, Ordering::AcqRel);
    }
}

impl Kernel {
    /// Who a subject is now; `None` if it is nobody any more.
    pub async fn actor(&self, subject: Subject) -> Result<Option<Arc<Actor>>> {
        let actors = self.actors();
        if let Some(remembered) = actors.cache.get(&subject) {
            let current = remembered.epoch == actors.epochs.now(remembered.actor.account())
                && remembered.actor.loaded_on == self.clock().today();
            if current && actors.believed.is_none_or(|age| remembered.at.elapsed() < age) {
                return Ok(Some(remembered.actor));
            }
        }
        let table = self.router().shared();
        let Some(home) = table.get(&Home::key(subject)).await? else { return Ok(None) };
        let Home { user_id, account_id } = decode::<Home>(&home)?.record;
        // Read before the records: a write that comes between is then seen as one that came after.
        let epoch = actors.epochs.now(account_id);
        let Some(actor) = load(self, account_id, user_id).await? else { return Ok(None) };
        let actor = Arc::new(actor);
        actors.cache.insert(subject, Remembered { actor: Arc::clone(&actor), epoch, at: Instant::now() });
        Ok(Some(actor))
    }
}

async fn load(plane: &Kernel, account: AccountId, user: UserId) -> Result<Option<Actor>> {
    let found = plane.router().shared().batch_get(&[User::key(account, user), Account::key(account)]).await?;
    let [Some(user), Some(account)] = found.as_slice() else { return Ok(None) };
    let (user, account) = (decode::<User>(user)?.record, decode::<Account>(account)?.record);
    let access = access(plane, account.id, user.id).await?;
    let operator = account.id == known::ROOT_ACCOUNT && access.roles.iter().any(|role| role.kind == RoleKind::Platform);
    let today = plane.clock().today();
    Ok(Some(Actor {
        seat_ruling: plane.seat_ruling(&user, today).await?,
        loaded_on: today,
        user,
        account_status: account.status,
        operator,
        access,
        rulings: Mutex::default(),
    }))
}

/// What a user's groups and roles come to, read afresh.
pub async fn access(plane: &Kernel, account: AccountId, user: UserId) -> Result<Access> {
    let memberships: Vec<Membership> = links(plane.router().shared().as_ref(), account, Membership::of(user)).await?;
    access_by_groups(plane, account, memberships.iter().map(|link| link.group_id).collect()).await
}

/// What membership in some groups comes to.
pub async fn access_by_groups(plane: &Kernel, account: AccountId, groups: Vec<GroupId>) -> Result<Access> {
    let table = plane.router().shared().as_ref();
    let mut access = Access::default();
    let mut role_ids = Vec::new();
    for group in &groups {
        for link in links::<GroupRole>(table, account, GroupRole::of(*group)).await? {
            if !role_ids.contains(&link.role_id) {
                role_ids.push(link.role_id);
            }
        }
    }
    let keys: Vec<Key> = groups.iter().map(|group| Group::key(account, *group)).collect();
    for item in read(table, &keys).await?.iter().flatten() {
        access.groups.push(decode::<Group>(item)?.record);
    }
    let keys: Vec<Key> =
        role_ids.iter().flat_map(|role| [Role::key(account, *role), RolePermissions::key(account, *role)]).collect();
    for pair in read(table, &keys).await?.chunks(2) {
        let [Some(role), permissions] = pair else { continue };
        let role = decode::<Role>(role)?.record;
        if let Some(permissions) = permissions {
            access.grants.add_grants(role.mask, &plane.actors().given(role.id, permissions)?);
        }
        access.roles.push(role);
    }
    Ok(access)
}

async fn read(table: &dyn Table, keys: &[Key]) -> Result<Vec<Option<Item>>> {
    let mut found = Vec::with_capacity(keys.len());
    for keys in keys.chunks(MAX_KEYS) {
        found.extend(table.batch_get(keys).await?);
    }
    Ok(found)
}
