//! Making, changing and removing users, each on a seat that is counted in the same commit.

use super::{
    email_claims::{email_taken, held_email_claims, refuse_earlier_claim},
    links::{assignable, join, joinable},
    model::{Assignment, Home, IdentityStatus, Membership, User, UserStatus, subject},
    provision::PendingInvitation,
    status::{StatusChange, status_after},
};
use crate::{
    change::Change,
    confirmations::Confirmations,
    day::Day,
    directory::account::Account,
    event_kinds::Reference,
    features::{
        licenses::{
            free_seat_of,
            model::{License, LicensedUse, license_limit_exceeded},
        },
        me::http::identity_problem,
    },
    guard::{
        Granted,
        actions::{Action, UserDelete, UserEdit},
        actor::access,
        delegation::{may_give, may_grant, own_administration},
        rights::EffectivePermissions,
    },
    http::idempotency::AnswerHead,
    ids::{GroupId, ProductId, ServiceId, UserId, WorkstreamId, known},
    kinds::RecordKind,
    operation::retrying,
    patch::Patch,
    plane::Plane,
    ports::table::{Condition, Index, Order, Query, Range, Write},
    problem::{Code, Problem, Result},
    record::{Record as _, Stored, decode, encode},
    system::SystemTask,
    text::{Email, Name},
};

/// The details of a new user.
#[derive(Clone, Debug)]
pub struct UserDetails {
    pub product_id: ProductId,
    pub service_id: ServiceId,
    pub first_name: Name,
    pub last_name: Name,
    pub email: Email,
    pub start_date: Day,
    pub end_date: Option<Day>,
    pub group_ids: Vec<GroupId>,
    pub workstream_ids: Vec<WorkstreamId>,
}

/// The changes of an update: fields that are absent stay.
#[derive(Debug)]
pub struct UserChanges {
    pub first_name: Option<Name>,
    pub last_name: Option<Name>,
    pub email: Option<Email>,
    pub start_date: Option<Day>,
    pub end_date: Patch<Option<Day>>,
    pub status: Option<StatusChange>,
}

impl Plane {
    /// Makes a user on a seat of a license in force for the triple.
    pub async fn create_user<A: Action>(&self, who: &Granted<A>, new: UserDetails) -> Result<User> {
        Ok(make_user(self, who, new, false).await?.0)
    }

    /// The same for a user who is to be invited; the commit asks for that too.
    pub(super) async fn create_invited_user<A: Action>(
        &self,
        who: &Granted<A>,
        new: UserDetails,
    ) -> Result<PendingInvitation> {
        Ok(make_user(self, who, new, true).await?.1)
    }

    pub async fn update_user(
        &self,
        who: &Granted<UserEdit>,
        old: &Stored<User>,
        update: UserChanges,
        confirmed: Confirmations,
    ) -> Result<Stored<User>> {
        let id = old.id;
        let mut user = User { updated_at: self.now(), ..old.record.clone() };
        user.first_name = update.first_name.unwrap_or(user.first_name);
        user.last_name = update.last_name.unwrap_or(user.last_name);
        if let Some(start) = update.start_date {
            start.check_given("/startDate")?;
            user.start_date = start;
        }
        user.end_date = update.end_date.or(user.end_date);
        dates(user.start_date, user.end_date)?;
        let status = status_after(old, &user, update.status, self.clock().today())?;
        let after = User { status, ..user.clone() };
        if update.email.as_ref().is_some_and(|email| *email != old.email)
            || after.gains_days_over(old, self.clock().today())
        {
            // A new address, or more days to act on, gives all that the user's groups give.
            let access = access(self, user.account_id, id).await?;
            may_give(who.actor(), &access.roles)?;
            may_grant(who.actor(), &access.grants)?;
        }
        let mut change = Change::by(who).about(User::NOUN, id);
        if old.gains_days_over(&after, self.clock().today()) {
            take_from_user(self, who, &mut change, old, confirmed).await?;
        }
        if let Some(email) = update.email.filter(|email| *email != old.email) {
            take_address(self, &mut change, &mut user, old, email).await?;
        }
        let ends = ends_administration(self, old, &user);
        if ends {
            keep_an_administrator(self, &mut change, id).await?;
        }
        user.status = status;
        match (old.status, status) {
            (UserStatus::Active, UserStatus::Active)
            | (UserStatus::Inactive | UserStatus::Ended, UserStatus::Inactive | UserStatus::Ended) => {}
            (UserStatus::Active, UserStatus::Inactive | UserStatus::Ended) => {
                keep_an_administrator_if(self, &mut change, old, !ends).await?;
                free_seat(self, &mut change, old).await?;
            }
            (UserStatus::Inactive | UserStatus::Ended, UserStatus::Active) => {
                take_seat(self, &mut change, &mut user).await?;
            }
        }
        change.replace(old, &user);
        change.event(&super::events::UPDATED, &Reference::to(User::NOUN, id));
        self.commit(change).await?;
        let enabled = user.status != UserStatus::Inactive;
        if enabled != (old.status != UserStatus::Inactive) && user.identity_status != IdentityStatus::None {
            // The guard has refused the user since the commit; this ends the sessions as well.
            match self.identity().set_enabled(user.subject(), enabled).await {
                Ok(()) | Err(crate::ports::identity::IdentityError::Unknown) => {}
                Err(error) => return Err(identity_problem(error)),
            }
        }
        Ok(Stored { record: user, version: old.version + 1 })
    }

