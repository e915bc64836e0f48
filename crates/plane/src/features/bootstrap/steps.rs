//! The fourteen steps as data: for each the records that it makes, and what must hold of them.

use jiff::{Timestamp, civil::date};

use super::model::Admin;
use crate::{
    change::Claim,
    day::Day,
    directory::seats::{LicensedUse, SeatCounter, SeatTerms},
    features::{
        accounts::model::{Account, AccountStatus, Address, CloudType, Country},
        enterprises::model::Enterprise,
        groups::model::{Group, GroupRole},
        licenses::model::{Contact, License, RenewalNotification, SeatCount},
        master_data::{self, LinkUse, MasterRecord, UseCount},
        products::model::Product,
        roles::model::{Role, RoleKind, RolePermissions},
        services::model::Service,
        users::model::{Home, IdentityStatus, Membership, User, UserStatus},
        workstreams::model::Workstream,
    },
    guard::rights::{Flags, Mask, everywhere},
    ids::{GroupId, RoleId, WorkstreamId, known},
    ports::table::{Item, Key, NewItem, TableName},
    record::{self, Record},
    router::{Route, RouteState},
    text::{Line, Name},
};

/// One step: its name and the records it makes.
pub(super) struct Step {
    pub name: &'static str,
    pub records: fn(&SeedContext) -> Vec<SeedRecord>,
    pub side_effect: SideEffect,
}

/// What the platform's own license is for.
pub(super) const GLOBAL: LicensedUse = LicensedUse {
    enterprise: known::GLOBAL_ENTERPRISE,
    product: known::GLOBAL_PRODUCT,
    service: known::GLOBAL_SERVICE,
};

/// What a step does beside making records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SideEffect {
    Nothing,
    /// Makes the administrator's identity.
    Identity,
}

/// What the steps are made from.
pub(super) struct SeedContext {
    pub admin: Admin,
    /// The name of the platform account, which its operators may have changed since.
    pub account_name: Name,
    pub now: Timestamp,
    pub today: Day,
}

/// A record that a step makes.
pub(super) struct SeedRecord {
    pub noun: &'static str,
    pub item: NewItem,
    /// What is not as it must be; `None`: all is.
    pub mismatch: Mismatch,
    /// The found record with what it lacks, where the step adds to a record of an earlier one.
    pub repair: fn(&Item) -> Option<NewItem>,
    /// The seat counter that the new record takes a seat of.
    pub takes_seat: Option<Key>,
}

type Mismatch = Box<dyn Fn(&Item) -> Option<String> + Send + Sync>;

const fn step(name: &'static str, records: fn(&SeedContext) -> Vec<SeedRecord>) -> Step {
    Step { name, records, side_effect: SideEffect::Nothing }
}

/// The documents' steps, in their order.
pub(super) const STEPS: [Step; 14] = [
    step("Create Account: ABC", account),
    step("Create Enterprise: Global", |seed| master(&enterprise(seed))),
    step("Create Product: Global", |seed| master(&product(seed))),
    step("Create Service: Global", |seed| master(&service(seed))),
    step("Link Enterprise 'Global' → Product 'Global'", |seed| {
        vec![SeedRecord { repair: link_product, ..seed_record(&enterprise(seed), |_, _| true) }]
    }),
    step("Link Product 'Global' → Service 'Global'", |seed| {
        vec![SeedRecord { repair: link_service, ..seed_record(&product(seed), |_, _| true) }]
    }),
    step("Create License: ABC → Global → Global → Global", license),
    step("Create Role: Platform Admin", |seed| {
        role(seed, known::PLATFORM_ADMIN_ROLE, "Platform Admin", RoleKind::Platform, Mask::EVERYTHING, Flags::ALL)
    }),
    step("Create Role: Technical Role", |seed| {
        role(seed, known::ROOT_TECHNICAL_ROLE, "Technical Role", RoleKind::Tenant, Mask::VIEW, Flags::VIEW)
    }),
    step("Create Group: Platform Admin → Platform Admin role", |seed| {
        group(seed, known::PLATFORM_ADMIN_GROUP, "Platform Admin", known::PLATFORM_ADMIN_ROLE)
    }),
    step("Create Group: Technical Group → Technical Role", |seed| {
        group(seed, known::ROOT_TECHNICAL_GROUP, "Technical Group", known::ROOT_TECHNICAL_ROLE)
    }),
    Step { name: "Create Technical User", records: user, side_effect: SideEffect::Identity },
    step("Create Workstream: Global", |seed| workstream(seed, known::GLOBAL_WORKSTREAM, "Global")),
    step("Create Workstream: Default", |seed| workstream(seed, known::DEFAULT_WORKSTREAM, Workstream::DEFAULT)),
];

