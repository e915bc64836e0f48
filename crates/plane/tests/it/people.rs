//! People of a tenant for tests: made through the API, with the rights that a test gives them.

use serde_json::{Value, json};
use testkit::world::{Person, World};

use crate::tenants::Tenant;

/// Somebody with a role and a group of their own, signed in.
pub(crate) struct Member {
    pub(crate) person: Person,
    pub(crate) id: String,
    pub(crate) email: String,
    pub(crate) role: String,
    pub(crate) group: String,
}

/// A world without rate limits: for tests with many people at one address, or many requests.
pub(crate) async fn busy_world() -> World {
    let world = World::with(testkit::world::unlimited()).await;
    world.set_up().await;
    world
}

/// What `POST /api/users` takes for a user of a tenant.
pub(crate) fn new_user(world: &World, tenant: &Tenant, email: &str) -> Value {
    json!({
        "enterpriseId": tenant.enterprise, "productId": tenant.product, "serviceId": tenant.service,
        "firstName": "Grace", "lastName": "Hopper", "email": email, "startDate": world.today()
    })
}

/// The flags of a menu or tab.
pub(crate) fn flags(verbs: &str) -> Value {
    json!({
        "isVisible": verbs.contains('v'), "canView": verbs.contains('v'), "canCreate": verbs.contains('c'),
        "canEdit": verbs.contains('e'), "canDelete": verbs.contains('d')
    })
}

/// One menu of a role's permissions.
pub(crate) fn menu(menu: &str, verbs: &str) -> Value {
    let mut permission = flags(verbs);
    permission["menu"] = json!(menu);
    permission
}

pub(crate) fn id(record: &Value) -> String {
    record["id"].as_str().unwrap_or_else(|| panic!("no id in {record}")).to_owned()
}

impl Tenant {
    pub(crate) async fn role(&self, name: &str, permissions: Value) -> String {
        let body = json!({ "enterpriseId": self.enterprise, "name": name });
        let role = id(&self.admin.post("/api/roles", body).await.expect(201));
        let body = json!({ "permissions": permissions });
        self.admin.put(&format!("/api/roles/{role}/permissions"), body).await.expect(200);
        role
    }

    pub(crate) async fn group(&self, name: &str, roles: &[&str]) -> String {
        let body = json!({ "enterpriseId": self.enterprise, "name": name, "roleIds": roles });
        id(&self.admin.post("/api/groups", body).await.expect(201))
    }

    /// Somebody who was invited, and whom a group of their own gives these permissions.
    pub(crate) async fn member(&self, world: &World, name: &str, permissions: Value) -> Member {
        let role = self.role(&format!("{name} role"), permissions).await;
        let group = self.group(&format!("{name} group"), &[&role]).await;
        let email = format!("{name}@{}.example", self.account);
        let mut user = new_user(world, self, &email);
        user["groupIds"] = json!([group]);
        let id = id(&self.admin.post("/api/users/provision", user).await.expect(201));
        let person = world.accept_invitation(&email).await;
        Member { person, id, email, role, group }
    }
}

/// Every item of a list, page by page.
pub(crate) async fn all(person: &Person, path: &str, limit: usize) -> Vec<Value> {
    let mut items = Vec::new();
    let mut cursor = String::new();
    loop {
        let sign = if path.contains('?') { '&' } else { '?' };
        let page = person.get(&format!("{path}{sign}limit={limit}{cursor}")).await.expect(200);
        let found = page["items"].as_array().unwrap();
        assert!(found.len() <= limit, "{page}");
        items.extend(found.iter().cloned());
        match page["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return items,
        }
    }
}
