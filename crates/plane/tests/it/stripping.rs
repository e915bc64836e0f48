//! Downwards bounds: nobody takes rights from somebody who holds more, and an account keeps an administrator.

use jiff::SignedDuration;
use serde_json::{Value, json};
use testkit::world::{Person, World};

use crate::{
    people::{flags, menu},
    tenants::tenant,
};

/// The permissions of somebody who may do everything in these tabs of Access Control, and nothing else.
fn tabs(tabs: &[&str]) -> Value {
    let tab = |tab: &&str| {
        let mut permission = flags("vced");
        permission["tab"] = json!(tab);
        permission
    };
    let mut permission = menu("access-control", "");
    permission["tabs"] = tabs.iter().map(tab).collect();
    json!([permission])
}

async fn own_id(person: &Person) -> String {
    person.get("/api/users/me/access").await.expect(200)["user"]["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_clerk_takes_nothing_from_somebody_who_holds_more() {
    let world = World::new().await;
    let acme = tenant(&world, "Acme").await;
    let users = acme.member(&world, "users", tabs(&["users", "groups"])).await;
    let roles = acme.member(&world, "roles", tabs(&["roles", "groups"])).await;
    let admin = own_id(&acme.admin).await;
    let path = format!("/api/users/{admin}");
    let groups = acme.admin.get(&format!("{path}/groups")).await.expect(200);
    let admin_group = groups["items"][0]["id"].as_str().unwrap().to_owned();
    let given = acme.admin.get(&format!("/api/groups/{admin_group}/roles")).await.expect(200);
    let admin_role = given["items"][0]["id"].as_str().unwrap().to_owned();
    let tomorrow = world.today().plus(1);
    for change in
        [json!({ "status": "inactive" }), json!({ "endDate": world.today() }), json!({ "startDate": tomorrow })]
    {
        assert_eq!(users.person.put(&path, change.clone()).await.refused(403), "forbidden", "{change}");
    }
    assert_eq!(users.person.delete(&path).await.refused(403), "forbidden");
    let none = json!({ "groupIds": [] });
    assert_eq!(users.person.put(&format!("{path}/groups"), none).await.refused(403), "forbidden");
    let none = json!({ "roleIds": [] });
    let of_group = format!("/api/groups/{admin_group}/roles");
    assert_eq!(roles.person.put(&of_group, none.clone()).await.refused(403), "forbidden");
    let permissions = format!("/api/roles/{admin_role}/permissions");
    assert_eq!(roles.person.put(&permissions, json!({ "permissions": [] })).await.refused(403), "forbidden");
    assert_eq!(roles.person.delete(&format!("/api/roles/{admin_role}")).await.refused(403), "forbidden");
    assert_eq!(roles.person.delete(&format!("/api/groups/{admin_group}")).await.refused(403), "forbidden");
    acme.admin.get(&path).await.expect(200);
    // Those who hold no more can be stripped, and by those who hold as much.
    let path = format!("/api/users/{}", roles.id);
    acme.admin.put(&path, json!({ "status": "inactive" })).await.expect(200);
    acme.admin.put(&format!("/api/groups/{}/roles", users.group), none).await.expect(200);
    acme.admin.delete(&format!("/api/roles/{}?confirm=in-use", roles.role)).await.expect(204);
    acme.admin.delete(&format!("/api/groups/{}?confirm=in-use", roles.group)).await.expect(204);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_takes_their_own_right_to_administer() {
    let world = World::new().await;
    let acme = tenant(&world, "Acme").await;
    let admin = own_id(&acme.admin).await;
    let path = format!("/api/users/{admin}");
    let groups = acme.admin.get(&format!("{path}/groups")).await.expect(200);
    let group = groups["items"][0]["id"].as_str().unwrap();
    let given = acme.admin.get(&format!("/api/groups/{group}/roles")).await.expect(200);
    let role = given["items"][0]["id"].as_str().unwrap();
    for change in [json!({ "status": "inactive" }), json!({ "endDate": world.today() })] {
        assert_eq!(acme.admin.put(&path, change).await.refused(409), "own_administration");
    }
    assert_eq!(
        acme.admin.put(&format!("{path}/groups"), json!({ "groupIds": [] })).await.refused(409),
        "own_administration"
    );
    let roles = format!("/api/groups/{group}/roles");
    assert_eq!(acme.admin.put(&roles, json!({ "roleIds": [] })).await.refused(409), "own_administration");
    let permissions = format!("/api/roles/{role}/permissions");
    assert_eq!(acme.admin.put(&permissions, json!({ "permissions": [] })).await.refused(409), "own_administration");
    assert_eq!(acme.admin.delete(&format!("/api/roles/{role}")).await.refused(409), "own_administration");
    assert_eq!(acme.admin.delete(&format!("/api/groups/{group}")).await.refused(409), "own_administration");
    acme.admin.get(&path).await.expect(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_administrators_who_remove_each_other_one_stays() {
    let world = World::new().await;
    let acme = tenant(&world, "Acme").await;
    let admin = own_id(&acme.admin).await;
    let groups = acme.admin.get(&format!("/api/users/{admin}/groups")).await.expect(200);
    let group = groups["items"][0]["id"].as_str().unwrap().to_owned();
    for round in 0..8 {
        let email = format!("peer{round}@acme.example");
        let user = json!({
            "enterpriseId": acme.enterprise, "productId": acme.product, "serviceId": acme.service, "firstName": "Peer",
            "lastName": "Hopper", "email": email, "startDate": world.today(), "groupIds": [group],
        });
        let user = acme.admin.post("/api/users/provision", user).await.expect(201);
        let peer = world.accept_invitation(&email).await;
        let (mine, theirs) =
            (format!("/api/users/{admin}/groups"), format!("/api/users/{}/groups", user["id"].as_str().unwrap()));
        let none = json!({ "groupIds": [] });
        let (one, other) = tokio::join!(acme.admin.put(&theirs, none.clone()), peer.put(&mine, none));
        let through = [one.status, other.status].iter().filter(|status| **status == 200).count();
        assert!(through <= 1, "round {round}: {} {}", one.body, other.body);
        if other.status == 200 {
            // The peer is left: they give the rights back.
            peer.put(&mine, json!({ "groupIds": [group] })).await.expect(200);
        }
        world.advance(SignedDuration::from_secs(1));
    }
}