/// A record and what must hold of the one that is found.
fn seed_record<R: Record + Clone>(expected: &R, right: fn(&R, &R) -> bool) -> SeedRecord {
    let expected_record = expected.clone();
    let mismatch = move |item: &Item| match record::decode::<R>(item) {
        Ok(found) if right(&found.record, &expected_record) => None,
        Ok(_) => Some(format!("the {} is not as it was made", R::NOUN)),
        Err(_) => Some(format!("the {} can't be read", R::NOUN)),
    };
    SeedRecord {
        noun: R::NOUN,
        item: record::encode(expected),
        mismatch: Box::new(mismatch),
        repair: |_| None,
        takes_seat: None,
    }
}

fn claim(expected: &Claim) -> SeedRecord {
    seed_record(expected, |found, expected| found.holder == expected.holder)
}

fn named(name: &str) -> Name {
    Name::try_from(name).expect("the names of Day-0 are plain words")
}

fn account(seed: &SeedContext) -> Vec<SeedRecord> {
    let line = || Line::try_from("-").expect("a dash is a line");
    let account = Account {
        id: known::ROOT_ACCOUNT,
        name: seed.account_name.clone(),
        master_account_name: seed.account_name.clone(),
        cloud_type: CloudType::Public,
        status: AccountStatus::Active,
        degraded: false,
        degraded_reasons: Vec::new(),
        address: Address {
            line1: line(),
            line2: None,
            city: line(),
            state: None,
            postal_code: line(),
            country: Country::try_from("US".to_owned()).expect("two capital letters"),
        },
        technical_user_id: Some(known::ADMIN_USER),
        connection_id: None,
        provisioning: None,
        deletes_at: None,
        created_at: seed.now,
        updated_at: seed.now,
    };
    let route = Route {
        account_id: account.id,
        table: TableName::shared(),
        copies_directory: false,
        version: 1,
        state: RouteState::Open,
        grant: None,
        // The platform's own account is written to by its operators alone.
        fences: 0,
    };
    vec![
        seed_record(&account, |found, _| found.status == AccountStatus::Active),
        claim(Account::name_claim(account.id, &account.name).first()),
        seed_record(&route, |found, _| found.state == RouteState::Open),
    ]
}

fn master<R: MasterRecord>(record: &R) -> Vec<SeedRecord> {
    vec![
        seed_record(record, |found, _| found.built_in()),
        claim(master_data::name_claim::<R>(record.id(), record.name()).first()),
        seed_record(&UseCount::none::<R>(record.id()), |_, _| true),
    ]
}

fn enterprise(seed: &SeedContext) -> Enterprise {
    Enterprise {
        id: known::GLOBAL_ENTERPRISE,
        name: named("Global"),
        description: None,
        product_ids: Vec::new(),
        built_in: true,
        created_at: seed.now,
        updated_at: seed.now,
    }
}

fn product(seed: &SeedContext) -> Product {
    Product {
        id: known::GLOBAL_PRODUCT,
        name: named("Global"),
        description: None,
        service_ids: Vec::new(),
        built_in: true,
        created_at: seed.now,
        updated_at: seed.now,
    }
}

fn link_product(found: &Item) -> Option<NewItem> {
    let mut enterprise = record::decode::<Enterprise>(found).ok()?.record;
    let missing = !enterprise.product_ids.contains(&known::GLOBAL_PRODUCT);
    enterprise.product_ids.push(known::GLOBAL_PRODUCT);
    missing.then(|| record::encode(&enterprise))
}

fn link_service(found: &Item) -> Option<NewItem> {
    let mut product = record::decode::<Product>(found).ok()?.record;
    let missing = !product.service_ids.contains(&known::GLOBAL_SERVICE);
    product.service_ids.push(known::GLOBAL_SERVICE);
    missing.then(|| record::encode(&product))
}

fn service(seed: &SeedContext) -> Service {
    Service {
        id: known::GLOBAL_SERVICE,
        name: named("Global"),
        description: None,
        built_in: true,
        created_at: seed.now,
        updated_at: seed.now,
    }
}

