//! Groups through the front door: what they give, to whom, and nothing that the giver does not hold.

use serde_json::{Value, json};
use testkit::world::World;

use crate::{
    people::{all, id, menu, new_user},
    tenants::{license_of, tenant},
};

#[tokio::test]
async fn groups_are_made_changed_found_and_removed() {
    let world = World::new().await;
    let (acme, bolt) = (tenant(&world, "Acme").await, tenant(&world, "Bolt").await);
    let role = acme.role("Reader", json!([menu("pipelines", "v")])).await;
    let body = json!({
        "enterpriseId": acme.enterprise, "name": "Crew", "description": "Those who ship", "roleIds": [role]
    });
    let group = acme.admin.post("/api/groups", body.clone()).await.expect(201);
    let path = format!("/api/groups/{}", id(&group));
    assert_eq!((&group["builtIn"], &group["description"]), (&json!(false), &json!("Those who ship")));
    // A name is unique in its enterprise, however it is dressed.
    for name in ["crew", "CREW", "Ｃrew"] {
        let again = json!({ "enterpriseId": acme.enterprise, "name": name });
        assert_eq!(acme.admin.post("/api/groups", again).await.refused(409), "name_taken", "{name}");
    }
    let theirs = json!({ "enterpriseId": bolt.enterprise, "name": "Crew" });
    bolt.admin.post("/api/groups", theirs.clone()).await.expect(201);
    assert_eq!(acme.admin.post("/api/groups", theirs).await.refused(403), "forbidden");

    let changed = acme.admin.put(&path, json!({ "description": null })).await.expect(200);
    assert_eq!((&changed["description"], &changed["name"]), (&Value::Null, &json!("Crew")));
    acme.admin.put(&path, json!({ "name": "Shippers" })).await.expect(200);
    acme.admin.put(&path, json!({ "name": "SHIPPERS" })).await.expect(200);
    // The former name is free.
    let crew = json!({ "enterpriseId": acme.enterprise, "name": "Crew" });
    let second = id(&acme.admin.post("/api/groups", crew).await.expect(201));
    assert_eq!(acme.admin.put(&path, json!({ "name": "crew" })).await.refused(409), "name_taken");
    let found = all(&acme.admin, "/api/groups?name=shippers", 1).await;
    assert_eq!(found.iter().map(id).collect::<Vec<_>>(), [id(&group)]);
    for method in ["GET", "PUT", "DELETE"] {
        let body = (method == "PUT").then(|| json!({ "name": "Mine" }));
        let foreign = bolt.admin.send(method.parse().unwrap(), &path, body, &[]).await;
        assert_eq!(foreign.refused(404), "not_found", "{method}");
    }
    for path in [path, format!("/api/groups/{second}")] {
        acme.admin.delete(&path).await.expect(204);
        assert_eq!(acme.admin.get(&path).await.refused(404), "not_found");
    }
    acme.admin.post("/api/groups", body).await.expect(201);
}

