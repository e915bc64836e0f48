//! Realms for the probes: parts of the world that must not see each other, with twin data under canary names.

use std::collections::BTreeMap;

use plane::{
    guard::rights::{Flags, everywhere},
    ids::known,
};
use serde_json::{Value, json};
use testkit::{
    story::Offer,
    world::{Person, World},
};

/// One enterprise of one account, with a record of every kind, and people who may do everything there.
pub(super) struct Realm {
    /// Stands in the name of everything in here, and nowhere else.
    pub(super) canary: &'static str,
    /// Stands in the name of the account.
    pub(super) account_name: &'static str,
    /// A record of every kind, by the name that the API has for its id.
    pub(super) ids: BTreeMap<&'static str, String>,
    /// Holds every right, within this enterprise.
    pub(super) admin: Person,
    /// Holds none.
    pub(super) bystander: Person,
}

pub(super) fn id(body: &Value) -> String {
    body["id"].as_str().expect("a record has an id").to_owned()
}

/// An account that is active.
pub(super) struct Account {
    pub(super) id: String,
    name: &'static str,
}

/// An account with licenses of several enterprises, each under the canary of its realm.
pub(super) async fn account(world: &World, name: &'static str, offers: &[(&Offer, &str)]) -> Account {
    let mut request = world.account_request(name, "public", offers[0].0, 200);
    let license = request["licenses"][0].clone();
    let licenses = offers.iter().map(|(offer, canary)| {
        let mut license = license.clone();
        license["enterpriseId"] = json!(offer.enterprise);
        license["productId"] = json!(offer.product);
        license["serviceId"] = json!(offer.service);
        license["contact"]["name"] = json!(format!("Contact of {canary}"));
        license
    });
    request["licenses"] = licenses.collect();
    let account = world.onboard(request).await;
    assert_eq!(account["status"], "active", "{account}");
    Account { id: id(&account), name }
}

/// Fills an enterprise of an account.
pub(super) async fn realm(world: &World, canary: &'static str, account: &Account, offer: &Offer) -> Realm {
    let Account { id: account, name: account_name } = account;
    let operator = world.operator().await;
    let create = async |path: &str, more: Value| {
        let mut body = json!({ "accountId": account, "enterpriseId": offer.enterprise });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        id(&operator.post(path, body).await.expect(201))
    };
    let everything = create("/api/roles", json!({ "name": format!("{canary} all"), "mask": 0x7fff })).await;
    let permissions = json!({ "permissions": everywhere(Flags::ALL) });
    operator.put(&format!("/api/roles/{everything}/permissions?accountId={account}"), permissions).await.expect(200);
    let admins = create("/api/groups", json!({ "name": format!("{canary} admins"), "roleIds": [everything] })).await;
    let role = create("/api/roles", json!({ "name": format!("{canary} role"), "mask": 99 })).await;
    let group = create("/api/groups", json!({ "name": format!("{canary} group"), "roleIds": [role] })).await;
    let workstream = create("/api/workstreams", json!({ "name": format!("{canary} stream") })).await;
    let user = async |path: &str, name: &str, groups: Value| {
        let email = format!("{name}@{}.example", canary.to_lowercase());
        let body = json!({
            "productId": offer.product, "serviceId": offer.service, "firstName": name, "lastName": canary,
            "email": email, "startDate": world.today(), "groupIds": groups, "workstreamIds": [workstream],
        });
        (create(path, body).await, email)
    };
    let (_, admin) = user("/api/users/provision", "admin", json!([admins])).await;
    let (_, bystander) = user("/api/users/provision", "bystander", json!([group])).await;
    let (newcomer, _) = user("/api/users", "newcomer", json!([group])).await;
    let (admin, bystander) = (world.accept_invitation(&admin).await, world.accept_invitation(&bystander).await);
    let sessions = bystander.get("/api/users/me/sessions").await.expect(200);
    let licenses = operator.get(&format!("/api/licenses?accountId={account}&enterpriseId={}", offer.enterprise)).await;
    let licenses = licenses.expect(200);
    let runs = operator.get("/api/executions?limit=200").await.expect(200);
    let runs = runs["items"].as_array().unwrap();
    let run =
        runs.iter().find(|run| run["accountId"] == *account).map_or(Value::Null, |run| run["executionId"].clone());
    let ids = BTreeMap::from([
        ("accountId", account.clone()),
        ("within", account.clone()),
        ("enterpriseId", offer.enterprise.clone()),
        ("productId", offer.product.clone()),
        ("serviceId", offer.service.clone()),
        ("licenseId", id(&licenses["items"][0])),
        ("roleId", role),
        ("groupId", group),
        ("workstreamId", workstream),
        ("userId", newcomer),
        ("sessionId", id(&sessions["items"][0])),
        ("executionId", run.as_str().unwrap_or("0192d3c4-5e6f-7a8b-9c0d-000000000e0e").to_owned()),
        ("connectionId", "0192d3c4-5e6f-7a8b-9c0d-00000000c0de".to_owned()),
        ("deadLetterId", "0192d3c4-5e6f-7a8b-9c0d-00000000dead".to_owned()),
    ]);
    Realm { canary, account_name, ids, admin, bystander }
}

/// The platform's own account, with somebody who holds every right by a tenant's role, but is no operator.
pub(super) async fn platform(world: &World, canary: &'static str) -> Realm {
    let offer = Offer {
        enterprise: known::GLOBAL_ENTERPRISE.to_string(),
        product: known::GLOBAL_PRODUCT.to_string(),
        service: known::GLOBAL_SERVICE.to_string(),
    };
    realm(world, canary, &Account { id: known::ROOT_ACCOUNT.to_string(), name: "ABC" }, &offer).await
}