fn license(seed: &SeedContext) -> Vec<SeedRecord> {
    let Admin { email, first_name, last_name, .. } = &seed.admin;
    let license = License {
        id: known::ROOT_LICENSE,
        account_id: known::ROOT_ACCOUNT,
        enterprise_id: known::GLOBAL_ENTERPRISE,
        product_id: known::GLOBAL_PRODUCT,
        service_id: known::GLOBAL_SERVICE,
        start_date: seed.today,
        end_date: date(2099, 12, 31).into(),
        number_of_users: SeatCount::try_from(100).expect("a hundred is within bounds"),
        contact: Some(Contact { name: both(first_name, last_name), email: email.clone(), phone: None }),
        renewal_notification: RenewalNotification::default(),
        grace_days: None,
        built_in: true,
        created_at: seed.now,
        updated_at: seed.now,
    };
    let terms = SeatTerms::new(license.account_id, license.triple(), vec![license.term()]);
    let link = LinkUse::new::<Enterprise, _>(license.enterprise_id, license.product_id, license.id);
    let next = LinkUse::new::<Product, _>(license.product_id, license.service_id, license.id);
    vec![
        seed_record(&license, |found, expected| {
            found.triple() == expected.triple() && found.in_force(expected.start_date.max(found.start_date))
        }),
        seed_record(&terms, |found, expected| found.term(expected.licenses[0].license_id).is_some()),
        seed_record(&SeatCounter::new(&terms, seed.today, 0), |found, _| found.used <= found.seats),
        seed_record(&link, |found, expected| found == expected),
        seed_record(&next, |found, expected| found == expected),
    ]
}

fn both(first: &Name, last: &Name) -> Name {
    let name: String = format!("{first} {last}").chars().take(200).collect();
    Name::try_from(name.trim_end()).expect("two names and a space are a name")
}

fn role(seed: &SeedContext, id: RoleId, name: &str, kind: RoleKind, mask: Mask, flags: Flags) -> Vec<SeedRecord> {
    let role = Role {
        id,
        account_id: known::ROOT_ACCOUNT,
        enterprise_id: known::GLOBAL_ENTERPRISE,
        product_id: Some(known::GLOBAL_PRODUCT),
        service_id: Some(known::GLOBAL_SERVICE),
        name: named(name),
        description: None,
        kind,
        mask,
        built_in: true,
        created_at: seed.now,
        updated_at: seed.now,
    };
    let permissions = RolePermissions { account_id: role.account_id, role_id: id, permissions: everywhere(flags) };
    vec![
        seed_record(&role, |found, expected| {
            found.kind == expected.kind && found.mask == expected.mask && found.built_in
        }),
        seed_record(&permissions, |found, expected| found == expected),
        claim(role.name_claim().first()),
    ]
}

fn group(seed: &SeedContext, id: GroupId, name: &str, role: RoleId) -> Vec<SeedRecord> {
    let group = Group {
        id,
        account_id: known::ROOT_ACCOUNT,
        enterprise_id: known::GLOBAL_ENTERPRISE,
        name: named(name),
        description: None,
        built_in: true,
        created_at: seed.now,
        updated_at: seed.now,
    };
    let link = GroupRole { account_id: group.account_id, group_id: id, role_id: role };
    vec![
        seed_record(&group, |found, _| found.built_in),
        seed_record(&link, |found, expected| found == expected),
        claim(group.name_claim().first()),
    ]
}

fn user(seed: &SeedContext) -> Vec<SeedRecord> {
    let Admin { email, first_name, last_name, .. } = &seed.admin;
    let user = User {
        id: known::ADMIN_USER,
        account_id: known::ROOT_ACCOUNT,
        enterprise_id: known::GLOBAL_ENTERPRISE,
        product_id: known::GLOBAL_PRODUCT,
        service_id: known::GLOBAL_SERVICE,
        license_id: known::ROOT_LICENSE,
        first_name: first_name.clone(),
        last_name: last_name.clone(),
        email: email.clone(),
        status: UserStatus::Active,
        identity_status: IdentityStatus::Invited,
        technical: true,
        start_date: seed.today,
        end_date: None,
        invitation: None,
        mail_problem: None,
        created_at: seed.now,
        updated_at: seed.now,
    };
    let home = Home { user_id: user.id, account_id: user.account_id };
    let membership =
        Membership { account_id: user.account_id, user_id: user.id, group_id: known::PLATFORM_ADMIN_GROUP };
    let mut person = seed_record(&user, |found, expected| {
        found.status == UserStatus::Active && found.enterprise_id == expected.enterprise_id
    });
    person.takes_seat = Some(SeatCounter::key(user.account_id, LicensedUse::of(&user)));
    vec![
        person,
        seed_record(&home, |found, expected| found == expected),
        claim(&User::email_claim(user.account_id, user.id, email)),
        seed_record(&membership, |found, expected| found == expected),
    ]
}

fn workstream(seed: &SeedContext, id: WorkstreamId, name: &str) -> Vec<SeedRecord> {
    let default = Workstream::default_of(known::ROOT_ACCOUNT, known::GLOBAL_ENTERPRISE, seed.now);
    let workstream = Workstream { id, name: named(name), ..default };
    vec![seed_record(&workstream, |found, _| found.built_in), claim(workstream.name_claim().first())]
}

/// For the log and the audit trail: the step's number, counted from 1.
pub(super) fn number(place: usize) -> u8 {
    u8::try_from(place + 1).expect("there are fourteen steps")
}