#[tokio::test]
async fn a_group_with_many_members_is_listed_in_pages_and_goes_whole() {
    let world = World::new().await;
    let acme = tenant(&world, "Acme").await;
    let triple = (acme.enterprise, acme.product, acme.service);
    let more = license_of(&world, acme.account, triple, 200);
    world.operator().await.post("/api/licenses", more).await.expect(201);
    let group = acme.group("Crew", &[]).await;
    let mut users = Vec::new();
    for number in 0..130 {
        let mut user = new_user(&world, &acme, &format!("u{number}@acme.example"));
        user["groupIds"] = json!([group]);
        users.push(id(&acme.admin.post("/api/users", user).await.expect(201)));
    }
    // Ids that were made within one millisecond do not say which was first.
    users.sort_unstable();
    let members = all(&acme.admin, &format!("/api/groups/{group}/users"), 40).await;
    assert_eq!(members.iter().map(id).collect::<Vec<_>>(), users);
    acme.admin.delete(&format!("/api/groups/{group}?confirm=in-use")).await.expect(204);
    for user in [&users[0], &users[129]] {
        let groups = acme.admin.get(&format!("/api/users/{user}/groups")).await.expect(200);
        assert_eq!(groups["items"], json!([]));
    }
    // The next one of that name gives them nothing.
    let again = acme.group("Crew", &[]).await;
    assert_eq!(all(&acme.admin, &format!("/api/groups/{again}/users"), 40).await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_group_gives_what_its_roles_give_and_no_more_than_the_giver_holds() {
    let world = World::new().await;
    let acme = tenant(&world, "Acme").await;
    let strong = acme.role("Strong", json!([menu("builds", "vced")])).await;
    let weak = acme.role("Weak", json!([menu("access-control", "v")])).await;
    let clerk = acme.member(&world, "clerk", json!([menu("access-control", "vced")])).await;
    let crew = acme.group("Crew", &[&weak]).await;
    let path = format!("/api/groups/{crew}");
    for (path, body) in [
        (format!("{path}/roles"), json!({ "roleIds": [weak, strong] })),
        (path.clone(), json!({ "roleIds": [strong] })),
    ] {
        assert_eq!(clerk.person.put(&path, body).await.refused(403), "forbidden", "{path}");
    }
    let new = json!({ "enterpriseId": acme.enterprise, "name": "Mine", "roleIds": [strong] });
    assert_eq!(clerk.person.post("/api/groups", new).await.refused(403), "forbidden");
    // What is there already may stay; nobody takes away what they do not hold.
    acme.admin.put(&format!("{path}/roles"), json!({ "roleIds": [weak, strong] })).await.expect(200);
    clerk.person.put(&path, json!({ "roleIds": [weak, strong], "description": "x" })).await.expect(200);
    let taken = json!({ "roleIds": [weak] });
    assert_eq!(clerk.person.put(&format!("{path}/roles"), taken.clone()).await.refused(403), "forbidden");
    acme.admin.put(&format!("{path}/roles"), taken).await.expect(200);
    let roles = acme.admin.get(&format!("{path}/roles")).await.expect(200);
    assert_eq!(roles["items"].as_array().unwrap().iter().map(id).collect::<Vec<_>>(), [weak]);
    let foreign = tenant(&world, "Bolt").await.role("Theirs", json!([])).await;
    let refused = acme.admin.put(&format!("{path}/roles"), json!({ "roleIds": [foreign] })).await.expect(404);
    assert_eq!(refused["errors"][0]["pointer"], "/roleIds/0");
}

#[tokio::test]
async fn no_group_or_role_is_named_like_authority_in_any_dress() {
    let world = World::new().await;
    let acme = tenant(&world, "Acme").await;
    let dresses = [
        "admin",
        "Admin",
        "ADMIN",
        "Administrator",
        "super_admin",
        "Super Admin",
        "super-admin",
        "SuperAdmin",
        "Platform Admin",
        "platform.admin",
        "Ａｄｍｉｎ",
        "𝐀dmin",
        "аdmin",
        "ad\u{200b}min",
        "a d m i n",
        "Ádmin",
        "adm1n",
        "adm\u{131}n",
        "root",
        "R00T",
        "System",
        "operator",
        "Owner",
        "\u{202e}admin",
        "admin\u{feff}",
        "Platform Administrators",
        "(admin)",
        "admin!",
    ];
    for name in dresses {
        for path in ["/api/groups", "/api/roles"] {
            let body = json!({ "enterpriseId": acme.enterprise, "name": name });
            let refused = acme.admin.post(path, body).await;
            assert_eq!(refused.status, 400, "{name:?} at {path}: {}", refused.body);
            assert_eq!(refused.body["errors"][0]["pointer"], "/name", "{name:?}");
        }
    }
    let group = acme.group("Crew", &[]).await;
    let role = acme.role("Crew", json!([])).await;
    for path in [format!("/api/groups/{group}"), format!("/api/roles/{role}")] {
        assert_eq!(acme.admin.put(&path, json!({ "name": "Super Admin" })).await.refused(400), "invalid_request");
    }
    for (number, name) in ["Administration", "Auditors", "Badminton", "Admins of lights"].into_iter().enumerate() {
        let body = json!({ "enterpriseId": acme.enterprise, "name": name });
        let answer = acme.admin.post("/api/groups", body).await;
        assert_eq!(answer.status, 201, "{number} {name}: {}", answer.body);
    }
}