    /// Removes a user: first they may not act any more, then the identity goes, then the record with all its links.
    pub async fn delete_user(
        &self,
        who: &Granted<UserDelete>,
        old: &Stored<User>,
        confirmed: Confirmations,
    ) -> Result<()> {
        let id = old.id;
        // Decided before the identity is touched: of two administrators who delete each other, one stays whole.
        retire(self, who, old, confirmed).await?;
        self.remove_identity(id).await.map_err(identity_problem)?;
        retrying(|| erase(self, who, id)).await?;
        // An invitation that raced the removal may have made the identity once more.
        self.remove_identity(id).await.map_err(identity_problem)
    }
}

async fn make_user<A: Action>(
    plane: &Plane,
    who: &Granted<A>,
    new: UserDetails,
    invited: bool,
) -> Result<(User, PendingInvitation)> {
    new.start_date.check_given("/startDate")?;
    dates(new.start_date, new.end_date)?;
    if new.end_date.is_some_and(|end| end < plane.clock().today()) {
        return Err(Problem::field("/endDate", "the last day is before today"));
    }
    let enterprise = who.enterprise_of_new()?;
    refuse_earlier_claim(plane, who.account(), &new.email).await?;
    let groups = joinable(plane, who, enterprise, &new.group_ids).await?;
    let workstreams = assignable(plane, who, enterprise, &new.workstream_ids).await?;
    let triple = LicensedUse { enterprise, product: new.product_id, service: new.service_id };
    let mut made = None;
    let seated = plane.commit_with_seat(who.account(), triple, |license| {
        let (user, mut change) = user_on(plane, who, &new, license, &groups, &workstreams, invited);
        let pending = PendingInvitation::of_new(plane, who, user.id);
        if invited {
            change.write(pending.put());
        }
        made = Some((user, pending));
        Ok(change)
    });
    seated.await?;
    Ok(made.expect("a seat was taken for the user made last"))
}

fn user_on<A: Action>(
    plane: &Plane,
    who: &Granted<A>,
    new: &UserDetails,
    license: &License,
    groups: &[GroupId],
    workstreams: &[WorkstreamId],
    invited: bool,
) -> (User, Change) {
    let now = plane.now();
    let user = User {
        id: UserId::new(now, plane.rng()),
        account_id: who.account(),
        enterprise_id: license.enterprise_id,
        product_id: new.product_id,
        service_id: new.service_id,
        license_id: license.id,
        first_name: new.first_name.clone(),
        last_name: new.last_name.clone(),
        email: new.email.clone(),
        status: UserStatus::Active,
        identity_status: if invited { IdentityStatus::Pending } else { IdentityStatus::None },
        technical: false,
        start_date: new.start_date,
        end_date: new.end_date,
        invitation: None,
        mail_problem: None,
        created_at: now,
        updated_at: now,
    };
    let mut change = Change::by(who).about(User::NOUN, user.id);
    change.create(&user);
    change.create(&Home { user_id: user.id, account_id: user.account_id });
    change.claim(&User::email_claim(user.account_id, user.id, &user.email), email_taken());
    join(&mut change, &user, groups);
    for workstream_id in workstreams {
        change.create(&Assignment { account_id: user.account_id, user_id: user.id, workstream_id: *workstream_id });
    }
    change.event(&super::events::CREATED, &Reference::to(User::NOUN, user.id));
    let head = AnswerHead::created(location(user.id), 1);
    if invited {
        // Provisioning goes on after this commit, and answers with its result.
        change.answers_provisionally(head, &user);
    } else {
        change.answers(head, &user);
    }
    (user, change)
}

