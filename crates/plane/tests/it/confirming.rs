//! What takes rights from others, or from the caller, is confirmed first.

use plane::ids::UserId;
use serde_json::{Value, json};
use testkit::world::{Person, World};

use crate::{
    people::{all, busy_world, id, menu, new_user},
    tenants::{Tenant, tenant},
};

#[tokio::test]
async fn a_role_or_group_in_use_is_deleted_once_its_effect_is_confirmed() {
    let world = World::new().await;
    let acme = tenant(&world, "Acme").await;
    let reader = acme.role("Reader", json!([menu("builds", "v")])).await;
    let [red, blue] = [acme.group("Red", &[&reader]).await, acme.group("Blue", &[&reader]).await];
    for (name, groups) in [("ada", vec![&red, &blue]), ("bob", vec![&red]), ("cyd", vec![&red])] {
        let member = acme.member(&world, name, json!([])).await;
        let groups = json!({ "groupIds": groups });
        acme.admin.put(&format!("/api/users/{}/groups", member.id), groups).await.expect(200);
    }
    let role = format!("/api/roles/{reader}");
    let refused = acme.admin.delete(&role).await;
    assert_eq!(refused.body["affected"], json!({ "users": 3, "groups": 2 }), "each user counts once");
    assert_eq!(refused.body["detail"], "3 users and 2 groups would lose this role");
    assert_eq!(refused.refused(409), "still_assigned");
    let group = format!("/api/groups/{red}");
    let refused = acme.admin.delete(&group).await;
    assert_eq!(refused.body["affected"], json!({ "users": 3, "groups": 0 }));
    assert_eq!(refused.body["detail"], "3 users in this group would lose what it gives");
    assert_eq!(refused.refused(409), "still_assigned");
    // Nothing has changed.
    assert_eq!(all(&acme.admin, &format!("{group}/users"), 10).await.len(), 3);
    assert_eq!(acme.admin.get(&format!("{group}/roles")).await.expect(200)["items"][0]["id"], json!(reader));
    for wrong in ["yes", "in-use,", "own-administration"] {
        let code = acme.admin.delete(&format!("{role}?confirm={wrong}")).await;
        assert!(matches!(code.status, 400 | 409), "{wrong}: {}", code.body);
    }
    acme.admin.delete(&format!("{role}?confirm=in-use")).await.expect(204);
    acme.admin.delete(&format!("{group}?confirm=in-use,own-administration")).await.expect(204);
    for path in [role, group] {
        acme.admin.get(&path).await.refused(404);
    }
    // What nobody has needs no confirmation.
    let spare = acme.role("Spare", json!([])).await;
    acme.admin.delete(&format!("/api/roles/{spare}")).await.expect(204);
    let empty = acme.group("Empty", &[]).await;
    acme.admin.delete(&format!("/api/groups/{empty}")).await.expect(204);
}

/// The administrator of a tenant, and the address of their own user.
fn own(acme: &Tenant) -> (Person, String) {
    (acme.admin.clone(), format!("/api/users/{}", UserId::derived(acme.account.uuid(), "admin")))
}

#[tokio::test]
async fn the_only_administrator_is_warned_and_an_operator_gives_the_right_back() {
    let world = busy_world().await;
    let acme = tenant(&world, "Acme").await;
    let (admin, path) = own(&acme);
    // The administrator's own record was made without a seat.
    admin.post("/api/users", new_user(&world, &acme, "one@acme.example")).await.expect(201);
    let operator = world.operator().await;
    let in_acme = |path: &str| format!("{path}?accountId={}", acme.account);
    let groups = format!("{path}/groups");
    let before = admin.get(&groups).await.expect(200);
    let group = id(&before["items"][0]);
    let role = id(&admin.get(&format!("/api/groups/{group}/roles")).await.expect(200)["items"][0]);
    let permissions = format!("/api/roles/{role}/permissions");
    let given = admin.get(&permissions).await.expect(200)["permissions"].clone();
    let ways = [
        (groups.clone(), json!({ "groupIds": [] }), json!({ "groupIds": [group] })),
        (format!("/api/groups/{group}/roles"), json!({ "roleIds": [] }), json!({ "roleIds": [role] })),
        (format!("/api/groups/{group}"), json!({ "roleIds": [] }), json!({ "roleIds": [role] })),
        (permissions, json!({ "permissions": [] }), json!({ "permissions": given })),
        (format!("/api/roles/{role}"), json!({ "mask": 0 }), json!({ "mask": 32767 })),
        (path.clone(), json!({ "status": "inactive" }), json!({ "status": "active" })),
    ];
    for (path, takes, restores) in ways {
        let refused = admin.put(&path, takes.clone()).await;
        assert!(refused.body["help"].as_str().unwrap().contains("confirm=own-administration"), "{}", refused.body);
        assert_eq!(refused.refused(409), "own_administration", "{path}");
        assert_eq!(
            admin.put(&format!("{path}?confirm=in-use"), takes.clone()).await.refused(409),
            "own_administration"
        );
        admin.get("/api/users").await.expect(200);
        admin.put(&format!("{path}?confirm=own-administration"), takes).await.expect(200);
        let lost = admin.put(&groups, json!({ "groupIds": [group] })).await.status;
        assert!(matches!(lost, 401 | 403), "{path}: {lost}");
        operator.put(&in_acme(&path), restores).await.expect(200);
        // The sessions of somebody who was deactivated have ended.
        if lost != 401 {
            admin.put(&own(&acme).1, json!({ "lastName": "Restored" })).await.expect(200);
        }
    }
    let user = operator.get(&in_acme(&path)).await.expect(200);
    assert_eq!((&user["status"], &user["lastName"]), (&json!("active"), &json!("Restored")));
}

#[tokio::test]
async fn an_administrator_who_deletes_themselves_confirms_it() {
    let world = World::new().await;
    let acme = tenant(&world, "Acme").await;
    let (admin, path) = own(&acme);
    // The administrator's own record was made without a seat.
    admin.post("/api/users", new_user(&world, &acme, "one@acme.example")).await.expect(201);
    assert_eq!(admin.delete(&path).await.refused(409), "own_administration");
    admin.get(&path).await.expect(200);
    admin.delete(&format!("{path}?confirm=own-administration")).await.expect(204);
    let operator = world.operator().await;
    let gone: Value = operator.get(&format!("{path}?accountId={}", acme.account)).await.body;
    assert_eq!(gone["code"], "not_found");
    // An operator makes another administrator of the account.
    let groups = operator.get(&format!("/api/groups?accountId={}", acme.account)).await.expect(200);
    let user = json!({
        "accountId": acme.account, "enterpriseId": acme.enterprise, "productId": acme.product, "serviceId": acme.service,
        "firstName": "New", "lastName": "Admin", "email": "new@acme.example", "startDate": world.today(),
        "groupIds": [id(&groups["items"][0])]
    });
    operator.post("/api/users/provision", user).await.expect(201);
    let new = world.accept_invitation("new@acme.example").await;
    new.get("/api/users").await.expect(200);
}
