//! Tenants for tests of the slices that stand on accounts: made of records, past onboarding.

use plane::{
    directory::seats::SeatCounter,
    features::{
        accounts::model::{Account, AccountStatus, Address, CloudType, Country},
        groups::model::{Group, GroupRole},
        licenses::model::LicensedUse,
        roles::model::{Role, RoleKind, RolePermissions},
        users::model::{Home, IdentityStatus, Membership, User, UserStatus},
    },
    guard::rights::{Flags, Mask, everywhere},
    ids::{AccountId, EnterpriseId, GroupId, LicenseId, ProductId, RoleId, ServiceId, UserId},
    ports::table::{Condition, TableName},
    record,
    router::{FENCES, Route, RouteState},
    text::{Line, Name},
};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use testkit::world::{Person, World};
use uuid::Uuid;

/// An account with one license of an enterprise of its own, and somebody who may do there what tenants may.
pub(crate) struct Tenant {
    pub(crate) account: AccountId,
    pub(crate) enterprise: EnterpriseId,
    pub(crate) product: ProductId,
    pub(crate) service: ServiceId,
    pub(crate) license: LicenseId,
    pub(crate) admin: Person,
}

/// An enterprise → product → service, linked.
pub(crate) async fn triple(world: &World, name: &str) -> (EnterpriseId, ProductId, ServiceId) {
    let operator = world.operator().await;
    let made = |answer: Value| answer["id"].as_str().unwrap().to_owned();
    let service = made(operator.post("/api/services", json!({ "name": name })).await.expect(201));
    let body = json!({ "name": name, "serviceIds": [service] });
    let product = made(operator.post("/api/products", body).await.expect(201));
    let body = json!({ "name": name, "productIds": [product] });
    let enterprise = made(operator.post("/api/enterprises", body).await.expect(201));
    (enterprise.parse().unwrap(), product.parse().unwrap(), service.parse().unwrap())
}

/// The body that licenses a triple to an account for a year from today.
pub(crate) fn license_of(
    world: &World,
    account: AccountId,
    (enterprise, product, service): (EnterpriseId, ProductId, ServiceId),
    seats: u32,
) -> Value {
    let today = world.today();
    json!({
        "accountId": account, "enterpriseId": enterprise, "productId": product, "serviceId": service,
        "startDate": today, "endDate": today.plus(364), "numberOfUsers": seats,
        "contact": { "name": "Grace", "email": format!("grace@{account}.example"), "phone": "+1 555 0100" },
        "renewalNotification": { "enabled": true, "noticeDays": 30 }
    })
}

pub(crate) async fn tenant(world: &World, name: &str) -> Tenant {
    let (enterprise, product, service) = triple(world, name).await;
    let account = AccountId::derived(Uuid::nil(), name);
    found_account(world, account, name).await;
    let operator = world.operator().await;
    let body = license_of(world, account, (enterprise, product, service), 10);
    let license = operator.post("/api/licenses", body).await.expect(201);
    let license: LicenseId = license["id"].as_str().unwrap().parse().unwrap();
    let admin = administrator(world, account, name, (enterprise, product, service), license).await;
    Tenant { account, enterprise, product, service, license, admin }
}

impl Tenant {
    /// The administrator, signed in again: for tests in which the clock has moved on.
    pub(crate) async fn sign_in_again(&mut self, world: &World) {
        let access = world.operator().await.get(&format!("/api/users?accountId={}", self.account)).await.expect(200);
        let emails = access["items"].as_array().unwrap().iter().map(|user| user["email"].as_str().unwrap());
        let email = emails.into_iter().find(|email| email.starts_with("ada@")).unwrap();
        let tokens = world.sign_in(email, testkit::world::PASSWORD).await;
        self.admin = world.nobody().with_token(tokens.access_token.expose_secret());
    }
}

async fn found_account(world: &World, id: AccountId, name: &str) {
    let line = || Line::try_from("-").unwrap();
    let account = Account {
        id,
        name: Name::try_from(name).unwrap(),
        master_account_name: Name::try_from(name).unwrap(),
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
            country: Country::try_from("US".to_owned()).unwrap(),
        },
        technical_user_id: None,
        connection_id: None,
        provisioning: None,
        deletes_at: None,
        created_at: world.plane.now(),
        updated_at: world.plane.now(),
    };
    let route = Route {
        account_id: id,
        table: TableName::shared(),
        copies_directory: false,
        version: 1,
        state: RouteState::Open,
        grant: None,
        fences: FENCES,
    };
    let mut writes = vec![record::create(&account)];
    writes.extend(route.puts(Condition::Absent));
    world.table().commit(writes).await.unwrap();
}

async fn administrator(
    world: &World,
    account_id: AccountId,
    name: &str,
    (enterprise_id, product_id, service_id): (EnterpriseId, ProductId, ServiceId),
    license_id: LicenseId,
) -> Person {
    let now = world.plane.now();
    let namespace = account_id.uuid();
    let (user_id, role_id, group_id) =
        (UserId::derived(namespace, "admin"), RoleId::derived(namespace, "role"), GroupId::derived(namespace, "group"));
    let email = format!("ada@{}.example", name.to_lowercase());
    let role = Role {
        id: role_id,
        account_id,
        enterprise_id,
        product_id: None,
        service_id: None,
        name: Name::try_from("Everything").unwrap(),
        description: None,
        kind: RoleKind::Tenant,
        mask: Mask::EVERYTHING,
        built_in: false,
        created_at: now,
        updated_at: now,
    };
    let group = Group {
        id: group_id,
        account_id,
        enterprise_id,
        name: Name::try_from("Everybody").unwrap(),
        description: None,
        built_in: false,
        created_at: now,
        updated_at: now,
    };
    let user = User {
        id: user_id,
        account_id,
        enterprise_id,
        product_id,
        service_id,
        license_id,
        first_name: Name::try_from("Ada").unwrap(),
        last_name: Name::try_from("Byron").unwrap(),
        email: email.as_str().try_into().unwrap(),
        status: UserStatus::Active,
        identity_status: IdentityStatus::Confirmed,
        technical: true,
        start_date: world.today(),
        end_date: None,
        invitation: None,
        mail_problem: None,
        created_at: now,
        updated_at: now,
    };
    let writes = vec![
        record::create(&role),
        record::create(&RolePermissions { account_id, role_id, permissions: everywhere(Flags::ALL) }),
        record::create(&group),
        record::create(&GroupRole { account_id, group_id, role_id }),
        record::create(&user),
        record::create(&Home { user_id, account_id }),
        record::create(&Membership { account_id, user_id, group_id }),
    ];
    world.table().commit(writes).await.unwrap();
    world.person(user_id, &email, account_id).await
}

impl Tenant {
    pub(crate) const fn triple(&self) -> LicensedUse {
        LicensedUse { enterprise: self.enterprise, product: self.product, service: self.service }
    }

    /// The seat counter of its users.
    pub(crate) async fn seats(&self, world: &World) -> SeatCounter {
        world.plane.seat_pool(self.account, self.triple()).await.unwrap().unwrap().counter.record
    }
}