/// The first commit of a deletion, with its audit entry: the user may not act any more, and the seat is free.
async fn retire(plane: &Plane, who: &Granted<UserDelete>, user: &Stored<User>, confirmed: Confirmations) -> Result<()> {
    let id = user.id;
    let mut change = Change::by(who).about(User::NOUN, id);
    change.removes_elsewhere(&user.record);
    for link in plane.rows(who).links::<Membership>(Membership::of(id)).await? {
        change.removes_elsewhere(&link);
    }
    for link in plane.rows(who).links::<Assignment>(Assignment::of(id)).await? {
        change.removes_elsewhere(&link);
    }
    take_from_user(plane, who, &mut change, user, confirmed).await?;
    keep_an_administrator_if(plane, &mut change, user, user.status != UserStatus::Inactive).await?;
    if who.actor().user.id == id && !confirmed.own_administration {
        return Err(Problem { detail: "this would delete your own user".into(), ..own_administration() });
    }
    if user.status == UserStatus::Active {
        free_seat(plane, &mut change, user).await?;
    }
    change.replace(user, &User { status: UserStatus::Inactive, updated_at: plane.now(), ..user.record.clone() });
    plane.commit(change).await
}

/// The last commit of a deletion.
async fn erase(plane: &Plane, who: &Granted<UserDelete>, id: UserId) -> Result<()> {
    let user: Stored<User> = plane.rows(who).get(id).await?;
    let memberships: Vec<Membership> = plane.rows(who).links(Membership::of(id)).await?;
    let assignments: Vec<Assignment> = plane.rows(who).links(Assignment::of(id)).await?;
    let mut change = Change::by(who).about(User::NOUN, id).following();
    for link in &memberships {
        change.write(Write::Delete { key: encode(link).key, when: Condition::Always });
    }
    for link in &assignments {
        change.write(Write::Delete { key: encode(link).key, when: Condition::Always });
    }
    if user.status == UserStatus::Active {
        free_seat(plane, &mut change, &user).await?;
    }
    change.write(Write::Delete { key: Home::key(subject(id)), when: Condition::Always });
    change.write(Write::Delete { key: PendingInvitation::key(id), when: Condition::Always });
    for claim in held_email_claims(plane, user.account_id, id, &user.email).await? {
        change.release(&claim);
    }
    if user.technical {
        forget_technical_user(plane, &mut change, &user).await?;
    }
    change.remove(&user);
    change.event(&super::events::DELETED, &Reference::to(User::NOUN, id));
    plane.commit(change).await
}

/// The account names its technical user no more.
async fn forget_technical_user(plane: &Plane, change: &mut Change, user: &User) -> Result<()> {
    let key = Account::key(user.account_id);
    let Some(item) = plane.system(SystemTask::AccountLifecycle).get(&key).await? else { return Ok(()) };
    let account = decode::<Account>(&item)?;
    if account.technical_user_id == Some(user.id) {
        let without = Account { technical_user_id: None, updated_at: plane.now(), ..account.record.clone() };
        change.replace(&account, &without);
    }
    Ok(())
}

/// Gives a user who does not sign in yet another address.
async fn take_address(plane: &Plane, change: &mut Change, user: &mut User, old: &User, email: Email) -> Result<()> {
    if !matches!(old.identity_status, IdentityStatus::None) {
        return Err(Problem::new(Code::Conflict, "the user signs in with this e-mail address: it can't be changed")
            .help("make a user with the new address and delete this one"));
    }
    user.email = email;
    user.mail_problem = None;
    refuse_earlier_claim(plane, user.account_id, &user.email).await?;
    for claim in held_email_claims(plane, user.account_id, user.id, &old.email).await? {
        change.release(&claim);
    }
    change.claim(&User::email_claim(user.account_id, user.id, &user.email), email_taken());
    Ok(())
}

/// Puts a user who becomes active on a seat.
async fn take_seat(plane: &Plane, change: &mut Change, user: &mut User) -> Result<()> {
    let (license, take) = plane.free_seat(user.account_id, LicensedUse::of(user)).await?;
    user.license_id = license.id;
    change.write_or(take, license_limit_exceeded());
    Ok(())
}

/// Frees the seat of a user.
async fn free_seat(plane: &Plane, change: &mut Change, user: &User) -> Result<()> {
    if let Some(free) = free_seat_of(plane, user.account_id, LicensedUse::of(user)).await? {
        change.write(free);
    }
    Ok(())
}

/// Permits that a user comes to act on fewer days, or not at all: who does that takes all rights of the user.
async fn take_from_user<A: Action>(
    plane: &Plane,
    who: &Granted<A>,
    change: &mut Change,
    user: &User,
    confirmed: Confirmations,
) -> Result<()> {
    let taken = access(plane, user.account_id, user.id).await?;
    // The platform's own administrators have a rule of their own.
    if who.actor().user.id == user.id && user.account_id != known::ROOT_ACCOUNT {
        plane.keep_own_administration(who, &EffectivePermissions::default(), confirmed)?;
    }
    plane.take_rights(who, change, &taken.grants, &taken.roles).await
}

/// Whether a change of dates ends somebody's time on the platform account.
fn ends_administration(plane: &Plane, old: &User, new: &User) -> bool {
    let today = plane.clock().today();
    old.account_id == known::ROOT_ACCOUNT
        && old.acts_on(today)
        && (!new.acts_on(today) || new.end_date != old.end_date && new.end_date.is_some())
}

async fn keep_an_administrator_if(plane: &Plane, change: &mut Change, user: &User, asked: bool) -> Result<()> {
    if asked && user.account_id == known::ROOT_ACCOUNT {
        keep_an_administrator(plane, change, user.id).await
    } else {
        Ok(())
    }
}

/// Refuses if nobody but this user administers the platform; else makes the change one that no other change of
/// administrators can race.
pub(super) async fn keep_an_administrator(plane: &Plane, change: &mut Change, leaving: UserId) -> Result<()> {
    let table = plane.system(SystemTask::Administrators);
    let group_id = known::PLATFORM_ADMIN_GROUP;
    let own = Membership { account_id: known::ROOT_ACCOUNT, user_id: leaving, group_id };
    if table.get(&own.place().key).await?.is_none() {
        return Ok(());
    }
    let fence = table.get(&Administrators::key()).await?;
    let query = Query {
        index: Index::Gsi2,
        pk: Membership::members(known::ROOT_ACCOUNT, group_id).partition,
        range: Range::All,
        order: Order::Ascending,
        limit: 200,
        after: None,
    };
    let mut others = false;
    for item in table.query_now(&query).await?.items {
        let member = decode::<Membership>(&item)?.record.user_id;
        if member == leaving {
            continue;
        }
        let user = table.get(&User::key(known::ROOT_ACCOUNT, member)).await?;
        let user = user.map(|item| decode::<User>(&item)).transpose()?;
        others |= user.is_some_and(|user| {
            user.acts_on(plane.clock().today())
                && user.end_date.is_none()
                && user.identity_status == IdentityStatus::Confirmed
        });
    }
    if !others {
        return Err(Problem::new(Code::Protected, "this is the last administrator of the platform")
            .help("make another user a member of the Platform Admin group first, and let them sign in"));
    }
    let when = fence.map_or(Condition::Absent, |item| Condition::Version(item.version));
    change.write_or(
        Write::Put { item: encode(&Administrators {}), when },
        Problem::new(Code::Conflict, "another administrator was changed meanwhile; try again").retry_after(0),
    );
    Ok(())
}

/// A record whose version counts the changes of who administers the platform.
#[derive(serde::Serialize, serde::Deserialize)]
pub(super) struct Administrators {}

impl Administrators {
    fn key() -> crate::ports::table::Key {
        crate::ports::table::Key::new("PLATFORM", "ADMINISTRATORS")
    }
}

impl crate::record::Record for Administrators {
    const NOUN: &'static str = "list of administrators";
    const DECLARED: RecordKind = RecordKind::of_platform(Self::NOUN, "PLATFORM", "ADMINISTRATORS");

    fn place(&self) -> crate::record::RecordKeys {
        crate::record::RecordKeys::at(Self::key())
    }
}

fn dates(start: Day, end: Option<Day>) -> Result<()> {
    match end {
        Some(end) if end < start => Err(Problem::field("/endDate", "the end is not before the start")),
        Some(_) | None => Ok(()),
    }
}

pub fn location(id: UserId) -> String {
    format!("/api/users/{id}")
}
